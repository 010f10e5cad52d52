//! Approved text goes to its sinks once.
//!
//! Invariant: each delivery has a stable id. A text file is written under the item's id, a line of the outbox carries the delivery's, and
//! before a line is written again the file is searched for it: a kill between writing and marking doubles nothing. A webhook and a command
//! are given the id with each try, and remove repeats by it. Only whoever claimed a delivery last says what became of it.
//!
//! A correction goes to the sinks that its first text went to. Its line names the id of the one it corrects; in a folder it gets a name of
//! its own (`<item>.correction-1.txt`), so that whoever has not read the first file finds both, and a receiver that takes every new file
//! notices it.

use crate::allowed::{self, Allowed};
use crate::audit;
use crate::carrier::{self, Carrier, Handed, Later, Letter, NoCarrier, Order};
use crate::changes::Changes;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::files;
use crate::id::{DecisionId, DeliveryId};
use crate::item::{self, Event, Item, State};
use crate::notice;
use crate::storage::sink::Known;
use crate::storage::{self, Conn};
use crate::use_case::SinkKind;
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// No sink takes it.
    None,
    /// In the time in which it can be taken back.
    Waiting,
    Sending,
    Done,
    /// Tried and not done; tried again later.
    Failed,
    /// Not tried again until a person says so.
    Dead,
}

/// Approved text on its way to one sink.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delivery {
    pub id: DeliveryId,
    pub uid: String,
    pub item: Item,
    pub to: Known,
    pub attempts: i64,
    /// How often it was claimed: whoever has claimed it less often is refused.
    pub claims: i64,
    pub text: String,
    pub verdict: &'static str,
    pub decided_by: String,
    pub decided_at: Millis,
    pub correction: Option<Correction>,
}

/// What a text corrects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Correction {
    /// The id of the delivery to the same sink that went before.
    pub corrects: String,
    /// The how many-eth correction of the item it is, from 1.
    pub n: i64,
}

const LEASE: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A receiver that is down is asked this often, unless it says otherwise.
const LONGEST_REST: Duration = Duration::from_secs(45 * 60);
/// So many tries in a row can come to nothing before a receiver that is not down rests.
const MOST_TROUBLE: i64 = 2;

/// Puts a decision's text on its way to every sink of its use case that takes its audience. With no sink at all the
/// text is kept in Gait and counts as delivered once the time to take it back is over.
pub(crate) fn enqueue(c: &Conn, now: Millis, item: &Item, decision: DecisionId) -> Result<()> {
    storage::delivery::insert_for_sinks(c, decision, item, now.plus(hold(c)?))
}

/// The time in which a decision can be taken back.
pub(crate) fn hold(c: &Conn) -> Result<Duration> {
    Ok(Duration::from_secs(u64::from(storage::setting::undo_seconds(c)?)))
}

/// Sinks that are sent to at once. Each gets one text after the other, so that one that is slow holds up its own.
pub const SENDERS: usize = 4;

/// Which texts a step is of: a receiver that is slow holds up no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Those that go into files, notices, and those that stay in Gait.
    Files,
    /// Those that leave the program.
    Out,
}

impl Lane {
    pub(crate) fn leaves(self) -> bool {
        match self {
            Self::Files => false,
            Self::Out => true,
        }
    }
}

/// What a step of delivery came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    Nothing,
    Done,
    /// Kept, tried again later; why, in a sentence.
    Failed(String),
}

impl Desk {
    /// [`Desk::deliver_next`] with nobody who carries texts out of the program.
    ///
    /// # Errors
    /// Those of the database; a sink that fails is data.
    pub fn deliver_one(&self) -> Result<Delivered> {
        self.deliver_next(&NoCarrier)
    }

    /// Delivers the next text that is due, if any, or else the next notice. The database is not held meanwhile.
    ///
    /// # Errors
    /// Those of the database; a sink that fails is data.
    pub fn deliver_next(&self, carrier: &dyn Carrier) -> Result<Delivered> {
        self.deliver(None, carrier)
    }

