//! The sampling plan: Dodge's CSP-1 (Ann. Math. Stat. 14, 1943), and its figures.
//!
//! Invariant: after a bad item everything is looked at again, until a whole run of clean ones.

use crate::statistics::{is_fraction, root};
use serde::{Deserialize, Serialize};

/// i and f.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// So many clean ones in a row end the brake; 0 counts as 1.
    pub clearance: u64,
    /// The share that is looked at while all is well.
    pub fraction: f64,
}

/// Where a plan stands. It begins with the brake on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Brake {
    /// Everything waits for review.
    On { clean_in_a_row: u64 },
    /// A fraction is audited.
    Off,
}

impl Default for Brake {
    fn default() -> Self {
        Self::On { clean_in_a_row: 0 }
    }
}

impl Brake {
    /// The probability with which the next item is looked at: 1, or f; not-a-number and what is above 1 count as 1, what is under
    /// [`super::LEAST`] as that.
    pub fn probability(self, plan: Plan) -> f64 {
        match self {
            Self::On { .. } => 1.0,
            Self::Off if plan.fraction.is_nan() => 1.0,
            Self::Off => plan.fraction.clamp(super::LEAST, 1.0),
        }
    }

    /// After a verdict on an item that was looked at; others change nothing.
    #[must_use]
    pub fn after(self, plan: Plan, bad: bool) -> Self {
        if bad {
            return Self::default();
        }
        match self {
            Self::Off => Self::Off,
            Self::On { clean_in_a_row } if clean_in_a_row.saturating_add(1) >= plan.clearance => Self::Off,
            Self::On { clean_in_a_row } => Self::On { clean_in_a_row: clean_in_a_row.saturating_add(1) },
        }
    }
}

/// What a plan does to a steady process whose found bad items are corrected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Mean number of items in a brake, from a bad one to its end; infinite where it does not end.
    pub braked: f64,
    /// Mean number of items between two brakes; infinite without bad ones.
    pub between: f64,
    /// The share of items that are looked at.
    pub looked_at: f64,
    /// The share of items that come while the brake is off.
    pub unbraked: f64,
    /// Average outgoing error rate.
    pub outgoing: f64,
}

/// The figures of a plan at a steady error rate p: `AOQ = p(1−f)qⁱ/(f+(1−f)qⁱ)`, q = 1 − p. `None` where f is outside of (0, 1), p outside
/// of [0, 1], or i is 0.
pub fn curve(p: f64, plan: Plan) -> Option<Curve> {
    let f = plan.fraction;
    if !is_fraction(f) || !(0.0..=1.0).contains(&p) || plan.clearance == 0 {
        return None;
    }
    let i = plan.clearance as f64;
    let passes = (i * (-p).ln_1p()).exp();
    let fails = -(i * (-p).ln_1p()).exp_m1();
    let looked_at = f / (f + (1.0 - f) * passes);
    Some(Curve {
        braked: if p == 0.0 { i } else { fails / (p * passes) },
        between: 1.0 / (f * p),
        looked_at,
        unbraked: passes / (f * fails + passes),
        outgoing: p * (1.0 - f) * passes / (f + (1.0 - f) * passes),
    })
}

/// The worst that a plan lets out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aoql {
    /// The greatest average outgoing error rate of a steady process.
    pub limit: f64,
    /// The rate at which it goes out.
    pub at: f64,
    /// Of any sequence, steady or not: `(1/f − 1)/(1/f + i)` (Lieberman, Ann. Math. Stat. 24, 1953).
    pub unsteady: f64,
}

/// The limit of a plan: p_L solves `(1−f)(1−p)ⁱ⁺¹ = f((i+1)p − 1)`, and the limit is `((i+1)p_L − 1)/i`. `None` as [`curve`].
pub fn aoql(plan: Plan) -> Option<Aoql> {
    let (f, i) = (plan.fraction, plan.clearance as f64);
    if !is_fraction(f) || plan.clearance == 0 {
        return None;
    }
    let at = root(0.0, 1.0, |p| f * ((i + 1.0) * p - 1.0) - (1.0 - f) * ((i + 1.0) * (-p).ln_1p()).exp());
    Some(Aoql { limit: ((i + 1.0) * at - 1.0) / i, at, unsteady: (1.0 / f - 1.0) / (1.0 / f + i) })
}

