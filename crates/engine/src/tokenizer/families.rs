//! Every family of tokenizers against the Python libraries `tokenizers` and `sentencepiece`, on 10,000 texts each.
//!
//! Invariant: the fixtures come from `fixtures/make.py`; they are never recorded from this engine.

use super::*;
use crate::load::gguf::Value;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

/// A private character that no text of the fixtures holds.
const GUARD: char = '\u{fdd1}';
/// Texts to a hash.
const BLOCK: usize = 10;

#[derive(Deserialize)]
struct Ingredients {
    languages: BTreeMap<String, serde_json::Value>,
    digits: Vec<String>,
    gaps: Vec<String>,
    emoji: Vec<String>,
    code: Vec<String>,
    endings: Vec<String>,
    odd: Vec<String>,
    ranges: Vec<(u32, u32)>,
}

/// `SplitMix64`, as in `fixtures/texts.py`.
struct Draws(u64);

impl Draws {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % count as u64).unwrap()
    }

    fn of<'a>(&mut self, items: &'a [String]) -> &'a str {
        &items[self.below(items.len())]
    }
}

fn text(number: usize, from: &Ingredients, languages: &[Vec<String>]) -> String {
    let mut draws = Draws(number as u64);
    let home = &languages[number % languages.len()];
    let mut out = String::new();
    for _ in 0..=draws.below(14) {
        let part = match draws.below(18) {
            0..8 => draws.of(home).to_owned(),
            8 => {
                let language = draws.below(languages.len());
                draws.of(&languages[language]).to_owned()
            }
            9..11 => draws.of(&from.digits).to_owned(),
            11..13 => draws.of(&from.gaps).to_owned(),
            13 => draws.of(&from.emoji).to_owned(),
            14 => draws.of(&from.code).to_owned(),
            15 => draws.of(&from.endings).to_owned(),
            16 => draws.of(&from.odd).to_owned(),
            _ => {
                let (first, last) = from.ranges[draws.below(from.ranges.len())];
                let offset = draws.below((last - first + 1) as usize);
                char::from_u32(first + u32::try_from(offset).unwrap()).unwrap().to_string()
            }
        };
        let times = if draws.below(16) == 0 { 1 + draws.below(9) } else { 1 };
        out.push_str(&part.repeat(times));
        if draws.below(3) > 0 {
            out.push(' ');
        }
    }
    out
}

fn texts() -> &'static [String] {
    static TEXTS: OnceLock<Vec<String>> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let from: Ingredients = serde_json::from_str(include_str!("fixtures/ingredients.json")).unwrap();
        let languages: Vec<Vec<String>> = from.languages.values().map(|words| serde_json::from_value(words.clone()).unwrap()).collect();
        (0..10_000).map(|number| text(number, &from, &languages)).collect()
    })
}

fn clear() -> serde_json::Value {
    serde_json::from_str(include_str!("fixtures/clear.json")).unwrap()
}

fn ids() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("fixtures/ids.json")).unwrap()
}

fn of(entries: Vec<(&str, Value)>) -> Tokenizer {
    let metadata = entries.into_iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value)).collect();
    Tokenizer::new(&Header { metadata, tensors: Vec::new(), data_offset: 0, shards: Vec::new() }, u32::MAX).unwrap()
}

fn texts_value(json: &serde_json::Value) -> Value {
    Value::Texts(serde_json::from_value(json.clone()).unwrap())
}

/// The byte-level vocabulary with the cuts of a family.
fn byte_level(pre: &str) -> Tokenizer {
    static JSON: OnceLock<serde_json::Value> = OnceLock::new();
    let json = JSON.get_or_init(|| serde_json::from_str(include_str!("fixtures/byte_level.json")).unwrap());
    of(vec![
        ("model", Value::Text("gpt2".to_owned())),
        ("pre", Value::Text(pre.to_owned())),
        ("tokens", texts_value(&json["tokens"])),
        ("merges", texts_value(&json["merges"])),
        ("add_bos_token", Value::Bool(false)),
        // The last one, which is a whole word: an end is needed, and these texts do not hold it.
        ("eos_token_id", Value::Unsigned(json["tokens"].as_array().unwrap().len() as u64 - 1)),
    ])
}

