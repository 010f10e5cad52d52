//! Values of twelve kinds of personal data, invented, with valid sums; and texts that only look as if they held some.
//!
//! Invariant: seed, kind and language decide everything.

#![allow(dead_code, reason = "each user of this module needs another part of it")]

use super::dice::Dice;

pub struct Value {
    /// As it stands in the sentence.
    pub written: String,
    /// A field of the request that holds it, where only a field can tell.
    pub field: Option<(&'static str, String)>,
    before: String,
    after: String,
}

impl Value {
    pub fn sentence(&self) -> String {
        format!("{}{}{}", self.before, self.written, self.after)
    }
}

const ABC: &str = "abcdefghijklmnopqrstuvwxyz";
const ALNUM: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const GIVEN: &[&str] =
    &["Anna", "Tomasz", "Priya", "Giulia", "Olumide", "Marie", "Jürgen", "Søren", "Chloé", "Katarzyna", "Ahmed", "Yuki", "Deborah"];
const FAMILY: &[&str] =
    &["Schmidt", "Nowak", "Raman", "Ferrari", "Adeyemi", "Dubois", "Müller", "Jensen", "O'Brien", "García-López", "Okafor", "Sato"];
const KOREAN_FAMILY: &[&str] = &["김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오", "서", "신", "권", "황"];
const KOREAN_GIVEN: &[&str] =
    &["민수", "서연", "지훈", "유진", "하은", "도윤", "예준", "수빈", "지우", "현우", "은지", "태형", "보람", "나래"];

pub fn value(kind: &str, seed: u64, korean: bool) -> Value {
    let mut dice = Dice::new(seed * 1009 + kind.bytes().map(u64::from).sum::<u64>() * 7 + u64::from(korean));
    let dice = &mut dice;
    let mut field = None;
    let written = match kind {
        "EMAIL" => email(dice),
        "PHONE" => phone(dice, korean),
        "CARD" => card(dice),
        "IBAN" => iban(dice),
        "SSN" => {
            let area = loop {
                let area = 1 + dice.below(899);
                if area != 666 {
                    break area;
                }
            };
            format!("{area:03}-{:02}-{:04}", 1 + dice.below(99), 1 + dice.below(9999))
        }
        "RRN" => {
            let hyphen = dice.one(&["-", "-", ""]);
            let (year, month, day) = (dice.below(100), 1 + dice.below(12), 1 + dice.below(28));
            format!("{year:02}{month:02}{day:02}{hyphen}{}{}", 1 + dice.below(8), dice.digits(6))
        }
        "IPV4" => format!("{}.{}.{}.{}", 1 + dice.below(254), dice.below(256), dice.below(256), 1 + dice.below(254)),
        "IPV6" => ipv6(dice),
        "URL" => url(dice),
        "KEY" => key(dice),
        "TOKEN" => token(dice),
        "NAME" => {
            let (whole, called) = name(dice, korean);
            let label = dice.one(if korean { &["이름", "고객명", "name"] } else { &["name", "customer_name", "contact"] });
            field = Some((label, whole));
            called
        }
        other => panic!("there is no kind {other}"),
    };
    let (before, after) = around(kind, dice, korean);
    Value { written, field, before: before.into(), after: after.into() }
}

fn around(kind: &str, dice: &mut Dice, korean: bool) -> (&'static str, &'static str) {
    if kind == "TOKEN" {
        // A password is one only where it is named.
        return dice.one(if korean {
            &[("비밀번호: ", " 입니다."), ("제 비밀번호는 ", " 이에요"), ("토큰: ", " 확인 부탁드립니다")]
        } else {
            &[("My password is ", " and it fails."), ("Authorization: Bearer ", " was sent"), ("token=", " expired")]
        });
    }
    if kind == "NAME" {
        return dice.one(if korean {
            &[("안녕하세요, ", "입니다."), ("담당자 ", "님께 전달해 주세요."), ("고객 ", "는 환불을 원합니다.")]
        } else {
            &[("Dear ", ", thank you for writing."), ("This is ", " again, about the parcel."), ("Please tell ", " that it arrived.")]
        });
    }
    dice.one(if korean {
        &[
            ("제 정보는 ", "입니다. 확인해 주세요."),
            ("연락은 ", "로 부탁드립니다"),
            ("(", ") 이쪽으로 보내 주세요."),
            ("어제 ", " 관련 문의드렸어요."),
        ]
    } else {
        &[
            ("You can use ", ", please confirm."),
            ("I sent it from ", " yesterday"),
            ("Details: ", "."),
            ("It says \"", "\" on the page."),
            ("(", ") is what I have."),
        ]
    })
}

fn email(dice: &mut Dice) -> String {
    let sign = dice.one(&["", ".", "_", "+", "-"]);
    let host = dice.one(&["example.com", "naver.com", "mail.example.co.kr", "uni-koeln.de", "x.io", "sub.domain.museum"]);
    let (first, second) = (3 + dice.below(6), 2 + dice.below(5));
    format!("{}{sign}{}@{host}", dice.letters(first, ABC), dice.letters(second, "abcxyz019"))
}

fn phone(dice: &mut Dice, korean: bool) -> String {
    if korean {
        let sign = dice.one(&["-", "-", " ", "."]);
        return match dice.below(6) {
            0 => format!("010{sign}{}{sign}{}", dice.digits(4), dice.digits(4)),
            1 => format!("010{}", dice.digits(8)),
            2 => format!("02{sign}{}{sign}{}", dice.number(4), dice.digits(4)),
            3 => format!("0{}{sign}{}{sign}{}", dice.one(&["31", "32", "41", "51", "53", "62", "70"]), dice.number(3), dice.digits(4)),
            4 => format!("+82 10-{}-{}", dice.digits(4), dice.digits(4)),
            _ => format!("+8210{}", dice.digits(8)),
        };
    }
    match dice.below(8) {
        0 => format!("({}{}) {}{}-{}", 2 + dice.below(8), dice.digits(2), 2 + dice.below(8), dice.digits(2), dice.digits(4)),
        1 => format!("{}{}-{}{}-{}", 2 + dice.below(8), dice.digits(2), 2 + dice.below(8), dice.digits(2), dice.digits(4)),
        2 => format!("+1 {}{} {}{} {}", 2 + dice.below(8), dice.digits(2), 2 + dice.below(8), dice.digits(2), dice.digits(4)),
        3 => format!("+44 20 {} {}", dice.number(4), dice.digits(4)),
        4 => format!("020 {} {}", dice.number(4), dice.digits(4)),
        5 => format!("+49 {} {}", dice.number(3), dice.digits(7)),
        6 => format!("0{} {} {} {} {}", 1 + dice.below(9), dice.digits(2), dice.digits(2), dice.digits(2), dice.digits(2)),
        _ => format!("07{}", dice.digits(9)),
    }
}

/// Digits and the one that makes Luhn's sum right.
fn card(dice: &mut Dice) -> String {
    let (prefix, length) =
        dice.one(&[("4", 16), ("51", 16), ("55", 16), ("34", 15), ("37", 15), ("6011", 16), ("3528", 16), ("36", 14), ("2221", 16)]);
    let mut number = format!("{prefix}{}", dice.digits(length - 1 - prefix.len()));
    let doubled: u32 = number
        .chars()
        .rev()
        .enumerate()
        .map(|(place, c)| {
            let digit = c.to_digit(10).unwrap_or(0);
            if place % 2 == 0 { [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit as usize] } else { digit }
        })
        .sum();
    number.push_str(&((10 - doubled % 10) % 10).to_string());
    let sign = dice.one(&["", " ", "-"]);
    match length {
        16 => number.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join(sign),
        15 => format!("{}{sign}{}{sign}{}", &number[..4], &number[4..10], &number[10..]),
        _ => number,
    }
}

/// The two check digits by ISO 13616: 98 less the remainder of the rest.
fn iban(dice: &mut Dice) -> String {
    let (country, letters, length) =
        dice.one(&[("DE", 0, 22), ("GB", 4, 22), ("NL", 4, 18), ("AT", 0, 20), ("ES", 0, 24), ("FR", 0, 27), ("BE", 0, 16)]);
    let account = format!("{}{}", dice.letters(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), dice.digits(length - 4 - letters));
    let rest = format!("{account}{country}00").chars().fold(0_u64, |rest, c| {
        let value = u64::from(c.to_digit(36).unwrap_or(0));
        (rest * if value > 9 { 100 } else { 10 } + value) % 97
    });
    let whole = format!("{country}{:02}{account}", 98 - rest);
    if dice.below(2) == 0 {
        whole
    } else {
        whole.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned()).collect::<Vec<_>>().join(" ")
    }
}