    /// [`Desk::deliver_next`] of one lane: two threads can each take one.
    ///
    /// # Errors
    /// Those of the database; a sink that fails is data.
    pub fn deliver_next_in(&self, lane: Lane, carrier: &dyn Carrier) -> Result<Delivered> {
        self.deliver(Some(lane), carrier)
    }

    fn deliver(&self, lane: Option<Lane>, carrier: &dyn Carrier) -> Result<Delivered> {
        let claimed = self.transact(|c, now, changes| {
            if lane != Some(Lane::Out) {
                finish_without_sink(c, now, changes)?;
            }
            let claimed = storage::delivery::claim(c, now, now.plus(LEASE), lane)?;
            claimed.map(|delivery| Ok((delivery, allowed::read(c)?, now))).transpose()
        })?;
        let Some((delivery, allowed, now)) = claimed else {
            return if lane == Some(Lane::Out) { Ok(Delivered::Nothing) } else { self.send_one_notice() };
        };
        let handed = hand_over(&delivery, &allowed, now, carrier);
        if handed != Handed::Done {
            tracing::warn!(id = delivery.uid, class = handed.class(), "a text could not be delivered; it is kept");
        }
        let kept = self.transact(|c, now, changes| keep(c, now, &delivery, &handed, changes));
        match kept {
            // It took longer than the claim lasts: whoever has claimed it since says what became of it.
            Err(Error::Stale { what, .. }) => Ok(Delivered::Failed(format!("{what} is in another program's hands meanwhile"))),
            other => other,
        }
    }

    /// When the next delivery is due, for the loop to sleep until then.
    ///
    /// # Errors
    /// Those of the database.
    pub fn next_delivery_at(&self) -> Result<Option<Millis>> {
        Ok(self.next_delivery_in(Lane::Files)?.into_iter().chain(self.next_delivery_in(Lane::Out)?).min())
    }

    /// [`Desk::next_delivery_at`] of one lane.
    ///
    /// # Errors
    /// Those of the database.
    pub fn next_delivery_in(&self, lane: Lane) -> Result<Option<Millis>> {
        self.read(|c| {
            let due = storage::delivery::next_due(c, lane)?;
            Ok(match lane {
                Lane::Out => due,
                Lane::Files => {
                    let kept = storage::delivery::next_kept(c, hold(c)?)?;
                    due.into_iter().chain(kept).chain(storage::notice::next_at(c)?).min()
                }
            })
        })
    }

    /// The sentence of a delivery that fails at present, if any.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delivery_trouble(&self) -> Result<Option<String>> {
        self.read(storage::delivery::trouble)
    }
}

/// What is refused on the way out, so that no try is made; else what came of the try.
fn hand_over(delivery: &Delivery, allowed: &Allowed, now: Millis, carrier: &dyn Carrier) -> Handed {
    if let Some(off) = &delivery.to.off {
        return Handed::Dead(format!("the receiver was turned off: {}", off.why));
    }
    let path = &delivery.to.sink.path;
    match delivery.to.sink.kind {
        SinkKind::Outbox | SinkKind::Folder => match write(delivery) {
            Ok(()) => Handed::Done,
            Err(Unwritten { error, may_stand }) => {
                Handed::Later(Later { why: error.to_string(), after: None, may_have_left: may_stand, rest: false })
            }
        },
        SinkKind::Webhook => match allowed.webhook(path) {
            Ok(address) => {
                let kind = if delivery.correction.is_some() { "text.corrected" } else { "text.approved" };
                let body = storage::to_json(&Body { kind, data: data(delivery, Some(&delivery.text)) });
                carrier.post(&Letter { id: delivery.uid.clone(), at: now, address, secrets: secrets(&delivery.to, now), body })
            }
            Err(e) => Handed::Dead(e.to_string()),
        },
        SinkKind::Command => match allowed.command(path) {
            Ok(words) => {
                let about = storage::to_json(&data(delivery, None));
                carrier.run(&Order { id: delivery.uid.clone(), words, about, text: delivery.text.clone() })
            }
            Err(e) => Handed::Dead(e.to_string()),
        },
    }
}