/// One of the vocabularies of `sentencepiece.json`.
fn sentencepiece(name: &str) -> Tokenizer {
    static JSON: OnceLock<serde_json::Value> = OnceLock::new();
    let json = &JSON.get_or_init(|| serde_json::from_str(include_str!("fixtures/sentencepiece.json")).unwrap())[name];
    let mut entries = vec![
        ("model", Value::Text(json["model"].as_str().unwrap().to_owned())),
        ("tokens", texts_value(&json["tokens"])),
        ("scores", Value::Floats(serde_json::from_value(json["scores"].clone()).unwrap())),
        ("token_type", Value::Integers(serde_json::from_value(json["kinds"].clone()).unwrap())),
        ("add_space_prefix", Value::Bool(json["add_space_prefix"].as_bool().unwrap())),
        ("remove_extra_whitespaces", Value::Bool(json["remove_extra_whitespaces"].as_bool().unwrap())),
        ("add_bos_token", Value::Bool(false)),
        ("unknown_token_id", Value::Unsigned(0)),
        ("eos_token_id", Value::Unsigned(2)),
    ];
    if let Some(charsmap) = json["charsmap"].as_array() {
        entries.push(("precompiled_charsmap", Value::Bytes(charsmap.iter().map(|b| u8::try_from(b.as_u64().unwrap()).unwrap()).collect())));
    }
    if json["merges"].is_array() {
        entries.push(("merges", texts_value(&json["merges"])));
    }
    of(entries)
}

fn encode(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    tokenizer.encode(text, GUARD).unwrap()
}

fn hashes(tokenizer: &Tokenizer) -> String {
    let mut out = String::new();
    for block in texts().chunks(BLOCK) {
        let mut digest = Sha256::new();
        for text in block {
            let ids = encode(tokenizer, text);
            digest.update(u32::try_from(ids.len()).unwrap().to_le_bytes());
            ids.iter().for_each(|id| digest.update(id.to_le_bytes()));
        }
        digest.finalize().iter().take(4).for_each(|byte| write!(out, "{byte:02x}").unwrap());
    }
    out
}

/// Compares the clear examples first, for their message says more, then the hashes of all.
fn check(name: &str, tokenizer: &Tokenizer) {
    for (number, expected) in clear()["examples"][name].as_object().into_iter().flatten() {
        let text = &texts()[number.parse::<usize>().unwrap()];
        let expected: Vec<u32> = serde_json::from_value(expected.clone()).unwrap();
        assert_eq!(encode(tokenizer, text), expected, "{name}: {text:?}");
    }
    if tokenizer.keeps_words_apart() {
        for text in texts().iter().step_by(7) {
            let by_words: usize = crate::tokens::words(text).map(|word| tokenizer.count(word)).sum();
            assert_eq!(by_words, tokenizer.count(text), "{name}: {text:?} counted by words");
        }
    }
    let (found, expected) = (hashes(tokenizer), &ids()[name]);
    assert_eq!(found.len(), expected.len());
    let differing: Vec<usize> = (0..found.len() / 8).filter(|n| found[8 * n..8 * n + 8] != expected[8 * n..8 * n + 8]).collect();
    assert!(
        differing.is_empty(),
        "{name}: {} of {} blocks of {BLOCK} differ, first {:?}",
        differing.len(),
        found.len() / 8,
        differing.first()
    );
}

fn decode(tokenizer: &Tokenizer, ids: &[u32]) -> String {
    let mut stream = tokenizer.stream();
    ids.iter().map(|id| stream.push(&tokenizer.bytes(*id))).collect()
}

