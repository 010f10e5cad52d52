//! Webhooks and commands, with a receiver that is scripted.

use crate::{approve, until_nothing};
use flow::allowed::Allowed;
use flow::carrier::{Carrier, Handed, Later, Letter, NoCarrier, Order, of_status};
use flow::clock::ClockHand;
use flow::deliver::{Delivered, DeliveryState, Lane};
use flow::item::State;
use flow::testing::{admin, desk, reviewer, use_case};
use flow::use_case::{Audience, Sink, SinkKind};
use flow::{Desk, Error, Millis, UseCaseId};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;

const HOOK: &str = "https://desk.example.org/hooks/secret-path";

/// Answers by a script, and keeps what it was given.
struct Receiver {
    letters: Mutex<Vec<Letter>>,
    orders: Mutex<Vec<Order>>,
    answer: Mutex<Box<dyn FnMut(usize) -> Handed + Send>>,
}

impl Receiver {
    fn answers(answer: impl FnMut(usize) -> Handed + Send + 'static) -> Self {
        Self { letters: Mutex::default(), orders: Mutex::default(), answer: Mutex::new(Box::new(answer)) }
    }

    fn always(handed: &Handed) -> Self {
        let handed = handed.clone();
        Self::answers(move |_| handed.clone())
    }

    fn ids(&self) -> Vec<String> {
        self.letters.lock().unwrap().iter().map(|letter| letter.id.clone()).collect()
    }
}

impl Carrier for Receiver {
    fn post(&self, letter: &Letter) -> Handed {
        let mut letters = self.letters.lock().unwrap();
        letters.push(letter.clone());
        (self.answer.lock().unwrap())(letters.len())
    }

    fn run(&self, order: &Order) -> Handed {
        let mut orders = self.orders.lock().unwrap();
        orders.push(order.clone());
        (self.answer.lock().unwrap())(orders.len())
    }
}

fn status(status: u16) -> Handed {
    of_status(status, None, Millis(0))
}

struct Office {
    folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
}

fn allow(desk: &Desk) {
    let allowed = Allowed { webhooks: vec!["https://desk.example.org/hooks/".into()], commands: vec!["/usr/bin/send".into()] };
    desk.save_allowed(&allowed, &admin()).unwrap();
}

fn office_with(kind: SinkKind, path: &str) -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    allow(&desk);
    let case = use_case(&desk, |input| input.sinks = vec![Sink { kind, path: path.into(), audience: None }]).unwrap();
    Office { folder, desk, hand, case }
}

fn office() -> Office {
    office_with(SinkKind::Webhook, HOOK)
}

impl Office {
    /// One more sink.
    fn also(&self, kind: SinkKind, path: &str) {
        let mut input = self.desk.use_case(self.case).unwrap().input;
        input.sinks.push(Sink { kind, path: path.into(), audience: None });
        self.desk.save_use_case(&admin(), Some(self.case), &input).unwrap();
    }

    fn advance(&self, seconds: u64) {
        self.hand.advance(Duration::from_secs(seconds));
    }

    fn state(&self, item: flow::ItemId) -> State {
        self.desk.view_item(item, &admin()).unwrap().item.state
    }

    fn history(&self) -> Vec<(String, String)> {
        let (_, entries) = self.desk.activity(None, 0, 200).unwrap();
        entries.into_iter().map(|entry| (entry.kind, entry.detail.unwrap_or_default())).collect()
    }
}

#[test]
fn a_text_goes_to_a_webhook_once_with_its_own_id_and_without_the_reviewers_name() {
    let o = office();
    let item = approve(&o.desk, o.case, 1, 1)[0];
    let receiver = Receiver::always(&Handed::Done);
    assert_eq!(until_nothing(&o.desk, &receiver), 0, "it can still be taken back");
    o.advance(11);
    until_nothing(&o.desk, &receiver);
    until_nothing(&o.desk, &receiver);
    assert_eq!(o.state(item), State::Delivered);
    let letters = receiver.letters.lock().unwrap();
    assert_eq!(letters.len(), 1, "once");
    let body: serde_json::Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!((&body["type"], &body["data"]["text"]), (&"text.approved".into(), &"Re: question 1".into()));
    assert_eq!(body["data"]["id"], letters[0].id.as_str());
    assert_eq!(body["data"]["external_id"], "r1");
    assert!(letters[0].id.starts_with("msg_"));
    assert!(!letters[0].body.contains("Ada"), "who decided stays inside: {}", letters[0].body);
    assert_eq!(letters[0].secrets, [o.desk.sink_secret(o.desk.sinks(o.case).unwrap()[0].id, &admin()).unwrap().now]);
}

