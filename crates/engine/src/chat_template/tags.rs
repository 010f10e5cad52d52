//! What a template's source is checked for and changed in before it is compiled.
//!
//! Invariant: an accepted source nests no deeper than the compiler's stack holds. Its parser limits brackets and blocks
//! by itself, but not chains (`a + a + …`, `x | trim | …`, `elif … elif`), which become trees as deep as they are long.

/// Longest tag, bytes outside of texts in quotes. The longest in use have some 800.
const TAG_LIMIT: usize = 4096;
/// Most `elif` of a template. The most in use are some 40.
const ELIF_LIMIT: usize = 500;

/// The source as it is compiled.
///
/// `{% generation %}` marks the assistant's words for training; minijinja does not know it. `if true` is the same here.
///
/// # Errors
/// What is too long, in a sentence.
pub(super) fn prepared(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    let mut branches = 0;
    while let Some(start) = rest.find('{') {
        let (before, tag) = rest.split_at(start);
        out.push_str(before);
        let (tag, after) = if tag.starts_with("{#") {
            tag.split_at(tag.find("#}").map_or(tag.len(), |end| end + 2))
        } else if tag.starts_with("{{") {
            split_tag(tag, "}}")?
        } else if tag.starts_with("{%") {
            split_tag(tag, "%}")?
        } else {
            tag.split_at(1)
        };
        rest = after;
        match tag.strip_prefix("{%").map(|tag| tag.trim_end_matches("%}").trim_matches(['-', '+']).trim()) {
            Some("generation") => out.push_str(&tag.replace("generation", "if true")),
            Some("endgeneration") => out.push_str(&tag.replace("endgeneration", "endif")),
            Some("raw") => {
                // Nothing in here is a tag.
                out.push_str(tag);
                let end = rest.match_indices("{%").map(|(place, _)| place).find(|place| ends_raw(rest, *place)).unwrap_or(rest.len());
                let (raw, after) = rest.split_at(end);
                out.push_str(raw);
                rest = after;
            }
            Some(other) => {
                branches += usize::from(other.starts_with("elif"));
                out.push_str(tag);
            }
            None => out.push_str(tag),
        }
        if branches > ELIF_LIMIT {
            return Err(format!("its chat template has more than {ELIF_LIMIT} branches; expected fewer"));
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Whether `{% endraw %}` stands at this place.
fn ends_raw(text: &str, place: usize) -> bool {
    let tag = text.get(place + 2..).unwrap_or_default();
    tag.trim_start_matches(['-', '+']).trim_start().starts_with("endraw")
}

/// Splits behind a tag's end, which quoted texts may spell without being it.
fn split_tag<'a>(tag: &'a str, end: &str) -> Result<(&'a str, &'a str), String> {
    let mut quote = None;
    let mut escaped = false;
    let mut outside = 0;
    for (place, c) in tag.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None if place >= 2 && tag.get(place..).is_some_and(|rest| rest.starts_with(end)) => {
                return Ok(tag.split_at(place + end.len()));
            }
            None => outside += c.len_utf8(),
        }
        if outside > TAG_LIMIT {
            return Err(format!("its chat template has a tag of more than {TAG_LIMIT} bytes; expected shorter ones"));
        }
    }
    Ok((tag, ""))
}