fn ipv6(dice: &mut Dice) -> String {
    let group = |dice: &mut Dice| format!("{:x}", 0x10 + dice.below(0xffef));
    match dice.below(3) {
        0 => (0..8).map(|_| group(dice)).collect::<Vec<_>>().join(":"),
        1 => format!("2001:db8::{}:{}", group(dice), group(dice)),
        _ => format!("fe80::{}:{}:{}:{}", group(dice), group(dice), group(dice), group(dice)),
    }
}

fn url(dice: &mut Dice) -> String {
    let host = dice.one(&["example.com", "shop.example.co.kr", "docs.x.io", "a-b.de"]);
    let path = dice.letters(8, ALNUM);
    match dice.below(4) {
        0 => format!("https://{host}/{path}"),
        1 => format!("http://{host}:8080/{path}?id={}&x=%20", dice.digits(4)),
        2 => format!("www.{host}/{path}"),
        _ => format!("{host}/{path}"),
    }
}

fn key(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => format!("sk-{}", dice.letters(40, ALNUM)),
        1 => format!("AKIA{}", dice.letters(16, UPPER)),
        2 => format!("ghp_{}", dice.letters(36, ALNUM)),
        3 => format!("hf_{}", dice.letters(34, ALNUM)),
        4 => format!("xoxb-{}-{}", dice.number(11), dice.letters(24, ALNUM)),
        5 => format!("AIza{}", dice.letters(35, ALNUM)),
        6 => format!("glpat-{}", dice.letters(20, ALNUM)),
        _ => format!("sk_live_{}", dice.letters(24, ALNUM)),
    }
}

