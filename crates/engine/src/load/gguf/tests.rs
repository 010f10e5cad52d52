use super::*;
use crate::load::gguf::hand::Hand;
use crate::testing;
use proptest::prelude::*;
use std::sync::OnceLock;

/// A small model file.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::read(testing::write(folder.path(), "llama", 1).path).unwrap()
    })
}

fn read(bytes: &[u8]) -> Result<Header, Refusal> {
    Header::read(bytes, bytes.len() as u64)
}

fn check_refused(bytes: &[u8], expected: &str) {
    match read(bytes) {
        Err(Refusal::Unusable(reason)) => assert!(reason.contains(expected), "{reason:?} where {expected:?} was expected"),
        other => panic!("{other:?} where {expected:?} was expected"),
    }
}

#[test]
fn a_sound_file_is_read() {
    let header = read(sound()).unwrap();
    assert_eq!(header.text("general.architecture"), Some("llama"));
    assert_eq!(header.texts("tokenizer.ggml.tokens").map(<[String]>::len), Some(266));
    assert_eq!(header.quantisation().map(|q| q.name), Some("Q8_0"));
    let embedding = header.tensors.iter().find(|t| t.name == "token_embd.weight").unwrap();
    assert_eq!((embedding.dims.as_slice(), embedding.bytes), ([64, 266].as_slice(), 64 * 266 / 32 * 34));
    assert_eq!(header.data_offset % 32, 0);
}

#[test]
fn two_tensors_side_by_side_are_fine() {
    assert!(read(&Hand::new(2, 0).tensor("a", &[8], 0, 0).tensor("b", &[8], 0, 32).zeros(128)).is_ok());
}

/// A header with one tensor `a`.
fn one(kind: u32, dims: &[u64], offset: u64) -> Vec<u8> {
    Hand::new(1, 0).tensor("a", dims, kind, offset).zeros(4096)
}

/// A header with one metadata entry, of which `rest` says the type and the value.
fn entry(rest: impl FnOnce(Hand) -> Hand) -> Vec<u8> {
    rest(Hand::new(1, 1).text("k")).zeros(64)
}

#[test]
fn h1_an_alignment_that_is_no_power_of_two_from_8_to_4096_is_refused() {
    for alignment in [0, 3, 4, 8192, 1 << 31] {
        check_refused(&Hand::new(1, 1).text("general.alignment").u32(4).u32(alignment).zeros(64), "expected a power of two");
    }
    check_refused(&Hand::new(1, 1).text("general.alignment").u32(5).u32(32).zeros(64), "expected an unsigned number");
    check_refused(&Hand::new(1, 1).text("general.alignment").u32(8).text("32").zeros(64), "expected an unsigned number");
}

#[test]
fn h2_shapes_whose_product_wraps_or_is_nothing_are_refused() {
    for dims in [[1 << 62, 1], [1 << 40, 1 << 40], [1 << 33, 1 << 33], [0, 0]] {
        check_refused(&one(0, &dims, 0), "expected between 1");
    }
    check_refused(&one(12, &[256, (1 << 56) + 4], 0), "expected between 1");
    check_refused(&one(8, &[33], 0), "multiple of 32");
}

#[test]
fn h3_counts_and_lengths_that_no_file_has_are_refused_before_memory_is_taken() {
    for count in [1 << 17, 1 << 30, 1 << 63, u64::MAX] {
        check_refused(&Hand::new(count, 0).zeros(64), &format!("announces {count} tensors"));
        check_refused(&Hand::new(1, count).zeros(64), &format!("announces {count} metadata entries"));
    }
    check_refused(&Hand::new(0, 0).zeros(64), "announces 0 tensors");
    check_refused(&Hand::new(1, 1).u64(u64::MAX).zeros(64), "expected at most 256");
    check_refused(&entry(|hand| hand.u32(8).u64(1 << 30)), "cut short");
    check_refused(&entry(|hand| hand.u32(8).u64(1 << 20)), "cut short");
}

#[test]
fn h5_arrays_of_arrays_and_of_unknown_types_are_refused_before_they_are_entered() {
    check_refused(&entry(|hand| hand.u32(9).u32(9).u64(1)), "array of arrays");
    check_refused(&entry(|hand| hand.u32(9).u32(9).u64(10_000_000)), "array of arrays");
    check_refused(&entry(|hand| hand.u32(9).u32(13).u64(1)), "unknown type 13");
    check_refused(&entry(|hand| hand.u32(13)), "unknown type 13");
    check_refused(&entry(|hand| hand.u32(7).u32(2)), "expected 0 or 1");
    check_refused(&entry(|hand| hand.u32(9).u32(0).u64(1 << 40)), "cut short");
    check_refused(&entry(|hand| hand.u32(9).u32(12).u64(u64::MAX)), "cut short");
    check_refused(&entry(|hand| hand.u32(9).u32(0).u64(1 << 20)), "cut short");
}

