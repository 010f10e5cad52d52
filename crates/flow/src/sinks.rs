//! Sinks as people see them: whether texts arrive there, what is left to a person, the secret that a receiver checks with, and a test.
//!
//! Invariant: a secret is shown to admins only, and stands in no list, log or history. A test message says that it is one, and is no
//! delivery: nothing that counts texts knows of it.

use crate::allowed;
use crate::carrier::{Carrier, Handed, Letter, Order};
use crate::clock::Millis;
use crate::deliver::{self, Body, DeliveryState, append_once, secrets};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{DeliveryId, ItemId, SinkId, UseCaseId};
use crate::settings::Person;
use crate::storage;
use crate::storage::sink::Known;
use crate::use_case::{Sink, SinkKind};
use data_encoding::BASE64;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// The receiver wants nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Off {
    pub at: Millis,
    pub why: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkState {
    pub id: SinkId,
    pub sink: Sink,
    pub off: Option<Off>,
    /// No longer one of its use case; texts are still on their way to it.
    pub is_removed: bool,
    pub waiting: i64,
    /// Tried, and tried again by itself.
    pub failing: i64,
    /// Left to a person.
    pub dead: i64,
}

/// What a receiver checks signatures with: `whsec_` and base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    pub now: String,
    /// Until then the one before is signed with too.
    pub before_until: Option<Millis>,
}

/// One text on its way to one sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    /// What the receiver removes repeats by.
    pub uid: String,
    pub use_case: UseCaseId,
    pub item: ItemId,
    pub item_uid: String,
    pub external_id: Option<String>,
    pub to: String,
    pub state: DeliveryState,
    pub attempts: i64,
    pub last_error: Option<String>,
    /// Of one that waits or fails.
    pub next_at: Option<Millis>,
    pub done_at: Option<Millis>,
}

/// How many a list has at most.
pub const SHOWN: u32 = 500;
/// How long after a change the secret before is signed with too.
const BOTH: Duration = Duration::from_secs(24 * 60 * 60);

/// 192 bits from the system.
pub(crate) fn new_secret() -> Result<String> {
    let mut bytes = [0u8; 24];
    getrandom::fill(&mut bytes).map_err(|e| Error::Storage(format!("the system has no random numbers: {e}")))?;
    Ok(format!("whsec_{}", BASE64.encode(&bytes)))
}

#[derive(Serialize)]
struct Test<'a> {
    id: &'a str,
    test: bool,
    use_case: &'a str,
    text: &'static str,
}

const TEST: &str = "This is a test from Gait. It answers no request; nobody need do anything with it.";

