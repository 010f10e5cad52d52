//! Rules on texts, friendly and hostile.

use super::*;
use crate::error::Error;
use proptest::prelude::*;
use serde_json::json;
use std::time::{Duration, Instant};

fn fields(pairs: &[(&str, &str)]) -> Vec<Field> {
    pairs.iter().map(|(name, value)| Field { name: (*name).into(), value: (*value).into() }).collect()
}

fn rule(when: Condition) -> Vec<HoldRule> {
    vec![HoldRule { name: "the rule".into(), when }]
}

/// On a request of `message`, of slice `vip`, with `output`.
fn check(when: Condition, message: &str, output: &str, expected: Option<&str>) {
    let fields = fields(&[("message", message), ("empty", " \n")]);
    let seen = Seen { fields: &fields, slice: Some("vip"), output };
    let held = HoldRules::new(&rule(when.clone())).unwrap().first(seen);
    assert_eq!(held.map(|h| h.what).as_deref(), expected, "{when:?} on {message:?} and {output:?}");
}

fn keyword(place: Place, words: &[&str]) -> Condition {
    Condition::Keyword { place, words: words.iter().map(|w| (*w).to_owned()).collect() }
}

fn pattern(place: Place, pattern: &str) -> Condition {
    Condition::Pattern { place, pattern: pattern.into() }
}

#[test]
fn keywords_are_found_however_they_are_spelled() {
    let field = || Place::Field("message".into());
    check(keyword(field(), &["lawyer"]), "my LAWYERS say", "", Some("keyword \"lawyer\" in message"));
    check(keyword(Place::Request, &["x-ray", "변호사"]), "제 변호사가 말하길", "", Some("keyword \"변호사\" in message"));
    check(keyword(Place::Anywhere, &["lawyer"]), "the law\u{200b}yer", "", Some("keyword \"lawyer\" in message"));
    check(keyword(Place::Anywhere, &["small claims"]), "a small\n  claims court", "", Some("keyword \"small claims\" in message"));
    check(keyword(Place::Output, &["lawyer"]), "lawyer", "fine", None);
    check(keyword(Place::Output, &["lawyer"]), "", "ask a lawyer", Some("keyword \"lawyer\" in the output"));
    check(keyword(Place::Field("subject".into()), &["lawyer"]), "lawyer", "lawyer", None);
}

#[test]
fn patterns_say_what_they_found() {
    check(pattern(Place::Output, r"\d{4,}"), "", "No. 4711", Some("pattern \"\\\\d{4,}\" found \"4711\" in the output"));
    check(pattern(Place::Anywhere, "(?i)refund"), "Re\u{200b}fund!", "", Some("pattern \"(?i)refund\" found \"Refund\" in message"));
    check(pattern(Place::Anywhere, "^$"), "x", "y", None);
    let long = "a".repeat(100);
    check(pattern(Place::Output, "a+"), "", &long, Some(&format!("pattern \"a+\" found \"{}\" … in the output", "a".repeat(60))));
}

#[test]
fn a_slice_a_missing_field_and_a_length_hold_back() {
    check(Condition::Slice { slice: "vip".into() }, "", "", Some("slice \"vip\""));
    check(Condition::Slice { slice: "VIP".into() }, "", "", None);
    check(Condition::MissingField { field: "order".into() }, "", "", Some("order is missing"));
    check(Condition::MissingField { field: "empty".into() }, "", "", Some("empty is missing"));
    check(Condition::MissingField { field: "message".into() }, "\u{200b}\u{ad}", "", Some("message is missing"));
    check(Condition::MissingField { field: "message".into() }, "hi", "", None);
    let length = |place, at_least, at_most| Condition::Length { place, at_least, at_most };
    check(length(Place::Output, Some(3), None), "", "안녕", Some("the output has 2 characters (at least 3)"));
    check(length(Place::Output, Some(2), Some(2)), "", "안녕", None);
    check(length(Place::Anywhere, None, Some(9)), "12345", "678", Some("request and output has 10 characters (at most 9)"));
}

#[test]
fn a_language_holds_back_only_where_it_is_sure() {
    let only = |codes: &[&str]| Condition::Language {
        place: Place::Field("message".into()),
        only: codes.iter().map(|c| (*c).to_owned()).collect(),
    };
    let german = "Ich warte seit zwei Wochen auf mein Paket und höre nichts von Ihnen.";
    check(only(&["eng", "kor"]), german, "", Some("message is in German"));
    check(only(&["deu"]), german, "", None);
    check(only(&["eng"]), "Where is my order? I have waited for two weeks now.", "", None);
    check(only(&["eng"]), "ok thanks", "", None);
    check(only(&["eng"]), "내 텐트는 어디에 있나요?", "", Some("message is in the script Hangul"));
    check(only(&["eng", "kor"]), "내 텐트는 어디에 있나요?", "", None);
    check(only(&["eng"]), "4711 / 12 €", "", None);
}

