//! Confidence on a real database file: what is kept with a draft, what a fit makes of it, and what the gate asks.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod calibrator;
mod ladder;
mod learnt;
mod replay;

use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::{DecisionInput, Found, Order, Verdict};
use flow::testing::{ScriptedDrafter, admin, desk, use_case};
use flow::use_case::Audience;
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, ItemId, UseCaseId};
use std::time::Duration;
use tempfile::TempDir;

struct Office {
    _folder: TempDir,
    desk: Desk,
    case: UseCaseId,
}

fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let case = use_case(&desk, |input| {
        input.audience = Audience::Internal;
        input.threshold = 0.5;
    })
    .unwrap();
    Office { _folder: folder, desk, case }
}

/// The probability of each token is the number that the request ends with.
fn drafter() -> ScriptedDrafter {
    ScriptedDrafter::new(|request| {
        let asked = &request.messages.last().unwrap().content;
        let p = asked.rsplit(' ').next().unwrap().parse().unwrap();
        Ok((format!("Re: {asked}"), p))
    })
}

impl Office {
    /// Requests of a slice with the probabilities of their drafts, taken in and drafted.
    fn take(&self, slice: &str, requests: &[(&str, f32)]) {
        let path = self.desk.folder().join("in.jsonl");
        let first = self.count("SELECT count(*) FROM item");
        let line = |(at, (words, p)): (usize, &(&str, f32))| {
            let id = first + at as i64;
            let audience = if words.contains("outside") { "external" } else { "internal" };
            serde_json::json!({"id": id.to_string(), "slice": slice, "audience": audience, "message": format!("{words} {id} {p}")})
                .to_string()
        };
        std::fs::write(&path, requests.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let mapping = Mapping {
            id: Some("id".into()),
            audience: Some("audience".into()),
            slice: Some("slice".into()),
            fields: vec!["message".into()],
            ..Mapping::default()
        };
        let source = Source::of(path);
        let report = self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!(report.accepted as usize, requests.len(), "{report:?}");
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &drafter(), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    /// As many requests whose drafts have probabilities spread over 0.3 to 0.9, in no order.
    fn take_spread(&self, n: usize) {
        let first = self.count("SELECT count(*) FROM item") as usize;
        let requests: Vec<_> = (first..first + n).map(|at| ("Where is my parcel", spread(at))).collect();
        self.take("", &requests);
    }

    fn decide(&self, item: i64, verdict: Verdict) {
        self.decide_with(item, verdict, None);
    }

    fn decide_with(&self, item: i64, verdict: Verdict, text: Option<String>) {
        let view = self.desk.open_item(ItemId(item), &admin()).unwrap();
        let input = DecisionInput {
            item: view.item.id,
            epoch: view.lease.as_ref().unwrap().epoch,
            draft: view.drafts.last().unwrap().id,
            verdict,
            text,
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        self.desk.decide(&input, &admin()).unwrap();
    }

    /// Decides the items from one to another: drafts at or above a probability are accepted.
    fn decide_by(&self, items: std::ops::RangeInclusive<i64>, accepted_from: f64) {
        for item in items {
            let p = self.draft(item).raw_confidence;
            self.decide(item, if p >= accepted_from { Verdict::Approve } else { Verdict::Reject });
        }
    }

    fn draft(&self, item: i64) -> flow::draft::Draft {
        self.desk.view_item(ItemId(item), &admin()).unwrap().drafts.pop().unwrap()
    }

    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.desk.folder().join("gait.db")).unwrap()
    }

    fn count(&self, sql: &str) -> i64 {
        self.raw().query_row(sql, [], |r| r.get(0)).unwrap()
    }

    fn features(&self, item: i64) -> flow::confidence::Features {
        let sql = format!("SELECT features FROM draft WHERE item = {item} ORDER BY n DESC LIMIT 1");
        let json: String = self.raw().query_row(&sql, [], |r| r.get(0)).unwrap();
        serde_json::from_str(&json).unwrap()
    }
}

fn spread(at: usize) -> f32 {
    0.3 + (at * 331 % 1009) as f32 / 1009.0 * 0.6
}
