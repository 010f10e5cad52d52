//! The keys of the review desk and the window: which action is started by which letter, and what a person has changed.
//!
//! Invariant: no key starts two actions. A map that would make it so is refused when it is saved, and mended when it is read
//! (a later version may know more actions than the one that saved it).

use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// Action → key, where a person has changed it.
pub type Keys = BTreeMap<String, String>;

/// Every action whose key can be changed, with the key that it has until then.
pub const DEFAULTS: &[(&str, &str)] = &[
    ("approve", "a"),
    ("edit", "e"),
    ("reject", "x"),
    ("skip", "s"),
    ("escalate", "f"),
    ("regenerate", "r"),
    ("hint", "Shift+r"),
    ("undo", "u"),
    ("redo", "Shift+u"),
    ("compare", "c"),
    ("pick", "v"),
    ("pick-to", "Shift+v"),
    ("bulk-approve", "Shift+a"),
    ("bulk-reject", "Shift+x"),
    ("next", "j"),
    ("previous", "k"),
    ("diff", "d"),
    ("tokens", "t"),
    ("guidelines", "g"),
    ("why", "i"),
    ("similar", "l"),
    ("similar-take", "Shift+l"),
    ("search", "/"),
    ("fold-queue", "["),
    ("fold-context", "]"),
    ("keys", "?"),
];

const SHIFT: &str = "Shift+";

/// The key of an action, as changed or as it comes.
fn key_of<'a>(keys: &'a Keys, action: &str, default: &'a str) -> &'a str {
    keys.get(action).map_or(default, String::as_str)
}

/// Is this a key that the action may have? A single letter, with Shift where the action's own key has it.
fn may_have(default: &str, key: &str) -> bool {
    let letter = match (default.strip_prefix(SHIFT), key.strip_prefix(SHIFT)) {
        (Some(_), Some(letter)) => letter,
        (None, None) => key,
        (Some(_), None) | (None, Some(_)) => return false,
    };
    key == default || matches!(letter.as_bytes(), [b'a'..=b'z'])
}

/// Two actions that one key would start, and the key.
fn clash(keys: &Keys) -> Option<(&'static str, &'static str, String)> {
    let mut taken: BTreeMap<&str, &'static str> = BTreeMap::new();
    for (action, default) in DEFAULTS {
        let key = key_of(keys, action, default);
        if let Some(other) = taken.insert(key, action) {
            return Some((other, action, key.to_owned()));
        }
    }
    None
}

/// What is changed, without what says the same as the default.
///
/// # Errors
/// [`Error::Invalid`] with the action.
pub(crate) fn checked(keys: &Keys) -> Result<Keys> {
    for (action, key) in keys {
        let Some((_, default)) = DEFAULTS.iter().find(|(known, _)| known == action) else {
            return Err(Error::invalid("action of a key", format!("{action:?}"), "one whose key can be changed"));
        };
        if !may_have(default, key) {
            let expected = if default.starts_with(SHIFT) { "Shift and a single letter" } else { "a single letter" };
            return Err(Error::invalid("key", format!("{key:?}"), expected));
        }
    }
    if let Some((one, other, key)) = clash(keys) {
        return Err(Error::invalid("key", format!("{key:?} for {one} and {other}"), "one action for each key"));
    }
    let changed = |(action, key): &(&String, &String)| !DEFAULTS.contains(&(action.as_str(), key.as_str()));
    Ok(keys.iter().filter(changed).map(|(action, key)| (action.clone(), key.clone())).collect())
}

/// What of kept keys still holds: changes that no action knows, or that clash now, go back to the default.
pub(crate) fn mended(mut keys: Keys) -> Keys {
    keys.retain(|action, key| DEFAULTS.iter().any(|(known, default)| known == action && may_have(default, key)));
    // Each turn takes a change away, and without changes nothing clashes.
    while let Some((one, other, _)) = clash(&keys) {
        if keys.remove(other).is_none() && keys.remove(one).is_none() {
            return Keys::new();
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(pairs: &[(&str, &str)]) -> Keys {
        pairs.iter().map(|(action, key)| ((*action).to_owned(), (*key).to_owned())).collect()
    }

    #[test]
    fn as_it_comes_no_key_starts_two_actions() {
        assert_eq!(clash(&Keys::new()), None);
        for (action, key) in DEFAULTS {
            assert!(may_have(key, key), "{action}");
        }
    }

    #[test]
    fn a_letter_may_be_changed_and_swapped() {
        for good in [&[][..], &[("approve", "b")], &[("approve", "e"), ("edit", "a")], &[("hint", "Shift+q")], &[("search", "q")]] {
            assert_eq!(checked(&keys(good)).unwrap(), keys(good), "{good:?}");
        }
        assert_eq!(checked(&keys(&[("approve", "a"), ("search", "/"), ("edit", "b")])).unwrap(), keys(&[("edit", "b")]));
    }

    #[test]
    fn everything_else_is_refused() {
        for (action, key) in [
            ("approve", "e"),
            ("approve", "A"),
            ("approve", ""),
            ("approve", "ab"),
            ("approve", "1"),
            ("approve", "ㅁ"),
            ("approve", "/"),
            ("approve", "Enter"),
            ("approve", "Ctrl+a"),
            ("approve", "Shift+a"),
            ("hint", "h"),
            ("hint", "Shift+"),
            ("hint", "Shift+Ctrl+h"),
            ("delete everything", "q"),
        ] {
            assert!(matches!(checked(&keys(&[(action, key)])), Err(Error::Invalid { .. })), "{action} {key}");
        }
        let said = checked(&keys(&[("approve", "e")])).unwrap_err().to_string();
        assert!(said.contains("approve") && said.contains("edit"), "both are named: {said}");
    }

    #[test]
    fn what_was_kept_by_another_version_is_mended() {
        for (kept, left) in [
            (&[("approve", "b")][..], &[("approve", "b")][..]),
            (&[("gone", "b"), ("edit", "q")], &[("edit", "q")]),
            (&[("approve", "F13"), ("edit", "q")], &[("edit", "q")]),
            // An action that came later took the letter.
            (&[("approve", "t")], &[]),
            (&[("approve", "e"), ("edit", "a"), ("skip", "t")], &[("approve", "e"), ("edit", "a")]),
            // The default that one goes back to is taken in turn.
            (&[("approve", "t"), ("edit", "a")], &[]),
        ] {
            let mended = mended(keys(kept));
            assert_eq!(mended, keys(left), "{kept:?}");
            assert_eq!(clash(&mended), None);
        }
    }
}
