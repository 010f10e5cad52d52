//! What is known by its digits: cards, accounts, identity numbers, telephones, addresses of machines.
//!
//! Invariant: where a checksum or a date exists it is asked, but for the check digit of Korean resident numbers.

use super::{Found, Kind};
use regex::Regex;
use std::net::Ipv6Addr;
use std::ops::Range;
use std::sync::LazyLock;

fn rule(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the patterns are ours")
}

static CARD: LazyLock<Regex> = LazyLock::new(|| rule(r"[0-9](?:[ .-]?[0-9]){12,}"));
static RESIDENT: LazyLock<Regex> = LazyLock::new(|| rule(r"[0-9]{6} ?[-~]? ?[0-9](?:[0-9]{6}|[*]{6}|[xX]{6})"));
static SSN: LazyLock<Regex> = LazyLock::new(|| rule(r"[0-9]{3}(?:-[0-9]{2}-| [0-9]{2} )[0-9]{4}"));
static SSN_NAMED: LazyLock<Regex> = LazyLock::new(|| rule(r"(?i)(?:ssn|social security)[^0-9]{0,20}([0-9]{9})"));
static PHONES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        // With the country's code.
        r"(?:\+|\(\+|00)[1-9][0-9]{0,2}\)?[ .-]?(?:\(0?[0-9]{1,4}\)[ .-]?)?[0-9](?:[ ./-]{0,1}[0-9]){5,12}",
        // Korean: mobile, and fixed by region.
        r"01[016789](?:[ .-]?|\) ?)[0-9]{3,4}[ .-]?[0-9]{4}",
        r"\(?0(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4]|70|50[0-9]?|80)(?:\) ?|[ .-])[0-9]{3,4}[ .-]?[0-9]{4}",
        // North American.
        r"(?:1[ .-])?\([2-9][0-9]{2}\)[ .-]?[0-9]{3}[ .-][0-9]{4}",
        r"(?:1[ .-])?[2-9][0-9]{2}([ .-])[2-9][0-9]{2}[ .-][0-9]{4}",
        // With the trunk's nought: British, German, French and others.
        r"\(?0[1-9][0-9]{0,4}\)?[ ./-]{1,3}[0-9]{2,8}(?:[ .-]?[0-9]{2,4}){0,4}",
        r"07[0-9]{9}|01[5-7][0-9]{8,9}",
    ]
    .iter()
    .map(|pattern| rule(pattern))
    .collect()
});
/// Seven digits and more after a word that says what they are.
static PHONE_NAMED: LazyLock<Regex> = LazyLock::new(|| {
    rule(concat!(
        r"(?i)(?:phone|mobile|cell|tel|call (?:me|us)(?: back)? (?:at|on)|fax|handy|연락처|전화(?:번호)?|휴대폰|핸드폰|팩스)",
        r"(?:[ .:#)]| number| no\.?| is| at| on|은|는|번호){0,4} {0,2}([0-9](?:[ ./-]?[0-9]){6,14})"
    ))
});
static IPV4: LazyLock<Regex> = LazyLock::new(|| rule(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"));
static IPV6: LazyLock<Regex> = LazyLock::new(|| rule(r"(?i)[0-9a-f:]*:[0-9a-f]{0,4}:[0-9a-f:]*(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?"));
static IBAN: LazyLock<Regex> = LazyLock::new(|| rule(r"(?i)(?-u:\b)[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}"));

/// Characters of an IBAN by country (the registry of SWIFT, 2024).
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
];

pub fn find(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    if bytes.contains(&b':') {
        ipv6(text, found);
    }
    if !bytes.iter().any(u8::is_ascii_digit) {
        return;
    }
    iban(text, found);
    for hit in PHONE_NAMED.captures_iter(text).filter_map(|hit| hit.get(1)) {
        if !is_date(hit.as_str()) {
            push(found, Kind::Phone, hit.range(), hit.as_str());
        }
    }
    for hit in SSN_NAMED.captures_iter(text).filter_map(|hit| hit.get(1)) {
        push(found, Kind::Ssn, hit.range(), hit.as_str());
    }
    for area in areas(bytes) {
        let start = area.start;
        let part = &text[area];
        cards(part, start, found);
        whole(text, part, start, &RESIDENT, Kind::ResidentNumber, found, is_resident_number);
        whole(text, part, start, &SSN, Kind::Ssn, found, is_ssn);
        whole(text, part, start, &IPV4, Kind::Ipv4, found, is_ipv4);
        for phone in PHONES.iter() {
            whole(text, part, start, phone, Kind::Phone, found, is_phone);
        }
    }
}

/// Stretches of digits with what may stand between them, where there are seven digits or three dots.
fn areas(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut areas = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !(bytes[at].is_ascii_digit() || bytes[at] == b'+' || bytes[at] == b'(') {
            at += 1;
            continue;
        }
        let (start, mut digits, mut dots) = (at, 0, 0);
        while at < bytes.len() && (bytes[at].is_ascii_digit() || b"+() .-/*~xX".contains(&bytes[at])) {
            digits += usize::from(bytes[at].is_ascii_digit());
            dots += usize::from(bytes[at] == b'.');
            at += 1;
        }
        if digits >= 7 || dots >= 3 {
            areas.push(start..at);
        }
    }
    areas
}