fn token(dice: &mut Dice) -> String {
    match dice.below(2) {
        0 => format!("eyJ{}.eyJ{}.{}", dice.letters(20, ALNUM), dice.letters(40, ALNUM), dice.letters(43, ALNUM)),
        _ => format!("{}{}{}", dice.letters(9, ALNUM), dice.digits(3), dice.letters(6, "abcXYZ!%")),
    }
}

/// The name as a field holds it, and as the text says it.
fn name(dice: &mut Dice, korean: bool) -> (String, String) {
    if korean {
        let (family, given) = (dice.one(KOREAN_FAMILY), dice.one(KOREAN_GIVEN));
        let whole = format!("{family}{given}");
        return (whole.clone(), whole);
    }
    let (given, family) = (dice.one(GIVEN), dice.one(FAMILY));
    let whole = format!("{given} {family}");
    let called = match dice.below(4) {
        0 | 1 => whole.clone(),
        2 => given.to_owned(),
        _ => format!("{family}, {given}"),
    };
    (whole, called)
}

/// How many shapes of look-alikes there are.
pub const LOOK_ALIKES: usize = 26;

/// A text without personal data that looks as if it had some, and the fields of its request.
pub fn false_of(shape: usize, seed: u64, korean: bool) -> (String, Vec<(&'static str, String)>) {
    let mut dice = Dice::new(seed * 7919 + shape as u64 * 131 + u64::from(korean));
    let dice = &mut dice;
    let (year, month, day) = (1990 + dice.below(40), 1 + dice.below(12), 1 + dice.below(28));
    let say = |en: String, ko: String| if korean { ko } else { en };
    let mut fields = Vec::new();
    let text = match shape {
        0 => say(format!("Ordered on {year}-{month:02}-{day:02}, paid."), format!("{year}-{month:02}-{day:02}에 주문했습니다.")),
        1 => say(format!("It was {day:02}.{month:02}.{year} at 10:30."), format!("{year}년 {month}월 {day}일 10시 30분입니다.")),
        2 => say(format!("Order #{} is late.", dice.number(9)), format!("주문번호 {} 지연됩니다.", dice.number(9))),
        3 => say(format!("Order number {}.", dice.number(12)), format!("주문 {}건 확인.", dice.number(3))),
        4 => say(
            format!("It costs {},{}.{}.", dice.number(2), dice.digits(3), dice.digits(2)),
            format!("{},{}원입니다.", dice.number(3), dice.digits(3)),
        ),
        5 => say(
            format!("Version {}.{}.{} is out.", dice.below(9), dice.below(20), dice.below(9)),
            format!("버전 {}.{}.{} 입니다.", dice.below(9), dice.below(20), dice.below(9)),
        ),
        6 => say(
            format!("Meet at {:02}:{:02}:{:02}.", dice.below(24), dice.below(60), dice.below(60)),
            format!("{:02}:{:02}에 만나요.", dice.below(24), dice.below(60)),
        ),
        7 => say(
            format!("Item {}-{} is blue.", dice.letters(3, "ABC"), dice.number(4)),
            format!("상품 {}-{} 파란색.", dice.letters(3, "ABC"), dice.number(4)),
        ),
        8 => {
            say(format!("{} of {} arrived.", dice.number(2), dice.number(3)), format!("{}개 중 {}개 도착.", dice.number(3), dice.number(2)))
        }
        9 => say("Will you mark it in May?".into(), "민수 시장이 커졌습니다.".into()),
        10 => say(
            format!("Ratio {}:{} holds.", dice.below(20), dice.below(20)),
            format!("비율은 {}:{} 입니다.", dice.below(20), dice.below(20)),
        ),
        11 => say("Use std::vec::Vec or a::b in code.".into(), "코드에서 std::vec 사용".into()),
        12 => say("Follow @support or ask at 5 @ the desk.".into(), "@고객센터 로 문의, 2 @ 3".into()),
        13 => say(format!("Postcode {} {}AB.", dice.letters(2, "NSWE"), dice.below(9)), format!("우편번호 {} 입니다.", dice.digits(5))),
        14 => say(format!("Pages {}-{}.", dice.number(3), dice.number(3)), format!("{}-{}쪽 참고.", dice.number(3), dice.number(3))),
        15 => say("The password is wrong again.".into(), "비밀번호를 잊어버렸어요.".into()),
        16 => say(
            format!("ISBN 978-{}-{}-{}-{}.", dice.below(9), dice.number(4), dice.number(4), dice.below(9)),
            format!("ISBN 978-89-{}-{}-{}.", dice.number(4), dice.number(3), dice.below(9)),
        ),
        17 => say(
            format!("{}/{} cups, and/or {}.", dice.below(9), 1 + dice.below(8), dice.number(2)),
            format!("{}/{} 비율", dice.below(9), 1 + dice.below(8)),
        ),
        18 => say(
            format!("Serial {}{}.", dice.letters(4, "XYZQ"), dice.number(8)),
            format!("일련번호 {}{}.", dice.letters(4, "XYZQ"), dice.number(8)),
        ),
        19 => say(
            format!("It weighs {}.{} kg, {} x {} x {} cm.", dice.below(50), dice.below(9), dice.number(2), dice.number(2), dice.number(2)),
            format!("무게 {}.{}kg", dice.below(50), dice.below(9)),
        ),
        20 => say(
            format!("Business number 123-45-{}.", dice.number(5)),
            format!("사업자등록번호 {}-{}-{}.", dice.number(3), dice.digits(2), dice.digits(5)),
        ),
        21 => say(
            format!("At {} ms, id {}.", 1_600_000_000_000_u64 + dice.next() % 200_000_000_000, dice.number(5)),
            format!("시각 {} 기록.", 1_600_000_000_000_u64 + dice.next() % 200_000_000_000),
        ),
        22 => say(format!("From {year}-{} to {}.", year + 1, year + 2), format!("{year}-{}년 사이", year + 1)),
        23 => {
            fields.push(("subject", "Parcel".to_owned()));
            fields.push((if korean { "고객명" } else { "name" }, if korean { "이수".to_owned() } else { "Mark Long".to_owned() }));
            say("Please mark the long one; it will take long.".into(), "필수 이수과목을 안내합니다.".into())
        }
        24 => say(format!("Tracking 1Z{}{}.", dice.letters(6, UPPER), dice.digits(2)), format!("운송장 {} 조회.", dice.number(6))),
        _ => say("Nothing to see here, only words and more words.".into(), "여기에는 평범한 말만 있습니다. 감사합니다.".into()),
    };
    (text, fields)
}
