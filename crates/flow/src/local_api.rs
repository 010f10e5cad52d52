//! Whether the window serves the local API, and where.
//!
//! Invariant: off until an admin switches it on; it listens on addresses of this machine alone.

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::settings::Person;
use crate::storage;
use serde::{Deserialize, Serialize};

/// What is set for the window. `gait serve` has its own options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApiSetting {
    pub on: bool,
    pub port: u16,
    /// Also on `::1`.
    pub v6: bool,
}

/// GAIT on a telephone's keys.
pub const PORT: u16 = 4248;

impl Default for ApiSetting {
    fn default() -> Self {
        Self { on: false, port: PORT, v6: false }
    }
}

const KEY: &str = "api";

impl Desk {
    /// # Errors
    /// Those of the database.
    pub fn api_setting(&self) -> Result<ApiSetting> {
        self.read(|c| Ok(storage::setting::get(c, KEY)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()))
    }

    /// # Errors
    /// [`Error::NotAllowed`] for reviewers, which is told in the activity; [`Error::Invalid`] for a port that is none or below 1024.
    pub fn save_api_setting(&self, person: &Person, setting: &ApiSetting) -> Result<()> {
        self.api_admin(person, "switch the local API")?;
        if setting.port < 1024 {
            return Err(Error::invalid("port", setting.port, "1024 to 65535"));
        }
        if *setting == self.api_setting()? {
            return Ok(());
        }
        let detail = if setting.on { format!("on, port {}", setting.port) } else { "off".to_owned() };
        self.transact(|c, now, changes| {
            storage::setting::set(c, KEY, &storage::to_json(setting))?;
            changes.settings = true;
            changes.activity = true;
            storage::event::insert(c, now, &person.name, "api_changed", None, None, Some(&detail))
        })
    }

    /// Only admins; who else tries is told in the activity.
    pub(crate) fn api_admin(&self, person: &Person, what: &'static str) -> Result<()> {
        let Err(refused) = person.must_be_admin(what) else { return Ok(()) };
        self.transact(|c, now, changes| {
            changes.activity = true;
            storage::event::insert(c, now, &person.name, "api_refused", None, None, Some(what))
        })?;
        Err(refused)
    }
}