#[test]
fn h6_offsets_outside_unaligned_or_overlapping_and_names_twice_are_refused() {
    check_refused(&one(0, &[8], 1), "expected a multiple of 32");
    check_refused(&one(0, &[8], u64::MAX - 31), "beyond any file");
    check_refused(&one(0, &[8], 1 << 40), "cut short");
    check_refused(&Hand::new(2, 0).tensor("a", &[8], 0, 0).tensor("a", &[8], 0, 32).zeros(128), "two tensors named a");
    check_refused(&Hand::new(2, 0).tensor("a", &[16], 0, 0).tensor("b", &[8], 0, 32).zeros(128), "overlap");
    check_refused(&Hand::new(1, 2).text("k").u32(4).u32(1).text("k").u32(4).u32(2).zeros(64), "has k twice");
}

#[test]
fn h7_every_type_is_known_or_refused_and_so_is_every_number_of_dimensions() {
    for kind in (0..=44).chain([u32::MAX]) {
        match Quantisation::from_id(kind) {
            Ok(known) => assert!(read(&one(kind, &[256], 0)).is_ok(), "{}", known.name),
            Err(_) => check_refused(&one(kind, &[256], 0), "cannot compute with"),
        }
    }
    check_refused(&one(0, &[], 0), "0 dimensions");
    check_refused(&one(0, &[1; 5], 0), "5 dimensions");
    check_refused(&one(0, &[1; 9], 0), "9 dimensions");
    check_refused(&Hand::new(1, 0).text("a").u32(u32::MAX).zeros(64), "4294967295 dimensions");
}

#[test]
fn h8_other_magics_and_versions_are_refused() {
    check_refused(b"", "cut short");
    check_refused(b"GGML\0\0\0\0", "does not begin as a GGUF");
    for version in [0, 1, 4, u32::MAX] {
        check_refused(&Hand::of(b"GGUF").u32(version).zeros(64), &format!("version {version}"));
    }
    check_refused(&Hand::of(b"GGUF").u32(3u32.swap_bytes()).zeros(64), "big-endian");
}

#[test]
fn h9_vocabularies_of_impossible_length_or_type_are_refused() {
    check_refused(&Hand::new(1, 1).text("tokenizer.ggml.tokens").u32(9).u32(8).u64(10_000_000).zeros(64), "expected at most 1048576");
    check_refused(&Hand::new(1, 1).text("tokenizer.ggml.scores").u32(9).u32(12).u64(1).zeros(64), "expected 4 bytes");
}

/// A model with this number in its metadata.
fn with_number(key: &str, value: u32) -> Vec<u8> {
    let hand = Hand::new(1, 2).text("general.architecture").u32(8).text("llama").text(key).u32(4).u32(value);
    hand.tensor("a", &[8], 0, 0).zeros(128)
}

#[test]
fn h10_numbers_that_no_model_has_are_refused() {
    assert!(read(&with_number("llama.block_count", 32)).is_ok());
    check_refused(&with_number("llama.block_count", 0), "expected 1 to 512");
    check_refused(&with_number("llama.block_count", 513), "expected 1 to 512");
    check_refused(&with_number("llama.attention.head_count", 0), "expected 1 to 1024");
    check_refused(&with_number("llama.rope.dimension_count", 63), "even number");
    check_refused(&with_number("llama.context_length", u32::MAX), "llama.context_length is 4294967295");
    check_refused(&with_number("llama.vocab_size", 0), "llama.vocab_size is 0");
    for eps in [f32::NAN, f32::INFINITY, 0.0, -1e-5, 1.0] {
        let hand = Hand::new(1, 2).text("general.architecture").u32(8).text("llama");
        let hand = hand.text("llama.attention.layer_norm_rms_epsilon").u32(6).u32(eps.to_bits());
        check_refused(&hand.tensor("a", &[8], 0, 0).zeros(128), "can be computed with");
    }
    let hand = ["block_count", "attention.head_count", "attention.key_length"]
        .into_iter()
        .zip([512, 1024, 4096])
        .fold(Hand::new(1, 4).text("general.architecture").u32(8).text("llama"), |hand, (suffix, value)| {
            hand.text(&format!("llama.{suffix}")).u32(4).u32(value)
        });
    check_refused(&hand.tensor("a", &[8], 0, 0).zeros(128), "for each token");
    let hand = Hand::new(1, 3).text("general.architecture").u32(8).text("llama").text("llama.vocab_size").u32(4).u32(1);
    let hand = hand.text("tokenizer.ggml.tokens").u32(9).u32(8).u64(2).text("a").text("b");
    check_refused(&hand.tensor("a", &[8], 0, 0).zeros(128), "vocabulary has 2 tokens");
}

