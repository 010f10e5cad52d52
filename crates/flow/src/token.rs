//! Who may ask for something over the local API: tokens with scopes.
//!
//! Invariant: a token's text is shown once and kept nowhere; what it may do is asked here, in the core, at every request. Whatever is refused
//! to a token that is known is told in the activity.

use crate::clock::Millis;
use crate::desk::{Desk, lock};
use crate::error::{Error, Result};
use crate::settings::Person;
use crate::storage::{self, Conn};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Mutex;

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Give requests, and hear what became of them.
    Submit,
    /// Look at items, drafts and decisions.
    Read,
    /// List what went out and acknowledge it.
    Deliver,
    /// List and revoke tokens.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Submit, Self::Read, Self::Deliver, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Read => "read",
            Self::Deliver => "deliver",
            Self::Admin => "admin",
        }
    }
}

/// A token, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: i64,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_by: String,
    pub created_at: Millis,
    pub expires_at: Option<Millis>,
    pub revoked_at: Option<Millis>,
    /// To the minute.
    pub used_at: Option<Millis>,
}

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInput {
    pub name: String,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<Millis>,
}

/// A token that was let in. It exists only as the answer of [`Desk::admit`].
#[derive(Debug, Clone)]
pub struct Access {
    pub(crate) token: i64,
    name: String,
    scopes: Vec<Scope>,
}

impl Access {
    /// # Errors
    /// [`Error::NotAllowed`], naming what was tried.
    pub(crate) fn must(&self, scope: Scope, what: &'static str) -> Result<()> {
        self.must_any(&[scope], what)
    }

    /// # Errors
    /// [`Error::NotAllowed`], naming what was tried.
    pub(crate) fn must_any(&self, any_of: &[Scope], what: &'static str) -> Result<()> {
        let may = any_of.iter().any(|scope| self.scopes.contains(scope));
        if may { Ok(()) } else { Err(Error::NotAllowed { person: self.actor(), what }) }
    }

    /// Whether it may now, by what the database says now: a token that was revoked, or has expired, since it was let in hears of nothing more.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], naming what was tried.
    pub(crate) fn still(&self, c: &Conn, any_of: &[Scope], what: &'static str, now: Millis) -> Result<()> {
        let refused = || Error::NotAllowed { person: self.actor(), what };
        // A restore may have taken it away.
        let token = storage::token::find(c, self.token)?.ok_or_else(refused)?;
        standing(&token, any_of, now).map_err(|_| refused())
    }

    /// Under this name it stands in the activity.
    pub(crate) fn actor(&self) -> String {
        format!("token {}", self.name)
    }

    /// The token's number, to count its requests by.
    pub fn token(&self) -> i64 {
        self.token
    }
}

/// Why a token was not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("this is no token of this Gait; make one with `gait token create`, or in Settings")]
    Unknown,
    #[error("this token belongs to another data folder of Gait")]
    Foreign,
    #[error("the token {name:?} was revoked")]
    Revoked { name: String },
    #[error("the token {name:?} has expired")]
    Expired { name: String },
    #[error("the token {name:?} may not do this: it lacks the scope `{}`", .scope.as_str())]
    Scope { name: String, scope: Scope },
    #[error(transparent)]
    Failed(#[from] Error),
}

const BEGINS: &str = "gait_";
const PROFILE_DIGITS: usize = 8;
const SECRET_DIGITS: usize = 64;
/// How exact the times of use and of refusal are, milliseconds.
const MINUTE: i64 = 60_000;

/// `gait_`, eight digits of the data folder, 64 of the secret.
fn text(profile: &str, secret: &[u8; 32]) -> String {
    let digits: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{BEGINS}{profile}_{digits}")
}

/// The data folder that a text of the right form names.
fn profile_of(text: &str) -> Option<&str> {
    let (profile, secret) = text.strip_prefix(BEGINS)?.split_once('_')?;
    let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (digits(profile, PROFILE_DIGITS) && digits(secret, SECRET_DIGITS)).then_some(profile)
}

