//! Outputs of other kinds than texts, and drafts that go on from another token: on a real database file with a scripted model.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::deliver::Delivered;
use flow::draft::Branch;
use flow::intake::{Mapping, Source};
use flow::item::State;
use flow::model::{Cancel, Constraint, Drafter as _, GenerateRequest, Generation};
use flow::output::{FORM, Output};
use flow::review::{BulkInput, DecisionInput, Found, ItemView, LeftOut, Order, QueueQuery, Tab, Verdict};
use flow::route::{Outcome, Reason};
use flow::testing::{OTHER, ScriptedDrafter, admin, desk, use_case};
use flow::use_case::{Audience, Level, Sink, SinkKind, UseCaseInput};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, DraftId, Error, ItemId, UseCaseId};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

struct Office {
    _folder: TempDir,
    desk: Desk,
    hand: flow::clock::ClockHand,
    case: UseCaseId,
    outbox: PathBuf,
}

fn office(output: Output) -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let outbox = folder.path().join("out.jsonl");
    let sinks = vec![Sink { kind: SinkKind::Outbox, path: outbox.display().to_string(), audience: None }];
    let case = use_case(&desk, |input| (input.output, input.sinks) = (output, sinks)).unwrap();
    Office { _folder: folder, desk, hand, case, outbox }
}

fn labels() -> Output {
    Output::Labels { labels: ["order", "other", "return"].map(str::to_owned).to_vec() }
}

fn schema() -> Output {
    Output::Json {
        schema: json!({"type": "object", "required": ["name", "days"], "additionalProperties": false, "properties": {
            "name": {"type": ["string", "null"]}, "days": {"type": "integer", "minimum": 0}, "city": {"type": "string"}}}),
    }
}

/// Answers with these words, whatever it is held to.
fn says(text: &str, p: f32) -> ScriptedDrafter {
    let text = text.to_owned();
    ScriptedDrafter::new(move |_| Ok((text.clone(), p)))
}

impl Office {
    fn import(&self, ids: std::ops::Range<u32>) {
        let path = self.desk.folder().join("in.jsonl");
        let lines: Vec<String> = ids.map(|id| json!({"id": id.to_string(), "message": format!("message {id}")}).to_string()).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
        let source = Source::of(path);
        self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    }

