use super::*;
use proptest::prelude::{ProptestConfig, prop_assert, proptest};

#[test]
fn the_output_is_always_one_of_the_labels() {
    let constraint = labels(&["refund", "return", "re", "환불 요청", "the thin", "the thing", "🎁"]);
    let Constraint::Labels(texts) = &constraint else { return };
    for shared in [bpe(), sentencepiece()] {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..300 {
            let (text, complete) = walk(shared, &constraint, seed, 100);
            assert!(complete && texts.contains(&text), "{text:?} is no label");
            seen.insert(text);
        }
        assert_eq!(seen.len(), texts.len(), "each label can be reached");
    }
}

#[test]
fn a_label_that_another_goes_on_from_ends_by_the_model_saying_so() {
    let (tokenizer, grammars) = bpe();
    let mut grammar = grammars.begin(&labels(&["a", "ab"])).unwrap();
    let id = |byte: u8| (0..300).find(|id| tokenizer.bytes(*id) == [byte]).unwrap();
    assert_eq!(grammar.mask().unwrap().only(), Some(id(b'a')), "both begin with it, and nothing may end yet");
    grammar.accept(id(b'a')).unwrap();
    assert!(!grammar.is_finished(), "it may go on");
    let ends: Vec<bool> = grammar.mask().unwrap().ids().map(|id| tokenizer.ends(id)).collect();
    assert!(ends.contains(&true) && ends.contains(&false), "it may end or go on");
    grammar.accept(id(b'b')).unwrap();
    assert!(grammar.is_finished(), "nothing can follow");
}

#[test]
fn a_token_that_is_not_allowed_is_refused() {
    let mut grammar = bpe().1.begin(&labels(&["yes", "no"])).unwrap();
    let error = grammar.accept(0).unwrap_err().to_string();
    assert!(error.contains("left the set of labels"), "{error}");
}

#[test]
fn what_cannot_be_a_set_of_labels_is_refused_in_a_sentence() {
    let many: Vec<String> = (0..20_000).map(|number| format!("label {number}")).collect();
    let long = "x".repeat(5_000);
    for (constraint, says) in [
        (labels(&[]), "no label"),
        (labels(&["yes", ""]), "empty"),
        (labels(&["yes", "no", "yes"]), "\"yes\" stands twice"),
        (labels(&[&long]), "5000 bytes"),
        (Constraint::Labels(many), "20000 labels"),
    ] {
        let error = bpe().1.begin(&constraint).err().unwrap().to_string();
        assert!(error.contains(says), "{error}");
    }
}

/// Logits of which nothing is known but that they are numbers.
fn logits(random: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| (random.next_u32() >> 8) as f32 / 2_000_000.0).collect()
}

#[test]
fn the_probabilities_of_labels_that_part_at_once_are_the_models_own() {
    let (tokenizer, grammars) = bpe();
    let constraint = labels(&["a", "b", "c"]);
    let id = |byte: u8| (0..300).find(|id| tokenizer.bytes(*id) == [byte]).unwrap();
    let mut grammar = grammars.begin(&constraint).unwrap();
    let mut row = vec![9.0; tokenizer.len()];
    for (byte, weight) in [(b'a', 1.0f32), (b'b', 2.0), (b'c', 5.0)] {
        row[id(byte) as usize] = weight.ln();
    }
    grammar.weigh(&row).unwrap();
    grammar.accept(id(b'b')).unwrap();
    let found: Vec<f32> = grammar.label_probabilities().iter().map(|label| label.probability).collect();
    for (found, expected) in found.iter().zip([0.125, 0.25, 0.625]) {
        assert!((found - expected).abs() < 1e-6, "{found} for {expected}, whichever was drawn");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any set of texts, any draw: the output is a label, each allowed step can be completed, probabilities add up to 1.
    #[test]
    fn any_set_of_labels_is_kept(texts in proptest::collection::hash_set("[abθ한 ]{1,6}", 1..8), seed in 0u64..1000) {
        let texts: Vec<String> = texts.into_iter().collect();
        let (tokenizer, grammars) = bpe();
        let mut grammar = grammars.begin(&Constraint::Labels(texts.clone())).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut bytes = Vec::new();
        while !grammar.is_finished() {
            grammar.weigh(&logits(&mut random, tokenizer.len())).unwrap();
            let ids: Vec<u32> = grammar.mask().unwrap().ids().collect();
            prop_assert!(!ids.is_empty());
            let id = ids[random.next_u32() as usize % ids.len()];
            grammar.accept(id).unwrap();
            bytes.extend(tokenizer.bytes(id));
        }
        let text = String::from_utf8(bytes).unwrap();
        prop_assert!(texts.contains(&text), "{text:?}");
        let found = grammar.label_probabilities();
        let total: f32 = found.iter().map(|label| label.probability).sum();
        prop_assert!((total - 1.0).abs() < 1e-4, "they add up to {total}");
        prop_assert!(found.iter().find(|label| label.label == text).unwrap().probability > 0.0);
    }
}
