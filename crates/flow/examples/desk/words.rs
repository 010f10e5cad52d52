//! Invented texts: words of very different frequency, so that searches find from nothing to a third of all.

/// A number that looks random, the same in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

const COMMON: [&str; 12] = [
    "where is my parcel",
    "I want to return",
    "the invoice is wrong",
    "how long does",
    "please send",
    "since Tuesday",
    "nobody has seen",
    "a refund",
    "the address",
    "does not fit",
    "my order",
    "thank you",
];
const KOREAN: [&str; 10] =
    ["환불", "교환", "배송", "사이즈", "주문", "취소", "영수증", "반품하고 싶어요", "언제 도착하나요", "주소를 바꿔 주세요"];
const SYLLABLES: [&str; 20] =
    ["ka", "lo", "mi", "ren", "tus", "va", "dor", "el", "quin", "sa", "bri", "no", "pha", "zu", "gor", "ti", "wen", "xa", "lum", "ped"];

/// One of some thousand invented names; a small number is a frequent one.
fn name(n: u64) -> String {
    let part = |at: u64| SYLLABLES[usize::try_from(at % 20).unwrap_or(0)];
    format!("{}{}{}", part(n), part(n / 20), part(n / 400))
}

/// Few are frequent and many are rare.
fn rank(random: &mut Random) -> u64 {
    let most = 1 + random.below(8_000);
    random.below(most)
}

pub fn request(random: &mut Random, i: i64) -> String {
    let pick = |random: &mut Random, from: &[&'static str]| from[usize::try_from(random.below(from.len() as u64)).unwrap_or(0)];
    if random.below(4) == 0 {
        return format!("{} {} {} FW-{i}", pick(random, &KOREAN), name(rank(random)), pick(random, &KOREAN));
    }
    format!("{} {} {}, {} FW-{i}", pick(random, &COMMON), name(rank(random)), name(rank(random)), pick(random, &COMMON))
}

pub fn draft(random: &mut Random, i: i64) -> String {
    format!("Dear {}, it left on day {} and {} will bring it. Number {i}.", name(rank(random)), random.below(28), name(rank(random)))
}

/// What a person might type.
pub fn search(random: &mut Random, n: usize) -> String {
    match n % 8 {
        0 => name(rank(random)),
        1 => KOREAN[n / 8 % KOREAN.len()].into(),
        2 => format!("FW-{}", random.below(900_000)),
        3 => COMMON[n / 8 % COMMON.len()].into(),
        4 => format!("{} {}", name(rank(random)), name(rank(random))),
        5 => format!("{} parcel", name(random.below(40))),
        6 => ["left", "Dear", "the", "is", "it"][n / 8 % 5].into(),
        _ => format!("nothing has {}", name(random.below(8_000))),
    }
}
