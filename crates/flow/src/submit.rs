//! Requests that other programs give over the local API, many in one transaction.
//!
//! Invariant: under one idempotency key a token's requests are taken once, and asked again it gets the same answer: key, answer and items are
//! one write. What is refused takes nothing else with it.

use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::UseCaseId;
use crate::intake::{Given, Taken};
use crate::storage::{self, Conn};
use crate::token::{Access, Scope};
use crate::use_case::Audience;
use serde::{Deserialize, Serialize};

/// Requests of one use case that come together.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The use case's name.
    pub use_case: String,
    pub given: Vec<Given>,
    pub key: Option<Key>,
    /// What makes a request one that is known, where it has no id and there is no key.
    pub once: Once,
}

/// An idempotency key, and the hash of all that was asked under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// 1 to 255 printable ASCII characters.
    pub text: String,
    pub sha256: [u8; 32],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// The same content is the same request, as in files.
    SameContent,
    /// Each is a request of its own, like a question in a talk.
    Each,
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// One for each request, in order.
    Answered(Vec<Outcome>),
    /// There is no use case of this name.
    NoUseCase,
    /// The key has been used for something else.
    KeyTaken,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Outcome {
    /// Kept, durably.
    Accepted { uid: String },
    /// It was known, the same in content.
    Known { uid: String },
    /// Why, in a sentence.
    Refused { reason: String },
}

/// How long an answer is given again.
const KEPT: i64 = 30 * 24 * 3_600_000;
/// The most requests of one submission.
pub const MOST_TOGETHER: usize = 1_000;

impl Desk {
    /// Takes what came together, in one transaction; durable when it returns.
    ///
    /// # Errors
    /// Those of the database: nothing was taken then.
    pub fn submit(&self, all: &[(Access, Submission)]) -> Result<Vec<Submitted>> {
        self.transact(|c, now, changes| {
            let mut answers = Vec::with_capacity(all.len());
            for (access, submission) in all {
                let answer = take(c, now, access, submission)?;
                if let Submitted::Answered(outcomes) = &answer {
                    changes.queue |= outcomes.iter().any(|outcome| matches!(outcome, Outcome::Accepted { .. }));
                }
                answers.push(answer);
            }
            Ok(answers)
        })
    }
}

fn take(c: &Conn, now: Millis, access: &Access, submission: &Submission) -> Result<Submitted> {
    access.must(Scope::Submit, "give requests")?;
    if submission.given.is_empty() || submission.given.len() > MOST_TOGETHER {
        return Err(Error::invalid("items", submission.given.len(), format!("1 to {MOST_TOGETHER}")));
    }
    if let Some(key) = &submission.key
        && let Some((sha256, reply)) = storage::token::reply(c, access.token, &key.text)?
    {
        return Ok(if sha256 == key.sha256 { Submitted::Answered(kept(&reply)?) } else { Submitted::KeyTaken });
    }
    let Some((use_case, audience)) = storage::use_case::audience_by_name(c, &submission.use_case)? else { return Ok(Submitted::NoUseCase) };
    let mut outcomes = Vec::with_capacity(submission.given.len());
    for (n, given) in submission.given.iter().enumerate() {
        outcomes.push(take_one(c, now, (use_case, audience), access, submission, (n, given))?);
    }
    if let Some(key) = &submission.key {
        let reply = storage::to_json(&outcomes);
        storage::token::keep_reply(c, access.token, &key.text, &key.sha256, &reply, now, Millis(now.0 - KEPT))?;
    }
    Ok(Submitted::Answered(outcomes))
}

fn kept(reply: &str) -> Result<Vec<Outcome>> {
    serde_json::from_str(reply).map_err(|e| Error::Damaged(format!("reply.reply: {e}")))
}

/// Items from the API share one name.
const SOURCE: &str = "api";

fn take_one(
    c: &Conn,
    now: Millis,
    (use_case, audience): (UseCaseId, Audience),
    access: &Access,
    submission: &Submission,
    (n, given): (usize, &Given),
) -> Result<Outcome> {
    let mut request = match given.request(n, audience) {
        Ok(request) => request,
        Err(reason) => return Ok(Outcome::Refused { reason }),
    };
    if let Some(own) = own_key(access, submission, n, given) {
        request.key = own;
    }
    let taken = storage::item::take(c, use_case, SOURCE, &request, now)?;
    let uid = || storage::item::uid_of(c, use_case, SOURCE, &request.key);
    Ok(match taken {
        Taken::New => Outcome::Accepted { uid: uid()? },
        Taken::Again => Outcome::Known { uid: uid()? },
        Taken::Conflict => Outcome::Refused {
            reason: format!("id {:?} is known with another content; nothing was overwritten", given.id.as_deref().unwrap_or_default()),
        },
    })
}

/// The key of a request that is neither known by its id nor by its content.
fn own_key(access: &Access, submission: &Submission, n: usize, given: &Given) -> Option<String> {
    match (&given.id, &submission.key, submission.once) {
        (Some(_), _, _) | (None, None, Once::SameContent) => None,
        (None, Some(key), _) => Some(format!("key:{}:{n}:{}", access.token, key.text)),
        (None, None, Once::Each) => Some(format!("once:{}", uuid::Uuid::now_v7())),
    }
}
