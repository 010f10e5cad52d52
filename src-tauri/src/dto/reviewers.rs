//! What is known of those who decide: one's own figures in full, the others' only together.

use flow::{reviewers, seeded};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// In which way a known-bad item is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    WrongNumber,
    WrongName,
    MissingStep,
    ByAdmin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum SignalWord {
    Ok,
    Fast,
    Runs,
    Misses,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewersView {
    /// Of decided items, to a second person; and of what enters review, known to be bad; 0–1.
    #[specta(type = Number)]
    pub re_review_share: f64,
    #[specta(type = Number)]
    pub gold_share: f64,
    pub agreement: Agreement,
    pub golds: Golds,
    pub mine: Signals,
    pub team: TeamSignals,
}

/// Of two people who did not know of each other.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct Agreement {
    pub pairs: u64,
    #[specta(type = Option<Number>)]
    pub alpha: Option<f64>,
    #[specta(type = Option<Number>)]
    pub kappa: Option<f64>,
    /// Pairs with the same verdict.
    pub same: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Golds {
    pub seeded: u64,
    pub open: u64,
    pub caught: u64,
    pub missed: u64,
    #[specta(type = Option<Number>)]
    pub miss_bound: Option<f64>,
    pub by_fault: Vec<OfFault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct OfFault {
    pub fault: Fault,
    pub seeded: u64,
    pub caught: u64,
}

/// Signs of the decisions of the last 30 days.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Signals {
    pub decided: u64,
    pub approvals: u64,
    /// Faster than reading takes.
    pub rushed: u64,
    #[specta(type = Option<Number>)]
    pub median_seconds: Option<f64>,
    /// Approvals in a row.
    pub longest_run: u64,
    pub seeded: u64,
    pub missed: u64,
    #[specta(type = Option<Number>)]
    pub miss_bound: Option<f64>,
    pub word: SignalWord,
}

/// Of all together.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TeamSignals {
    #[serde(flatten)]
    pub signals: Signals,
    pub reviewers: u64,
}

impl From<seeded::Fault> for Fault {
    fn from(fault: seeded::Fault) -> Self {
        match fault {
            seeded::Fault::WrongNumber => Self::WrongNumber,
            seeded::Fault::WrongName => Self::WrongName,
            seeded::Fault::MissingStep => Self::MissingStep,
            seeded::Fault::ByAdmin => Self::ByAdmin,
        }
    }
}

impl From<Fault> for seeded::Fault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::WrongNumber => Self::WrongNumber,
            Fault::WrongName => Self::WrongName,
            Fault::MissingStep => Self::MissingStep,
            Fault::ByAdmin => Self::ByAdmin,
        }
    }
}

impl From<reviewers::Reviewers> for ReviewersView {
    fn from(of: reviewers::Reviewers) -> Self {
        let (agreement, golds) = (of.agreement, of.golds);
        Self {
            re_review_share: of.re_review_share,
            gold_share: of.gold_share,
            agreement: Agreement { pairs: agreement.pairs, alpha: agreement.alpha, kappa: agreement.kappa, same: agreement.same },
            golds: Golds {
                seeded: golds.seeded,
                open: golds.open,
                caught: golds.caught,
                missed: golds.missed,
                miss_bound: golds.miss_bound,
                by_fault: golds
                    .by_fault
                    .into_iter()
                    .map(|of| OfFault { fault: of.fault.into(), seeded: of.made, caught: of.golds.caught })
                    .collect(),
            },
            mine: of.mine.into(),
            team: TeamSignals { signals: of.team.into(), reviewers: of.reviewers },
        }
    }
}

impl From<reviewers::Signals> for Signals {
    fn from(of: reviewers::Signals) -> Self {
        Self {
            decided: of.decided,
            approvals: of.approvals,
            rushed: of.rushed,
            median_seconds: of.median.map(|time| time.as_secs_f64()),
            longest_run: of.longest_run,
            seeded: of.seeded,
            missed: of.missed,
            miss_bound: of.miss_bound,
            word: match of.word {
                reviewers::Word::Ok => SignalWord::Ok,
                reviewers::Word::Fast => SignalWord::Fast,
                reviewers::Word::Runs => SignalWord::Runs,
                reviewers::Word::Misses => SignalWord::Misses,
            },
        }
    }
}