#[test]
fn i6_a_secret_stands_in_no_list_history_or_export_and_only_an_admin_sees_it() {
    let o = office();
    let sink = o.desk.sinks(o.case).unwrap()[0].id;
    let secret = o.desk.sink_secret(sink, &admin()).unwrap();
    assert!(secret.now.starts_with("whsec_") && secret.now.len() == 6 + 32, "24 bytes as base64: {}", secret.now);
    assert!(matches!(o.desk.sink_secret(sink, &reviewer()), Err(Error::NotAllowed { .. })));
    assert!(matches!(o.desk.rotate_secret(sink, &reviewer()), Err(Error::NotAllowed { .. })));
    approve(&o.desk, o.case, 1, 1);
    o.advance(11);
    until_nothing(&o.desk, &Receiver::always(&status(500)));
    let after = o.desk.rotate_secret(sink, &admin()).unwrap();
    let told = format!(
        "{:?} {:?} {:?} {:?}",
        o.history(),
        o.desk.sinks(o.case).unwrap(),
        o.desk.failing_deliveries(None).unwrap(),
        o.desk.use_cases().unwrap()
    );
    for secret in [&secret.now, &after.now] {
        assert!(!told.contains(secret.as_str()), "{told}");
    }
    let listed = Allowed { webhooks: vec![HOOK.into()], commands: Vec::new() };
    assert_eq!(listed.shown().webhooks, ["https://desk.example.org/…"]);
    assert!(listed.shown().webhook("https://desk.example.org/hooks/x").is_err(), "saved as it is shown it allows nothing more");
    o.desk.save_allowed(&listed, &admin()).unwrap();
    assert!(o.history().contains(&("allowed_changed".into(), "https://desk.example.org/…".into())), "{:?}", o.history());
    assert!(!format!("{:?}", o.history()).contains("secret-path"), "an address's path can hold a key: {:?}", o.history());
}

#[test]
fn j4_after_a_change_both_secrets_sign_for_a_day() {
    let o = office();
    let sink = o.desk.sinks(o.case).unwrap()[0].id;
    let old = o.desk.sink_secret(sink, &admin()).unwrap();
    let new = o.desk.rotate_secret(sink, &admin()).unwrap();
    assert_ne!(new.now, old.now);
    let receiver = Receiver::always(&Handed::Done);
    o.desk.test_sink(sink, &receiver, &admin()).unwrap();
    o.advance(25 * 3_600);
    o.desk.test_sink(sink, &receiver, &admin()).unwrap();
    let letters = receiver.letters.lock().unwrap();
    assert_eq!(letters[0].secrets, [new.now.clone(), old.now]);
    assert_eq!(letters[1].secrets, [new.now]);
}

#[test]
fn a_secret_stays_while_the_address_does_and_another_address_has_another() {
    let o = office();
    let secret = |o: &Office| {
        let id = o.desk.sinks(o.case).unwrap()[0].id;
        o.desk.sink_secret(id, &admin()).unwrap().now
    };
    let first = secret(&o);
    let save = |path: &str, audience| {
        let mut input = o.desk.use_case(o.case).unwrap().input;
        input.sinks = vec![Sink { kind: SinkKind::Webhook, path: path.into(), audience }];
        o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    };
    save(HOOK, Some(Audience::External));
    assert_eq!(secret(&o), first);
    let new = o.desk.rotate_secret(o.desk.sinks(o.case).unwrap()[0].id, &admin()).unwrap();
    save(HOOK, Some(Audience::Internal));
    let receiver = Receiver::always(&Handed::Done);
    o.desk.test_sink(o.desk.sinks(o.case).unwrap()[0].id, &receiver, &admin()).unwrap();
    assert_eq!(receiver.letters.lock().unwrap()[0].secrets, [new.now, first.clone()], "both sign, for the same day");
    save("https://desk.example.org/hooks/other", None);
    assert_ne!(secret(&o), first);
}

