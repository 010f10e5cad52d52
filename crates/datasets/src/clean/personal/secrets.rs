//! What is known by its letters: addresses of mail and the web, keys, tokens.
//!
//! Invariant: a rule asks for a character that is rare before it asks for a pattern, so that a text without any costs one look.

use super::{Found, Kind};
use regex::Regex;
use std::sync::LazyLock;

fn rule(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are ours")
}

static EMAIL: LazyLock<Regex> = LazyLock::new(|| rule(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+"));
/// With letters of any language. It is asked only where an `@` is left, for in Korean the words around an address touch it.
static EMAIL_ANY: LazyLock<Regex> = LazyLock::new(|| rule(r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"));
static EMAIL_SPELLED: LazyLock<Regex> = LazyLock::new(|| {
    rule(r"(?i)[a-z0-9._%+-]+ ?[\[(] ?(?:at|골뱅이) ?[\])] ?[a-z0-9-]+(?:(?:\.| ?[\[(] ?(?:dot|점) ?[\])] ?)[a-z0-9-]+)+")
});
static URL: LazyLock<Regex> = LazyLock::new(|| {
    rule(concat!(
        // In a path a part is either all ASCII or begins with a letter of Korean: the particle after an address is not part of it.
        r"(?i)(?:(?:https?|ftps?|sftp|wss?|file)://|www\.)(?:[/=]\p{Hangul}[\p{L}\p{N}_%.-]*|[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-])+",
        r"|(?:[a-z0-9-]+\.)+(?:com|net|org|io|kr|de|fr|uk|jp|cn|me|ly|app|dev|ai|gg|info|biz|eu|us|shop|site|xyz)",
        r"(?::[0-9]+)?/(?:[/=]\p{Hangul}[\p{L}\p{N}_%.-]*|[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-])*"
    ))
});
static KEY: LazyLock<Regex> = LazyLock::new(|| {
    rule(concat!(
        r"(?-u:\b)(?:(?:sk|pk|rk)[-_][A-Za-z0-9_-]{20,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}",
        r"|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{30,}|xox[abeprs]-[A-Za-z0-9-]{10,}",
        r"|AIza[0-9A-Za-z_-]{35}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{16,}",
        r"|dop_v1_[a-f0-9]{64}|ya29\.[A-Za-z0-9_-]{20,}|AGE-SECRET-KEY-1[0-9A-Z]{58})"
    ))
});
static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    rule(concat!(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        r"|(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
        r#"|(?i:(?-u:\b)bearer[ :]+([^\s"'<>,]{16,}))"#
    ))
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    rule(concat!(
        r"(?i)(?:password|passwd|passphrase|pwd|secret|api[_ -]?key|access[_ -]?key|token|비밀번호|비번|암호|패스워드|토큰|인증키)",
        r#"["']?\s{0,2}(?:is|was|:|=|은|는|이|가)\s{0,2}["']?([^\s"'<>,]{6,})"#
    ))
});

/// # Panics
/// Never: a match of a pattern has its group 0.
pub fn find(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let at_sign = memchr(bytes, b'@');
    if at_sign {
        emails(text, &EMAIL, found);
        if bytes.iter().filter(|b| **b == b'@').count() > found.len() {
            emails(text, &EMAIL_ANY, found);
        }
    }
    let bracket = memchr(bytes, b'(') || memchr(bytes, b'[');
    if bracket {
        emails(text, &EMAIL_SPELLED, found);
    }
    if memchr(bytes, b'/') || text.contains("www.") || text.contains("WWW.") {
        for hit in URL.find_iter(text) {
            let value = hit.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', ')', ']']);
            // A closing bracket that was opened inside belongs to it; else it belongs to the sentence.
            let opened = value.matches('(').count() > value.matches(')').count() && hit.as_str()[value.len()..].starts_with(')');
            let value = if opened { &hit.as_str()[..=value.len()] } else { value };
            push(found, Kind::Url, hit.start(), value);
        }
    }
    let ascii_word = bytes.windows(16).any(|run| run.iter().all(|b| b.is_ascii_graphic()));
    if ascii_word {
        for hit in KEY.find_iter(text) {
            push(found, Kind::Key, hit.start(), hit.as_str());
        }
        for hit in TOKEN.captures_iter(text) {
            let value = hit.get(1).unwrap_or_else(|| hit.get(0).expect("a match has its group 0"));
            push(found, Kind::Token, value.start(), value.as_str());
        }
    }
    for hit in NAMED.captures_iter(text) {
        let value = hit.get(1).expect("the pattern has a group that takes part in every match");
        let word = value.as_str().trim_end_matches(['.', ',', ';', ')', ']']);
        if word.len() >= 6 && mixed(word) {
            push(found, Kind::Token, value.start(), word);
        }
    }
}

/// A word that nobody would write as a word: letters with digits or signs between them.
fn mixed(word: &str) -> bool {
    let letters = word.bytes().any(|b| b.is_ascii_alphabetic());
    let digits = word.bytes().any(|b| b.is_ascii_digit());
    let signs = word.bytes().any(|b| b"!@#$%^&*+=~_".contains(&b));
    word.is_ascii() && ((letters && digits) || (signs && (letters || digits)))
}

fn emails(text: &str, rule: &Regex, found: &mut Vec<Found>) {
    for hit in rule.find_iter(text) {
        let value = hit.as_str().trim_end_matches(['-', '_', '.']);
        push(found, Kind::Email, hit.start(), value);
    }
}

fn push(found: &mut Vec<Found>, kind: Kind, start: usize, value: &str) {
    found.push(Found { kind, at: start..start + value.len(), key: value.to_lowercase() });
}

fn memchr(bytes: &[u8], byte: u8) -> bool {
    bytes.contains(&byte)
}