/// In the same time wherever they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::hint::black_box(a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b))) == 0
}

fn check(input: &TokenInput, now: Millis) -> Result<()> {
    let name = input.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", format!("{name:?}"), "1 to 100 characters in one line"));
    }
    if input.scopes.is_empty() {
        return Err(Error::invalid("scopes", "none", "at least one of submit, read, deliver, admin"));
    }
    if input.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid("end", "a time that is over", "a time to come"));
    }
    Ok(())
}

impl Desk {
    /// Makes a token of 32 random bytes and gives its text, which nobody can read again.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers, which is told in the activity; [`Error::Invalid`] with the field.
    pub fn create_token(&self, person: &Person, input: &TokenInput, secret: &[u8; 32]) -> Result<(Token, String)> {
        self.api_admin(person, "make a token")?;
        check(input, self.now())?;
        let mut scopes = input.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        let input = TokenInput { name: input.name.trim().to_owned(), scopes, ..input.clone() };
        self.transact(|c, now, changes| {
            if storage::token::list(c)?.iter().any(|token| token.name == input.name && token.revoked_at.is_none()) {
                return Err(Error::invalid("name", format!("{:?}", input.name), "a name that no other token has"));
            }
            let text = text(&storage::token::profile(c)?, secret);
            let id = storage::token::insert(c, &input, &Sha256::digest(&text), &person.name, now)?;
            let may: Vec<&str> = input.scopes.iter().map(|scope| scope.as_str()).collect();
            let detail = format!("{}: {}", input.name, may.join(", "));
            storage::event::insert(c, now, &person.name, "token_created", None, None, Some(&detail))?;
            changes.settings = true;
            changes.activity = true;
            Ok((storage::token::get(c, id)?, text))
        })
    }

    /// All tokens, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn tokens(&self) -> Result<Vec<Token>> {
        self.read(storage::token::list)
    }

    /// The same, over the API.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub fn tokens_for(&self, access: &Access) -> Result<Vec<Token>> {
        access.must(Scope::Admin, "list tokens")?;
        self.tokens()
    }

    /// From the next request on it is refused. One that was revoked already is no error.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::NotFound`].
    pub fn revoke_token(&self, person: &Person, id: i64) -> Result<Token> {
        self.api_admin(person, "revoke a token")?;
        self.revoke(&person.name, id)
    }

    /// The same, over the API.
    ///
    /// # Errors
    /// [`Error::NotAllowed`]; [`Error::NotFound`].
    pub fn revoke_token_for(&self, access: &Access, id: i64) -> Result<Token> {
        access.must(Scope::Admin, "revoke a token")?;
        self.revoke(&access.actor(), id)
    }

    fn revoke(&self, actor: &str, id: i64) -> Result<Token> {
        self.transact(|c, now, changes| {
            let token = storage::token::get(c, id)?;
            if token.revoked_at.is_none() {
                storage::token::revoke(c, id, actor, now)?;
                storage::event::insert(c, now, actor, "token_revoked", None, None, Some(&token.name))?;
                changes.settings = true;
                changes.activity = true;
            }
            storage::token::get(c, id)
        })
    }

    /// Lets a token in that has one of these scopes. `what` is what was tried, for the activity.
    ///
    /// # Errors
    /// [`Refused`]; a token that is known and refused leaves a line in the activity, one a minute. What cannot be noted decides nothing: where
    /// the disk is full, what only reads goes on.
    pub fn admit(&self, text: &str, any_of: &[Scope], what: &str) -> Result<Access, Refused> {
        let profile = profile_of(text).ok_or(Refused::Unknown)?;
        let hash = Sha256::digest(text);
        let (ours, found) = self.read(|c| Ok((storage::token::profile(c)?, storage::token::by_hash(c, &hash)?)))?;
        let Some((token, refused_at)) = found.filter(|(_, stored, _)| same(stored, &hash)).map(|(token, _, at)| (token, at)) else {
            return Err(if profile == ours { Refused::Unknown } else { Refused::Foreign });
        };
        let now = self.now();
        match standing(&token, any_of, now) {
            Ok(()) => {
                if is_old(token.used_at, now) && self.noted.is_first((token.id, Note::Used), now) {
                    self.note_use(&token);
                }
                Ok(Access { token: token.id, name: token.name, scopes: token.scopes })
            }
            Err(refused) => {
                if is_old(refused_at, now) && self.noted.is_first((token.id, Note::Refused), now) {
                    self.note_refusal(&token, what, &refused);
                }
                Err(refused)
            }
        }
    }
}

