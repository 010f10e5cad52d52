//! 12 kinds × 500 generated values in English and Korean text, as many look-alikes, and the rules one by one.
//!
//! Every value is made here by a rule that is not the finder's: a checksum is computed the other way round, a shape is composed of parts.

use super::numbers::{is_card, is_iban, is_resident_number, luhn};
use super::*;
use crate::example::Field;
use crate::recipe::PersonalData;

#[path = "../../../tests/invented/dice.rs"]
mod dice;
#[path = "../../../tests/invented/values.rs"]
mod values;
use values::{LOOK_ALIKES, Value, false_of, value};

fn finder() -> Finder {
    Finder::new(&PersonalData::default())
}

fn fields(value: &Value) -> Vec<Field> {
    value.field.iter().map(|(name, value)| Field { name: (*name).into(), value: value.clone() }).collect()
}

#[test]
fn of_twelve_kinds_times_five_hundred_values_nearly_all_are_found_in_english_and_korean() {
    let finder = finder();
    for korean in [false, true] {
        for kind in Kind::ALL {
            let mut missed = Vec::new();
            for seed in 0..500 {
                let value = value(kind.word(), seed, korean);
                let text = value.sentence();
                let found = finder.find(&text, &finder.names(&fields(&value)));
                let at = text.find(&value.written).expect("the sentence has the value");
                let whole = found.iter().any(|one| one.at.start <= at && one.at.end >= at + value.written.len());
                if !whole {
                    missed.push((text, found));
                }
            }
            let recall = 1.0 - missed.len() as f64 / 500.0;
            println!("{} in {}: recall {recall:.3}", kind.word(), if korean { "Korean" } else { "English" });
            assert!(recall >= 0.98, "{} (Korean: {korean}): {recall}, for instance {:?}", kind.word(), &missed[..missed.len().min(4)]);
        }
    }
}

#[test]
fn of_texts_without_personal_data_nearly_none_is_changed() {
    let finder = finder();
    for korean in [false, true] {
        let mut taken = Vec::new();
        for shape in 0..LOOK_ALIKES {
            for seed in 0..100 {
                let (text, names) = false_of(shape, seed, korean);
                let names: Vec<Field> = names.into_iter().map(|(name, value)| Field { name: name.into(), value }).collect();
                let found = finder.find(&text, &finder.names(&names));
                if !found.is_empty() {
                    taken.push((text, found));
                }
            }
        }
        let rate = taken.len() as f64 / (LOOK_ALIKES * 100) as f64;
        println!("look-alikes in {}: {rate:.4} lose something", if korean { "Korean" } else { "English" });
        assert!(rate <= 0.01, "(Korean: {korean}) {rate} of the texts lose something, for instance {:?}", &taken[..taken.len().min(6)]);
    }
}

#[test]
fn sums_are_those_of_the_reference() {
    let digits = |text: &str| text.bytes().map(|b| b - b'0').collect::<Vec<u8>>();
    // pii_checksums of golden.json.
    for (number, holds) in [
        ("4111111111111111", true),
        ("5555555555554444", true),
        ("378282246310005", true),
        ("4111111111111112", false),
        ("6011111111111117", true),
    ] {
        assert_eq!(luhn(&digits(number)), holds, "{number}");
        assert_eq!(is_card(&digits(number)), holds, "{number} by issuer and sum");
    }
    for (account, holds) in [
        ("GB82WEST12345698765432", true),
        ("DE89370400440532013000", true),
        ("FR1420041010050500013M02606", true),
        ("GB82WEST12345698765433", false),
    ] {
        assert_eq!(is_iban(account), holds, "{account}");
    }
    // Numbers issued since October 2020 need not have the check digit: 900101-1234567 is one all the same.
    for number in ["900101-1234568", "800101-1234560", "900101-1234567"] {
        assert!(is_resident_number(number, ""), "{number} has the shape and the date");
    }
    for number in ["901301-1234568", "900230-1234568", "900101-9234568", "900132-1234567"] {
        assert!(!is_resident_number(number, ""), "{number} has no date or century");
    }
}

fn replaced(text: &str, names: &[(&str, &str)]) -> String {
    let finder = finder();
    let fields: Vec<Field> = names.iter().map(|(name, value)| Field { name: (*name).into(), value: (*value).into() }).collect();
    let found = finder.find(text, &finder.names(&fields));
    Placeholders::default().replace(text, &found, &mut BTreeMap::new())
}

