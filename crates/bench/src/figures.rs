//! Numbers out of repeated measurements.
//!
//! Invariant: a ratio is taken between two measurements of the same round, next to each other in time, before any
//! median is.

/// The value at a share of the sorted list (0.5: the median), between neighbours where it falls between them. `None`
/// for an empty list.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * sorted.len().saturating_sub(1) as f64;
    let (low, high) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(low + (high - low) * place.fract())
}

pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// What repeated rounds gave for one figure: ours, and theirs where there is a peer.
#[derive(Debug, Clone, Default)]
pub struct Rounds {
    pub ours: Vec<f64>,
    pub theirs: Vec<f64>,
}

impl Rounds {
    pub fn add(&mut self, ours: f64, theirs: Option<f64>) {
        self.ours.push(ours);
        self.theirs.extend(theirs);
    }

    /// The median of the rounds' ratios, ours ÷ theirs. `None` when a round lacks one of the two.
    pub fn ratio(&self) -> Option<f64> {
        if self.ours.len() != self.theirs.len() {
            return None;
        }
        let ratios: Vec<f64> = self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect();
        median(&ratios)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        for (values, share, expected) in [
            (vec![3.0, 1.0, 2.0], 0.5, Some(2.0)),
            (vec![4.0, 1.0, 2.0, 3.0], 0.5, Some(2.5)),
            (vec![1.0, 2.0], 0.99, Some(1.99)),
            (vec![5.0], 0.99, Some(5.0)),
            (vec![], 0.5, None),
        ] {
            assert_eq!(quantile(&values, share), expected, "{values:?} at {share}");
        }
    }

    #[test]
    fn a_ratio_is_of_rounds_and_not_of_medians() {
        let mut rounds = Rounds::default();
        for (ours, theirs) in [(2.0, 1.0), (30.0, 10.0), (400.0, 100.0)] {
            rounds.add(ours, Some(theirs));
        }
        assert_eq!(rounds.ratio(), Some(3.0));
        rounds.add(1.0, None);
        assert_eq!(rounds.ratio(), None, "the last round had no peer");
    }
}