impl Desk {
    fn note_use(&self, token: &Token) {
        if let Err(e) = self.transact(|c, now, _| storage::token::used(c, token.id, now)) {
            tracing::debug!(error = %e, "the use of a token was not noted");
        }
    }

    fn note_refusal(&self, token: &Token, what: &str, refused: &Refused) {
        let noted = self.transact(|c, now, changes| {
            changes.activity = true;
            storage::token::refused(c, token.id, now)?;
            let detail = format!("{what}: {refused}");
            storage::event::insert(c, now, &format!("token {}", token.name), "api_refused", None, None, Some(&detail))
        });
        if let Err(e) = noted {
            tracing::warn!(error = %e, "the refusal of a token was not noted");
        }
    }
}

/// What is noted of a token, once a minute each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Note {
    Used,
    Refused,
}

/// When something was last noted of a token by this process, or tried to be: of many requests at once one writes.
#[derive(Debug, Default)]
pub(crate) struct Noted(Mutex<HashMap<(i64, Note), Millis>>);

impl Noted {
    fn is_first(&self, what: (i64, Note), now: Millis) -> bool {
        let mut noted = lock(&self.0);
        let first = is_old(noted.get(&what).copied(), now);
        if first {
            noted.insert(what, now);
        }
        first
    }
}

/// Also a time to come is old: the clock was put back.
fn is_old(at: Option<Millis>, now: Millis) -> bool {
    at.is_none_or(|at| now.0 - at.0 >= MINUTE || at > now)
}

fn standing(token: &Token, any_of: &[Scope], now: Millis) -> Result<(), Refused> {
    let name = || token.name.clone();
    if token.revoked_at.is_some() {
        return Err(Refused::Revoked { name: name() });
    }
    if token.expires_at.is_some_and(|at| at <= now) {
        return Err(Refused::Expired { name: name() });
    }
    match any_of.first() {
        Some(scope) if !any_of.iter().any(|scope| token.scopes.contains(scope)) => Err(Refused::Scope { name: name(), scope: *scope }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::testing::admin;
    use std::time::Duration;

    #[test]
    fn a_token_is_let_in_or_refused_as_before_where_nothing_can_be_written() {
        let folder = tempfile::TempDir::new().unwrap();
        let (clock, hand) = Clock::by_hand(Millis(1_790_000_000_000));
        let desk = Desk::open(folder.path(), clock).unwrap();
        let input = TokenInput { name: "all".into(), scopes: vec![Scope::Read], expires_at: None };
        let (_, text) = desk.create_token(&admin(), &input, &[7; 32]).unwrap();
        let full = "CREATE TRIGGER full BEFORE UPDATE ON token BEGIN SELECT RAISE(ABORT, 'full'); END";
        desk.transact(|c, _, _| Ok(c.execute_batch(full)?)).unwrap();
        assert!(desk.admit(&text, &[Scope::Read], "read").is_ok());
        assert!(matches!(desk.admit(&text, &[Scope::Submit], "submit"), Err(Refused::Scope { .. })));
        assert!(desk.tokens().unwrap()[0].used_at.is_none(), "nothing was noted");

        desk.transact(|c, _, _| Ok(c.execute_batch("DROP TRIGGER full")?)).unwrap();
        hand.advance(Duration::from_secs(60));
        assert!(desk.admit(&text, &[Scope::Read], "read").is_ok());
        assert_eq!(desk.tokens().unwrap()[0].used_at, Some(desk.now()), "a minute later it is tried again");
    }
}
