//! `gait replay`, `gait calibrate`: what a policy would have done, and the confidence that it asks.

use crate::levels::{LevelArg, OfCase};
use crate::pick;
use crate::show::{plain, print};
use anyhow::Result;
use clap::Args;
use flow::confidence::{ConfidenceView, ThresholdBy};
use flow::replay::{Proposed, Replay};
use flow::use_case::UseCase;
use flow::{Desk, Person};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Args)]
pub struct Asked {
    #[command(flatten)]
    of: OfCase,
    #[arg(long, value_enum)]
    level: LevelArg,
    /// Confidence from which a draft would go out alone, 0–1; else the present one.
    #[arg(long)]
    threshold: Option<f64>,
    /// Share of what would go out alone that would be audited, 0–1; else the present one.
    #[arg(long)]
    audit_share: Option<f64>,
}

pub fn replay(desk: &Desk, asked: &Asked, as_json: bool) -> Result<ExitCode> {
    let case = pick(desk, asked.of.use_case.as_deref())?;
    let policy = Proposed {
        level: asked.level.into(),
        threshold: asked.threshold.unwrap_or(case.input.threshold),
        audit_share: asked.audit_share.unwrap_or(case.input.check_share),
    };
    let told = desk.replay(case.id, policy)?;
    if as_json {
        print(&replay_json(&told));
    } else {
        println!("{}", plain(&replay_words(&told)));
    }
    Ok(ExitCode::SUCCESS)
}

fn replay_json(told: &Replay) -> Value {
    let items = told.items.iter().map(|one| {
        json!({ "item": one.item.0, "uid": one.uid, "preview": one.preview, "verdict": one.verdict.as_str(), "confidence": one.confidence, "bad": one.bad })
    });
    json!({
        "judged": told.judged, "since": told.since.map(|at| at.0), "alone": told.alone, "coverage": told.coverage, "edited": told.edited,
        "rejected": told.rejected, "bad": told.bad, "error": told.error, "high": told.high, "hours_saved": told.hours_saved,
        "held": told.held, "audited": told.audited, "items": items.collect::<Vec<_>>(),
    })
}

fn replay_words(told: &Replay) -> String {
    let error = match (told.error, told.high) {
        (Some(error), Some(high)) => format!("; {:.2} % bad, surely under {:.2} %", error * 100.0, high * 100.0),
        (_, _) => String::new(),
    };
    let mut lines = vec![format!(
        "{} of {} would have gone out alone; {} of them had been edited, {} rejected{error}\n{} would have been audited, {} held by a rule alone; \
         {:.1} hours saved",
        told.alone, told.judged, told.edited, told.rejected, told.audited, told.held, told.hours_saved
    )];
    lines.extend(told.items.iter().filter(|one| one.bad).map(|one| {
        let preview: String = one.preview.chars().take(80).collect();
        format!("{:>6}  {:<7}  {:3.0}%  {preview}", one.item.0, one.verdict.as_str(), one.confidence * 100.0)
    }));
    lines.join("\n")
}

pub fn calibrate(desk: &Desk, person: &Person, case: &UseCase, as_json: bool) -> Result<ExitCode> {
    let view = desk.calibrate(person, case.id)?;
    if as_json {
        print(&view_json(&view));
    } else {
        println!("{}", plain(&view_words(&view)));
    }
    Ok(ExitCode::SUCCESS)
}

fn view_json(view: &ConfidenceView) -> Value {
    let by = match view.threshold_by {
        ThresholdBy::Person => "person",
        ThresholdBy::Ladder => "ladder",
    };
    let calibrator = view.calibrator.as_ref().map(|kept| {
        let weights = kept.fitted.names.iter().zip(kept.fitted.calibrator.weights());
        json!({ "n": kept.n, "at": kept.at.0, "by": kept.by, "decisions": kept.saw.decisions, "sha256": kept.saw.sha256,
            "isotonic": kept.fitted.calibrator.is_isotonic(), "weights": weights.map(|(name, weight)| json!({ "feature": name, "weight": weight })).collect::<Vec<_>>(),
            "measured": kept.fitted.measured.map(|m| json!({ "decisions": m.decisions, "brier": m.brier, "ece": m.ece, "auroc": m.auroc })) })
    });
    json!({ "calibrator": calibrator, "threshold_by": by, "threshold": view.threshold, "decisions": view.decisions })
}

fn view_words(view: &ConfidenceView) -> String {
    let Some(kept) = &view.calibrator else { return "the confidence is the mean of the tokens".to_owned() };
    let measured = kept.fitted.measured.map_or_else(String::new, |m| {
        format!("; fitted on the first 70 % of them, it has Brier {:.3} and ECE {:.3} on the other {}", m.brier, m.ece, m.decisions)
    });
    format!("calibrator {} on {} decisions{measured}", kept.n, kept.saw.decisions)
}
