//! What the command line prints: for people, or as JSON for scripts. Text from requests and drafts is stripped of what a
//! terminal would obey.

use anyhow::Result;
use flow::dataset::ExportReport;
use flow::doctor::Finding;
use flow::intake::{Format, Preview, Report};
use flow::item::State;
use flow::review::{QueuePage, Verdict};
use flow::use_case::UseCase;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// Control, bidirectional and invisible characters shown as their numbers; line breaks stay.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{061c}' | '\u{e0000}'..='\u{e007f}');
        if (c.is_control() && c != '\n') || hidden {
            shown.push_str(&format!("<U+{:04X}>", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

pub fn print(value: &Value) {
    println!("{value:#}");
}

/// 0 when all is done, 2 when a part is not.
fn done_but(problems: bool) -> Result<ExitCode> {
    Ok(if problems { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

/// One line on stderr that is written over, where a person watches.
pub struct ProgressLine {
    watched: bool,
    shown: bool,
}

impl ProgressLine {
    pub fn new() -> Self {
        Self { watched: crate::watched(), shown: false }
    }

    pub fn say(&mut self, text: &str) {
        if self.watched {
            eprint!("\r\x1b[K{text}");
            self.shown = true;
        }
    }

    pub fn end(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprintln!();
        }
    }
}

pub fn use_cases(cases: &[UseCase], as_json: bool) -> Result<ExitCode> {
    let counts =
        |case: &UseCase| State::ALL.into_iter().map(|s| (s.as_str(), case.counts.of(s))).filter(|(_, n)| *n > 0).collect::<Vec<_>>();
    if as_json {
        print(&cases.iter().map(|u| json!({ "id": u.id.0, "name": u.input.name, "level": u.level.as_str(), "model": u.model_name, "items": counts(u).into_iter().collect::<std::collections::BTreeMap<_, _>>() })).collect());
    } else {
        for case in cases {
            let items: Vec<String> = counts(case).iter().map(|(state, n)| format!("{n} {}", state.replace('_', " "))).collect();
            println!(
                "{}",
                plain(&format!(
                    "{} · {} · {} · {}",
                    case.input.name,
                    case.level.as_str(),
                    case.model_name.as_deref().unwrap_or("no model"),
                    items.join(", ")
                ))
            );
        }
    }
    done_but(false)
}

pub fn preview(p: &Preview, as_json: bool) -> Result<ExitCode> {
    let format = match p.format {
        Format::Csv => "CSV",
        Format::Jsonl => "JSONL",
    };
    if as_json {
        print(
            &json!({ "format": format, "encoding": p.encoding, "guessed": p.guessed, "delimiter": p.delimiter, "columns": p.columns, "rows": p.rows, "fields": p.mapping.fields, "id": p.mapping.id,
            "problems": p.problems.iter().map(|r| json!({ "line": r.line, "reason": r.reason })).collect::<Vec<_>>() }),
        );
    } else {
        let doubt = if p.guessed { " (a guess: look at the words)" } else { "" };
        println!("{}", plain(&format!("{format}, {}{doubt}, {} bytes; columns: {}", p.encoding, p.bytes, p.columns.join(", "))));
        println!(
            "{}",
            plain(&format!("id: {}; text: {}", p.mapping.id.as_deref().unwrap_or("(the content)"), p.mapping.fields.join(", ")))
        );
        for row in p.rows.iter().take(5) {
            println!(
                "{}",
                plain(&row.iter().map(|cell| cell.chars().take(40).collect::<String>().replace('\n', " ")).collect::<Vec<_>>().join(" | "))
            );
        }
        for reject in &p.problems {
            println!("{}", plain(&format!("line {}: {}", reject.line, reject.reason)));
        }
    }
    done_but(false)
}

pub fn import_report(r: &Report, as_json: bool) -> Result<ExitCode> {
    if as_json {
        print(&json!({ "accepted": r.accepted, "duplicates": r.duplicates, "rejected": r.rejects_total,
            "rejects": r.rejects.iter().map(|x| json!({ "line": x.line, "reason": x.reason, "excerpt": x.excerpt })).collect::<Vec<_>>() }));
    } else {
        println!("{} accepted, {} known already, {} rejected", r.accepted, r.duplicates, r.rejects_total);
        for reject in &r.rejects {
            println!("{}", plain(&format!("line {}: {} ({})", reject.line, reject.reason, reject.excerpt)));
        }
    }
    done_but(r.rejects_total > 0)
}

pub fn queue(page: &QueuePage, as_json: bool) -> Result<ExitCode> {
    if as_json {
        print(
            &json!({ "total": page.total, "items": page.rows.iter().map(|r| json!({ "id": r.id.0, "uid": r.uid, "state": r.state.as_str(), "audience": r.audience.as_str(), "slice": r.slice,
            "confidence": r.confidence, "held_by": r.held_by, "verdict": r.verdict.map(Verdict::as_str), "error": r.error, "preview": r.preview })).collect::<Vec<_>>() }),
        );
    } else {
        for row in &page.rows {
            let confidence = row.confidence.map_or_else(|| "  –".into(), |c| format!("{:3.0}%", c * 100.0));
            let note = row.error.as_deref().or(row.held_by.as_deref()).map(|n| format!(" [{n}]")).unwrap_or_default();
            println!(
                "{}",
                plain(&format!(
                    "{:>6}  {:<9}  {confidence}  {}{note}",
                    row.id.0,
                    row.state.as_str(),
                    row.preview.chars().take(90).collect::<String>()
                ))
            );
        }
        println!("{} in all", page.total);
    }
    done_but(false)
}

pub fn export_report(r: &ExportReport, as_json: bool) -> Result<ExitCode> {
    if as_json {
        print(
            &json!({ "path": r.path, "rows": r.rows, "bytes": r.bytes, "sha256": r.sha256, "skipped": r.skipped.iter().map(|s| json!({ "reason": s.reason, "count": s.count })).collect::<Vec<_>>() }),
        );
    } else {
        println!("{}", plain(&format!("{} rows, {} bytes, SHA-256 {}: {}", r.rows, r.bytes, r.sha256, r.path.display())));
        for skipped in &r.skipped {
            println!("left out: {} ({})", skipped.count, skipped.reason);
        }
    }
    done_but(false)
}

pub fn drafted(drafted: usize, failed: usize, delivered: usize, took: Duration, as_json: bool) -> Result<ExitCode> {
    if as_json {
        print(&json!({ "drafted": drafted, "failed": failed, "delivered": delivered, "seconds": took.as_secs_f64() }));
    } else {
        println!("{drafted} drafted, {failed} failed, {delivered} delivered in {:.1} s", took.as_secs_f64());
    }
    done_but(failed > 0)
}

pub fn findings(findings: &[Finding], as_json: bool) -> Result<ExitCode> {
    if as_json {
        print(&findings.iter().map(|f| json!({ "ok": f.ok, "what": f.what })).collect());
    } else {
        for f in findings {
            println!("{}", plain(&format!("{} {}", if f.ok { "ok " } else { "BAD" }, f.what)));
        }
    }
    done_but(findings.iter().any(|f| !f.ok))
}
