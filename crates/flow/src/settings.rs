//! What a person sets for the whole program, and who that person is.

use crate::cost::Power;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::keys::{self, Keys};
use crate::storage;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonRole {
    Reviewer,
    Admin,
}

/// Who does something. Every decision is recorded under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub role: PersonRole,
}

impl Person {
    pub fn is_admin(&self) -> bool {
        matches!(self.role, PersonRole::Admin)
    }

    /// # Errors
    /// [`Error::NotAllowed`], naming what was tried.
    pub fn must_be_admin(&self, what: &'static str) -> Result<()> {
        match self.role {
            PersonRole::Admin => Ok(()),
            PersonRole::Reviewer => Err(Error::NotAllowed { person: self.name.clone(), what }),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LocaleChoice {
    System,
    En,
    Ko,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub locale: LocaleChoice,
    pub theme: Theme,
    pub person: String,
    pub role: PersonRole,
    /// Between a decision and its delivery, in which it can be taken back.
    pub undo_seconds: u32,
    /// A kind word, once, to whoever decides faster than one can read, or for long.
    pub pace_words: bool,
    /// What drafting costs.
    pub power: Power,
    pub hub: HubSetting,
    /// The keys that this person has changed. Kept by the person's name, so that each finds their own again.
    #[serde(skip)]
    pub keys: Keys,
}

/// Where models may be downloaded from. While it is off, nothing is asked of any host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HubSetting {
    pub on: bool,
    pub address: String,
}

/// The well-known hub of models.
pub const HUB_PRESET: &str = "https://huggingface.co";

impl Default for HubSetting {
    fn default() -> Self {
        Self { on: false, address: HUB_PRESET.into() }
    }
}

impl Default for Settings {
    /// On one's own machine one is the admin, under the name that the system knows.
    fn default() -> Self {
        let name = ["USER", "USERNAME", "LOGNAME"].iter().find_map(|key| std::env::var(key).ok()).filter(|name| !name.trim().is_empty());
        Self {
            locale: LocaleChoice::System,
            theme: Theme::System,
            person: name.unwrap_or_else(|| "me".into()),
            role: PersonRole::Admin,
            undo_seconds: 10,
            pace_words: true,
            power: Power::default(),
            hub: HubSetting::default(),
            keys: Keys::new(),
        }
    }
}

impl Settings {
    pub fn who(&self) -> Person {
        Person { name: self.person.clone(), role: self.role }
    }
}

/// An address without TLS is one of this machine.
fn is_this_machine(address: &str) -> bool {
    address.strip_prefix("http://").is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        ["localhost", "127.0.0.1", "[::1]"].contains(&name)
    })
}

const KEY: &str = "settings";

/// What is set; the defaults where nothing is, or what is kept cannot be read.
pub(crate) fn read(c: &storage::Conn) -> Result<Settings> {
    let kept: Settings = storage::setting::get(c, KEY)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let keys = keys_of(c, &kept.person)?;
    Ok(Settings { keys, ..kept })
}

fn key_of_keys(person: &str) -> String {
    format!("keys of {person}")
}

fn keys_of(c: &storage::Conn, person: &str) -> Result<Keys> {
    let kept: Option<Keys> = storage::setting::get(c, &key_of_keys(person))?.and_then(|json| serde_json::from_str(&json).ok());
    Ok(keys::mended(kept.unwrap_or_default()))
}

impl Desk {
    /// # Errors
    /// Those of the database.
    pub fn settings(&self) -> Result<Settings> {
        self.read(read)
    }

