//! What is asked of whoever carries approved text out of the program: a webhook's letter, a command's run. As with the model, flow
//! declares it and another crate (`gait-post`) does it; flow itself has no sockets and starts no programs.
//!
//! Invariant: what an answer means is decided here, purely. A text that may have arrived is never told as one that has not.

use crate::allowed::Address;
use crate::clock::Millis;
use crate::draft::draw_of;
use std::time::Duration;

/// The longest that one try may take, from the first packet to the last. A lease is longer.
pub const LIMIT: Duration = Duration::from_secs(20);
/// What is read of an answer or of a command's output, bytes.
pub const MOST_ANSWER: usize = 64 << 10;

/// One text for one webhook.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The same at every try: a receiver removes repeats by it.
    pub id: String,
    pub at: Millis,
    pub address: Address,
    /// What it is signed with: the secret and, for a while after a change, the one before.
    pub secrets: Vec<String>,
    /// JSON.
    pub body: String,
}

/// One text for one command.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: String,
    /// The program and its arguments.
    pub words: Vec<String>,
    /// As JSON, in the environment.
    pub about: String,
    /// On its standard input.
    pub text: String,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// The receiver has it.
    Done,
    /// Worth another try.
    Later(Later),
    /// The receiver will not have it as it is: a person looks.
    Dead(String),
    /// The receiver wants nothing any more.
    Gone(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    pub why: String,
    /// What the receiver asked for.
    pub after: Option<Duration>,
    /// It may have arrived all the same.
    pub may_have_left: bool,
    /// The receiver is down or overrun: others would meet the same.
    pub rest: bool,
}

impl Handed {
    /// In a word, for the log: the sentences can name what belongs to a receiver.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Later(_) => "later",
            Self::Dead(_) => "dead",
            Self::Gone(_) => "gone",
        }
    }

    /// Nothing has left the machine.
    pub fn not_sent(why: impl Into<String>) -> Self {
        Self::Later(Later { why: why.into(), after: None, may_have_left: false, rest: true })
    }

    /// It was sent, at least in part, and there was no answer.
    pub fn no_answer(why: impl Into<String>) -> Self {
        Self::Later(Later { why: why.into(), after: None, may_have_left: true, rest: true })
    }
}

pub trait Carrier: Send + Sync {
    /// Sends a letter and waits for the answer, [`LIMIT`] at most. Redirects are not followed, proxies not asked.
    fn post(&self, letter: &Letter) -> Handed;
    /// Runs a program, without a shell, [`LIMIT`] at most.
    fn run(&self, order: &Order) -> Handed;
}

/// Carries nothing: for programs and tests whose texts go into files.
pub struct NoCarrier;

impl Carrier for NoCarrier {
    fn post(&self, _: &Letter) -> Handed {
        Handed::not_sent("this program sends no webhooks")
    }

    fn run(&self, _: &Order) -> Handed {
        Handed::not_sent("this program runs no commands")
    }
}

/// The longest wait that a receiver can ask for.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// What an HTTP status means for a text. `retry_after` is the header as it came.
pub fn of_status(status: u16, retry_after: Option<&str>, now: Millis) -> Handed {
    let said = |what: &str| format!("the receiver answers {status}: {what}");
    let later = |what: &str, rest: bool, may_have_left: bool| {
        let after = retry_after.and_then(|text| wait_asked(text, now));
        Handed::Later(Later { why: said(what), after, may_have_left, rest })
    };
    match status {
        200..=299 => Handed::Done,
        300..=399 => Handed::Dead(said("it sends on to another address, which is not followed")),
        408 => later("it waited too long for the text", false, false),
        409 => later("it has something in the way", false, true),
        410 => Handed::Gone(said("it wants no more texts")),
        425 => later("it is too early", false, false),
        429 => later("too many texts at once", true, false),
        401 | 403 => Handed::Dead(said("it does not accept the signature, or whoever sends")),
        400..=499 => Handed::Dead(said("it does not take the text as it is")),
        502..=504 => later("it is down", true, true),
        500..=599 => later("it has trouble", false, true),
        0..=199 | 600.. => later("which is no answer", false, true),
    }
}

/// What the exit code of a command, and what it complains of, means: 0 done, 75 (`EX_TEMPFAIL` of sysexits.h) again later, any other a person looks.
pub fn of_exit(code: Option<i32>, complaint: &str) -> Handed {
    let tail = if complaint.trim().is_empty() { String::new() } else { format!(": {}", first_line(complaint)) };
    match code {
        Some(0) => Handed::Done,
        Some(75) => {
            Handed::Later(Later { why: format!("the command asks for another try{tail}"), after: None, may_have_left: false, rest: false })
        }
        Some(code) => Handed::Dead(format!("the command ended with exit code {code}{tail}")),
        None => Handed::Later(Later {
            why: format!("the command was ended by the system{tail}"),
            after: None,
            may_have_left: true,
            rest: false,
        }),
    }
}

fn first_line(complaint: &str) -> String {
    let line = complaint.trim().lines().next().unwrap_or_default();
    line.chars().take(200).map(|c| if c.is_control() { '␣' } else { c }).collect()
}