/// The smallest i with which a fraction keeps the average outgoing error rate of a steady process under `target`. `None` where either is
/// outside of (0, 1), or no i under 2⁴⁰ is enough.
pub fn clearance_for(target: f64, fraction: f64) -> Option<u64> {
    if !is_fraction(target) {
        return None;
    }
    let enough = |clearance: u64| Some(aoql(Plan { clearance, fraction })?.limit <= target);
    let mut high = 1;
    while !enough(high)? {
        high *= 2;
        if high > 1 << 40 {
            return None;
        }
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle)? { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, count, number};
    use proptest::prelude::*;
    use serde_json::Value;

    fn plan(case: &Value) -> Plan {
        Plan { clearance: count(&case["i"]), fraction: number(&case["f"]) }
    }

    #[test]
    fn the_plan_agrees_with_the_golden_numbers() {
        for case in cases("csp1_curve") {
            let curve = curve(number(&case["p"]), plan(&case)).unwrap();
            check(curve.braked, &case["u"], &case);
            check(curve.between, &case["v"], &case);
            check(curve.looked_at, &case["afi"], &case);
            check(curve.unbraked, &case["pa"], &case);
            check(curve.outgoing, &case["aoq"], &case);
        }
        for case in cases("csp1_aoql") {
            let aoql = aoql(plan(&case)).unwrap();
            check(aoql.limit, &case["aoql"], &case);
            check(aoql.at, &case["p_at_aoql"], &case);
            check(aoql.unsteady, &case["uaoql_lieberman"], &case);
        }
        for case in cases("csp1_min_i") {
            let i = clearance_for(number(&case["aoql_target"]), number(&case["f"]));
            assert_eq!(i, Some(count(&case["i"])), "{case}");
        }
    }

    #[test]
    fn one_bad_item_brakes_until_a_whole_run_is_clean() {
        let plan = Plan { clearance: 3, fraction: 0.1 };
        let after = |verdicts: &[bool]| verdicts.iter().fold(Brake::default(), |brake, bad| brake.after(plan, *bad));
        assert_eq!(after(&[false, false]), Brake::On { clean_in_a_row: 2 });
        assert_eq!((after(&[false; 3]), after(&[false; 3]).probability(plan)), (Brake::Off, 0.1));
        assert_eq!(after(&[false, false, true, false, false]), Brake::On { clean_in_a_row: 2 });
        assert_eq!((after(&[false, false, false, true]), Brake::default().probability(plan)), (Brake::default(), 1.0));
    }

    #[test]
    fn impossible_plans_have_no_figures() {
        for fraction in [0.0, 1.0, f64::NAN, -1.0] {
            let plan = Plan { clearance: 10, fraction };
            assert_eq!((curve(0.01, plan), aoql(plan), clearance_for(0.01, fraction)), (None, None, None));
            assert!((super::super::LEAST..=1.0).contains(&Brake::Off.probability(plan)));
        }
        let plan = Plan { clearance: 0, fraction: 0.1 };
        assert_eq!((curve(0.01, plan), aoql(plan)), (None, None));
        assert_eq!((clearance_for(f64::NAN, 0.1), clearance_for(1e-300, 0.1)), (None, None));
        assert_eq!(curve(f64::NAN, Plan { clearance: 5, fraction: 0.1 }), None);
        assert_eq!(curve(0.0, Plan { clearance: 5, fraction: 0.1 }).unwrap().outgoing, 0.0);
        assert_eq!(curve(1.0, Plan { clearance: 5, fraction: 0.1 }).unwrap().outgoing, 0.0, "nothing but bad ones: all are found");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_steady_rate_lets_out_more_than_the_limit(p in 0.0_f64..=1.0, clearance in 1_u64..400, fraction in 0.01_f64..0.9) {
            let plan = Plan { clearance, fraction };
            let (curve, aoql) = (curve(p, plan).unwrap(), aoql(plan).unwrap());
            prop_assert!(curve.outgoing <= aoql.limit + 1e-12, "{curve:?} {aoql:?}");
            prop_assert!(aoql.limit <= aoql.unsteady + 1e-12, "an unsteady process can be worse, never better");
            prop_assert!((fraction..=1.0 + 1e-12).contains(&(curve.looked_at + 1e-13)));
        }

        #[test]
        fn the_brake_is_off_only_after_a_clean_run(verdicts in prop::collection::vec(any::<bool>(), 0..60), clearance in 1_u64..6) {
            let plan = Plan { clearance, fraction: 0.2 };
            let brake = verdicts.iter().fold(Brake::default(), |brake, bad| brake.after(plan, *bad));
            let run = verdicts.iter().rev().take_while(|bad| !**bad).count() as u64;
            prop_assert_eq!(brake == Brake::Off, run >= clearance);
            let read: Brake = serde_json::from_str(&serde_json::to_string(&brake).unwrap()).unwrap();
            prop_assert_eq!(read, brake);
        }
    }
}
