//! One e-mail (RFC 5322) as a request: who it is from, what it is about, when, and its plain text. Attachments are named, not read.
//!
//! Invariant: the text is what its encoding says, or the file is refused: no letter is put in another's place.

use super::{Cells, MOST_FIELD};
use mailparse::{DispositionType, MailHeaderMap, ParsedMail};

/// The field of the message's own id.
pub(super) const ID: &str = "id";
/// The most that is read of one header, characters.
const MOST_HEADER: usize = 500;
const MOST_ATTACHMENTS: usize = 100;
/// Lines that could begin a part.
const MOST_PARTS: usize = 10_000;

/// The text becomes `field`.
pub(super) fn read(bytes: &[u8], field: &str) -> Result<Cells, String> {
    if !looks_like_mail(bytes) {
        return Err("it does not begin as an e-mail does, with lines such as From: and Subject:".into());
    }
    // Each part takes memory, a hundred times what it takes in the file.
    if bytes.split(|b| *b == b'\n').filter(|line| line.starts_with(b"--")).count() > MOST_PARTS {
        return Err(format!("more than {MOST_PARTS} of its lines begin with --, as the parts of an e-mail do"));
    }
    let mail = mailparse::parse_mail(bytes).map_err(|e| format!("it cannot be read as an e-mail: {e}"))?;
    let text = plain(&mail).ok_or("it has no plain text; an e-mail of HTML alone is not read")?;
    let text = decoded(text)?;
    if text.trim().is_empty() {
        return Err("its plain text is empty".into());
    }
    let mut cells = Vec::new();
    let header = |name: &str| mail.headers.get_first_value(name).map(|value| line(&value)).filter(|value| !value.is_empty());
    let id = header("Message-ID").map(|id| id.trim_matches(['<', '>']).to_owned());
    let named =
        [(ID, id), ("from", sender(&mail)), ("subject", header("Subject")), ("date", header("Date")), ("attachments", attachments(&mail))];
    for (name, value) in named {
        if let Some(value) = value.filter(|value| !value.is_empty() && name != field) {
            cells.push((name.to_owned(), value));
        }
    }
    cells.push((field.to_owned(), text));
    Ok(Cells { line: 1, cells })
}

/// The first line is a header's: a name without spaces, and a colon.
fn looks_like_mail(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let name = first.split(|b| *b == b':').next().unwrap_or_default();
    name.len() < first.len() && !name.is_empty() && name.len() < 100 && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// In one line, without control characters.
fn line(text: &str) -> String {
    let words: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_HEADER).collect();
    words.trim().to_owned()
}

/// The name, or the address where there is none.
fn sender(mail: &ParsedMail<'_>) -> Option<String> {
    let value = mail.headers.get_first_value("From")?;
    let parsed = mailparse::addrparse(&value).ok().and_then(|all| all.into_inner().into_iter().next());
    let name = match parsed {
        Some(mailparse::MailAddr::Single(one)) => one.display_name.filter(|name| !name.trim().is_empty()).unwrap_or(one.addr),
        Some(mailparse::MailAddr::Group(group)) => group.group_name,
        None => value,
    };
    Some(line(&name))
}

/// The first part that is plain text and no attachment.
fn plain<'a>(mail: &'a ParsedMail<'a>) -> Option<&'a ParsedMail<'a>> {
    mail.parts().find(|part| part.ctype.mimetype.eq_ignore_ascii_case("text/plain") && part.subparts.is_empty() && !is_attached(part))
}

fn is_attached(part: &ParsedMail<'_>) -> bool {
    part.get_content_disposition().disposition == DispositionType::Attachment
}

fn decoded(part: &ParsedMail<'_>) -> Result<String, String> {
    let raw = part.get_body_raw().map_err(|e| format!("its text cannot be decoded: {e}"))?;
    if raw.len() > 4 * MOST_FIELD {
        return Err(format!("its text has {} bytes, at most {MOST_FIELD} are taken", raw.len()));
    }
    let named = part.ctype.params.get("charset").map(|name| name.trim().to_ascii_lowercase());
    let text = match named.as_deref() {
        // Nothing is said, or only letters without accents are: UTF-8 holds those too.
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii") => String::from_utf8(raw)
            .map_err(|e| format!("its text is not UTF-8 at byte {} and names no other encoding", e.utf8_error().valid_up_to() + 1))?,
        Some(name) => {
            let text = part.get_body().map_err(|e| format!("its text cannot be decoded as {name:?}: {e}"))?;
            if text.contains('\u{fffd}') {
                return Err(format!("its text is not in the encoding that it names, {name:?}"));
            }
            text
        }
    };
    let text = text.replace("\r\n", "\n");
    let text = text.trim_end_matches('\n').to_owned();
    if text.contains('\0') {
        return Err("its text holds a NUL character".into());
    }
    if text.len() > MOST_FIELD {
        return Err(format!("its text has {} bytes, at most {MOST_FIELD} are taken", text.len()));
    }
    Ok(text)
}