#[test]
fn j1_an_address_is_asked_for_when_it_is_saved_and_again_before_each_text() {
    let o = office();
    let save = |kind, path: &str| {
        let mut input = o.desk.use_case(o.case).unwrap().input;
        input.sinks.push(Sink { kind, path: path.into(), audience: None });
        o.desk.save_use_case(&admin(), Some(o.case), &input)
    };
    for (kind, path) in [
        (SinkKind::Webhook, "https://other.example.org/hooks/x"),
        (SinkKind::Webhook, "http://127.0.0.1/hooks/x"),
        (SinkKind::Webhook, "https://user:pw@desk.example.org/hooks/x"),
        (SinkKind::Webhook, "file:///etc/passwd"),
        (SinkKind::Command, "/bin/sh\n-c\nid"),
        (SinkKind::Command, "send"),
    ] {
        assert!(matches!(save(kind, path), Err(Error::Invalid { .. })), "{path:?}");
    }
    approve(&o.desk, o.case, 1, 1);
    o.desk.save_allowed(&Allowed::default(), &admin()).unwrap();
    o.advance(11);
    let receiver = Receiver::always(&Handed::Done);
    until_nothing(&o.desk, &receiver);
    assert!(receiver.ids().is_empty(), "nothing goes to what is no longer on the list");
    let left = o.desk.failing_deliveries(Some(o.case)).unwrap();
    assert_eq!((left.len(), left[0].state), (1, DeliveryState::Dead));
    assert!(left[0].last_error.as_ref().unwrap().contains("list"), "{left:?}");
    let input = o.desk.use_case(o.case).unwrap().input;
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    allow(&o.desk);
    o.desk.retry_deliveries(&[left[0].id], &admin()).unwrap();
    until_nothing(&o.desk, &receiver);
    assert_eq!(receiver.ids(), [left[0].uid.clone()], "allowed again and tried again");
}

#[test]
fn j2_a_text_that_is_refused_is_left_to_a_person_and_can_be_tried_again() {
    let o = office();
    let items = approve(&o.desk, o.case, 1, 2);
    o.advance(11);
    until_nothing(&o.desk, &Receiver::always(&status(400)));
    let left = o.desk.failing_deliveries(None).unwrap();
    assert_eq!(left.iter().map(|row| (row.state, row.attempts, row.next_at)).collect::<Vec<_>>(), [(DeliveryState::Dead, 1, None); 2]);
    assert_eq!(o.desk.notices().unwrap().len(), 1, "people are told once");
    assert_eq!(o.desk.delivery_trouble().unwrap(), None, "nothing is tried by itself");
    o.advance(30 * 24 * 3_600);
    let well = Receiver::always(&Handed::Done);
    until_nothing(&o.desk, &well);
    assert!(well.ids().is_empty(), "not before a person says so");
    assert!(matches!(o.desk.retry_deliveries(&[left[0].id], &reviewer()), Err(Error::NotAllowed { .. })));
    o.desk.retry_deliveries(&[left[0].id], &admin()).unwrap();
    assert!(matches!(o.desk.retry_deliveries(&[left[0].id], &admin()), Err(Error::Stale { .. })), "it is on its way");
    until_nothing(&o.desk, &well);
    assert_eq!(well.ids(), [left[0].uid.clone()], "the same id");
    assert_eq!([o.state(items[0]), o.state(items[1])], [State::Approved, State::Delivered], "the newest is first in the list");
    let kinds: Vec<String> = o.history().into_iter().map(|(kind, _)| kind).collect();
    assert!(kinds.contains(&"delivery_dead".into()) && kinds.contains(&"delivery_retried".into()), "{kinds:?}");
}

