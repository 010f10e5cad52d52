use super::*;

fn prompt(shared: u32, own: u32) -> Vec<u32> {
    (0..shared).chain((0..20).map(|index| 1000 + own * 100 + index)).collect()
}

fn prefix(tokens: &[u32]) -> Arc<Prefix> {
    Prefix::new(tokens.to_vec(), false, KeyValues::new(1, 1, 16))
}

#[test]
fn what_prompts_share_shows_from_their_tokens() {
    let mut prefixes = Prefixes::default();
    prefixes.note(&prompt(100, 1));
    assert_eq!(prefixes.worth_sharing(&prompt(100, 1), 0), None, "the same prompt shares nothing with itself");
    assert_eq!(prefixes.worth_sharing(&prompt(100, 2), 0), Some(100));
    assert_eq!(prefixes.worth_sharing(&prompt(20, 2), 0), None, "too short");
    assert_eq!(prefixes.worth_sharing(&prompt(100, 2), 80), None, "not worth computing 80 again");
    assert_eq!(prefixes.worth_sharing(&(0..60).collect::<Vec<_>>(), 0), Some(59), "one token is left to compute");
}

#[test]
fn the_longest_beginning_that_fits_is_taken() {
    let mut prefixes = Prefixes::default();
    let all: Vec<u32> = (0..100).collect();
    for length in [40, 60, 100] {
        prefixes.keep(prefix(&all[..length]), u64::MAX);
    }
    assert_eq!(prefixes.longest(&prompt(80, 1), false).unwrap().tokens.len(), 60);
    assert_eq!(prefixes.longest(&all, false).unwrap().tokens.len(), 60, "never the whole prompt");
    assert!(prefixes.longest(&prompt(80, 1), true).is_none(), "rotated otherwise");
    assert!(prefixes.longest(&prompt(30, 1), false).is_none());
}

#[test]
fn what_is_kept_is_bounded_and_the_last_used_stays() {
    let mut prefixes = Prefixes::default();
    let beginning = |index: u32| -> Vec<u32> { (index * 1000..index * 1000 + 40).collect() };
    prefixes.keep(prefix(&beginning(0)), u64::MAX);
    for index in 1..20 {
        prefixes.longest(&[beginning(0), vec![7]].concat(), false).unwrap();
        prefixes.keep(prefix(&beginning(index)), u64::MAX);
    }
    assert_eq!(prefixes.kept.len(), MOST);
    assert!(prefixes.longest(&[beginning(0), vec![7]].concat(), false).is_some(), "used again and again");
    prefixes.keep(prefix(&beginning(0)), u64::MAX);
    assert_eq!(prefixes.kept.len(), MOST, "not twice");
    let used = prefixes.longest(&[beginning(19), vec![7]].concat(), false).unwrap();
    prefixes.drop_unused();
    assert_eq!(prefixes.kept.len(), 1, "what a sequence uses stays");
    assert_eq!(used.tokens, beginning(19));
}
