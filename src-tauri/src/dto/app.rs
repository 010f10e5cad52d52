//! The program as a whole: settings, what drafts at the moment, what is wrong, and what the window is told of.

use super::UseCase;
use super::error::sentence;
use flow::settings;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A language of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    En,
    Ko,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum LocaleChoice {
    System,
    En,
    Ko,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum PersonRole {
    Reviewer,
    Admin,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub locale: LocaleChoice,
    pub theme: Theme,
    /// The name that decisions are recorded under.
    pub person: String,
    pub role: PersonRole,
    /// Seconds between a decision and its delivery, in which it can be taken back. 0–3600.
    pub undo_seconds: u32,
    /// A kind word, once, to whoever decides faster than one can read, or for long.
    pub pace_words: bool,
    pub power: Power,
    pub hub: HubSetting,
    /// The keys that the person has changed: action → key, with the actions of `defaultKeys`.
    pub keys: BTreeMap<String, String>,
}

/// What the machine takes while the model computes, and what that costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Power {
    /// Beyond those of an idle machine; 1–10,000.
    pub watts: u32,
    /// Of a kilowatt-hour; null where nobody has said.
    #[specta(type = Option<Number>)]
    pub price: Option<f64>,
    /// 1–8 characters.
    pub currency: String,
}

/// Where models may be downloaded from. While it is off, nothing is asked of any host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HubSetting {
    pub on: bool,
    pub address: String,
}

impl From<settings::Settings> for Settings {
    fn from(s: settings::Settings) -> Self {
        Self {
            locale: match s.locale {
                settings::LocaleChoice::System => LocaleChoice::System,
                settings::LocaleChoice::En => LocaleChoice::En,
                settings::LocaleChoice::Ko => LocaleChoice::Ko,
            },
            theme: match s.theme {
                settings::Theme::System => Theme::System,
                settings::Theme::Light => Theme::Light,
                settings::Theme::Dark => Theme::Dark,
            },
            person: s.person,
            role: match s.role {
                settings::PersonRole::Reviewer => PersonRole::Reviewer,
                settings::PersonRole::Admin => PersonRole::Admin,
            },
            undo_seconds: s.undo_seconds,
            pace_words: s.pace_words,
            power: Power { watts: s.power.watts, price: s.power.price, currency: s.power.currency },
            hub: HubSetting { on: s.hub.on, address: s.hub.address },
            keys: s.keys,
        }
    }
}

impl From<Settings> for settings::Settings {
    fn from(s: Settings) -> Self {
        Self {
            locale: match s.locale {
                LocaleChoice::System => settings::LocaleChoice::System,
                LocaleChoice::En => settings::LocaleChoice::En,
                LocaleChoice::Ko => settings::LocaleChoice::Ko,
            },
            theme: match s.theme {
                Theme::System => settings::Theme::System,
                Theme::Light => settings::Theme::Light,
                Theme::Dark => settings::Theme::Dark,
            },
            person: s.person,
            role: match s.role {
                PersonRole::Reviewer => settings::PersonRole::Reviewer,
                PersonRole::Admin => settings::PersonRole::Admin,
            },
            undo_seconds: s.undo_seconds,
            pace_words: s.pace_words,
            power: flow::cost::Power { watts: s.power.watts, price: s.power.price, currency: s.power.currency.trim().to_owned() },
            hub: settings::HubSetting { on: s.hub.on, address: s.hub.address },
            keys: s.keys,
        }
    }
}

/// What the window must know before it can paint.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AppStatus {
    pub version: String,
    pub settings: Settings,
    pub data_folder: String,
    /// Null when all is well; else what happened, what was kept and what to do.
    pub trouble: Option<Trouble>,
    pub use_cases: Vec<UseCase>,
    pub engine: EngineStatus,
    /// Whether the bundled starter model and sample were found.
    pub sample_available: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    Database,
    DiskFull,
    DiskFault,
    FolderGone,
    ReadOnly,
    Delivery,
    Model,
    Folder,
    Backup,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Trouble {
    pub what: TroubleKind,
    pub message: String,
}

impl Trouble {
    pub fn new(what: TroubleKind, message: &str) -> Self {
        Self { what, message: sentence(message) }
    }