impl Desk {
    /// The sinks of a use case, and former ones that texts are still on their way to.
    ///
    /// # Errors
    /// Those of the database.
    pub fn sinks(&self, use_case: UseCaseId) -> Result<Vec<SinkState>> {
        self.read(|c| storage::sink::states(c, use_case))
    }

    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] where the sink is no webhook; [`Error::NotFound`].
    pub fn sink_secret(&self, id: SinkId, person: &Person) -> Result<Secret> {
        person.must_be_admin("see the secret of a webhook")?;
        self.read(|c| storage::sink::secret(c, id))
    }

    /// Makes a new secret. For a day the one before is signed with too, so that a receiver can be told in peace.
    ///
    /// # Errors
    /// As [`Desk::sink_secret`].
    pub fn rotate_secret(&self, id: SinkId, person: &Person) -> Result<Secret> {
        person.must_be_admin("change the secret of a webhook")?;
        let new = new_secret()?;
        self.transact(|c, now, changes| {
            storage::sink::rotate(c, id, &new, now.plus(BOTH))?;
            let Known { sink, use_case, .. } = storage::sink::get(c, id)?;
            storage::event::insert(c, now, &person.name, "secret_changed", Some(use_case), None, Some(&sink.shown()))?;
            changes.activity = true;
            storage::sink::secret(c, id)
        })
    }

    /// Sends a message that says that it is a test. A sink that was turned off and takes it is on again.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; those of the database. What came of it is data.
    pub fn test_sink(&self, id: SinkId, carrier: &dyn Carrier, person: &Person) -> Result<Handed> {
        person.must_be_admin("test a sink")?;
        let (known, allowed, name) = self.read(|c| {
            let known = storage::sink::get(c, id)?;
            let name = storage::use_case::get(c, known.use_case)?.input.name;
            Ok((known, allowed::read(c)?, name))
        })?;
        let uid = format!("test_{}", uuid::Uuid::now_v7().simple());
        let handed = send_test(&known, &allowed, &uid, &name, self.now(), carrier);
        self.transact(|c, now, changes| {
            let words = match &handed {
                Handed::Done => {
                    storage::sink::well(c, id)?;
                    "it arrived"
                }
                Handed::Later(later) => &later.why,
                Handed::Dead(why) | Handed::Gone(why) => why,
            };
            let detail = format!("{}: {words}", known.sink.shown());
            storage::event::insert(c, now, &person.name, "sink_tested", Some(known.use_case), None, Some(&detail))?;
            changes.activity = true;
            changes.use_cases = true;
            Ok(())
        })?;
        Ok(handed)
    }

    /// Texts that fail or are left to a person, those first, of a use case or of all; [`SHOWN`] at most.
    ///
    /// # Errors
    /// Those of the database.
    pub fn failing_deliveries(&self, use_case: Option<UseCaseId>) -> Result<Vec<DeliveryRow>> {
        self.read(|c| storage::delivery::failing(c, use_case, SHOWN))
    }

    /// Where the texts of an item are, the oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn item_deliveries(&self, item: ItemId) -> Result<Vec<DeliveryRow>> {
        self.read(|c| storage::delivery::of_item(c, item))
    }

    /// Tries texts that fail again at once. A sink that was turned off or rests is on again. Gives how many.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Stale`] where one does not fail any more: then none is tried.
    pub fn retry_deliveries(&self, ids: &[DeliveryId], person: &Person) -> Result<usize> {
        person.must_be_admin("try a delivery again")?;
        self.transact(|c, now, changes| {
            for id in ids {
                let (sink, item) = storage::delivery::again(c, *id, now)?;
                storage::sink::well(c, sink)?;
                let Known { sink, use_case, .. } = storage::sink::get(c, sink)?;
                storage::event::insert(c, now, &person.name, "delivery_retried", Some(use_case), Some(item), Some(&sink.shown()))?;
                changes.item(item);
            }
            changes.use_cases = true;
            Ok(ids.len())
        })
    }
}

fn send_test(known: &Known, allowed: &allowed::Allowed, uid: &str, use_case: &str, now: Millis, carrier: &dyn Carrier) -> Handed {
    let path = &known.sink.path;
    let data = Test { id: uid, test: true, use_case, text: TEST };
    let written = |done: Result<()>| match done {
        Ok(()) => Handed::Done,
        Err(e) => Handed::not_sent(e.to_string()),
    };
    match known.sink.kind {
        SinkKind::Outbox => {
            written(append_once(Path::new(path), uid, &storage::to_json(&data), false).map_err(|unwritten| unwritten.error))
        }
        SinkKind::Folder => written(deliver::write_text(Path::new(path), &format!("gait-{uid}.txt"), TEST)),
        SinkKind::Webhook => match allowed.webhook(path) {
            Ok(address) => {
                let body = storage::to_json(&Body { kind: "gait.test", data });
                carrier.post(&Letter { id: uid.to_owned(), at: now, address, secrets: secrets(known, now), body })
            }
            Err(e) => Handed::Dead(e.to_string()),
        },
        SinkKind::Command => match allowed.command(path) {
            Ok(words) => carrier.run(&Order { id: uid.to_owned(), words, about: storage::to_json(&data), text: TEST.to_owned() }),
            Err(e) => Handed::Dead(e.to_string()),
        },
    }
}