/// What a webhook signs with now.
pub(crate) fn secrets(to: &Known, now: Millis) -> Vec<String> {
    let before = to.secret_before.iter().filter(|(_, until)| *until > now).map(|(secret, _)| secret);
    to.secret.iter().chain(before).cloned().collect()
}

/// Keeps what came of a try.
fn keep(c: &Conn, now: Millis, delivery: &Delivery, handed: &Handed, changes: &mut Changes) -> Result<Delivered> {
    changes.item(delivery.item.id);
    let to = &delivery.to;
    match handed {
        Handed::Done => {
            storage::delivery::done(c, delivery, now)?;
            storage::sink::well(c, to.id)?;
            deliver_item(c, now, &delivery.item, &to.sink.shown(), changes)?;
            Ok(Delivered::Done)
        }
        Handed::Later(later) => {
            let Some(wait) = wait(delivery, later) else {
                return dead(c, now, delivery, &format!("{}; tried {} times", later.why, delivery.attempts), later.may_have_left, changes);
            };
            storage::delivery::failed(c, delivery, &later.why, now, Some(now.plus(wait)), later.may_have_left)?;
            if leaves(to) {
                storage::sink::failed(c, to.id, rest(delivery, later, wait).map(|rest| now.plus(rest)))?;
            }
            if delivery.attempts == 1 {
                tell(c, now, delivery, "delivery_failed", &later.why)?;
            }
            Ok(Delivered::Failed(later.why.clone()))
        }
        Handed::Dead(why) => dead(c, now, delivery, why, to.sink.kind == SinkKind::Command, changes),
        Handed::Gone(why) => {
            if storage::sink::turn_off(c, to.id, why, now)? {
                let words = format!("{} gets no more texts: {why}. They are kept; try one again to turn it on.", to.sink.shown());
                notice::make(c, now, delivery.item.use_case, notice::Kind::SinkFailing, &words, None, changes)?;
                storage::event::insert(c, now, "gait", "sink_turned_off", Some(delivery.item.use_case), None, Some(&words))?;
                changes.use_cases = true;
            }
            storage::delivery::failed(c, delivery, why, now, None, false)?;
            tell(c, now, delivery, "delivery_dead", why)?;
            Ok(Delivered::Failed(why.clone()))
        }
    }
}

/// Whether texts leave the program by it: those tries end, and the receiver can be down.
fn leaves(to: &Known) -> bool {
    match to.sink.kind {
        SinkKind::Outbox | SinkKind::Folder => false,
        SinkKind::Webhook | SinkKind::Command => true,
    }
}

/// A file is tried for ever. `None`: a person is to look. While a receiver is down the wait grows with its failures, whichever text they
/// were of, up to half an hour.
fn wait(delivery: &Delivery, later: &Later) -> Option<Duration> {
    if !leaves(&delivery.to) {
        return Some(wait_after(delivery.attempts));
    }
    let of_receiver = if later.rest { (delivery.to.failures + 1).min(5) } else { 0 };
    carrier::wait_after(delivery.attempts.max(of_receiver), later.after, &delivery.uid)
}

/// How long a receiver rests after a try of a text that waits so long. One that is down rests at once; one that has trouble, text after text,
/// from the third in a row on and not for long, for it may be a matter of the texts.
fn rest(delivery: &Delivery, later: &Later, wait: Duration) -> Option<Duration> {
    if later.rest {
        return Some(later.after.map_or(wait.min(LONGEST_REST), |_| wait));
    }
    let in_a_row = delivery.to.failures + 1 - MOST_TROUBLE;
    let grown = if in_a_row > 0 { carrier::wait_after(in_a_row.min(4), None, &delivery.uid) } else { None };
    grown.map(|grown| grown.min(LONGEST_WAIT).min(wait))
}

fn tell(c: &Conn, now: Millis, delivery: &Delivery, kind: &str, why: &str) -> Result<()> {
    let detail = format!("{}: {why}", delivery.to.sink.shown());
    storage::event::insert(c, now, "gait", kind, Some(delivery.item.use_case), Some(delivery.item.id), Some(&detail))
}