/// Matches in `part` (which begins at `start` in `text`) that are not a piece of a longer number and that `holds` agrees with.
fn whole(text: &str, part: &str, start: usize, rule: &Regex, kind: Kind, found: &mut Vec<Found>, holds: fn(&str, &str) -> bool) {
    let mut from = 0;
    while let Some(hit) = rule.find_at(part, from) {
        let range = start + hit.start()..start + hit.end();
        if !inside_number(text.as_bytes(), &range) && holds(hit.as_str(), just_before(text, range.start)) {
            from = hit.end();
            push(found, kind, range, hit.as_str());
        } else {
            // The next one may begin within what this one took.
            from = hit.start() + 1;
        }
    }
}

/// The last few characters before a place: where a word that says what a number is would stand.
fn just_before(text: &str, at: usize) -> &str {
    let start = (at.saturating_sub(40)..=at).find(|place| text.is_char_boundary(*place)).unwrap_or(at);
    &text[start..at]
}

/// Whether a digit, or a mark and a digit, goes on before or behind it; letters that touch it make it a code, not a number.
fn inside_number(bytes: &[u8], range: &Range<usize>) -> bool {
    let joins = |mark: u8| matches!(mark, b'-' | b'.' | b'/');
    let before = |back: usize| range.start.checked_sub(back).map(|at| bytes[at]);
    let behind = |on: usize| bytes.get(range.end + on).copied();
    let digit = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_digit());
    let letter = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    digit(before(1))
        || letter(before(1))
        || (before(1).is_some_and(joins) && digit(before(2)))
        || digit(behind(0))
        || letter(behind(0))
        || (behind(0).is_some_and(joins) && digit(behind(1)))
}

fn digits(value: &str) -> Vec<u8> {
    value.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
}

fn cards(part: &str, start: usize, found: &mut Vec<Found>) {
    for hit in CARD.find_iter(part) {
        let text = hit.as_str().as_bytes();
        // A three-digit code or a date may follow in the same run of groups: each group may be the first, each the last.
        let begins = (0..text.len()).filter(|at| text[*at].is_ascii_digit() && (*at == 0 || !text[at - 1].is_ascii_digit()));
        let mut free_from = 0;
        for begin in begins {
            // Nineteen digits with eighteen marks between them are the longest: a text full of digits must not cost its square.
            let last = text.len().min(begin + 37);
            let ends = (begin..last).rev().filter(|at| text[*at].is_ascii_digit() && text.get(at + 1).is_none_or(|b| !b.is_ascii_digit()));
            let card = ends.map(|end| begin..end + 1).find(|range| is_card(&digits(&hit.as_str()[range.clone()])));
            if let Some(range) = card.filter(|range| range.start >= free_from) {
                free_from = range.end;
                let at = start + hit.start() + range.start..start + hit.start() + range.end;
                push(found, Kind::Card, at, &hit.as_str()[range]);
            }
        }
    }
}

/// Issuer, length and sum.
pub fn is_card(digits: &[u8]) -> bool {
    if digits.len() < 13 || digits.len() > 19 {
        return false;
    }
    let prefix = |n: usize| digits[..n].iter().fold(0_u32, |value, digit| value * 10 + u32::from(*digit));
    let length = digits.len();
    let issued = match digits[0] {
        2 => (2221..=2720).contains(&prefix(4)) && length == 16,
        3 => match prefix(2) {
            34 | 37 => length == 15,
            36 | 38 | 39 => (14..=19).contains(&length),
            30 => length == 14 || length == 16,
            35 => (16..=19).contains(&length),
            _ => false,
        },
        4 => matches!(length, 13 | 16 | 19),
        5 => length == 16 || matches!(prefix(2), 50 | 56 | 57 | 58),
        6 => (16..=19).contains(&length) || prefix(2) == 67,
        // Issued for use within Korea.
        9 => length == 16,
        _ => false,
    };
    issued && luhn(digits)
}

/// ISO/IEC 7812-1, annex B.
pub fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let doubled = u32::from(*digit) * if place % 2 == 1 { 2 } else { 1 };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    digits.iter().any(|digit| *digit != digits[0]) && sum.is_multiple_of(10)
}

