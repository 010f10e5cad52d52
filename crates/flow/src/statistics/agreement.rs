//! Whether two people judge alike, on items that more than one of them judged without seeing the other's verdict.
//!
//! *Invariant: 1 is full agreement, 0 what chance gives; where chance alone would agree fully there is no answer.*

use std::collections::BTreeMap;

/// A coefficient with the count behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// At most 1; under 0 where people agree less often than by chance.
    pub value: f64,
    /// Items that two or more people judged.
    pub items: usize,
}

/// Krippendorff's alpha for nominal labels (*Computing Krippendorff's Alpha-Reliability*, 2011). `items[u]` are the labels that the u-th
/// item got, of any number of people; items with fewer than two do not count. `None` where none counts, or all labels are the same.
pub fn krippendorff_alpha<L: Ord, I: AsRef<[L]>>(items: &[I]) -> Option<Agreement> {
    let judged: Vec<&[L]> = items.iter().map(AsRef::as_ref).filter(|labels| labels.len() > 1).collect();
    let mut totals: BTreeMap<&L, f64> = BTreeMap::new();
    let mut disagreeing = 0.0;
    for labels in &judged {
        let mut here: BTreeMap<&L, f64> = BTreeMap::new();
        for label in *labels {
            *here.entry(label).or_default() += 1.0;
            *totals.entry(label).or_default() += 1.0;
        }
        let people = labels.len() as f64;
        disagreeing += here.values().map(|count| count * (people - count)).sum::<f64>() / (people - 1.0);
    }
    let all: f64 = totals.values().sum();
    let by_chance: f64 = totals.values().map(|count| count * (all - count)).sum();
    (by_chance > 0.0).then(|| Agreement { value: 1.0 - (all - 1.0) * disagreeing / by_chance, items: judged.len() })
}

/// Cohen's kappa (Educ. Psychol. Meas. 20, 1960) of two people: `(po − pe)/(1 − pe)` over `(first, second)` labels. `None` without
/// items, or where both gave one and the same label throughout.
pub fn cohen_kappa<L: Ord>(pairs: &[(L, L)]) -> Option<Agreement> {
    let n = pairs.len() as f64;
    let mut totals: BTreeMap<&L, (f64, f64)> = BTreeMap::new();
    for (first, second) in pairs {
        totals.entry(first).or_default().0 += 1.0;
        totals.entry(second).or_default().1 += 1.0;
    }
    let agreed = pairs.iter().filter(|(first, second)| first == second).count() as f64;
    let by_chance = totals.values().map(|(first, second)| first * second).sum::<f64>() / n;
    (n > by_chance).then(|| Agreement { value: (agreed - by_chance) / (n - by_chance), items: pairs.len() })
}

/// Both of pairs that are counted: the first label, the second one, and how often they came together. The same as of so many pairs, to the
/// bit: all sums are of whole numbers.
pub fn of_counted_pairs<L: Ord + Copy>(pairs: &[(L, L, u64)]) -> (Option<Agreement>, Option<Agreement>) {
    let mut totals: BTreeMap<L, (f64, f64)> = BTreeMap::new();
    let (mut n, mut agreed) = (0_u64, 0_u64);
    for (first, second, times) in pairs.iter().filter(|(_, _, times)| *times > 0) {
        totals.entry(*first).or_default().0 += *times as f64;
        totals.entry(*second).or_default().1 += *times as f64;
        n += times;
        agreed += if first == second { *times } else { 0 };
    }
    let (all, items) = (n as f64, n as usize);
    let apart: f64 = totals.values().map(|(first, second)| (first + second) * (2.0 * all - (first + second))).sum();
    let disagreeing = 2.0 * (n - agreed) as f64;
    let alpha = (apart > 0.0).then(|| Agreement { value: 1.0 - (2.0 * all - 1.0) * disagreeing / apart, items });
    let by_chance = totals.values().map(|(first, second)| first * second).sum::<f64>() / all;
    let kappa = (all > by_chance).then(|| Agreement { value: (agreed as f64 - by_chance) / (all - by_chance), items });
    (alpha, kappa)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check};
    use proptest::prelude::*;
    use serde_json::Value;

    fn labels(row: &Value) -> Vec<String> {
        row.as_array().unwrap().iter().map(ToString::to_string).collect()
    }

    proptest! {
        #[test]
        fn counted_pairs_agree_as_the_pairs_do(counts in prop::collection::vec((0_u8..4, 0_u8..4, 0_u64..6), 0..10)) {
            let pairs: Vec<(u8, u8)> =
                counts.iter().flat_map(|(a, b, n)| std::iter::repeat_n((*a, *b), usize::try_from(*n).unwrap())).collect();
            let items: Vec<[u8; 2]> = pairs.iter().map(|(a, b)| [*a, *b]).collect();
            prop_assert_eq!(of_counted_pairs(&counts), (krippendorff_alpha(&items), cohen_kappa(&pairs)));
        }
    }

    #[test]
    fn alpha_agrees_with_the_golden_numbers() {
        for case in cases("krippendorff_alpha_nominal") {
            let people: Vec<_> = case["raters_by_units"].as_array().unwrap().iter().map(labels).collect();
            let item = |at: usize| people.iter().map(|row| row[at].clone()).filter(|label| label != "null").collect::<Vec<_>>();
            let items: Vec<_> = (0..people[0].len()).map(item).collect();
            let alpha = krippendorff_alpha(&items).unwrap();
            check(alpha.value, &case["alpha_nominal"], &case);
            assert_eq!(alpha.items, items.iter().filter(|labels| labels.len() > 1).count());
        }
    }

    #[test]
    fn kappa_agrees_with_the_golden_numbers() {
        for case in cases("cohen_kappa") {
            let pairs: Vec<_> = labels(&case["a"]).into_iter().zip(labels(&case["b"])).collect();
            let kappa = cohen_kappa(&pairs).unwrap();
            check(kappa.value, &case["kappa"], &case);
            assert_eq!(kappa.items, pairs.len());
        }
    }

    #[test]
    fn where_nothing_can_differ_there_is_no_answer() {
        assert_eq!(krippendorff_alpha::<u8, Vec<u8>>(&[]), None);
        assert_eq!(krippendorff_alpha(&[vec![1], vec![2]]), None, "nobody judged the same item");
        assert_eq!(krippendorff_alpha(&[vec![1, 1], vec![1, 1]]), None);
        assert_eq!(cohen_kappa::<u8>(&[]), None);
        assert_eq!(cohen_kappa(&[(1, 1), (1, 1)]), None);
    }

    proptest! {
        #[test]
        fn agreement_is_at_most_one_and_does_not_care_who_came_first(pairs in prop::collection::vec((0_u8..4, 0_u8..4), 1..60)) {
            let swapped: Vec<_> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
            let items = |pairs: &[(u8, u8)]| pairs.iter().map(|(a, b)| vec![*a, *b]).collect::<Vec<_>>();
            let (kappa, alpha) = (cohen_kappa(&pairs), krippendorff_alpha(&items(&pairs)));
            prop_assert!(kappa.is_none_or(|kappa| kappa.value <= 1.0 + 1e-12));
            prop_assert!(alpha.is_none_or(|alpha| alpha.value <= 1.0));
            prop_assert!(kappa.zip(cohen_kappa(&swapped)).is_none_or(|(a, b)| (a.value - b.value).abs() < 1e-12));
            prop_assert_eq!(alpha, krippendorff_alpha(&items(&swapped)));
        }
    }
}
