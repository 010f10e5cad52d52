//! Downloads a model file by name from a hub. The only code of Gait that speaks to a network.
//!
//! Invariant: nothing is asked of any host without a [`Hub`], and there is none while the setting is off. A file appears
//! under its name only when its SHA-256 is the one that the hub or a person named; until then it is a `.part` beside
//! a note of what it is to become, from which the next attempt goes on.
//!
//! The protocol is that of the well-known hub: `GET <address>/<owner>/<repository>/resolve/<revision>/<file>` answers
//! with the file, or with a redirect to where it lies and `X-Linked-Etag` (its SHA-256), `X-Linked-Size` and
//! `X-Repo-Commit`.

mod address;
mod attempt;
mod error;
mod name;
mod part;

pub use error::{Error, Result};
pub use name::Name;

use address::Address;
use attempt::Fault;
use flow::model::Cancel;
use part::Part;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The hub that the settings name at first.
pub const PRESET: &str = flow::settings::HUB_PRESET;

/// A hub that a person has allowed.
#[derive(Debug, Clone)]
pub struct Hub {
    address: Address,
    patience: Patience,
}

/// How long a hub is waited for.
#[derive(Debug, Clone)]
pub struct Patience {
    /// Without a byte.
    pub silence: Duration,
    /// Between attempts after the connection was cut; each that brought something starts the row anew.
    pub pauses: Vec<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silence: Duration::from_secs(60), pauses: [1, 2, 5, 10, 20].map(Duration::from_secs).to_vec() }
    }
}

/// What is to be downloaded, and to where.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub name: Name,
    /// The folder of all downloads; the file lies in it under owner and repository.
    pub folder: PathBuf,
    /// What a person was told elsewhere; else the hub's is taken.
    pub sha256: Option<String>,
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Waiting for the hub's answer, for the first time or again.
    Asking,
    /// Reading again what an earlier attempt left.
    Rereading {
        done: u64,
        total: u64,
    },
    Receiving {
        done: u64,
        total: u64,
    },
}

/// A file that is there and is what was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub path: PathBuf,
    pub bytes: u64,
    pub sha256: String,
    /// Where it came from, for people: the hub's host, the name, and the commit where the hub says it.
    pub origin: String,
}

/// A download that was begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub name: Name,
    pub done: u64,
    pub total: u64,
}

impl Hub {
    /// # Errors
    /// [`Error::Off`] while the setting is off; [`Error::Address`] with what an address looks like.
    pub fn open(setting: &flow::settings::HubSetting) -> Result<Self> {
        if !setting.on {
            return Err(Error::Off);
        }
        Ok(Self { address: Address::parse(&setting.address)?, patience: Patience::default() })
    }

    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// What a person typed or pasted: `owner/repository/file.gguf`, or the address of that file's page on this hub.
    ///
    /// # Errors
    /// [`Error::Name`] with what a name looks like.
    pub fn name(&self, text: &str, revision: Option<&str>) -> Result<Name> {
        Name::parse(self.address.strip(text.trim()), revision)
    }

    /// Downloads a file, going on from what an earlier attempt left. Blocks until done; `tell` hears of it at most ten
    /// times a second.
    ///
    /// # Errors
    /// [`Error`]; what was received so far is kept for the next attempt, but for content that is not what was named.
    pub fn download(&self, wanted: &Wanted, cancel: &Cancel, tell: &mut dyn FnMut(Step)) -> Result<Fetched> {
        let named = wanted.sha256.as_deref().map(checked_sha256).transpose()?;
        let path = wanted.name.path(&wanted.folder);
        if path.exists() {
            return Err(Error::Exists { path });
        }
        let mut part = Part::open(&path, &wanted.name)?;
        let done = self.complete(&wanted.name, named.as_deref(), &mut part, cancel, tell);
        match done {
            Ok(commit) => {
                let (bytes, sha256) = part.finish(&path)?;
                Ok(Fetched { path, bytes, sha256, origin: self.address.origin(&wanted.name, commit.as_deref()) })
            }
            Err(_) if cancel.is_cancelled() => {
                part.put_aside();
                Err(Error::Cancelled)
            }
            Err(e) => {
                part.put_aside();
                Err(e)
            }
        }
    }

    /// Attempts until the part is whole. Gives the hub's commit.
    fn complete(
        &self,
        name: &Name,
        named: Option<&str>,
        part: &mut Part,
        cancel: &Cancel,
        tell: &mut dyn FnMut(Step),
    ) -> Result<Option<String>> {
        let mut throttled = Throttle::new(tell);
        part.reread(cancel, &mut |done, total| throttled.tell(Step::Rereading { done, total }))?;
        let mut pauses = self.patience.pauses.iter();
        let mut anew = 0;
        loop {
            throttled.say(Step::Asking);
            let before = part.len();
            match attempt::attempt(&self.address, &self.patience, name, named, part, cancel, &mut |done, total| {
                throttled.tell(Step::Receiving { done, total });
            }) {
                Ok(commit) => return Ok(commit),
                Err(Fault::Final(e)) => return Err(e),
                // The hub has another file now, or cannot go on from the middle: once from the start.
                Err(Fault::Anew) if anew == 0 => anew += 1,
                Err(Fault::Anew) => return Err(Error::Strange("it sends another part of the file than was asked for".to_owned())),
                Err(Fault::Passing(reason)) => {
                    if part.len() > before {
                        pauses = self.patience.pauses.iter();
                    }
                    tracing::info!(host = self.address.host(), received = part.len(), reason, "the download was cut");
                    let Some(pause) = pauses.next() else {
                        return Err(Error::Connection { reason, kept: part.len() });
                    };
                    wait(*pause, cancel)?;
                }
            }
        }
    }
}

/// Downloads in a folder that were begun and not ended, by name.
pub fn unfinished(folder: &Path) -> Vec<Unfinished> {
    part::unfinished(folder)
}

/// Throws away what an unfinished download has left. One that is gone is no error.
///
/// # Errors
/// [`Error::Taken`] while it runs; [`Error::File`].
pub fn discard(folder: &Path, name: &Name) -> Result<()> {
    Part::open(&name.path(folder), name)?.throw_away()
}

/// 64 hex digits, in small letters.
fn checked_sha256(text: &str) -> Result<String> {
    let text = text.trim().to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) { Ok(text) } else { Err(Error::Sha256 { found: text }) }
}

fn wait(pause: Duration, cancel: &Cancel) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < pause {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        std::thread::sleep((pause - start.elapsed().min(pause)).min(Duration::from_millis(50)));
    }
    Ok(())
}

/// Tells at most ten times a second.
struct Throttle<'a> {
    tell: &'a mut dyn FnMut(Step),
    told: Option<Instant>,
}

impl<'a> Throttle<'a> {
    fn new(tell: &'a mut dyn FnMut(Step)) -> Self {
        Self { tell, told: None }
    }

    fn tell(&mut self, step: Step) {
        if self.told.is_none_or(|at| at.elapsed() >= Duration::from_millis(100)) {
            self.say(step);
            self.told = Some(Instant::now());
        }
    }

    fn say(&mut self, step: Step) {
        (self.tell)(step);
    }
}
