//! Sides stay, shares come out, test is test for ever.

use super::*;
use crate::hash::keyed;
use proptest::prelude::*;

fn shares() -> Shares {
    Shares { validation: 0.1, test: 0.1, salt: "s".into() }
}

fn ballot(key: usize, earlier: Option<Side>) -> Ballot {
    Ballot { draw: keyed("s", "item", &key.to_string()), earlier }
}

#[test]
fn shares_come_out_whatever_the_size_of_groups() {
    const COUNT: usize = 30_000;
    let mut sets = Sets::new(COUNT);
    // Groups of one to seven.
    for at in 0..COUNT as u32 - 1 {
        if at % 28 < 6 || at % 5 == 0 {
            sets.join(at, at + 1);
        }
    }
    let (sides, groups) = sides((0..COUNT).map(|key| ballot(key, None)), &mut sets, &shares());
    for side in [Side::Validation, Side::Test] {
        let part = sides.iter().filter(|one| **one == side).count() as f64 / COUNT as f64;
        assert!((part - 0.1).abs() < 0.015, "{part} of the examples are on the side {side:?}, in {groups} groups");
    }
}

#[test]
fn one_that_was_in_test_takes_its_whole_group_there() {
    let mut sets = Sets::new(3);
    sets.join(0, 1);
    sets.join(1, 2);
    let earlier = [Some(Side::Train), None, Some(Side::Test)];
    let (sides, groups) = sides(earlier.iter().enumerate().map(|(key, side)| ballot(key, *side)), &mut sets, &shares());
    assert_eq!((sides, groups), (vec![Side::Test; 3], 1), "the most guarded side holds");
}

proptest! {
    #[test]
    fn a_group_is_never_cut_and_an_earlier_side_is_never_weakened(
        joins in prop::collection::vec((0_u32..60, 0_u32..60), 0..60),
        earlier in prop::collection::vec(prop::option::of(prop::sample::select(Side::ALL.to_vec())), 60),
    ) {
        let mut sets = Sets::new(60);
        for (a, b) in &joins {
            sets.join(*a, *b);
        }
        let ballots: Vec<Ballot> = earlier.iter().enumerate().map(|(key, side)| ballot(key, *side)).collect();
        let (sides, groups) = sides(ballots.into_iter(), &mut sets, &shares());
        for (a, b) in &joins {
            prop_assert_eq!(sides[*a as usize], sides[*b as usize]);
        }
        for (now, before) in sides.iter().zip(&earlier) {
            prop_assert!(before.is_none_or(|before| before <= *now));
        }
        prop_assert!(groups as usize + joins.len() >= 60);
    }

    #[test]
    fn a_side_does_not_depend_on_the_order_or_on_other_groups(keys in prop::collection::hash_set(0_usize..10_000, 1..40)) {
        let keys: Vec<usize> = keys.into_iter().collect();
        let of = |keys: &[usize]| sides(keys.iter().map(|key| ballot(*key, None)), &mut Sets::new(keys.len()), &shares()).0;
        let all = of(&keys);
        let backwards: Vec<usize> = keys.iter().rev().copied().collect();
        let mut turned = of(&backwards);
        turned.reverse();
        prop_assert_eq!(&all, &turned);
        for (key, side) in keys.iter().zip(&all) {
            prop_assert_eq!(of(&[*key]), vec![*side]);
        }
    }
}
