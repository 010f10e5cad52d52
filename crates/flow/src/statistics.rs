//! The statistics behind a level, as pure functions: what counts is pushed in, numbers come out.
//!
//! 1. [`interval`]: bounds of a rate for display, for one look.
//! 2. [`evidence`]: the e-process that allows a raise, however often one looks; its bound, attempts, slices, missed errors.
//! 3. [`threshold`]: above which confidence drafts may go out alone.
//! 4. [`calibration`]: from features of a draft to the probability that it is accepted, and how good that probability is.
//! 5. [`audit`]: which of the delivered items are looked at, the brake, what an audited sample says about all.
//! 6. [`drift`]: when it got worse, and since when.
//! 7. [`agreement`]: whether two people judge alike; [`runs`]: how likely many answers alike in a row are.
//!
//! Rates, losses and probabilities are fractions in [0, 1]; ε is the error rate that a charter allows, δ the probability with
//! which one may be wrong. Products of many factors are kept as natural logarithms.
//!
//! *Invariant: no clock, no storage, no randomness, and no panic: what has no answer is `None`, and what is not a number
//! never speaks for a draft. Every state is a value that goes through JSON unchanged, and the same list gives the same bits.*

pub mod agreement;
pub mod audit;
pub mod calibration;
pub mod drift;
pub mod evidence;
pub mod interval;
pub mod runs;
mod special;
pub mod threshold;

/// Whether `x` lies in (0, 1); false where it is not a number.
fn is_fraction(x: f64) -> bool {
    x > 0.0 && x < 1.0
}

/// `ln(Σ exp xᵢ / count)` without overflow; −∞ of nothing.
fn log_mean(logs: &[f64]) -> f64 {
    let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if greatest.is_infinite() {
        return greatest;
    }
    greatest + (logs.iter().map(|log| (log - greatest).exp()).sum::<f64>() / logs.len() as f64).ln()
}

/// The root in (`low`, `high`) of a function that does not fall and changes its sign there: the smallest number found with
/// `f ≥ 0`, to the last bit or nearly so.
fn root(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high || high - low <= 4.0 * f64::EPSILON * high.abs() {
            break;
        }
        if f(middle) >= 0.0 { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
pub(crate) mod golden;
