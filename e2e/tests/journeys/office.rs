//! An office whose drafter follows a script: real requests, drafts and decisions, through flow, before the window is opened.
//!
//! Invariant: nothing is written but by what a person or the program does; the window is closed meanwhile, for its own engine knows no
//! scripts.

use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::library::ModelSource;
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::use_case::{Audience, RejectReason, Sink, SinkKind, UseCaseInput};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Clock, Desk, UseCaseId};
use gait_e2e::Place;
use std::time::Duration;

pub struct Office {
    pub desk: Desk,
    pub case: UseCaseId,
    taken: u32,
}

impl Office {
    /// A use case for people of the house, of whose confident drafts a half is audited at walk.
    pub fn open(place: &Place) -> Self {
        let desk = Desk::open(&place.data(), Clock::system()).expect("the data folder can be written");
        let mut settings = desk.settings().expect("there are settings");
        settings.person = admin().name;
        settings.undo_seconds = 0;
        desk.save_settings(&settings).expect("settings can be kept");
        let sinks = vec![Sink { kind: SinkKind::Outbox, path: place.folder().join("outbox.jsonl").display().to_string(), audience: None }];
        let change = |input: &mut UseCaseInput| {
            input.name = "Help desk".into();
            input.guidelines = "Answer in one or two sentences, with the room and the day.".into();
            input.audience = Audience::Internal;
            input.check_share = 0.5;
            input.reasons = vec![RejectReason { code: "wrong".into(), label: "Wrong".into() }];
            input.sinks = sinks;
        };
        let case = use_case(&desk, change).expect("a use case can be made");
        Self { desk, case, taken: 0 }
    }

    /// A use case whose drafts are there already, by the script, and whose model is the starter one, so that the window can be asked for
    /// another draft. What is decided can be taken back for an hour.
    pub fn filled_for_review(place: &Place, requests: u32) -> Self {
        Self::filled(place, requests, &script(), |input| input.sampling.max_tokens = 24)
    }

    /// The same with drafts of one's own, for a use case that is changed before it is kept.
    pub fn filled(place: &Place, requests: u32, drafter: &ScriptedDrafter, change: impl FnOnce(&mut UseCaseInput)) -> Self {
        let desk = Desk::open(&place.data(), Clock::system()).expect("the data folder can be written");
        let mut settings = desk.settings().expect("there are settings");
        settings.person = admin().name;
        settings.undo_seconds = 3600;
        desk.save_settings(&settings).expect("settings can be kept");
        let folder = place.folder().join("models/starter");
        let mut files = std::fs::read_dir(folder).expect("the place has models").flatten().map(|entry| entry.path());
        let file = files.find(|path| path.extension().is_some_and(|ending| ending == "gguf")).expect("the starter model is there");
        let model = desk.add_model(&ScriptedDrafter::echo(0.9), &file, ModelSource::Imported, &admin()).expect("a model can be added");
        let outbox = place.folder().join("outbox.jsonl").display().to_string();
        let case = use_case(&desk, |input| {
            input.name = "Help desk".into();
            input.guidelines = "Answer in one or two sentences, with the room and the day.".into();
            input.model = Some(model.id);
            input.sinks = vec![Sink { kind: SinkKind::Outbox, path: outbox, audience: None }];
            change(input);
        })
        .expect("a use case can be made");
        let mut office = Self { desk, case, taken: 0 };
        office.take_by(requests, drafter);
        office
    }

    /// Takes and drafts so many requests, no two alike.
    pub fn take(&mut self, n: u32) {
        self.take_by(n, &script());
    }

    fn take_by(&mut self, n: u32, drafter: &ScriptedDrafter) {
        let line = |id: u32| {
            let message = format!("Laptop {} does not find printer {} any more. What can I do before Friday?", 4000 + id, 100 + id % 37);
            serde_json::json!({ "id": format!("H-{id}"), "message": message }).to_string()
        };
        let path = self.desk.folder().join("in.jsonl");
        let lines: Vec<String> = (self.taken..self.taken + n).map(line).collect();
        std::fs::write(&path, lines.join("\n")).expect("the place can be written");
        self.taken += n;
        let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
        let source = Source::of(path);
        let taken = self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).expect("requests come in");
        assert_eq!(taken.accepted, u64::from(n), "each request is new");
        let presence = Presence::enter(&self.desk).expect("nobody else is here");
        while draft_one(&self.desk, drafter, &presence, &Cancel::default(), &mut |_| {}).expect("a draft can be kept") != Ran::Idle {}
    }

    /// Decides so many of the oldest that wait; every `bad`-th one is rejected.
    pub fn decide(&self, n: u32, bad: Option<u32>) {
        let query = QueueQuery {
            use_case: self.case,
            tab: Tab::Waiting,
            order: Order::Oldest,
            slice: None,
            text: String::new(),
            filter: Filter::default(),
            offset: 0,
            limit: 1,
        };
        for at in 1..=n {
            let view = self.desk.next_item(&query, &[], &admin()).expect("the queue can be read").expect("something waits");
            let verdict = if bad.is_some_and(|bad| at % bad == 0) { Verdict::Reject } else { Verdict::Approve };
            let input = DecisionInput {
                item: view.item.id,
                epoch: view.lease.as_ref().expect("it is ours").epoch,
                draft: view.drafts.last().expect("it has a draft").id,
                verdict,
                text: None,
                reasons: if verdict == Verdict::Reject { vec!["wrong".into()] } else { Vec::new() },
                note: None,
                viewed: Duration::from_secs(12),
                found: Found::next(Order::Oldest),
            };
            self.desk.decide(&input, &admin()).expect("it can be decided");
        }
    }

    /// Sends what is due.
    pub fn deliver(&self) {
        // Due at once, which is not before the next millisecond.
        std::thread::sleep(Duration::from_millis(5));
        while self.desk.deliver_one().expect("texts can be written") == Delivered::Done {}
    }

    pub fn raise_is_allowed(&self) -> bool {
        self.desk.evidence(self.case).expect("there is evidence").steps[0].allows()
    }
}

/// Answers, surer of some than of others, and always over the threshold of 0.8.
fn script() -> ScriptedDrafter {
    ScriptedDrafter::new(|request| {
        let asked = request.messages.last().map_or("", |message| message.content.as_str());
        let digits: u32 = asked.chars().filter_map(|c| c.to_digit(10)).sum();
        let room = 200 + digits % 40;
        let text = format!("Please bring the laptop to room {room} on Wednesday; we add the printer again while you wait. {asked}");
        Ok((text, 0.84 + 0.01 * (digits % 15) as f32))
    })
}