#[test]
fn j2_trouble_is_tried_again_ever_later_and_then_left_to_a_person() {
    let o = office();
    let item = approve(&o.desk, o.case, 1, 1)[0];
    o.advance(11);
    let receiver = Receiver::always(&status(500));
    let mut waits = Vec::new();
    for _ in 0..20 {
        let before = receiver.ids().len();
        until_nothing(&o.desk, &receiver);
        assert_eq!(receiver.ids().len(), before + 1, "once when it is due");
        let row = &o.desk.item_deliveries(item).unwrap()[0];
        let Some(next) = row.next_at else { break };
        assert_eq!(o.desk.next_delivery_at().unwrap(), Some(next));
        waits.push(next.0 - o.desk.now().0);
        o.hand.advance(Duration::from_millis(u64::try_from(next.0 - o.desk.now().0).unwrap()));
    }
    assert_eq!(waits.len(), 10);
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    // Some 28 hours, a fifth more or less.
    let hour = 3_600_000;
    assert!((22 * hour..34 * hour).contains(&waits.iter().sum::<i64>()), "about a day: {waits:?}");
    let row = &o.desk.item_deliveries(item).unwrap()[0];
    assert_eq!((row.state, row.attempts), (DeliveryState::Dead, 11));
    assert_eq!(receiver.ids().iter().collect::<std::collections::BTreeSet<_>>().len(), 1, "one id at all tries");
    assert!(row.last_error.as_ref().unwrap().contains("tried 11 times"), "{row:?}");
}

#[test]
fn j2_a_receiver_that_is_down_is_asked_by_one_text_at_a_time_and_others_go_on() {
    let o = office();
    let outbox = o.folder.path().join("out/box.jsonl");
    o.also(SinkKind::Outbox, &outbox.display().to_string());
    approve(&o.desk, o.case, 1, 20);
    o.advance(11);
    let down = Receiver::always(&status(503));
    until_nothing(&o.desk, &down);
    assert_eq!(down.ids().len(), 1, "the others wait");
    assert_eq!(std::fs::read_to_string(&outbox).unwrap().lines().count(), 20, "the outbox does not");
    o.advance(7);
    until_nothing(&o.desk, &down);
    assert_eq!(down.ids().len(), 2);
    o.advance(3_600);
    let well = Receiver::always(&Handed::Done);
    until_nothing(&o.desk, &well);
    let mut ids = well.ids();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20, "all arrive by themselves, each once");
    assert_eq!(well.ids().len(), 20);
}

#[test]
fn j2_a_receiver_in_trouble_rests_from_the_third_failure_in_a_row_on() {
    let o = office();
    approve(&o.desk, o.case, 1, 20);
    o.advance(11);
    let trouble = Receiver::always(&status(500));
    until_nothing(&o.desk, &trouble);
    assert_eq!(trouble.ids().len(), 3, "it is not asked by all twenty");
    o.advance(3_600);
    until_nothing(&o.desk, &trouble);
    assert_eq!(trouble.ids().len(), 4, "and then by one at a time");
    o.advance(301);
    let well = Receiver::always(&Handed::Done);
    until_nothing(&o.desk, &well);
    o.advance(3_600);
    until_nothing(&o.desk, &well);
    assert_eq!(well.ids().iter().collect::<std::collections::BTreeSet<_>>().len(), 20, "all arrive once it is well");
    assert_eq!(well.ids().len(), 20);
}

#[test]
fn j2_what_a_receiver_asks_for_is_waited() {
    let o = office();
    let item = approve(&o.desk, o.case, 1, 1)[0];
    o.advance(11);
    let busy = Handed::Later(Later { why: "busy".into(), after: Some(Duration::from_secs(900)), may_have_left: false, rest: true });
    until_nothing(&o.desk, &Receiver::always(&busy));
    let next = o.desk.item_deliveries(item).unwrap()[0].next_at.unwrap();
    assert_eq!(next.0 - o.desk.now().0, 900_000);
}

#[test]
fn j2_a_receiver_that_is_gone_is_turned_off_with_a_notice_until_a_person_tries_again() {
    let o = office();
    approve(&o.desk, o.case, 1, 3);
    o.advance(11);
    let gone = Receiver::always(&status(410));
    until_nothing(&o.desk, &gone);
    assert_eq!(gone.ids().len(), 1, "nothing more is sent there");
    let sinks = o.desk.sinks(o.case).unwrap();
    assert!(sinks[0].off.is_some());
    assert_eq!((sinks[0].waiting, sinks[0].failing, sinks[0].dead), (0, 0, 3));
    assert!(o.desk.notices().unwrap().iter().any(|notice| notice.words.contains("no more texts")), "{:?}", o.desk.notices().unwrap());
    let well = Receiver::always(&Handed::Done);
    let all: Vec<_> = o.desk.failing_deliveries(None).unwrap().into_iter().map(|row| row.id).collect();
    o.desk.retry_deliveries(&all, &admin()).unwrap();
    until_nothing(&o.desk, &well);
    assert_eq!(well.ids().len(), 3);
    assert_eq!(o.desk.sinks(o.case).unwrap()[0].off, None);
}

