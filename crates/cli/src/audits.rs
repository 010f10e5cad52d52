//! `gait audits`, `gait notices`.

use crate::show::{plain, print};
use anyhow::Result;
use flow::audit::{AuditsView, StreamRow};
use flow::notice::Notice;
use flow::review::Verdict;
use flow::use_case::UseCase;
use flow::{Desk, NoticeId, Person};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Exit code 2 where audits are overdue.
pub fn show(desk: &Desk, case: &UseCase, as_json: bool) -> Result<ExitCode> {
    let view = desk.audits(case.id)?;
    if as_json {
        print(&view_json(case, &view));
    } else {
        println!("{}", plain(&format!("{}: {}\n{}", case.input.name, case.level.as_str(), words(&view))));
    }
    Ok(if view.overdue > 0 { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn view_json(case: &UseCase, view: &AuditsView) -> Value {
    let estimate =
        view.estimate.map(|of| json!({ "horvitz_thompson": of.horvitz_thompson, "hajek": of.hajek, "standard_error": of.standard_error }));
    let corrections = view
        .corrections
        .iter()
        .map(|of| json!({ "item": of.item.0, "uid": of.uid, "sent_to": of.sent_to, "state": of.state.as_str(), "at": of.at.0 }));
    json!({
        "use_case": case.input.name, "share": view.share, "due_hours": view.due_hours, "clearance": view.clearance,
        "brake": { "on": view.brake.on, "clean": view.brake.clean }, "open": view.open, "overdue": view.overdue,
        "oldest_due": view.oldest_due.map(|at| at.0), "done": view.done, "bad": view.bad, "released": view.released, "estimate": estimate,
        "bound": view.bound, "detector": view.detector.map(|of| json!({ "value": of.value, "alarm": of.alarm, "judged": of.judged })),
        "aoql": view.aoql, "stream": view.stream.iter().map(row_json).collect::<Vec<_>>(), "corrections": corrections.collect::<Vec<_>>(),
    })
}

fn row_json(row: &StreamRow) -> Value {
    json!({
        "audit": row.audit.0, "item": row.item.0, "uid": row.uid, "kind": row.kind.as_str(), "probability": row.probability,
        "confidence": row.confidence, "delivered_at": row.delivered_at.0, "due_at": row.due_at.0,
        "state": row.state.as_str(), "verdict": row.verdict.map(Verdict::as_str), "bad": row.bad, "at": row.at.map(|at| at.0), "actor": row.actor,
    })
}

fn words(view: &AuditsView) -> String {
    let brake = match view.brake.on {
        true => format!("the brake is on: {} of {} clean ones in a row", view.brake.clean, view.clearance),
        false => "the brake is off".to_owned(),
    };
    let estimate = view.estimate.map_or_else(
        || "nothing is audited yet".to_owned(),
        |of| format!("{:.2} % of what went out alone is bad (± {:.2})", of.hajek * 100.0, of.standard_error * 100.0),
    );
    let bound = view.bound.map_or_else(String::new, |bound| format!(", surely under {:.2} %", bound * 100.0));
    let detector =
        view.detector.map_or_else(String::new, |of| format!("\n  drift: {:.1} of {:.0} after {} verdicts", of.value, of.alarm, of.judged));
    format!(
        "  {:.1} % of what goes out alone is audited, due after {} hours; {brake}\n  {} wait, {} of them overdue; {} of {} done, {} bad; \
         {estimate}{bound}{detector}",
        view.share * 100.0,
        view.due_hours,
        view.open,
        view.overdue,
        view.done,
        view.released,
        view.bad
    )
}

pub fn notices(desk: &Desk, person: &Person, seen: Option<i64>, as_json: bool) -> Result<ExitCode> {
    if let Some(id) = seen {
        desk.notice_seen(NoticeId(id), person)?;
    }
    let all = desk.notices()?;
    if as_json {
        print(&all.iter().map(notice_json).collect());
    } else {
        for notice in &all {
            let new = if notice.seen { " " } else { "*" };
            println!("{}", plain(&format!("{new} {:>4}  {}: {}", notice.id.0, notice.use_case_name, notice.words)));
        }
        println!("{} in all, {} not seen", all.len(), all.iter().filter(|notice| !notice.seen).count());
    }
    Ok(ExitCode::SUCCESS)
}

fn notice_json(notice: &Notice) -> Value {
    json!({ "id": notice.id.0, "at": notice.at.0, "use_case": notice.use_case_name, "kind": notice.kind.as_str(), "words": notice.words,
        "move": notice.level_move.map(|id| id.0), "seen": notice.seen })
}
