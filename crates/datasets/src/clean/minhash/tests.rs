//! The S-curve, against golden.json's values and against signatures of sets whose similarity is known; recall and precision.

use super::*;

fn minhash(bands: usize, rows: usize, shingles: Shingles) -> MinHash {
    MinHash::new(&NearDuplicates { shingles, n: 1, bands, rows, similarity: 0.7 })
}

#[test]
fn the_curve_is_the_one_of_the_reference() {
    // minhash_lsh_probability of golden.json: bands, rows, similarity, chance.
    let golden = [
        (14, 8, 0.5, 0.053_320_415_032_723_51),
        (14, 8, 0.7, 0.564_504_042_391_417_5),
        (14, 8, 0.8, 0.923_547_558_632_581),
        (14, 8, 0.9, 0.999_622_199_731_811_7),
        (9, 13, 0.5, 0.001_098_096_523_464_157_2),
        (9, 13, 0.7, 0.083_895_918_430_645_09),
        (9, 13, 0.8, 0.398_843_878_240_163_7),
        (9, 13, 0.9, 0.928_604_353_856_395_8),
        (20, 5, 0.5, 0.470_050_715_316_876_53),
        (20, 5, 0.7, 0.974_780_544_188_040_5),
        (20, 5, 0.8, 0.999_643_942_109_479_3),
        (20, 5, 0.9, 0.999_999_982_409_012_1),
        (32, 4, 0.5, 0.873_211_213_622_999_7),
        (32, 4, 0.7, 0.999_847_170_840_620_8),
        (32, 4, 0.8, 0.999_999_952_501_142_7),
        (32, 4, 0.9, 0.999_999_999_999_998_6),
    ];
    for (bands, rows, similarity, expected) in golden {
        let chance = chance(similarity, bands, rows);
        assert!((chance / expected - 1.0).abs() < 1e-9, "{bands} bands of {rows} at {similarity}: {chance}, not {expected}");
    }
}

/// Two texts of single words with `common` words in both and `own` in each alone: Jaccard = common / (common + 2 own).
fn pair(seed: usize, common: usize, own: usize) -> (String, String) {
    let words = |kind: &str, count: usize| (0..count).map(|i| format!("{kind}{seed}x{i}")).collect::<Vec<_>>().join(" ");
    (format!("{} {}", words("c", common), words("a", own)), format!("{} {}", words("c", common), words("b", own)))
}

#[test]
fn pairs_of_known_similarity_share_a_band_as_often_as_the_curve_says() {
    const PAIRS: usize = 400;
    for (common, own) in [(50, 25), (70, 15), (80, 10), (90, 5)] {
        let similarity = common as f64 / (common + 2 * own) as f64;
        let minhash = minhash(14, 8, Shingles::Words);
        let (mut found, mut agreed) = (0, 0.0);
        for seed in 0..PAIRS {
            let (one, other) = pair(seed, common, own);
            let (mut a, mut b) = (vec![0; minhash.values()], vec![0; minhash.values()]);
            minhash.sign(&one, &mut a);
            minhash.sign(&other, &mut b);
            found += usize::from((0..14).any(|band| minhash.band(&a, band) == minhash.band(&b, band)));
            agreed += agreement(&a, &b);
        }
        let expected = chance(similarity, 14, 8);
        let spread = (expected * (1.0 - expected) / PAIRS as f64).sqrt();
        let rate = found as f64 / PAIRS as f64;
        // Bytes instead of whole minima raise the chance a little: by 0.004 at most.
        assert!((rate - expected).abs() < 4.0 * spread + 0.006, "at {similarity}: {rate} of the pairs, {expected} by the curve");
        let mean = agreed / PAIRS as f64;
        assert!((mean - similarity).abs() < 0.012, "signatures speak for {mean}, the sets for {similarity}");
    }
}

#[test]
fn the_same_text_in_other_case_and_punctuation_is_the_same() {
    let minhash = MinHash::new(&NearDuplicates::default());
    let sign = |text: &str| {
        let mut bytes = vec![0; minhash.values()];
        assert!(minhash.sign(text, &mut bytes), "{text:?} has letters");
        bytes
    };
    assert_eq!(sign("Where is my parcel, please?"), sign("where is  my PARCEL — please"), "only letters, digits and breaks count");
    assert_ne!(sign("주문이 아직 도착하지 않았습니다"), sign("환불은 언제 처리되나요 알려주세요"), "two questions");
    assert_eq!(sign("ok"), sign("OK!"), "shorter than a shingle");
}

#[test]
fn a_text_without_letters_is_not_compared() {
    let minhash = MinHash::new(&NearDuplicates::default());
    let mut bytes = vec![0; minhash.values()];
    assert!(!minhash.sign(" …?! ", &mut bytes), "there is nothing to compare");
}