fn attachments(mail: &ParsedMail<'_>) -> Option<String> {
    let names: Vec<String> = mail
        .parts()
        .filter(|part| part.subparts.is_empty())
        .filter_map(|part| {
            let about = part.get_content_disposition();
            let name = about.params.get("filename").or_else(|| part.ctype.params.get("name"));
            match (name, about.disposition == DispositionType::Attachment) {
                (Some(name), _) => Some(line(name)),
                (None, true) => Some(part.ctype.mimetype.clone()),
                (None, false) => None,
            }
        })
        .take(MOST_ATTACHMENTS)
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(mail: &[u8]) -> Result<Vec<(String, String)>, String> {
        read(mail, "message").map(|cells| cells.cells)
    }

    fn get(mail: &[u8], name: &str) -> Option<String> {
        let cells = cells(mail).unwrap_or_else(|e| panic!("{e}"));
        cells.into_iter().find(|(cell, _)| cell == name).map(|(_, value)| value)
    }

    #[test]
    fn an_e_mail_gives_its_name_subject_date_and_plain_text_and_names_what_hangs_on_it() {
        let mail = concat!(
            "Message-ID: <a1@example.org>\r\n",
            "From: =?UTF-8?B?6rmA66+87KeA?= <min@example.org>\r\n",
            "Subject: =?UTF-8?Q?Wo_bleibt_die_T=C3=BCr=3F?=\r\n",
            "Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n",
            "MIME-Version: 1.0\r\n",
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n",
            "--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n",
            "--y\r\nContent-Type: text/html\r\n\r\n<b>other</b>\r\n",
            "--y\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
            "Gr=C3=BC=C3=9Fe\r\nzwei\r\n--y--\r\n",
            "--x\r\nContent-Type: application/pdf; name=\"bill.pdf\"\r\nContent-Disposition: attachment; filename=\"../../bill.pdf\"\r\n",
            "Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n",
            "--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=note.txt\r\n\r\nnot this\r\n--x--\r\n",
        );
        let expected = [
            ("id", "a1@example.org"),
            ("from", "김민지"),
            ("subject", "Wo bleibt die Tür?"),
            ("date", "Mon, 21 Sep 2026 14:13:20 +0000"),
            ("attachments", "../../bill.pdf, note.txt"),
            ("message", "Grüße\nzwei"),
        ];
        let found = cells(mail.as_bytes()).unwrap();
        assert_eq!(found.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_text_is_what_its_encoding_says_or_the_mail_is_refused() {
        let mail = |head: &str, body: &[u8]| [format!("Subject: x\r\n{head}\r\n").as_bytes(), body].concat();
        assert_eq!(get(&mail("", "naïve 안녕".as_bytes()), "message").as_deref(), Some("naïve 안녕"), "UTF-8 without a word");
        assert_eq!(get(&mail("Content-Type: text/plain; charset=windows-1252\r\n", b"\x93ok\x94"), "message").as_deref(), Some("“ok”"));
        assert_eq!(get(&mail("Content-Type: text/plain; charset=euc-kr\r\n", b"\xb0\xa1"), "message").as_deref(), Some("가"));
        for (head, body) in [
            ("", b"\xc3\x28".as_slice()),
            ("Content-Type: text/plain; charset=utf-8\r\n", b"a\xff"),
            ("Content-Type: text/plain; charset=euc-kr\r\n", b"\xb0"),
            ("Content-Type: text/html\r\n", b"<p>only this</p>"),
            ("", b" \r\n"),
            ("", b"a\0b"),
        ] {
            assert!(cells(&mail(head, body)).is_err(), "{head} {body:?}");
        }
    }

    #[test]
    fn what_is_no_e_mail_or_nested_without_end_is_refused() {
        for wrong in [b"".as_slice(), b"hello", b"Dear all:\nhow are you", b"PK\x03\x04", b": x\n\nbody"] {
            assert!(cells(wrong).is_err(), "{wrong:?}");
        }
        let mut nested = String::from("Subject: x\n");
        for depth in 0..5_000 {
            nested += &format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n");
        }
        assert!(cells(nested.as_bytes()).is_err());
        let mail = |parts: usize| {
            let body = "--x\n\nhello\n".repeat(parts);
            format!("Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n{body}--x--\n")
        };
        assert_eq!(get(mail(100).as_bytes(), "message").as_deref(), Some("hello"));
        let refused = cells(mail(MOST_PARTS).as_bytes()).unwrap_err();
        assert!(refused.contains("begin with --"), "{refused}");
    }

    #[test]
    fn a_header_cannot_break_a_line_or_take_the_place_of_the_text() {
        let mail = b"From: \"a\x1b[2J\tb\" <x@example.org>\nSubject: one\n two\nmessage: fake\n\nreal".as_slice();
        assert_eq!(get(mail, "from").as_deref(), Some("a [2J b"));
        assert_eq!(get(mail, "subject").as_deref(), Some("one two"));
        assert_eq!(get(mail, "message").as_deref(), Some("real"));
        let cells = read(mail, "subject").unwrap().cells;
        assert_eq!(cells.iter().filter(|(name, _)| name == "subject").count(), 1, "the text has the name to itself");
        assert_eq!(cells.last().unwrap().1, "real");
    }
}
