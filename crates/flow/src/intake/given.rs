//! A request that another program gives, not a file: checked by the same limits.
//!
//! Invariant: nothing of it is cut or changed; what does not fit is refused with the name of the member.

use super::{MOST_COLUMNS, MOST_FIELD, MOST_RECORD, Request, keyed};
use crate::item::Field;
use crate::use_case::Audience;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The request's own id: under it the request is taken once.
    pub id: Option<String>,
    pub fields: Vec<Field>,
    /// `None`: the use case's.
    pub audience: Option<Audience>,
    pub slice: Option<String>,
    /// -100 to 100.
    pub priority: i64,
}

/// Characters of a field's name.
const LONGEST_NAME: usize = 200;
/// Bytes of a request's own id.
const LONGEST_ID: usize = 500;
/// Characters of a slice.
const LONGEST_SLICE: usize = 100;

impl Given {
    /// The request as it will be kept, the `n`-eth of those that came together.
    pub(crate) fn request(&self, n: usize, default_audience: Audience) -> Result<Request, String> {
        self.check()?;
        let fields = self.fields.iter().filter(|field| !field.value.is_empty()).cloned().collect();
        let audience = self.audience.unwrap_or(default_audience);
        Ok(keyed(n as u64, self.id.clone(), fields, audience, self.slice.clone(), self.priority))
    }

    fn check(&self) -> Result<(), String> {
        if let Some(id) = &self.id {
            let fits = !id.trim().is_empty() && id.len() <= LONGEST_ID && !id.chars().any(char::is_control);
            said(fits, || format!("id: expected 1 to {LONGEST_ID} bytes in one line, found {} bytes", id.len()))?;
        }
        if let Some(slice) = &self.slice {
            let fits = !slice.trim().is_empty() && slice.chars().count() <= LONGEST_SLICE && !slice.chars().any(char::is_control);
            said(fits, || format!("slice: expected 1 to {LONGEST_SLICE} characters in one line"))?;
        }
        said((-100..=100).contains(&self.priority), || {
            format!("priority: expected a whole number from -100 to 100, found {}", self.priority)
        })?;
        said(self.fields.len() <= MOST_COLUMNS, || {
            format!("fields: expected at most {MOST_COLUMNS} members, found {}", self.fields.len())
        })?;
        for field in &self.fields {
            let named =
                !field.name.trim().is_empty() && field.name.chars().count() <= LONGEST_NAME && !field.name.chars().any(char::is_control);
            said(named, || {
                format!("fields: expected names of 1 to {LONGEST_NAME} characters in one line, found {:?}", short(&field.name))
            })?;
            said(field.value.len() <= MOST_FIELD, || {
                format!("fields.{}: expected at most {MOST_FIELD} bytes, found {}", field.name, field.value.len())
            })?;
            said(!field.value.contains('\0'), || format!("fields.{}: holds a NUL character", field.name))?;
        }
        let bytes: usize = self.fields.iter().map(|field| field.value.len()).sum();
        said(bytes <= MOST_RECORD, || format!("fields: expected at most {MOST_RECORD} bytes together, found {bytes}"))?;
        said(self.fields.iter().any(|field| !field.value.trim().is_empty()), || "fields: expected text, found nothing".into())
    }
}

fn said(fits: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if fits { Ok(()) } else { Err(what()) }
}

fn short(name: &str) -> String {
    name.chars().take(40).collect()
}