#[test]
fn each_value_becomes_its_placeholder() {
    let check = |text: &str, names: &[(&str, &str)], expected: &str| assert_eq!(replaced(text, names), expected, "{text}");
    check("Write to a@b.co, or c@d.co; not to A@B.co!", &[], "Write to [EMAIL_1], or [EMAIL_2]; not to [EMAIL_1]!");
    check("이메일은kim@naver.com입니다", &[], "이메일은[EMAIL_1]입니다");
    check("전화 010-1234-5678로 주세요, 01012345678 맞아요", &[], "전화 [PHONE_1]로 주세요, [PHONE_1] 맞아요");
    check("전화는 ０１０－１２３４－５６７８ 입니다", &[], "전화는 [PHONE_1] 입니다");
    check("My card 4111 1111 1111 1111 123 expires 12/27.", &[], "My card [CARD_1] 123 expires 12/27.");
    check("주민번호 900101-1234567, 여권 아님", &[], "주민번호 [RRN_1], 여권 아님");
    check("See (https://example.com/a_(b)?q=1). Bye", &[], "See ([URL_1]). Bye");
    check("https://ex.kr/한글에서 확인", &[], "[URL_1] 확인");
    check("https://ex.kr/path에서 확인", &[], "[URL_1]에서 확인");
    check("password: hunter2x! and token is fine", &[], "password: [TOKEN_1] and token is fine");
    check("Version 10.0.1.2 on 192.168.0.12", &[], "Version 10.0.1.2 on [IPV4_1]");
    check("Ask fe80::1ff:fe23:4567:890a please", &[], "Ask [IPV6_1] please");
}

#[test]
fn a_name_of_a_field_is_found_whole_and_in_parts_and_is_one_person() {
    let anna = [("Name", "Anna Schmidt")];
    assert_eq!(replaced("Dear Anna, so Schmidt, ANNA SCHMIDT, Annapolis", &anna), "Dear [NAME_1], so [NAME_1], [NAME_1], Annapolis");
    let minsu = [("고객명", "김민수")];
    assert_eq!(replaced("김민수님, 민수 씨가 말한 국민수요 조사", &minsu), "[NAME_1]님, [NAME_1] 씨가 말한 국민수요 조사");
    let will = [("name", "Will Turner")];
    assert_eq!(replaced("Will you ask? Hi Will, Mr Turner waits", &will), "Will you ask? Hi [NAME_1], Mr [NAME_1] waits");
    assert_eq!(replaced("May I? Dear May, hello", &[("name", "May")]), "May I? Dear [NAME_1], hello");
    assert_eq!(replaced("Schmidt <b@c.de>", &[("from", "Eva Schmidt <b@c.de>")]), "[NAME_1] <[EMAIL_1]>");
    assert_eq!(replaced("About the order", &[("subject", "order")]), "About the order", "only fields that hold names");
}

#[test]
fn values_that_share_characters_become_one() {
    assert_eq!(replaced("https://x.io/?mail=a@b.co&key=sk-abcdefghijklmnopqrstuvwx", &[]), "[KEY_1]");
}

#[test]
fn in_a_dataset_the_same_value_has_one_number_for_all() {
    let finder = finder();
    let mut placeholders = Placeholders::default();
    let mut counts = BTreeMap::new();
    let mut put = |text: &str| placeholders.replace(text, &finder.find(text, &Names::default()), &mut counts);
    assert_eq!(put("a@b.co"), "[EMAIL_1]");
    assert_eq!(put("c@d.co a@b.co"), "[EMAIL_2] [EMAIL_1]");
    assert_eq!(counts, BTreeMap::from([(Kind::Email, 3)]), "each one that was replaced is counted");
}

#[test]
fn a_text_full_of_digits_and_addresses_costs_no_more_than_its_length() {
    // The square of these lengths would be hours, not the moment that a test may take.
    let finder = finder();
    for part in ["4 ", "10.0.0.1 ", "010-1234-5678 ", "a@b.co ", "4111-", "(02) ", "2001:db8::1:2 ", "GB82 "] {
        let text = part.repeat(200_000 / part.len());
        let found = finder.find(&text, &Names::default());
        assert!(found.len() <= text.len(), "{part}");
    }
}
