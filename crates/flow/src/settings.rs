//! What a person sets for the whole program, and who that person is.

use crate::desk::Desk;
use crate::error::{Error, Result};
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub locale: LocaleChoice,
    pub theme: Theme,
    pub person: String,
    pub role: PersonRole,
    /// Between a decision and its delivery, in which it can be taken back.
    pub undo_seconds: u32,
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
        }
    }
}

impl Settings {
    pub fn who(&self) -> Person {
        Person { name: self.person.clone(), role: self.role }
    }
}

const KEY: &str = "settings";

impl Desk {
    /// # Errors
    /// Those of the database.
    pub fn settings(&self) -> Result<Settings> {
        self.read(|c| Ok(storage::setting::get(c, KEY)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()))
    }

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
        let settings = Settings { person: person.to_owned(), ..settings.clone() };
        let json = storage::to_json(&settings);
        self.transact(|c, _, changes| {
            storage::setting::set(c, KEY, &json)?;
            changes.settings = true;
            Ok(())
        })?;
        Ok(settings)
    }
}