    /// The trouble behind an error, where it is one that lasts; what concerns one call alone is none.
    pub fn of(e: &flow::Error) -> Option<Self> {
        use flow::Error as E;
        let what = match e {
            E::DiskFull => TroubleKind::DiskFull,
            E::DiskFault(_) => TroubleKind::DiskFault,
            E::ReadOnly(_) => TroubleKind::ReadOnly,
            E::Gone { .. } => TroubleKind::FolderGone,
            E::Damaged(_) | E::NewerDatabase { .. } | E::ForeignDatabase { .. } | E::MixedDatabase { .. } | E::NetworkFolder { .. } => {
                TroubleKind::Database
            }
            E::NotFound { .. }
            | E::Stale { .. }
            | E::AlreadyDelivered { .. }
            | E::NothingToUndo { .. }
            | E::NothingToRedo { .. }
            | E::NotAllowed { .. }
            | E::Invalid { .. }
            | E::Cancelled
            | E::File { .. }
            | E::UnreadableImport { .. }
            | E::Model(_)
            | E::Busy
            | E::Storage(_) => return None,
        };
        Some(Self::new(what, &e.to_string()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Activity {
    Idle,
    Loading,
    Drafting,
    Paused,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EngineStatus {
    pub activity: Activity,
    pub model: Option<String>,
    /// Drafted and total of the running batch.
    pub done: u32,
    pub total: u32,
    #[specta(type = Number)]
    pub tokens_per_second: f64,
    #[specta(type = Option<Number>)]
    pub seconds_left: Option<f64>,
}

/// What the shell tells the window. `changed` names the lists that are stale; fetch again those you show.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum AppEvent {
    Changed(Changes),
    Engine(EngineStatus),
    Trouble(TroubleNow),
    /// A person dropped files onto the window.
    Dropped(Dropped),
}

/// What was dropped: one model, or why it is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "what", content = "data", rename_all = "lowercase")]
pub enum Dropped {
    /// The path of a file that ends in `.gguf`.
    Model(String),
    Several(u32),
    Folder,
    /// The name of another file.
    Other(String),
}

impl Dropped {
    pub fn of(paths: &[PathBuf]) -> Self {
        match paths {
            [path] if path.is_dir() => Self::Folder,
            [path] => {
                let is_model = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
                match path.to_str() {
                    Some(text) if is_model => Self::Model(text.to_owned()),
                    Some(_) | None => Self::Other(path.file_name().unwrap_or_default().to_string_lossy().into_owned()),
                }
            }
            several => Self::Several(u32::try_from(several.len()).unwrap_or(u32::MAX)),
        }
    }
}

/// The trouble that there is at present; null when there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(transparent)]
pub struct TroubleNow(pub Option<Trouble>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    pub queue: bool,
    pub use_cases: bool,
    pub levels: bool,
    pub models: bool,
    pub activity: bool,
    pub settings: bool,
    /// Items whose content changed.
    pub items: Vec<i64>,
}

impl From<&flow::Changes> for Changes {
    fn from(c: &flow::Changes) -> Self {
        Self {
            queue: c.queue,
            use_cases: c.use_cases,
            levels: c.levels,
            models: c.models,
            activity: c.activity,
            settings: c.settings,
            items: c.items.iter().map(|item| item.0).collect(),
        }
    }
}

/// What a path is picked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum PickKind {
    Requests,
    Model,
    Export,
    Folder,
    Outbox,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_model_is_taken_and_anything_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let check = |names: &[&str], is: Dropped| {
            let paths: Vec<PathBuf> = names.iter().map(|name| folder.path().join(name)).collect();
            assert_eq!(Dropped::of(&paths), is, "{names:?}");
        };
        check(&["a.gguf"], Dropped::Model(folder.path().join("a.gguf").display().to_string()));
        check(&["a.GGUF"], Dropped::Model(folder.path().join("a.GGUF").display().to_string()));
        check(&["a.csv"], Dropped::Other("a.csv".into()));
        check(&["gguf"], Dropped::Other("gguf".into()));
        check(&["a.gguf", "b.gguf"], Dropped::Several(2));
        check(&[""], Dropped::Folder);
    }
}