/// Seconds, or a date; at most [`LONGEST_ASKED`].
fn wait_asked(text: &str, now: Millis) -> Option<Duration> {
    let text = text.trim();
    let asked = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => LONGEST_ASKED,
        Err(_) => {
            let at = mailparse::dateparse(text).ok().filter(|at| *at > 0)?;
            Duration::from_millis(u64::try_from(at.saturating_mul(1000).saturating_sub(now.0)).unwrap_or(0))
        }
    };
    Some(asked.min(LONGEST_ASKED))
}

/// Before the next try of a text that goes out of the program: a day and some hours in all, then a person looks.
const WAITS: [u64; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200];

/// How long to wait after so many failed tries in a row, from 1: what the receiver asked for if that is longer, else a wait that grows, a
/// fifth more or less by chance, so that many do not come back at once. `None`: it was tried often enough.
pub(crate) fn wait_after(failed: i64, asked: Option<Duration>, uid: &str) -> Option<Duration> {
    let wait = *WAITS.get(usize::try_from(failed - 1).ok()?)?;
    let wait = Duration::from_secs(wait).mul_f64(0.8 + 0.4 * draw_of(format!("wait {failed}").as_bytes(), uid));
    Some(asked.map_or(wait, |asked| asked.max(wait)))
}

/// The longest that a sink rests.
pub(crate) fn longest_rest() -> Duration {
    LONGEST_ASKED.mul_f64(1.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_790_000_000_000);

    fn check(status: u16, expected: &str, rests: bool) {
        let (class, rest) = match of_status(status, None, NOW) {
            Handed::Done => ("done", false),
            Handed::Later(later) => ("later", later.rest),
            Handed::Dead(_) => ("dead", false),
            Handed::Gone(_) => ("gone", false),
        };
        assert_eq!((class, rest), (expected, rests), "{status}");
    }

    #[test]
    fn j2_each_status_has_its_class() {
        for done in [200, 201, 202, 204, 299] {
            check(done, "done", false);
        }
        for dead in [301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 413, 415, 418, 422, 451] {
            check(dead, "dead", false);
        }
        for later in [100, 199, 408, 409, 425, 500, 501, 507, 599, 600, 999] {
            check(later, "later", false);
        }
        for down in [429, 502, 503, 504] {
            check(down, "later", true);
        }
        check(410, "gone", false);
    }

    #[test]
    fn j2_what_a_receiver_asks_for_is_kept_to_and_bounded() {
        let asked = |text: &str| match of_status(429, Some(text), NOW) {
            Handed::Later(later) => later.after.map(|after| after.as_secs()),
            other @ (Handed::Done | Handed::Dead(_) | Handed::Gone(_)) => panic!("{other:?}"),
        };
        assert_eq!(asked("7"), Some(7));
        assert_eq!(asked(" 120 "), Some(120));
        assert_eq!(asked("0"), Some(0));
        assert_eq!(asked("999999999"), Some(86_400), "a day at most");
        assert_eq!(asked("99999999999999999999999999"), Some(86_400));
        // 1790000000 is 2026-09-21 14:13:20 UTC.
        assert_eq!(asked("Mon, 21 Sep 2026 14:14:20 GMT"), Some(60));
        assert_eq!(asked("Mon, 21 Sep 2020 14:14:20 GMT"), Some(0), "long ago");
        assert_eq!(asked("Mon, 21 Sep 2099 14:14:20 GMT"), Some(86_400));
        for nonsense in ["-1", "soon", "", "1e9", "\u{661}"] {
            assert_eq!(asked(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn j2_waits_grow_differ_and_end() {
        let mut before = Duration::ZERO;
        for failed in 1..=10 {
            let wait = wait_after(failed, None, "msg_a").unwrap();
            let middle = Duration::from_secs(WAITS[usize::try_from(failed - 1).unwrap()]);
            assert!(wait >= middle.mul_f64(0.8) && wait <= middle.mul_f64(1.2), "{failed}: {wait:?}");
            assert!(wait > before, "{failed}");
            before = wait;
        }
        assert_eq!(wait_after(11, None, "msg_a"), None, "then a person looks");
        assert_ne!(wait_after(3, None, "msg_a"), wait_after(3, None, "msg_b"), "by chance");
        assert_eq!(wait_after(1, Some(Duration::from_secs(500)), "msg_a"), Some(Duration::from_secs(500)));
        assert!(wait_after(1, Some(Duration::ZERO), "msg_a").unwrap() >= Duration::from_secs(4), "never sooner than ours");
    }

    #[test]
    fn an_exit_code_has_its_class() {
        assert_eq!(of_exit(Some(0), ""), Handed::Done);
        assert!(matches!(of_exit(Some(75), ""), Handed::Later(_)));
        assert!(matches!(of_exit(None, ""), Handed::Later(Later { may_have_left: true, .. })));
        let Handed::Dead(why) = of_exit(Some(3), "no such\u{1b}[2J queue\nmore") else { panic!("a person looks") };
        assert_eq!(why, "the command ended with exit code 3: no such␣[2J queue");
    }
}
