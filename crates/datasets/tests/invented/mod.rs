//! Invented examples, as many as are asked for, the same ones every time.
//!
//! Invariant: example n depends on n alone, so that a stream of a million takes no memory.

#![allow(dead_code, reason = "each user of this module needs another part of it")]

use datasets::{Example, Field, GroupKey, Message, Role, Source, Verdict};
use std::collections::BTreeMap;

mod dice;
pub mod values;
pub use dice::Dice;

const EN: &[&str] = &[
    "invoice",
    "delivery",
    "parcel",
    "window",
    "colour",
    "broken",
    "missing",
    "refund",
    "account",
    "password",
    "heating",
    "garden",
    "table",
    "please",
    "today",
    "arrived",
    "ordered",
    "changed",
    "received",
    "wrong",
    "size",
    "blue",
    "wooden",
    "second",
    "payment",
    "twice",
    "charged",
    "courier",
    "address",
    "warranty",
    "replace",
    "repair",
    "engine",
    "battery",
    "charger",
    "manual",
    "update",
    "screen",
    "button",
    "noise",
    "leaks",
    "cold",
    "warm",
    "kitchen",
    "sofa",
    "shelf",
    "screw",
    "instructions",
    "understand",
    "contract",
    "cancel",
    "extend",
    "period",
    "discount",
    "voucher",
    "expired",
    "branch",
    "opening",
    "hours",
    "appointment",
    "technician",
    "visit",
    "neighbour",
    "left",
    "package",
];
const KO: &[&str] = &[
    "주문",
    "배송",
    "환불",
    "결제",
    "계정",
    "교환",
    "제품",
    "색상",
    "파손",
    "누락",
    "문의",
    "확인",
    "오늘",
    "어제",
    "도착",
    "변경",
    "상담",
    "예약",
    "설치",
    "기사",
    "방문",
    "보증",
    "수리",
    "배터리",
    "충전기",
    "설명서",
    "화면",
    "버튼",
    "소음",
    "누수",
    "주방",
    "책상",
    "의자",
    "나사",
    "계약",
    "해지",
    "연장",
    "할인",
    "쿠폰",
    "만료",
    "매장",
    "영업",
    "시간",
    "택배",
    "포장",
    "반품",
    "접수",
    "처리",
    "지연",
    "안내",
    "담당",
    "부탁",
];
const NAMES: &[&str] =
    &["Anna Schmidt", "Tomasz Nowak", "Priya Raman", "Giulia Ferrari", "Olumide Adeyemi", "김민수", "이서연", "박지훈", "최유진"];

pub fn sentence(dice: &mut Dice, words: usize, korean: bool) -> String {
    let list = if korean { KO } else { EN };
    (0..words).map(|_| dice.one(list)).collect::<Vec<_>>().join(" ")
}

fn text(dice: &mut Dice, sentences: usize, korean: bool) -> String {
    let end = if korean { "습니다. " } else { ". " };
    let many: Vec<String> = (0..sentences)
        .map(|_| {
            let words = 6 + dice.below(9);
            sentence(dice, words, korean)
        })
        .collect();
    many.join(end)
}

/// About a kilobyte of texts; every twentieth is nearly another one, some have personal data.
pub fn example(n: u64) -> Example {
    let mut dice = Dice::new(n);
    // A near-duplicate of an earlier one: the same texts with one word more.
    let again = n > 40 && dice.below(20) == 0;
    let mut texts = Dice::new(if again { n - 17 } else { n });
    texts.next();
    let korean = texts.below(3) == 0;
    let name = texts.one(NAMES);
    let mut asked = text(&mut texts, 5, korean);
    if texts.below(3) == 0 {
        let number = texts.digits(8);
        asked.push_str(&format!(" {name}, mail{n}@example.com, 010-{}-{}.", &number[..4], &number[4..]));
    }
    if again {
        asked.push_str(" please");
    }
    let answer = text(&mut texts, 6, korean);
    let other = text(&mut texts, 6, korean);
    let verdict = match dice.below(20) {
        0..11 => Verdict::Approve { draft: answer },
        11..15 => Verdict::Edit { edited: format!("{answer} {}", sentence(&mut dice, 4, korean)), draft: answer },
        15..19 => Verdict::Reject { draft: answer },
        _ => Verdict::Compare { chosen: answer, rejected: other },
    };
    let customer = dice.below(1 + n as usize);
    let replaced = if dice.below(25) == 0 { vec![text(&mut dice, 5, korean)] } else { Vec::new() };
    let reasons =
        if matches!(verdict, Verdict::Reject { .. }) { vec![dice.one(&["tone", "facts", "length"]).to_owned()] } else { Vec::new() };
    Example {
        id: format!("d{n:08}"),
        item: format!("i{n:08}"),
        decisions: vec![format!("{n}")],
        groups: vec![GroupKey { kind: "customer".into(), value: format!("c{customer}") }],
        earlier: None,
        system: Some("You answer letters of customers. Be short, kind and exact.".into()),
        prompt: vec![Message { role: Role::User, content: asked }],
        verdict,
        replaced,
        reasons,
        weight: if dice.below(10) == 0 { 2.0 } else { 1.0 },
        disputed: dice.below(200) == 0,
        reviewer: format!("r{}", dice.below(5)),
        fields: vec![Field { name: "name".into(), value: name.into() }],
        meta: BTreeMap::from([("slice".to_owned(), if korean { "ko".to_owned() } else { "en".to_owned() })]),
    }
}

/// The first `count` of them.
pub struct Invented {
    pub next: u64,
    pub count: u64,
}

impl Source for Invented {
    fn count(&self) -> Option<u64> {
        Some(self.count)
    }

    fn next(&mut self) -> Result<Option<Example>, Box<dyn std::error::Error + Send + Sync>> {
        if self.next == self.count {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(example(self.next - 1)))
    }
}

pub fn about() -> datasets::About {
    datasets::About {
        name: "Invented letters".into(),
        version: "3".into(),
        description: "Letters that nobody wrote, and what nobody decided of them.".into(),
        licence: "CC0-1.0".into(),
        creator: "Gait".into(),
        languages: vec!["en".into(), "ko".into()],
        created_ms: 1_795_000_000_000,
        selection: serde_json::json!({"use_case": "letters", "verdict": ["approve", "edit", "reject"]}),
        not_selected: vec![datasets::Count { reason: "taken back".into(), count: 3 }],
        drafters: vec![datasets::Drafter { version: "1".into(), model_sha256: "0".repeat(64), description: "starter, prompt 2".into() }],
        tokens: datasets::Tokens::default(),
    }
}
