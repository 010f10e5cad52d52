//! Each format's row, as it stands in the file.

use super::*;
use crate::example::{Message, Verdict};
use crate::recipe::Format;
use std::collections::BTreeMap;

fn message(role: Role, content: &str) -> Message {
    Message { role, content: content.into() }
}

fn example(verdict: Verdict) -> Example {
    Example {
        id: "d1".into(),
        item: "i1".into(),
        decisions: vec!["1".into()],
        groups: Vec::new(),
        earlier: None,
        system: Some("Be kind.".into()),
        prompt: vec![message(Role::User, "Where?")],
        verdict,
        replaced: Vec::new(),
        reasons: vec!["tone".into()],
        weight: 1.5,
        disputed: false,
        reviewer: "r".into(),
        fields: Vec::new(),
        meta: BTreeMap::from([("slice".into(), "a".into())]),
    }
}

fn edit() -> Example {
    example(Verdict::Edit { draft: "There".into(), edited: "Over there.".into() })
}

fn rows(format: Format, example: &Example, columns: bool) -> String {
    let shape = Shape { columns, history: example.prompt.len() > 1, meta: example.meta.keys().cloned().collect() };
    let mut text = String::new();
    lines(format, example, Side::Train, &shape, &mut |line| text.push_str(std::str::from_utf8(line).unwrap()));
    text
}

fn check(format: Format, example: &Example, expected: &str) {
    assert_eq!(rows(format, example, false).trim_end(), expected, "{}", format.name());
}

#[test]
fn every_format_writes_the_keys_that_its_trainer_reads() {
    let system = r#"{"role":"system","content":"Be kind."}"#;
    let user = r#"{"role":"user","content":"Where?"}"#;
    let good = r#"{"role":"assistant","content":"Over there."}"#;
    let bad = r#"{"role":"assistant","content":"There"}"#;
    let edit = edit();
    check(Format::Sft, &edit, &format!(r#"{{"messages":[{system},{user},{good}]}}"#));
    check(Format::OpenaiChat, &edit, &format!(r#"{{"messages":[{system},{user},{good}]}}"#));
    check(Format::PromptCompletion, &edit, r#"{"prompt":"Be kind.\n\nWhere?\n\n","completion":"Over there."}"#);
    check(Format::Dpo, &edit, r#"{"prompt":"Be kind.\n\nWhere?\n\n","chosen":"Over there.","rejected":"There"}"#);
    check(Format::DpoChat, &edit, &format!(r#"{{"prompt":[{system},{user}],"chosen":[{good}],"rejected":[{bad}]}}"#));
    let preference = format!(r#"{{"input":{{"messages":[{system},{user}]}},"preferred_output":[{good}],"non_preferred_output":[{bad}]}}"#);
    check(Format::OpenaiPreference, &edit, &preference);
    check(Format::Alpaca, &edit, r#"{"instruction":"Where?","input":"","output":"Over there.","system":"Be kind."}"#);
    let said = r#"{"from":"system","value":"Be kind."},{"from":"human","value":"Where?"}"#;
    check(Format::Sharegpt, &edit, &format!(r#"{{"conversations":[{said},{{"from":"gpt","value":"Over there."}}]}}"#));
    let pair = format!(
        r#"{{"conversations":[{said}],"chosen":{{"from":"gpt","value":"Over there."}},"rejected":{{"from":"gpt","value":"There"}}}}"#
    );
    check(Format::SharegptPreference, &edit, &pair);
    let reject = example(Verdict::Reject { draft: "There".into() });
    check(Format::Kto, &reject, &format!(r#"{{"prompt":[{system},{user}],"completion":[{bad}],"label":false}}"#));
    check(Format::SharegptKto, &reject, &format!(r#"{{"conversations":[{said},{{"from":"gpt","value":"There"}}],"kto_tag":false}}"#));
    check(Format::Csv, &reject, r#""d1","i1","train","reject","1.5","Be kind.","Where?","","There","tone","a""#);
}

#[test]
fn a_verdict_gives_rows_where_it_says_something_and_nowhere_else() {
    let verdicts = [
        (Verdict::Approve { draft: "a".into() }, "sft 1, dpo 0, kto 1"),
        (Verdict::Edit { draft: "a".into(), edited: "b".into() }, "sft 1, dpo 1, kto 0"),
        (Verdict::Reject { draft: "a".into() }, "sft 0, dpo 0, kto 1"),
        (Verdict::Compare { chosen: "b".into(), rejected: "a".into() }, "sft 0, dpo 1, kto 0"),
        (Verdict::Edit { draft: "a".into(), edited: "a".into() }, "sft 1, dpo 0, kto 0"),
    ];
    for (verdict, expected) in verdicts {
        let example = example(verdict);
        let count = |format| rows(format, &example, true).lines().count();
        let counted = format!("sft {}, dpo {}, kto {}", count(Format::Sft), count(Format::DpoChat), count(Format::Kto));
        assert_eq!(counted, expected, "{:?}", example.verdict);
    }
}

#[test]
fn what_was_accepted_is_preferred_to_each_draft_thrown_away_before() {
    let mut example = example(Verdict::Approve { draft: "third".into() });
    example.replaced = vec!["first".into(), "second".into(), "third".into(), "first".into()];
    let text = rows(Format::Dpo, &example, false);
    let rejected: Vec<&str> = text.lines().filter_map(|line| line.split(r#""rejected":""#).nth(1)).collect();
    assert_eq!(rejected, ["first\"}", "second\"}"], "each once, and nothing over itself");
}

#[test]
fn turns_of_one_speaker_become_one_and_earlier_answers_are_not_trained_on_by_openai() {
    let mut example = example(Verdict::Approve { draft: "d".into() });
    example.prompt = vec![message(Role::User, "a"), message(Role::User, "b"), message(Role::Assistant, "c"), message(Role::User, "e")];
    example.system = None;
    check(
        Format::OpenaiChat,
        &example,
        r#"{"messages":[{"role":"user","content":"a\n\nb"},{"role":"assistant","content":"c","weight":0},{"role":"user","content":"e"},{"role":"assistant","content":"d"}]}"#,
    );
    check(Format::Alpaca, &example, r#"{"instruction":"e","input":"","output":"d","system":"","history":[["a\n\nb","c"]]}"#);
    check(Format::PromptCompletion, &example, r#"{"prompt":"User: a\n\nb\n\nAssistant: c\n\nUser: e\n\n","completion":"d"}"#);
}

#[test]
fn columns_stand_where_the_format_allows() {
    for format in Format::ALL {
        let example =
            if matches!(format, Format::Kto | Format::SharegptKto) { example(Verdict::Approve { draft: "x".into() }) } else { edit() };
        let row = rows(format, &example, true);
        let openai = matches!(format, Format::OpenaiChat | Format::OpenaiPreference);
        let has = row.contains(r#""id":"d1","weight":1.5"#);
        assert_eq!(has, !openai && format != Format::Csv, "{}: {row}", format.name());
    }
}

#[test]
fn json_keeps_every_byte_of_a_text() {
    let odd = "=1+1 \u{0} \u{7f} \u{2028} \"q\" \\ 한국어 👍 \u{202e}\r\n\tend";
    let example = example(Verdict::Approve { draft: odd.into() });
    let row: serde_json::Value = serde_json::from_str(&rows(Format::Sft, &example, false)).unwrap();
    assert_eq!(row["messages"][2]["content"].as_str(), Some(odd), "nothing is escaped away");
}