    fn draft_all(&self, drafter: &ScriptedDrafter) {
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, drafter, &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    fn next(&self) -> ItemView {
        let query = QueueQuery {
            use_case: self.case,
            tab: Tab::Waiting,
            order: Order::Oldest,
            slice: None,
            text: String::new(),
            filter: flow::review::Filter::default(),
            offset: 0,
            limit: 100,
        };
        self.desk.next_item(&query, &[], &admin()).unwrap().expect("an item waits")
    }

    fn decide(&self, view: &ItemView, verdict: Verdict, text: Option<&str>) -> flow::Result<flow::review::Decision> {
        let input = DecisionInput {
            item: view.item.id,
            epoch: view.lease.as_ref().unwrap().epoch,
            draft: view.drafts.last().unwrap().id,
            verdict,
            text: text.map(str::to_owned),
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        self.desk.decide(&input, &admin()).map(|decided| decided.decision)
    }

    fn out(&self) -> Vec<String> {
        self.hand.advance(Duration::from_secs(11));
        while self.desk.deliver_one().unwrap() == Delivered::Done {}
        let lines = std::fs::read_to_string(&self.outbox).unwrap_or_default();
        lines.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["text"].as_str().unwrap().to_owned()).collect()
    }

    fn save(&self, change: impl FnOnce(&mut UseCaseInput)) -> flow::Result<flow::use_case::UseCase> {
        let mut input = self.desk.use_case(self.case).unwrap().input;
        change(&mut input);
        self.desk.save_use_case(&admin(), Some(self.case), &input)
    }
}

#[test]
fn a_model_is_held_to_the_labels_and_what_it_gave_each_is_kept_with_the_draft() {
    let o = office(labels());
    o.import(0..1);
    o.draft_all(&ScriptedDrafter::new(|request: &GenerateRequest| match &request.constraint {
        Some(Constraint::Labels(labels)) => Ok((labels[2].clone(), 0.8)),
        other => panic!("held to {other:?}"),
    }));
    let view = o.next();
    assert_eq!(view.drafts[0].text, "return");
    let scores: Vec<(&str, f32)> = view.drafts[0].labels.iter().map(|score| (score.label.as_str(), score.probability)).collect();
    assert_eq!(scores.iter().map(|(label, _)| *label).collect::<Vec<_>>(), ["order", "other", "return"], "in their order");
    assert!((scores[2].1 - 0.8).abs() < 1e-6 && (scores.iter().map(|(_, p)| p).sum::<f32>() - 1.0).abs() < 1e-6, "{scores:?}");
    let edited = o.decide(&view, Verdict::Edit, Some("order")).unwrap();
    assert!((edited.edit_distance - 1.0).abs() < 1e-12, "another label is another answer, however alike they are written");
    assert_eq!(o.out(), ["order"]);
}

#[test]
fn g6_an_output_without_its_form_goes_to_a_person_at_every_level_and_never_out() {
    let good = r#"{"name": "Lea", "days": 3}"#;
    for (output, bad, fitting) in [
        (labels(), "return please", "return"),
        (schema(), r#"{"name": "Lea", "days": "3"}"#, good),
        (schema(), r#"{"name": "Lea", "days": 3, "extra": 1}"#, good),
        (schema(), r#"{"name": "Lea", "days": NaN}"#, good),
        (schema(), "Sure! Here it is.", good),
    ] {
        let o = office(output);
        o.save(|input| (input.audience, input.threshold) = (Audience::Internal, 0.1)).unwrap();
        o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
        o.import(0..2);
        o.draft_all(&says(bad, 0.99));
        let view = o.next();
        let route = &view.drafts[0].route;
        assert_eq!((route.outcome, route.reason, route.hold.as_deref()), (Outcome::Review, Reason::HoldRule, Some(FORM)), "{bad}");
        assert!(route.words.starts_with("hold rule \"form of the output\": "), "{}", route.words);
        assert_eq!(o.out(), [""; 0], "{bad}");
        for (verdict, text) in [(Verdict::Approve, None), (Verdict::Edit, Some("{}")), (Verdict::Edit, Some(bad))] {
            let refused = o.decide(&view, verdict, text);
            assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "text"), "{bad}: {refused:?}");
        }
        o.decide(&view, Verdict::Edit, Some(fitting)).unwrap();
        o.decide(&o.next(), Verdict::Reject, None).unwrap();
        assert_eq!(o.out(), [fitting]);
        let refused = o.desk.correct(view.item.id, bad, None, &admin());
        assert!(matches!(refused, Err(Error::Invalid { .. })), "no correction either: {refused:?}");
    }
}

#[test]
fn what_fits_goes_out_alone_where_the_level_lets_it() {
    let o = office(schema());
    o.save(|input| (input.audience, input.threshold, input.check_share) = (Audience::Internal, 0.1, 0.01)).unwrap();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    o.import(0..1);
    o.draft_all(&says(r#"{"days": 3, "name": null}"#, 0.99));
    assert_eq!(o.out(), [r#"{"days": 3, "name": null}"#], "to the letter");
}

#[test]
fn json_that_is_only_laid_out_anew_is_no_distance_from_its_draft() {
    let o = office(schema());
    o.import(0..2);
    o.draft_all(&says(r#"{"name": "Lea", "days": 3}"#, 0.9));
    let same = o.decide(&o.next(), Verdict::Edit, Some("{\n  \"days\": 3,\n  \"name\": \"Lea\"\n}")).unwrap();
    assert_eq!((same.verdict, same.edit_distance), (Verdict::Edit, 0.0));
    let other = o.decide(&o.next(), Verdict::Edit, Some(r#"{"name": "Lea", "days": 4}"#)).unwrap();
    assert!((other.edit_distance - 0.5).abs() < 1e-12, "one value of two");
}

#[test]
fn another_form_of_the_output_is_another_drafter_version_and_begins_an_epoch() {
    let o = office(Output::Text);
    let version = |o: &Office| o.desk.use_case(o.case).unwrap().drafter_version.unwrap();
    let before = version(&o);
    o.save(|_| ()).unwrap();
    assert_eq!(version(&o).id, before.id, "nothing changed");
    o.save(|input| input.output = labels()).unwrap();
    let held = version(&o);
    assert_eq!((held.n, &held.output), (before.n + 1, &labels()));
    assert_eq!(o.desk.epoch(o.case).unwrap().why, "another drafter version");
    o.save(|input| input.output = Output::Labels { labels: vec!["order".into(), "return".into()] }).unwrap();
    assert_eq!(version(&o).n, before.n + 2, "so do other labels");
    o.save(|input| input.output = Output::Text).unwrap();
    assert_eq!(version(&o).id, before.id, "and the way back finds the first one");
    for (output, field) in [
        (Output::Labels { labels: vec!["order".into()] }, "labels"),
        (Output::Json { schema: json!({"type": "object", "patternProperties": {}}) }, "schema"),
    ] {
        let refused = o.save(|input| input.output = output.clone());
        assert!(matches!(refused, Err(Error::Invalid { field: ref at, .. }) if at == field), "{refused:?}");
    }
}

#[test]
fn the_members_of_a_schema_keep_their_order() {
    let members = ["zeta", "alpha", "10", "mid", "9"];
    let properties: serde_json::Map<_, _> = members.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    let o = office(Output::Json { schema: json!({"type": "object", "properties": properties}) });
    let Output::Json { schema } = o.desk.use_case(o.case).unwrap().input.output else { panic!("it is JSON") };
    assert_eq!(schema["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), members);
}

#[test]
fn what_waited_when_the_form_changed_must_fit_the_new_one() {
    let o = office(Output::Text);
    o.import(0..1);
    o.draft_all(&says("It is a return.", 0.9));
    o.save(|input| input.output = labels()).unwrap();
    let view = o.next();
    assert!(o.decide(&view, Verdict::Approve, None).is_err(), "the sink expects labels now");
    o.decide(&view, Verdict::Edit, Some("return")).unwrap();
    assert_eq!(o.out(), ["return"]);
}

#[test]
fn f4_g6_what_does_not_fit_or_reads_otherwise_than_it_is_is_left_out_where_many_are_approved() {
    for (output, good, bad) in [(labels(), "return", "return please"), (Output::Text, "Pay $100.", "Pay $\u{202e}001.")] {
        let o = office(output);
        o.import(0..2);
        let text = move |request: &GenerateRequest| match request.messages.last().unwrap().content.ends_with('1') {
            true => bad,
            false => good,
        };
        o.draft_all(&ScriptedDrafter::new(move |request| Ok((text(request).to_owned(), 0.9))));
        let items = [ItemId(1), ItemId(2)];
        let look = o.desk.look_at_bulk(o.case, Verdict::Approve, &items, &admin()).unwrap();
        assert_eq!(look.rows.iter().map(|row| row.left_out.clone()).collect::<Vec<_>>(), [None, Some(LeftOut::Unfit)], "{bad}");
        let input = BulkInput {
            use_case: o.case,
            verdict: Verdict::Approve,
            items: look.rows.iter().map(|row| (row.item, row.draft.unwrap())).collect(),
            reasons: Vec::new(),
            note: None,
            order: Order::Oldest,
            filtered: false,
        };
        let came = o.desk.bulk(&input, &admin()).unwrap();
        assert_eq!((came.decided, came.left_out), (1, vec![(ItemId(2), LeftOut::Unfit)]));
        assert_eq!(o.out(), [good]);
    }
}

// --- branches

const SENTENCE: &str = "It takes two to four days.";

fn write(request: &GenerateRequest, p: f32) -> Generation {
    says(SENTENCE, p).generate(request, &Cancel::default(), &mut |_| {}).unwrap()
}

#[test]
fn a_branch_is_a_new_draft_that_names_its_parent_and_the_place() {
    let o = office(Output::Text);
    o.import(0..1);
    o.draft_all(&says(SENTENCE, 0.75));
    let view = o.next();
    let (id, epoch, parent) = (view.item.id, view.lease.as_ref().unwrap().epoch, view.drafts[0].clone());
    let before = o.desk.draft_tokens(parent.id).unwrap();
    let branch = Branch { parent: parent.id, at: 2 };
    let request = o.desk.branch_request(id, "Ada", epoch, branch, 2 + OTHER).unwrap();
    assert_eq!((request.forced.as_slice(), request.seed), ([0, 1, 2 + OTHER].as_slice(), parent.seed), "the same seed goes on");
    assert_eq!(request.messages, o.desk.regenerate_request(id, "Ada", epoch, None).unwrap().messages);
    let made = write(&request, 0.75);
    let kept = o.desk.keep_branch(id, "Ada", epoch, branch, &request, &made).unwrap();

    let view = o.desk.view_item(id, &admin()).unwrap();
    assert_eq!(view.drafts.len(), 2);
    assert_eq!((view.drafts[0].text.as_str(), view.drafts[0].branch), (SENTENCE, None), "the parent stands as it was");
    let (child, tokens) = (&view.drafts[1], o.desk.draft_tokens(kept).unwrap());
    assert_eq!((child.text.as_str(), child.branch, child.n), ("It takes or to four days.", Some(branch), 2));
    assert_eq!((child.seed, child.route.reason), (parent.seed, Reason::AskedByPerson));
    assert_eq!(tokens[..2], before[..2], "what both share has the same probabilities");
    assert!((tokens[2].logprob - 0.25_f32.ln()).abs() < 1e-6, "and the chosen token its own");
    assert_eq!(view.history.last().unwrap().kind, "branched");
    o.decide(&view, Verdict::Approve, None).unwrap();
    assert_eq!(o.out(), ["It takes or to four days."]);
}

#[test]
fn a_branch_is_refused_where_it_would_not_be_one() {
    let o = office(Output::Text);
    o.import(0..2);
    o.draft_all(&says(SENTENCE, 0.75));
    let view = o.next();
    let (id, epoch, parent) = (view.item.id, view.lease.as_ref().unwrap().epoch, view.drafts[0].id);
    let ask = |parent: DraftId, at: u32, token: u32| o.desk.branch_request(id, "Ada", epoch, Branch { parent, at }, token);
    for (parent, at, token, what) in [
        (parent, 2, 2, "the token that was written"),
        (parent, 2, 7, "a token that the model did not weigh"),
        (parent, 6, OTHER, "a place beyond the end"),
        (parent, u32::MAX, 0, "a place beyond everything"),
        (DraftId(2), 2, 2 + OTHER, "another item's draft"),
    ] {
        let refused = ask(parent, at, token);
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{what}: {refused:?}");
    }
    assert!(matches!(ask(DraftId(99), 0, OTHER), Err(Error::NotFound { .. })));
    let stolen = o.desk.branch_request(id, "Ben", epoch, Branch { parent, at: 1 }, 1 + OTHER);
    assert!(matches!(stolen, Err(Error::Stale { .. })), "{stolen:?}");

    let request = ask(parent, 1, 1 + OTHER).unwrap();
    o.save(|input| input.system_prompt = "You answer briefly.".into()).unwrap();
    assert!(matches!(ask(parent, 1, 1 + OTHER), Err(Error::Stale { .. })), "something else drafts here now");
    let made = write(&request, 0.75);
    let late = o.desk.keep_branch(id, "Ada", epoch, Branch { parent, at: 1 }, &request, &made);
    assert!(matches!(late, Err(Error::Stale { .. })), "{late:?}");
    assert_eq!(o.desk.view_item(id, &admin()).unwrap().drafts.len(), 1, "and nothing was kept");
}

#[test]
fn a_branch_of_a_hinted_draft_keeps_the_hint_and_can_be_branched_again() {
    let o = office(Output::Text);
    o.import(0..1);
    o.draft_all(&says("Plain words.", 0.75));
    let view = o.next();
    let (id, epoch) = (view.item.id, view.lease.as_ref().unwrap().epoch);
    let hinted = o.desk.regenerate_request(id, "Ada", epoch, Some("Longer.")).unwrap();
    let parent = o.desk.keep_regenerated(id, "Ada", epoch, &hinted, Some("Longer."), &write(&hinted, 0.75)).unwrap();
    let mut last = parent;
    for at in [4, 1] {
        let branch = Branch { parent: last, at };
        let request = o.desk.branch_request(id, "Ada", epoch, branch, at + OTHER).unwrap();
        assert_eq!(request.messages, hinted.messages, "the hint is asked again");
        last = o.desk.keep_branch(id, "Ada", epoch, branch, &request, &write(&request, 0.75)).unwrap();
    }
    let view = o.desk.view_item(id, &admin()).unwrap();
    let drafts: Vec<_> = view.drafts.iter().map(|d| (d.text.as_str(), d.hint.as_deref(), d.branch.map(|b| b.at))).collect();
    assert_eq!(
        drafts[2..],
        [("It takes two to or days.", Some("Longer."), Some(4)), ("It or two to four days.", Some("Longer."), Some(1))]
    );
    assert_eq!(view.item.state, State::InReview);
}

// --- what the page checks too

#[test]
fn the_page_and_the_desk_find_the_same_outputs_fitting() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/features/review/form/cases.json");
    let cases: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let output = Output::Json { schema: case["schema"].clone() };
        output.check().unwrap();
        for fits in case["fits"].as_array().unwrap() {
            assert_eq!(output.fault(fits.as_str().unwrap()), None, "{fits}");
        }
        for misfit in case["misfits"].as_array().unwrap() {
            let fault = output.fault(misfit[0].as_str().unwrap()).unwrap_or_else(|| panic!("{misfit} fits"));
            match misfit[1].as_str() {
                Some("") => assert!(fault.starts_with("/: "), "{misfit}: {fault}"),
                Some(place) => assert!(fault.starts_with(&format!("{place}: ")), "{misfit}: {fault}"),
                None => assert!(fault.starts_with("it is not JSON"), "{misfit}: {fault}"),
            }
        }
    }
}