#[test]
fn the_texts_are_those_that_the_fixtures_were_made_from() {
    let mut digest = Sha256::new();
    for text in texts() {
        digest.update(u32::try_from(text.len()).unwrap().to_le_bytes());
        digest.update(text);
    }
    assert_eq!(crate::load::file::hex(&digest.finalize()), clear()["texts"]["sha256"].as_str().unwrap());
}

#[test]
fn byte_level_families_give_the_tokens_of_hugging_face() {
    let families: Vec<String> = ids().into_keys().filter(|name| super::cuts::Cuts::named(name).is_some()).collect();
    assert_eq!(families.len(), 24, "{families:?}");
    // Two threads: each family takes a second or so.
    let (left, right) = families.split_at(families.len() / 2);
    std::thread::scope(|scope| {
        for half in [left, right] {
            scope.spawn(move || half.iter().for_each(|name| check(name, &byte_level(name))));
        }
    });
}

#[test]
fn byte_level_tokens_come_back_as_their_text() {
    let tokenizer = byte_level("llama-bpe");
    for text in texts() {
        assert_eq!(&decode(&tokenizer, &encode(&tokenizer, text)), text);
    }
}

#[test]
fn sentencepiece_families_give_the_tokens_of_sentencepiece() {
    for name in ["llama", "gemma", "tidy", "gemma4"] {
        check(name, &sentencepiece(name));
    }
}

#[test]
fn unigram_gives_the_tokens_of_sentencepiece() {
    for name in ["unigram", "unigram-bytes"] {
        check(name, &sentencepiece(name));
    }
}

#[test]
fn sentencepiece_tokens_come_back_as_their_text() {
    for name in ["llama", "gemma", "gemma4", "unigram-bytes"] {
        let tokenizer = sentencepiece(name);
        for text in texts() {
            // A space before the text is the tokenizer's own and is taken away again. `▁` is a space to all of them.
            assert_eq!(decode(&tokenizer, &encode(&tokenizer, text)), text.replace('▁', " "), "{name}");
        }
    }
}

/// Vocabularies in use, which may not come along: `fixtures/real.py` says how to get them and records their tokens.
#[test]
#[ignore = "needs real vocabularies: GAIT_VOCABULARIES names a folder that fixtures/real.py wrote"]
fn real_vocabularies_give_their_recorded_tokens() {
    let folder = std::path::PathBuf::from(std::env::var_os("GAIT_VOCABULARIES").unwrap());
    let mut report = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "gguf") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut header = Header::of(&crate::load::file::open(&path).unwrap().0).unwrap();
        header.metadata.insert("tokenizer.ggml.add_bos_token".to_owned(), Value::Bool(false));
        let tokenizer = Tokenizer::new(&header, u32::MAX).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let record: serde_json::Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
        let cases = record["cases"].as_array().unwrap();
        let wrong = cases.iter().filter(|case| {
            let expected: Vec<u32> = serde_json::from_value(case[1].clone()).unwrap();
            encode(&tokenizer, case[0].as_str().unwrap()) != expected
        });
        let wrong: Vec<&str> = wrong.map(|case| case[0].as_str().unwrap()).collect();
        let expected = record["hashes"].as_str().unwrap();
        let found = hashes(&tokenizer);
        let differing: Vec<usize> = (0..found.len() / 8).filter(|n| found[8 * n..8 * n + 8] != expected[8 * n..8 * n + 8]).collect();
        report.push(format!(
            "{name}: {} of {} recorded cases and {} of {} blocks differ {wrong:?} {:?}",
            wrong.len(),
            cases.len(),
            differing.len(),
            found.len() / 8,
            differing.first()
        ));
    }
    println!("{}", report.join("\n"));
    assert!(report.iter().all(|line| line.contains(": 0 of") && line.contains("and 0 of")), "{}", report.join("\n"));
}
