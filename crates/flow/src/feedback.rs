//! What a decision teaches.
//!
//! Invariant: measures are functions of the texts alone, so that they can be computed again from what is stored.

/// Cells of the distance table that are worth the time; above it words are compared instead of characters.
const MOST_CELLS: usize = 16_000_000;

/// Levenshtein distance over the longer length, 0 (the same) to 1: between characters, or between words where the texts
/// are too long for that; 1 where even that is too much.
pub fn edit_distance(from: &str, to: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if let Some(distance) = normalised(&a, &b) {
        return distance;
    }
    let (a, b): (Vec<&str>, Vec<&str>) =
        (from.split_inclusive(char::is_whitespace).collect(), to.split_inclusive(char::is_whitespace).collect());
    normalised(&a, &b).unwrap_or(1.0)
}

fn normalised<T: PartialEq>(a: &[T], b: &[T]) -> Option<f64> {
    let longer = a.len().max(b.len());
    if longer == 0 {
        return Some(0.0);
    }
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    (a.len().saturating_mul(b.len()) <= MOST_CELLS).then(|| levenshtein(a, b) as f64 / longer as f64)
}

/// Wagner and Fischer (1974), one row at a time.
fn levenshtein<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(from: &str, to: &str, expected: f64) {
        assert!((edit_distance(from, to) - expected).abs() < 1e-12, "{from:?} → {to:?}: {}", edit_distance(from, to));
    }

    #[test]
    fn known_distances() {
        check("", "", 0.0);
        check("abc", "abc", 0.0);
        check("kitten", "sitting", 3.0 / 7.0);
        check("", "abc", 1.0);
        check("안녕하세요", "안녕하십니까", 3.0 / 6.0);
    }

    #[test]
    fn long_texts_are_compared_by_words() {
        let long = "word and more ".repeat(1_000);
        let other = long.replace("more", "less");
        let distance = edit_distance(&long, &other);
        assert!((0.3..0.4).contains(&distance), "a third of the words changed: {distance}");
    }

    proptest! {
        #[test]
        fn a_distance_is_symmetric_and_between_0_and_1(a in ".{0,40}", b in ".{0,40}") {
            let d = edit_distance(&a, &b);
            prop_assert!((0.0..=1.0).contains(&d));
            prop_assert_eq!(d, edit_distance(&b, &a));
            prop_assert_eq!(d == 0.0, a == b);
        }
    }
}