#[test]
fn j3_a_text_that_was_taken_and_not_marked_is_sent_again_under_the_same_id() {
    let o = office();
    approve(&o.desk, o.case, 1, 1);
    o.advance(11);
    // The receiver has it, and the program is gone before it can say so.
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let dies = Receiver::answers(|_| panic!("killed"));
        o.desk.deliver_next(&dies)
    }));
    assert!(killed.is_err());
    let receiver = Receiver::always(&Handed::Done);
    until_nothing(&o.desk, &receiver);
    assert!(receiver.ids().is_empty(), "it may still be at work");
    assert!(matches!(o.desk.undo(o.case, &admin()), Err(Error::AlreadyDelivered { .. })), "it may have left");
    o.advance(31);
    until_nothing(&o.desk, &Receiver::always(&Handed::not_sent("unreachable")));
    assert!(matches!(o.desk.undo(o.case, &admin()), Err(Error::AlreadyDelivered { .. })), "whatever came of a later try");
    o.advance(60);
    until_nothing(&o.desk, &receiver);
    assert_eq!(receiver.ids().len(), 1);
    assert_eq!(o.desk.failing_deliveries(None).unwrap(), []);
}

/// Also where the attempts begin anew because a person said so.
#[test]
fn j3_a_line_that_was_written_and_not_marked_is_not_written_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out/box.jsonl");
    let o = office_with(SinkKind::Outbox, &path.display().to_string());
    let item = approve(&o.desk, o.case, 1, 1)[0];
    o.advance(11);
    // Nothing can be written there at first.
    std::fs::create_dir_all(&path).unwrap();
    until_nothing(&o.desk, &NoCarrier);
    let row = o.desk.item_deliveries(item).unwrap().remove(0);
    assert_eq!((row.state, row.attempts), (DeliveryState::Failed, 1));
    // As a try leaves it whose line was written, and could not be made durable or marked.
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, format!("{{\"id\":\"{}\",\"text\":\"Re: question 1\"}}\n", row.uid)).unwrap();
    o.desk.retry_deliveries(&[row.id], &admin()).unwrap();
    until_nothing(&o.desk, &NoCarrier);
    assert_eq!(o.state(item), State::Delivered);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1, "once");
}

/// `/dev/full` takes no byte, and cannot be made shorter: what became of the line is not known.
#[cfg(target_os = "linux")]
#[test]
fn j5_a_line_that_may_stand_in_the_outbox_cannot_be_taken_back() {
    for (path, can) in [("/dev/full", false), ("/proc/none/box.jsonl", true)] {
        let o = office_with(SinkKind::Outbox, path);
        let item = approve(&o.desk, o.case, 1, 1)[0];
        o.advance(11);
        until_nothing(&o.desk, &NoCarrier);
        assert_eq!(o.desk.item_deliveries(item).unwrap()[0].state, DeliveryState::Failed, "{path}");
        assert_eq!(o.desk.undo(o.case, &admin()).is_ok(), can, "{path}");
    }
}

#[test]
fn j5_what_is_taken_back_in_time_is_never_sent_also_after_a_kill() {
    let o = office();
    approve(&o.desk, o.case, 1, 2);
    o.desk.undo(o.case, &admin()).unwrap();
    let Office { folder, desk, .. } = o;
    let (clock, again) = flow::Clock::by_hand(desk.now());
    drop(desk);
    let desk = Desk::open(folder.path(), clock).unwrap();
    again.advance(Duration::from_secs(3_600));
    let receiver = Receiver::always(&Handed::Done);
    until_nothing(&desk, &receiver);
    assert_eq!(receiver.ids().len(), 1, "the other one, once");
}