/// Leaves a text to a person. The first of a sink makes a notice.
fn dead(c: &Conn, now: Millis, delivery: &Delivery, why: &str, may_have_left: bool, changes: &mut Changes) -> Result<Delivered> {
    if storage::delivery::dead_of(c, delivery.to.id)? == 0 {
        let words = format!("a text for {} is left to a person: {why}", delivery.to.sink.shown());
        notice::make(c, now, delivery.item.use_case, notice::Kind::SinkFailing, &words, None, changes)?;
    }
    storage::delivery::failed(c, delivery, why, now, None, may_have_left)?;
    tell(c, now, delivery, "delivery_dead", why)?;
    Ok(Delivered::Failed(why.to_owned()))
}

/// How long to wait after so many attempts that failed.
pub(crate) fn wait_after(attempts: i64) -> Duration {
    Duration::from_secs(2u64.saturating_pow(u32::try_from(attempts).unwrap_or(8).min(8))).min(LONGEST_WAIT)
}

/// Approved items of use cases without a sink are done once they can no longer be taken back.
fn finish_without_sink(c: &Conn, now: Millis, changes: &mut Changes) -> Result<()> {
    let until = Millis(now.0 - i64::try_from(hold(c)?.as_millis()).unwrap_or(0));
    for item in storage::delivery::approved_without_sink(c, until)? {
        storage::item::set_state(c, &item, item::step(&item, Event::Delivered)?)?;
        storage::event::insert(
            c,
            now,
            "gait",
            "delivered",
            Some(item.use_case),
            Some(item.id),
            Some("kept in Gait: the use case has no sink"),
        )?;
        audit::ready(c, now, &item, changes)?;
        changes.item(item.id);
    }
    Ok(())
}

/// The item is delivered when its last sink is done.
fn deliver_item(c: &Conn, now: Millis, item: &Item, to: &str, changes: &mut Changes) -> Result<()> {
    let item = storage::item::get(c, item.id)?;
    storage::event::insert(c, now, "gait", "delivered", Some(item.use_case), Some(item.id), Some(to))?;
    if item.state == State::Approved && storage::delivery::open_count(c, item.id)? == 0 {
        storage::item::set_state(c, &item, item::step(&item, Event::Delivered)?)?;
        audit::ready(c, now, &item, changes)?;
    }
    Ok(())
}

/// Into a file of this machine.
fn write(delivery: &Delivery) -> std::result::Result<(), Unwritten> {
    let path = Path::new(&delivery.to.sink.path);
    match delivery.to.sink.kind {
        SinkKind::Folder => {
            let name = match &delivery.correction {
                None => format!("{}.txt", delivery.item.uid),
                Some(correction) => format!("{}.correction-{}.txt", delivery.item.uid, correction.n),
            };
            // What is renamed and not durable yet may have been seen.
            write_text(path, &name, &delivery.text).map_err(|error| Unwritten { may_stand: path.join(&name).exists(), error })
        }
        SinkKind::Outbox => {
            // A person who tries it again begins the attempts anew, never the claims.
            append_once(path, &delivery.uid, &outbox_line(delivery), delivery.claims > 1 || delivery.attempts > 1)
        }
        SinkKind::Webhook | SinkKind::Command => Ok(()),
    }
}

/// A file of its own in a folder, whole or not at all.
pub(crate) fn write_text(folder: &Path, name: &str, text: &str) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(Error::file(folder, "created"))?;
    files::write_whole(&folder.join(name), |f| f.write_all(text.as_bytes()))
}

/// What a webhook is sent.
#[derive(Serialize)]
pub(crate) struct Body<T> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub data: T,
}

/// A text on its way out of the program. Who decided stays inside.
#[derive(Serialize)]
struct Data<'a> {
    id: &'a str,
    item: &'a str,
    external_id: Option<&'a str>,
    audience: &'static str,
    verdict: &'static str,
    decided_at: i64,
    /// The id of the delivery whose text was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