    /// Whoever takes over under another name has the keys that they had: those that are given here are of the person before.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub fn save_settings(&self, settings: &Settings) -> Result<Settings> {
        let person = settings.person.trim();
        if person.is_empty() || person.chars().count() > 100 || person.chars().any(char::is_control) {
            return Err(Error::invalid("name", format!("{person:?}"), "1 to 100 characters in one line"));
        }
        if settings.undo_seconds > 3600 {
            return Err(Error::invalid("seconds to take back", settings.undo_seconds, "0 to 3600"));
        }
        if let Some((field, value, expected)) = settings.power.problem() {
            return Err(Error::invalid(field, value, expected));
        }
        let address = settings.hub.address.trim();
        let safe = address.starts_with("https://") || is_this_machine(address);
        if !safe || address.len() > 500 || address.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::invalid("address of the hub", format!("{address:?}"), "https:// and a host"));
        }
        let old = self.settings()?;
        if old.hub != settings.hub {
            // On a machine of one's own one can become an admin first; what counts is that it is not done in passing.
            settings.who().must_be_admin("change where models may be downloaded from")?;
        }
        let hub = HubSetting { on: settings.hub.on, address: address.to_owned() };
        let keys = if person == old.person { keys::checked(&settings.keys)? } else { self.read(|c| keys_of(c, person))? };
        let settings = Settings { person: person.to_owned(), hub, keys, ..settings.clone() };
        let (json, keys) = (storage::to_json(&settings), storage::to_json(&settings.keys));
        self.transact(|c, _, changes| {
            storage::setting::set(c, KEY, &json)?;
            storage::setting::set(c, &key_of_keys(&settings.person), &keys)?;
            changes.settings = true;
            Ok(())
        })?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::desk;

    fn with(settings: &Settings, person: &str, keys: &[(&str, &str)]) -> Settings {
        let keys = keys.iter().map(|(action, key)| ((*action).to_owned(), (*key).to_owned())).collect();
        Settings { person: person.into(), keys, ..settings.clone() }
    }

    #[test]
    fn changed_keys_are_kept_and_each_person_finds_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let (desk, _) = desk(folder.path()).unwrap();
        let start = desk.save_settings(&with(&desk.settings().unwrap(), "Mina", &[])).unwrap();
        let mina = desk.save_settings(&with(&start, "Mina", &[("approve", "b"), ("reject", "x")])).unwrap();
        assert_eq!(mina.keys, with(&start, "Mina", &[("approve", "b")]).keys, "what is as it comes is not kept");
        assert_eq!(desk.settings().unwrap(), mina);
        let ada = desk.save_settings(&Settings { person: "Ada".into(), ..mina.clone() }).unwrap();
        assert_eq!(ada.keys, Keys::new(), "Mina's are not hers");
        desk.save_settings(&with(&ada, "Ada", &[("skip", "q")])).unwrap();
        let back = desk.save_settings(&Settings { person: " Mina ".into(), ..desk.settings().unwrap() }).unwrap();
        assert_eq!(back.keys, mina.keys);
        assert_eq!(desk.save_settings(&with(&back, "Mina", &[])).unwrap().keys, Keys::new(), "all are reset");
        assert_eq!(desk.settings().unwrap().keys, Keys::new());
    }

    #[test]
    fn a_key_for_two_actions_is_refused_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (desk, _) = desk(folder.path()).unwrap();
        let start = desk.save_settings(&with(&desk.settings().unwrap(), "Mina", &[])).unwrap();
        let start = desk.save_settings(&with(&start, "Mina", &[("approve", "b")])).unwrap();
        for wrong in [[("approve", "b"), ("edit", "b")].as_slice(), &[("approve", "e")], &[("approve", "1")], &[("nothing", "q")]] {
            let refused = desk.save_settings(&with(&start, "Mina", wrong));
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{wrong:?}: {refused:?}");
        }
        assert_eq!(desk.settings().unwrap(), start);
    }

    #[test]
    fn keys_that_cannot_be_read_are_those_that_come_with_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let (desk, _) = desk(folder.path()).unwrap();
        let start = desk.save_settings(&with(&desk.settings().unwrap(), "Mina", &[])).unwrap();
        desk.transact(|c, _, _| storage::setting::set(c, &key_of_keys("Mina"), "{\"approve\":\"e\",\"gone\":")).unwrap();
        assert_eq!(desk.settings().unwrap(), start);
        desk.transact(|c, _, _| storage::setting::set(c, &key_of_keys("Mina"), "{\"approve\":\"e\",\"skip\":\"q\"}")).unwrap();
        assert_eq!(desk.settings().unwrap().keys, with(&start, "", &[("skip", "q")]).keys);
    }
}