#[test]
fn j5_a_text_that_may_have_arrived_cannot_be_taken_back_and_one_that_never_left_can() {
    for (handed, can) in
        [(Handed::no_answer("cut"), false), (Handed::not_sent("unreachable"), true), (status(400), true), (status(503), false)]
    {
        let o = office();
        approve(&o.desk, o.case, 1, 1);
        o.advance(11);
        until_nothing(&o.desk, &Receiver::always(&handed));
        let back = o.desk.undo(o.case, &admin());
        assert_eq!(back.is_ok(), can, "{handed:?}: {:?}", back.err());
        o.advance(30 * 24 * 3_600);
        let receiver = Receiver::always(&Handed::Done);
        until_nothing(&o.desk, &receiver);
        assert_eq!(receiver.ids().len(), usize::from(!can), "{handed:?}");
    }
}

#[test]
fn j6_of_two_programs_only_the_one_that_claimed_last_says_what_became_of_a_text() {
    let o = office();
    let item = approve(&o.desk, o.case, 1, 1)[0];
    o.advance(11);
    let (later, _) = flow::Clock::by_hand(Millis(o.desk.now().0 + 31_000));
    let other = Desk::open(o.folder.path(), later).unwrap();
    let fast = std::sync::Arc::new(Receiver::always(&status(400)));
    let seen = std::sync::Arc::clone(&fast);
    // While the first one waits for its answer, its claim ends, and another one takes the text over.
    let slow = Receiver::answers(move |_| {
        assert!(matches!(other.deliver_next(&*seen).unwrap(), Delivered::Failed(_)));
        Handed::Done
    });
    let late = o.desk.deliver_next(&slow).unwrap();
    assert!(matches!(&late, Delivered::Failed(why) if why.contains("another program")), "{late:?}");
    let rows = o.desk.item_deliveries(item).unwrap();
    assert_eq!((rows.len(), rows[0].state), (1, DeliveryState::Dead), "as the last one said");
    assert_eq!(slow.ids(), fast.ids(), "one id: the receiver sees one text");
}

#[test]
fn j6_two_programs_that_deliver_at_once_send_each_text_once() {
    let o = office();
    o.also(SinkKind::Webhook, "https://desk.example.org/hooks/other");
    approve(&o.desk, o.case, 1, 30);
    o.advance(11);
    let receiver = std::sync::Arc::new(Receiver::always(&Handed::Done));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (clock, _) = flow::Clock::by_hand(o.desk.now());
            let desk = Desk::open(o.folder.path(), clock).unwrap();
            let receiver = std::sync::Arc::clone(&receiver);
            scope.spawn(move || until_nothing(&desk, &*receiver));
        }
    });
    let mut ids = receiver.ids();
    assert_eq!(ids.len(), 60);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 60);
}

#[test]
fn j6_a_receiver_that_is_slow_holds_up_no_file() {
    let o = office();
    let outbox = o.folder.path().join("out/box.jsonl");
    o.also(SinkKind::Outbox, &outbox.display().to_string());
    approve(&o.desk, o.case, 1, 3);
    o.advance(11);
    let (clock, _) = flow::Clock::by_hand(o.desk.now());
    let other = Desk::open(o.folder.path(), clock).unwrap();
    let written = outbox.clone();
    // While the first letter has no answer yet, all files are written.
    let slow = Receiver::answers(move |n| {
        if n == 1 {
            while other.deliver_next_in(Lane::Files, &NoCarrier).unwrap() != Delivered::Nothing {}
            assert_eq!(other.next_delivery_in(Lane::Files).unwrap(), None);
            assert!(other.next_delivery_in(Lane::Out).unwrap().is_some());
            assert_eq!(std::fs::read_to_string(&written).unwrap().lines().count(), 3);
        }
        Handed::Done
    });
    while o.desk.deliver_next_in(Lane::Out, &slow).unwrap() != Delivered::Nothing {}
    assert_eq!(slow.ids().len(), 3);
    assert_eq!(std::fs::read_to_string(&outbox).unwrap().lines().count(), 3, "each once");
    assert_eq!(o.desk.next_delivery_at().unwrap(), None);
}