fn data<'a>(delivery: &'a Delivery, text: Option<&'a str>) -> Data<'a> {
    Data {
        id: &delivery.uid,
        item: &delivery.item.uid,
        external_id: delivery.item.external_id.as_deref(),
        audience: delivery.item.audience.as_str(),
        verdict: delivery.verdict,
        decided_at: delivery.decided_at.0,
        corrects: delivery.correction.as_ref().map(|correction| correction.corrects.as_str()),
        text,
    }
}

#[derive(Serialize)]
struct OutboxLine<'a> {
    id: &'a str,
    item: &'a str,
    external_id: Option<&'a str>,
    audience: &'static str,
    verdict: &'static str,
    decided_by: &'a str,
    decided_at: i64,
    /// The id of the line whose text was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<&'a str>,
    text: &'a str,
}

fn outbox_line(delivery: &Delivery) -> String {
    storage::to_json(&OutboxLine {
        id: &delivery.uid,
        item: &delivery.item.uid,
        external_id: delivery.item.external_id.as_deref(),
        audience: delivery.item.audience.as_str(),
        verdict: delivery.verdict,
        decided_by: &delivery.decided_by,
        decided_at: delivery.decided_at.0,
        corrects: delivery.correction.as_ref().map(|correction| correction.corrects.as_str()),
        text: &delivery.text,
    })
}

/// What could not be written to a file, or not durably.
#[derive(Debug)]
pub(crate) struct Unwritten {
    pub error: Error,
    /// It may stand in the file all the same.
    pub may_stand: bool,
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        Self { error, may_stand: false }
    }
}

/// Appends a line that begins with its id (`{"id":"…"`), durably. One that may have been written before is looked for first.
pub(crate) fn append_once(path: &Path, uid: &str, line: &str, maybe_there: bool) -> std::result::Result<(), Unwritten> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::file(folder, "created"))?;
    }
    let written = Error::file(path, "written to");
    let line = format!("{line}\n");
    let mut may_stand = false;
    let mut go = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        // One writer at a time, across processes.
        file.lock()?;
        cut_torn_line(&mut file)?;
        if maybe_there && has_line(&mut file, uid)? {
            may_stand = true;
            return file.sync_all();
        }
        let end = file.metadata()?.len();
        if let Err(e) = file.write_all(line.as_bytes()) {
            // A part of it is taken off again.
            may_stand = file.set_len(end).is_err();
            return Err(e);
        }
        may_stand = true;
        file.sync_all()
    };
    let done = go();
    done.map_err(|e| Unwritten { error: written(e), may_stand })
}

/// What each of our lines begins with.
const BEGINS: &str = "{\"id\":\"";

/// Takes off what a killed writer left behind its last whole line. An end that is none of ours stays, and gets a line of its own.
fn cut_torn_line(file: &mut File) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    let mut end = length;
    let mut byte = [0u8];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut byte)?;
        if byte == *b"\n" {
            break;
        }
        end -= 1;
    }
    if end == length {
        return Ok(());
    }
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(end))?;
    file.take(BEGINS.len() as u64).read_to_end(&mut start)?;
    if BEGINS.as_bytes().starts_with(&start) { file.set_len(end) } else { file.write_all(b"\n") }
}

fn has_line(file: &mut File, uid: &str) -> std::io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let start = format!("{BEGINS}{uid}\"");
    for line in BufReader::new(file).split(b'\n') {
        if line?.starts_with(start.as_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, expected: &str) {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("box.jsonl");
        std::fs::write(&path, before).unwrap();
        append_once(&path, "new", r#"{"id":"new"}"#, false).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), expected, "{before:?}");
    }

    #[test]
    fn a_torn_line_of_ours_is_taken_off_and_what_others_wrote_stays() {
        check("", "{\"id\":\"new\"}\n");
        check("{\"id\":\"a\"}\n{\"id\":\"b\",\"te", "{\"id\":\"a\"}\n{\"id\":\"new\"}\n");
        check("{\"id\":\"a\"}\n{\"i", "{\"id\":\"a\"}\n{\"id\":\"new\"}\n");
        check("[1, 2, 3]", "[1, 2, 3]\n{\"id\":\"new\"}\n");
        check("a\nb", "a\nb\n{\"id\":\"new\"}\n");
    }
}