fn iban(text: &str, found: &mut Vec<Found>) {
    for hit in IBAN.find_iter(text) {
        let country = hit.as_str()[..2].to_ascii_uppercase();
        let Some((_, length)) = IBAN_LENGTHS.iter().find(|(known, _)| *known == country) else { continue };
        let mut signs = 0;
        let end = hit.as_str().bytes().position(|b| {
            signs += usize::from(b.is_ascii_alphanumeric());
            signs == *length
        });
        let Some(end) = end.map(|at| at + 1) else { continue };
        let value = &hit.as_str()[..end];
        if is_iban(value) {
            found.push(Found {
                kind: Kind::Iban,
                at: hit.start()..hit.start() + end,
                key: value.bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_uppercase())).collect(),
            });
        }
    }
}

/// ISO 13616: the remainder modulo 97 of the digits, letters as 10 to 35, the first four at the end.
pub fn is_iban(value: &str) -> bool {
    let signs: Vec<u8> = value.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase()).collect();
    if signs.len() < 15 || signs.len() > 34 {
        return false;
    }
    let remainder = signs[4..].iter().chain(&signs[..4]).fold(0_u32, |rest, sign| match sign {
        b'0'..=b'9' => (rest * 10 + u32::from(sign - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    remainder == 1
}

/// Year, month and day, and a digit for century and sex. The last digit is not asked.
pub fn is_resident_number(value: &str, _before: &str) -> bool {
    let digits = digits(value);
    if digits.len() != 13 && digits.len() != 7 {
        return false;
    }
    let pair = |at: usize| digits[at] * 10 + digits[at + 1];
    let days = match pair(2) {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 29,
        _ => 0,
    };
    (1..=days).contains(&pair(4)) && (1..=8).contains(&digits[6])
}

fn is_ssn(value: &str, _before: &str) -> bool {
    let digits = digits(value);
    let number = |range: Range<usize>| digits[range].iter().fold(0_u32, |value, digit| value * 10 + u32::from(*digit));
    let area = number(0..3);
    area != 0 && area != 666 && area < 900 && number(3..5) != 0 && number(5..9) != 0
}

fn is_ipv4(value: &str, before: &str) -> bool {
    let before = before.trim_end().to_ascii_lowercase();
    let version = before.ends_with("version") || before.ends_with("버전") || before.ends_with("release");
    !version && value.split('.').all(|octet| octet.parse::<u8>().is_ok())
}

fn is_date(value: &str) -> bool {
    static DATE: LazyLock<Regex> = LazyLock::new(|| {
        rule(
            r"^(?:[0-3]?[0-9][ ./-]{1,2}[01]?[0-9][ ./-]{1,2}(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}[ ./-]{1,2}[01]?[0-9][ ./-]{1,2}[0-3]?[0-9])(?:[^0-9]|$)",
        )
    });
    DATE.is_match(value)
}

/// Nine to fifteen digits that are not a date, and no code that a word before it names.
fn is_phone(value: &str, before: &str) -> bool {
    let count = value.bytes().filter(u8::is_ascii_digit).count();
    let named = before.trim_end_matches([' ', ':', '.']).to_ascii_lowercase();
    let code = named.ends_with('#')
        || ["order", "invoice", "isbn", "sku", "serial", "ref", "주문번호", "송장번호", "운송장", "ticket", "case"]
            .iter()
            .any(|word| named.ends_with(word));
    (9..=15).contains(&count) && !is_date(value) && !code
}

fn ipv6(text: &str, found: &mut Vec<Found>) {
    for hit in IPV6.find_iter(text) {
        let bytes = text.as_bytes();
        let touched = hit.start() > 0 && (bytes[hit.start() - 1].is_ascii_alphanumeric() || bytes[hit.start() - 1] == b'_')
            || bytes.get(hit.end()).is_some_and(u8::is_ascii_alphanumeric);
        // A colon that ends a clause is not part of the address.
        let value = hit.as_str();
        let value = if value.ends_with(':') && !value.ends_with("::") { &value[..value.len() - 1] } else { value };
        let groups = value.split(':').filter(|group| !group.is_empty()).count();
        let says_something = groups >= 3 || (groups >= 1 && value.contains("::") && value.len() > 5);
        if !touched && says_something && value.bytes().any(|b| b.is_ascii_digit()) && value.parse::<Ipv6Addr>().is_ok() {
            found.push(Found { kind: Kind::Ipv6, at: hit.start()..hit.start() + value.len(), key: value.to_lowercase() });
        }
    }
}

fn push(found: &mut Vec<Found>, kind: Kind, at: Range<usize>, value: &str) {
    let key = if kind == Kind::Ipv4 { value.to_owned() } else { value.bytes().filter(u8::is_ascii_digit).map(char::from).collect() };
    found.push(Found { kind, at, key });
}