#[test]
fn a_schema_and_hidden_characters_hold_back() {
    let schema = || Condition::SchemaInvalid { schema: json!({"type": "object"}) };
    check(schema(), "", "{}", None);
    check(schema(), "", "[]", Some("the output does not fit its schema: /: [] is not of type object"));
    let hidden = |place| Condition::HiddenCharacters { place };
    check(hidden(Place::Output), "\u{202e}", "fine 👍🏽 ❤️", None);
    check(
        hidden(Place::Anywhere),
        "pay $\u{202e}001",
        "",
        Some("hidden character U+202E (changes the direction of reading) in message, at character 6"),
    );
}

#[test]
fn a_rule_that_cannot_be_read_is_refused_with_its_place_and_reason() {
    let check = |when: Condition, expected: &str| {
        let refused = HoldRules::new(&rule(when)).unwrap_err();
        assert!(matches!(refused, Error::Invalid { .. }));
        assert_eq!(refused.to_string(), format!("hold rule 1 \"the rule\": {expected}"));
    };
    check(pattern(Place::Output, "(a"), "pattern: a regular expression (found line 1, column 1: unclosed group)");
    check(
        pattern(Place::Output, "(?x)a\n  [z-a]"),
        "pattern: a regular expression (found line 2, column 4: invalid character class range, the start must be <= the end)",
    );
    check(
        pattern(Place::Output, r"(?=a)"),
        "pattern: a regular expression (found line 1, column 1: look-around, including look-ahead and look-behind, is not supported)",
    );
    check(
        pattern(Place::Output, r"\w{1,1000}{1000}"),
        "pattern: a pattern with fewer or smaller repetitions, or with \\d or [a-z] for \\w (found line 1: it is too large)",
    );
    check(pattern(Place::Output, ""), "pattern: a regular expression of 1 to 2000 bytes (found 0 bytes)");
    check(keyword(Place::Output, &["\u{200b}"]), "words: a word that can be seen, at most 500 bytes (found \"\\u{200b}\")");
    check(keyword(Place::Output, &[]), "words: 1 to 200 words (found 0 words)");
    check(
        Condition::Language { place: Place::Output, only: vec!["en".into()] },
        "language: a code of ISO 639-3 such as eng or kor (found \"en\")",
    );
    check(
        Condition::Length { place: Place::Output, at_least: Some(5), at_most: Some(4) },
        "length: a least number that is not above the most (found 5 to 4)",
    );
    check(
        Condition::SchemaInvalid { schema: json!({"$ref": "#"}) },
        "schema: a JSON Schema of the keywords that Gait checks (found /$ref: this keyword is not checked by Gait)",
    );
    let twice = [rule(Condition::Slice { slice: "a".into() }), rule(Condition::Slice { slice: "b".into() })].concat();
    assert_eq!(HoldRules::new(&twice).unwrap_err().to_string(), "hold rule 2: name: a name that no other rule has (found \"the rule\")");
}

#[test]
fn a_kept_rule_that_cannot_be_read_any_more_holds_everything() {
    let rules = rule(pattern(Place::Output, "(a"));
    let held = HoldRules::of_kept(&rules).first(Seen { fields: &[], slice: None, output: "" }).unwrap();
    assert_eq!(held.to_string(), "hold rule \"the rule\": the rule cannot be read (pattern: line 1, column 1: unclosed group)");
}

#[test]
fn rules_are_stored_as_json_and_read_back() {
    let rules: Vec<HoldRule> = serde_json::from_value(json!([
        {"name": "a", "when": {"kind": "keyword", "place": {"field": "message"}, "words": ["lawyer"]}},
        {"name": "b", "when": {"kind": "hidden_characters", "place": "anywhere"}},
        {"name": "c", "when": {"kind": "length", "place": "output", "at_least": null, "at_most": 10}},
    ]))
    .unwrap();
    assert_eq!(serde_json::from_str::<Vec<HoldRule>>(&serde_json::to_string(&rules).unwrap()).unwrap(), rules);
    assert_eq!(rules[0].when, keyword(Place::Field("message".into()), &["lawyer"]));
}