#[test]
fn j6_a_receiver_that_is_slow_holds_up_no_other_receiver_and_gets_its_own_one_by_one() {
    let o = office();
    o.also(SinkKind::Webhook, "https://desk.example.org/hooks/other");
    approve(&o.desk, o.case, 1, 3);
    o.advance(11);
    let (clock, hand) = flow::Clock::by_hand(o.desk.now());
    let other = Desk::open(o.folder.path(), clock).unwrap();
    let fast = std::sync::Arc::new(Receiver::always(&Handed::Done));
    let seen = std::sync::Arc::clone(&fast);
    // While the first letter has no answer yet, another sender sends all that goes elsewhere, and nothing to the slow one.
    let slow = Receiver::answers(move |n| {
        if n == 1 {
            while other.deliver_next_in(Lane::Out, &*seen).unwrap() != Delivered::Nothing {}
            let next = other.next_delivery_in(Lane::Out).unwrap().unwrap();
            assert!(next > other.now(), "the rest is the slow one's sender's, who may die: {next:?}");
            hand.advance(Duration::from_millis(u64::try_from(next.0 - other.now().0).unwrap()));
            assert!(matches!(other.deliver_next_in(Lane::Out, &*seen), Ok(Delivered::Done)), "then somebody else takes over");
        }
        Handed::Done
    });
    while o.desk.deliver_next_in(Lane::Out, &slow).unwrap() != Delivered::Nothing {}
    let to = |receiver: &Receiver, path: &str| {
        receiver.letters.lock().unwrap().iter().filter(|letter| letter.address.as_str().ends_with(path)).count()
    };
    assert_eq!((to(&fast, "other"), to(&slow, "other")), (3, 0));
    assert_eq!(to(&slow, "secret-path") + to(&fast, "secret-path"), 4, "three texts, of which one was taken over");
    assert_eq!(o.desk.next_delivery_at().unwrap(), None);
}

#[test]
fn a_command_gets_the_text_and_its_words_as_they_are() {
    let o = office_with(SinkKind::Command, "/usr/bin/send\n--to\n$(id)");
    let item = approve(&o.desk, o.case, 1, 1)[0];
    o.advance(11);
    let receiver = Receiver::always(&Handed::Done);
    until_nothing(&o.desk, &receiver);
    let orders = receiver.orders.lock().unwrap();
    assert_eq!(orders[0].words, ["/usr/bin/send", "--to", "$(id)"]);
    assert_eq!(orders[0].text, "Re: question 1");
    let about: serde_json::Value = serde_json::from_str(&orders[0].about).unwrap();
    assert_eq!((&about["id"], &about["text"]), (&orders[0].id.as_str().into(), &serde_json::Value::Null));
    assert_eq!(o.state(item), State::Delivered);
    assert!(o.history().contains(&("delivered".into(), "/usr/bin/send".into())), "without arguments: {:?}", o.history());
}

#[test]
fn a_correction_goes_to_the_webhook_that_had_the_text() {
    let o = office();
    let item = approve(&o.desk, o.case, 1, 1)[0];
    o.advance(11);
    let receiver = Receiver::always(&Handed::Done);
    until_nothing(&o.desk, &receiver);
    o.desk.correct(item, "Better", None, &admin()).unwrap();
    o.advance(11);
    until_nothing(&o.desk, &receiver);
    let letters = receiver.letters.lock().unwrap();
    let body: serde_json::Value = serde_json::from_str(&letters[1].body).unwrap();
    assert_eq!((&body["type"], &body["data"]["corrects"]), (&"text.corrected".into(), &letters[0].id.as_str().into()));
    assert_ne!(letters[0].id, letters[1].id);
}

#[test]
fn a_test_says_that_it_is_one_and_counts_as_nothing() {
    let o = office();
    let sink = o.desk.sinks(o.case).unwrap()[0].id;
    let receiver = Receiver::always(&Handed::Done);
    assert!(matches!(o.desk.test_sink(sink, &receiver, &reviewer()), Err(Error::NotAllowed { .. })));
    assert_eq!(o.desk.test_sink(sink, &receiver, &admin()).unwrap(), Handed::Done);
    let letters = receiver.letters.lock().unwrap();
    let body: serde_json::Value = serde_json::from_str(&letters[0].body).unwrap();
    assert_eq!((&body["type"], &body["data"]["test"]), (&"gait.test".into(), &true.into()));
    assert!(letters[0].id.starts_with("test_"));
    assert_eq!(o.desk.failing_deliveries(None).unwrap(), []);
    let refused = o.desk.test_sink(sink, &NoCarrier, &admin()).unwrap();
    assert!(matches!(refused, Handed::Later(_)), "{refused:?}");
}