#[test]
fn h4_an_array_that_nobody_needs_takes_no_memory() {
    let hand = Hand::new(1, 1).text("any.bytes").u32(9).u32(0).u64(16 << 20);
    let mut bytes = hand.zeros(16 << 20);
    bytes.extend(Hand::of(b"").tensor("a", &[8], 0, 0).zeros(128));
    assert_eq!(read(&bytes).unwrap().metadata.get("any.bytes"), Some(&Value::Skipped));
    // What is needed is kept byte for byte, not as wide numbers.
    let hand = Hand::new(1, 1).text("tokenizer.ggml.precompiled_charsmap").u32(9).u32(0).u64(3);
    let bytes = hand.raw(&[1, 2, 3]).tensor("a", &[8], 0, 0).zeros(128);
    assert_eq!(read(&bytes).unwrap().bytes("tokenizer.ggml.precompiled_charsmap"), Some([1, 2, 3].as_slice()));
}

#[test]
fn h4_metadata_longer_than_the_limit_is_refused_before_it_is_read() {
    struct Endless;
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(0);
            Ok(buffer.len())
        }
    }
    let start = Hand::new(1, 1).text("any.bytes").u32(9).u32(0).u64(1 << 30).zeros(0);
    match Header::read(start.as_slice().chain(Endless), 3 << 30) {
        Err(Refusal::Unusable(reason)) => assert!(reason.contains("longer than 64 MiB"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn h8_a_file_cut_anywhere_is_refused() {
    for length in (0..sound().len()).step_by(64) {
        assert!(matches!(read(&sound()[..length]), Err(Refusal::Unusable(_))), "cut after {length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn h8_a_damaged_header_never_panics(place in 0usize..9000, value: [u8; 8], count in 1usize..9) {
        let mut bytes = sound().to_vec();
        bytes[place..place + count.min(8)].copy_from_slice(&value[..count.min(8)]);
        if let Ok(header) = read(&bytes) {
            for tensor in &header.tensors {
                prop_assert!(header.data_offset + tensor.offset + tensor.bytes <= bytes.len() as u64);
            }
            let _ = crate::load::Parts::of(&header);
        }
    }
}

/// As `fuzz/src/mutants.rs` does for 50,000, here for some hundred in the normal run.
#[test]
fn mutants_are_refused_with_a_reason_or_make_a_prompt() {
    let mut refused = 0;
    for seed in 0..600 {
        let bytes = super::mutate::mutant(sound(), &mut super::mutate::Draws(seed));
        let parts = read(&bytes).and_then(|header| {
            let tokenizer = crate::tokenizer::Tokenizer::new(&header, u32::MAX)?;
            let template = crate::chat_template::ChatTemplate::of(header.text("tokenizer.chat_template"), &tokenizer);
            Ok((tokenizer, template.map_err(Refusal::Unusable)?))
        });
        match parts {
            Ok((tokenizer, template)) => {
                let _ = template.render(&testing::user("Hello")).map(|prompt| tokenizer.encode(&prompt, '\u{fdd0}'));
            }
            Err(Refusal::Unusable(reason)) => {
                assert!(reason.contains("its ") || reason.contains("it "), "{reason:?} says what is wrong");
                refused += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused > 300, "{refused} of 600: most mutants are no models");
}

/// Those that pass are loaded and draft a token, in the engine as it is used.
#[test]
#[ignore = "some minutes: GAIT_MUTANTS=50000 says how many"]
fn mutants_that_pass_load_and_draft_or_say_why_not() {
    use flow::model::{Cancel, Drafter as _, ModelError, Urgency};
    let count: u64 = std::env::var("GAIT_MUTANTS").map_or(2_000, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let small = ["llama", "qwen2", "qwen3", "phi3"].map(|name| std::fs::read(testing::write(folder.path(), name, 1).path).unwrap());
    let path = folder.path().join("mutant.gguf");
    let engine = crate::Engine::start();
    let mut tally = std::collections::BTreeMap::new();
    for seed in 0..count {
        let bytes = super::mutate::mutant(&small[usize::try_from(seed).unwrap() % small.len()], &mut super::mutate::Draws(seed));
        // candle asserts this in debug builds only, and is of no use to the rest of the process after that.
        let odd = |tensor: &TensorEntry| matches!(tensor.quantisation.id, 3 | 6 | 7) && (tensor.dims[0] / 32) % 2 == 1;
        if read(&bytes).is_ok_and(|header| header.tensors.iter().any(odd)) {
            *tally.entry("left out: rows of an odd number of blocks".to_owned()).or_insert(0u64) += 1;
            continue;
        }
        std::fs::write(&path, bytes).unwrap();
        let request = testing::request(&testing::pinned(&path), "Hello", 1, Urgency::Queue);
        let kind = match engine.generate(&request, &Cancel::default(), &mut |_| {}) {
            Ok(_) => "drafted".to_owned(),
            Err(ModelError::Unusable { reason, .. }) if !reason.is_empty() => "refused with a reason".to_owned(),
            Err(ModelError::Template(_) | ModelError::PromptTooLong { .. }) => "loaded, no prompt".to_owned(),
            Err(other) => {
                println!("mutant {seed}: {other}");
                format!("other: {other}").chars().take(80).collect()
            }
        };
        *tally.entry(kind).or_insert(0u64) += 1;
    }
    println!("{count} mutants: {tally:?}");
    assert!(tally.keys().all(|kind| !kind.contains("other")), "{tally:?}");
}