/// A megabyte of zeros and ones without a pattern: the worst that was found for the search.
fn noise(length: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state & 1 == 0 { '0' } else { '1' }
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_pattern_made_to_explode_ends_in_time_that_grows_with_the_text() {
    // An engine that tracks back takes longer than the age of the universe for the first four.
    for bomb in ["(a+)+$", "(a|aa)*c", "(.*a){20}b", "(?:a?){60}a{60}b", "[01]*1[01]{200}x"] {
        let rules = HoldRules::new(&rule(pattern(Place::Output, bomb))).unwrap();
        for text in ["a".repeat(1 << 20) + "!", noise(1 << 20)] {
            let start = Instant::now();
            rules.first(Seen { fields: &[], slice: None, output: &text });
            // Quadratic in a megabyte is a million times a million steps: a quarter of an hour at the least.
            assert!(start.elapsed() < Duration::from_secs(60), "{bomb}: {:?}", start.elapsed());
        }
    }
}

#[test]
fn every_kind_of_rule_reads_a_megabyte() {
    let all = [
        keyword(Place::Anywhere, &["lawyer"]),
        pattern(Place::Anywhere, r"(?i)refund of \d+"),
        Condition::MissingField { field: "message".into() },
        Condition::Language { place: Place::Anywhere, only: vec!["eng".into()] },
        Condition::Length { place: Place::Anywhere, at_least: None, at_most: Some(u32::MAX) },
        Condition::HiddenCharacters { place: Place::Anywhere },
    ];
    let rules: Vec<HoldRule> = all.into_iter().enumerate().map(|(i, when)| HoldRule { name: i.to_string(), when }).collect();
    let rules = HoldRules::new(&rules).unwrap();
    let text = "The quick brown fox is not here today, and we are sorry for that. ".repeat(16_000);
    let fields = fields(&[("message", "hello there, good friend")]);
    let start = Instant::now();
    assert_eq!(rules.first(Seen { fields: &fields, slice: None, output: &text }), None, "{} bytes are read to the end", text.len());
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let marked = format!("{text}\u{202e}");
    assert!(rules.first(Seen { fields: &fields, slice: None, output: &marked }).is_some(), "also what stands at the very end");
    let far = text.repeat(3);
    let held = rules.first(Seen { fields: &fields, slice: None, output: &far }).unwrap();
    assert!(held.what.contains("rules are read on at most"), "{held}");
}

fn any_place() -> impl Strategy<Value = Place> {
    prop_oneof![Just(Place::Anywhere), Just(Place::Request), Just(Place::Output), "[a-z]{0,3}".prop_map(Place::Field)]
}

fn any_condition() -> impl Strategy<Value = Condition> {
    let schema = prop_oneof![
        Just(json!({"type": "object", "required": ["a"]})),
        Just(json!({"enum": [1, "a", null]})),
        Just(json!({"items": {"minLength": 1}})),
        Just(json!(3)),
    ];
    prop_oneof![
        ".{0,5}".prop_map(|slice| Condition::Slice { slice }),
        (any_place(), prop::collection::vec(".{0,4}", 0..3)).prop_map(|(place, words)| Condition::Keyword { place, words }),
        (any_place(), "[a-z0-9(){}*+?|\\\\\\[\\]^$.,\n-]{0,12}").prop_map(|(place, pattern)| Condition::Pattern { place, pattern }),
        (any_place(), ".{0,12}").prop_map(|(place, pattern)| Condition::Pattern { place, pattern }),
        ".{0,5}".prop_map(|field| Condition::MissingField { field }),
        (any_place(), prop::collection::vec("eng|kor|deu|xx", 0..3)).prop_map(|(place, only)| Condition::Language { place, only }),
        (any_place(), any::<Option<u32>>(), any::<Option<u32>>()).prop_map(|(place, at_least, at_most)| Condition::Length {
            place,
            at_least,
            at_most
        }),
        schema.prop_map(|schema| Condition::SchemaInvalid { schema }),
        any_place().prop_map(|place| Condition::HiddenCharacters { place }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_rule_and_no_text_panics_and_what_is_refused_holds(when in any_condition(), message in any::<String>(), output in "\\PC{0,40}|.{0,40}") {
        let fields = fields(&[("m", &message)]);
        let seen = Seen { fields: &fields, slice: Some("s"), output: &output };
        let rules = rule(when);
        let kept = HoldRules::of_kept(&rules).first(seen);
        match HoldRules::new(&rules) {
            Ok(ready) => prop_assert_eq!(ready.first(seen), kept),
            Err(Error::Invalid { .. }) => prop_assert!(kept.is_some()),
            Err(e) => prop_assert!(false, "{}", e),
        }
    }

    #[test]
    fn one_more_rule_can_only_hold_back_more(first in any_condition(), second in any_condition(), message in "\\PC{0,20}", output in "\\PC{0,20}") {
        let fields = fields(&[("m", &message)]);
        let seen = Seen { fields: &fields, slice: Some("s"), output: &output };
        let one = vec![HoldRule { name: "one".into(), when: first }];
        let two = [one.clone(), vec![HoldRule { name: "two".into(), when: second }]].concat();
        let held = HoldRules::of_kept(&one).first(seen);
        if held.is_some() {
            prop_assert_eq!(HoldRules::of_kept(&two).first(seen), held, "the first rule that matches is told");
        }
    }

    #[test]
    fn hidden_characters_never_hide_a_keyword(at in 1usize..6, hidden in prop::sample::select(vec!['\u{200b}', '\u{ad}', '\u{202e}', '\u{e0041}', '\u{7}', '\u{fe0f}', '\u{200d}'])) {
        let mut message = String::from("lawyer");
        message.insert(at, hidden);
        let fields = fields(&[("m", &message)]);
        let seen = Seen { fields: &fields, slice: None, output: "" };
        prop_assert!(HoldRules::new(&rule(keyword(Place::Request, &["lawyer"]))).unwrap().first(seen).is_some());
        prop_assert!(super::hidden(&message).is_some());
    }
}
