//! Each rule on texts as they come.

use super::*;
use crate::feedback::edit_distance;
use proptest::prelude::*;

fn request(text: &str) -> Vec<Field> {
    vec![Field { name: "message".into(), value: text.into() }]
}

#[test]
fn a_wrong_number_stands_nowhere_else() {
    let text = "Dear Maria,\nyour order 4821 arrives within 3 days.\n1. Open the parcel.\n2. Keep the slip.";
    for pick in 0..200 {
        let made = make(Fault::WrongNumber, text, &request("Where is 4821? I also have 4822 and 4823."), &[], pick).unwrap();
        let changed: Vec<_> = text.chars().zip(made.chars()).filter(|(a, b)| a != b).collect();
        assert_eq!((changed.len(), text.len()), (1, made.len()), "{made}");
        assert!(changed[0].0.is_ascii_digit() && changed[0].1.is_ascii_digit());
        assert!(!made.contains("4822") && !made.contains("4823"), "{made}");
        assert!(made.ends_with("1. Open the parcel.\n2. Keep the slip."), "the count of a list is no number: {made}");
    }
}

#[test]
fn where_no_number_can_be_wrong_the_rule_says_so() {
    let check =
        |text: &str, asked: &str, expected| assert_eq!(make(Fault::WrongNumber, text, &request(asked), &[], 3), Err(expected), "{text}");
    check("Thank you.", "", NoFault::NoNumber);
    check("1. Open it.\n2. Close it.", "", NoFault::NoNumber);
    check("It is 7.", "0 1 2 3 4 5 6 8 9", NoFault::NoOtherNumber);
    assert_eq!(make(Fault::ByAdmin, "It is 7.", &request(""), &[], 3), Err(NoFault::NoRule));
}

#[test]
fn who_is_greeted_is_found() {
    let check = |text: &str, expected: Option<&str>| assert_eq!(greeted(text), expected, "{text}");
    check("Dear Maria,\nthank you.", Some("Maria"));
    check("Hello Theresa Obermayr, it is on its way.", Some("Theresa Obermayr"));
    check("Dear Ms. Keller, thank you", Some("Keller"));
    check("Good morning Anne-Marie!", Some("Anne-Marie"));
    check("  \nHi Tom\nIt is on its way.", Some("Tom"));
    check("Hi Tom. It is on its way.", Some("Tom"));
    check("Guten Tag Frau Wölfl,", Some("Wölfl"));
    check("홍길동 고객님, 안녕하세요.", Some("홍길동"));
    check("안녕하세요, 김철수님.", Some("김철수"));
    for nobody in [
        "Dear customer,",
        "Hi there,",
        "Dear Sir or Madam,",
        "Hello,",
        "Highly recommended",
        "고객님, 안녕하세요.",
        "Hi all",
        "",
        "It is on its way.",
    ] {
        check(nobody, None);
    }
}

#[test]
fn a_wrong_name_is_of_nobody_in_the_request_or_the_text() {
    let others = ["Tom".to_owned(), "Paul Meier".to_owned(), "Lea".to_owned(), "이몽룡".to_owned()];
    let check = |text: &str, asked: &str, expected: &[&str]| {
        let mut made: Vec<String> = (0..40).map(|pick| make(Fault::WrongName, text, &request(asked), &others, pick).unwrap()).collect();
        made.sort();
        made.dedup();
        assert_eq!(made, expected, "{text}");
    };
    check(
        "Dear Maria,\nyour tent is on its way.",
        "Best, Maria",
        &["Dear Lea,\nyour tent is on its way.", "Dear Tom,\nyour tent is on its way."],
    );
    check("Dear Maria,\nyour tent.", "My husband Tom says hello", &["Dear Lea,\nyour tent."]);
    check("Hello Eva Maria! Done.", "", &["Hello Paul Meier! Done."]);
    check("홍길동 고객님, 감사합니다.", "", &["이몽룡 고객님, 감사합니다."]);
    // Nobody else was greeted so: one of the house's own names.
    let made = make(Fault::WrongName, "Dear Ms. Wölfl,\nyes.", &request("Keller"), &[], 0).unwrap();
    assert!(made.starts_with("Dear Ms. ") && !made.contains("Keller") && !made.contains("Wölfl"), "{made}");
    assert_eq!(make(Fault::WrongName, "Dear customer,\nyes.", &request(""), &others, 1), Err(NoFault::NobodyGreeted));
}

#[test]
fn a_missing_step_leaves_the_rest_as_it_was() {
    let check = |text: &str, expected: &[&str]| {
        let mut made: Vec<String> = (0..20).map(|pick| make(Fault::MissingStep, text, &request(""), &[], pick).unwrap()).collect();
        made.sort();
        made.dedup();
        assert_eq!(made, expected, "{text}");
    };
    check(
        "Dear Maria,\n\nWe are sorry. Please send us a photo. The refund takes 5 days. Let us know if you have questions.\n\nKind regards",
        &[
            "Dear Maria,\n\nWe are sorry. Please send us a photo. Let us know if you have questions.\n\nKind regards",
            "Dear Maria,\n\nWe are sorry. The refund takes 5 days. Let us know if you have questions.\n\nKind regards",
        ],
    );
    check(
        "Do this:\n1. Open the lid.\n2. Remove the filter.\n3. Close the lid.\nIt works then.",
        &[
            "Do this:\n1. Open the lid.\n2. Close the lid.\nIt works then.",
            "Do this:\n1. Open the lid.\n2. Remove the filter.\nIt works then.",
            "Do this:\n1. Remove the filter.\n2. Close the lid.\nIt works then.",
        ],
    );
    check("It is broken.\n- Send it back.\nWe repair it.", &["It is broken.\nWe repair it."]);
    check("안녕하세요. 앱을 다시 시작해 주세요. 곧 나아집니다. 감사합니다.", &["안녕하세요. 곧 나아집니다. 감사합니다."]);
}

#[test]
fn where_no_step_is_told_or_nothing_would_be_left_the_rule_says_so() {
    let check = |text: &str, expected| assert_eq!(make(Fault::MissingStep, text, &request(""), &[], 0), Err(expected), "{text}");
    check("Dear Maria,\nthank you for your words. We are happy. Please let us know if you have questions.", NoFault::NoStep);
    check("Send it back. Thank you.", NoFault::TooShort);
    check("", NoFault::NoStep);
}

proptest! {
    #[test]
    fn a_rule_makes_another_text_or_says_why_not(text in "(Dear [A-Z][a-z]{2,5},\n)?([A-Za-z0-9한 ,.!?\n]{0,80}|Please send [0-9]{1,4}\\. ){0,4}", asked in "[A-Za-z0-9 ]{0,20}", pick in any::<u64>()) {
        for fault in Fault::ALL {
            if let Ok(made) = make(fault, &text, &request(&asked), &["Tom".into()], pick) {
                prop_assert!(made != text && !made.trim().is_empty() && edit_distance(&text, &made) > 0.0);
            }
        }
    }
}
