//! The plain export: all standing decisions of a use case as one file, as they are. Nothing is cleaned here; a version of a dataset is.
//!
//! Invariant: who decided is a number in it and never a name; a decision that was taken back or corrected never appears, nor does one on a known-bad item; what is left out is counted, with
//! the reason. What went out alone teaches as its audit says, and nothing without one; a correction takes the place of both, so that no item
//! teaches twice.

use crate::desk::Desk;
use crate::draft::{self, Templates};
use crate::error::{Error, Result};
use crate::files;
use crate::id::UseCaseId;
use crate::item::Field;
use crate::model::{Cancel, Message, Role};
use crate::review::{MadeBy, Verdict};
use crate::settings::Person;
use crate::storage;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Conversations that end in the approved text: `messages`.
    Sft,
    /// The edited text over the draft: `prompt`, `chosen`, `rejected`, each a list of messages.
    Preference,
    /// Every decision with all that is known of it.
    Decisions,
}

/// Rows left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub reason: &'static str,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPreview {
    pub rows: u64,
    pub skipped: Vec<Skipped>,
    /// The first rows, as they would be written.
    pub sample: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportReport {
    pub path: PathBuf,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
    pub skipped: Vec<Skipped>,
}

/// A standing decision with what it was about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    pub id: i64,
    pub item_uid: String,
    pub external_id: Option<String>,
    pub audience: &'static str,
    pub slice: Option<String>,
    pub fields: Vec<Field>,
    pub system_prompt: String,
    pub template: String,
    pub hint: Option<String>,
    pub draft: String,
    pub confidence: f64,
    pub drafter_n: i64,
    pub model_sha256: String,
    pub made_by: MadeBy,
    pub actor: String,
    pub verdict: Verdict,
    pub text: Option<String>,
    pub reasons: Vec<String>,
    pub note: Option<String>,
    pub edit_distance: f64,
    pub viewed_ms: i64,
    pub at: i64,
    /// Put in to see whether it is found.
    pub seeded: bool,
    /// What a person said of it once it was out.
    pub audit: Option<AuditVerdict>,
}

/// The verdict of an audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AuditVerdict {
    pub actor: String,
    #[serde(serialize_with = "as_word")]
    pub verdict: Verdict,
    pub text: Option<String>,
    pub reasons: Vec<String>,
    pub note: Option<String>,
    pub edit_distance: f64,
    pub viewed_ms: i64,
    pub at: i64,
}

fn as_word<S: serde::Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(verdict.as_str())
}

impl Judged {
    /// What a person says of the draft: the decision's verdict, or that of the audit where policy decided.
    fn by_person(&self) -> Result<(Verdict, Option<&str>), &'static str> {
        match (self.made_by, &self.audit) {
            (MadeBy::Person, _) => Ok((self.verdict, self.text.as_deref())),
            (MadeBy::Policy, Some(audit)) => Ok((audit.verdict, audit.text.as_deref())),
            (MadeBy::Policy, None) => Err("approved without a person"),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row<'a> {
    Sft {
        messages: Vec<Message>,
    },
    Preference {
        prompt: Vec<Message>,
        chosen: [Message; 1],
        rejected: [Message; 1],
    },
    Decision {
        item: &'a str,
        external_id: Option<&'a str>,
        audience: &'a str,
        slice: Option<&'a str>,
        request: BTreeMap<&'a str, &'a str>,
        draft: &'a str,
        confidence: f64,
        drafter_version: i64,
        model_sha256: &'a str,
        by: &'static str,
        actor: &'a str,
        verdict: &'static str,
        text: Option<&'a str>,
        reasons: &'a [String],
        note: Option<&'a str>,
        edit_distance: f64,
        viewed_ms: i64,
        at: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        audit: Option<&'a AuditVerdict>,
    },
}

fn assistant(text: &str) -> Message {
    Message { role: Role::Assistant, content: text.to_owned() }
}

/// People by numbers, in the order in which they appear.
#[derive(Default)]
struct People(HashMap<String, usize>);

impl People {
    fn number(&mut self, name: &str) -> String {
        let next = self.0.len() + 1;
        format!("person {}", *self.0.entry(name.to_owned()).or_insert(next))
    }

    /// Puts numbers where names stand.
    fn hide(&mut self, judged: &mut Judged) {
        match judged.made_by {
            MadeBy::Person => judged.actor = self.number(&judged.actor),
            MadeBy::Policy => {}
        }
        if let Some(audit) = &mut judged.audit {
            audit.actor = self.number(&audit.actor);
        }
    }
}

/// The row of a decision in a format, or why it has none.
fn row<'a>(format: ExportFormat, judged: &'a Judged, templates: &Templates<'_>) -> Result<Row<'a>, &'static str> {
    let prompt = || -> Result<Vec<Message>, &'static str> {
        let asked = templates.render(&judged.template, &judged.fields).map_err(|_| "its prompt cannot be rendered")?;
        Ok(draft::chat(draft::system(&judged.system_prompt, judged.hint.as_deref()), asked))
    };
    if judged.seeded {
        return Err("a known-bad item, put in to be found");
    }
    match format {
        ExportFormat::Sft => {
            let text = match judged.by_person()? {
                (Verdict::Approve, _) => Ok(judged.draft.as_str()),
                (Verdict::Edit, text) => text.ok_or("an edit without text"),
                (Verdict::Reject, _) => Err("rejected"),
            }?;
            let mut messages = prompt()?;
            messages.push(assistant(text));
            Ok(Row::Sft { messages })
        }
        ExportFormat::Preference => match judged.by_person()? {
            (Verdict::Edit, Some(text)) => {
                Ok(Row::Preference { prompt: prompt()?, chosen: [assistant(text)], rejected: [assistant(&judged.draft)] })
            }
            (Verdict::Edit, None) => Err("an edit without text"),
            (Verdict::Approve, _) => Err("approved as it stood: no pair"),
            (Verdict::Reject, _) => Err("rejected: no better text"),
        },
        ExportFormat::Decisions => Ok(Row::Decision {
            item: &judged.item_uid,
            external_id: judged.external_id.as_deref(),
            audience: judged.audience,
            slice: judged.slice.as_deref(),
            request: judged.fields.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect(),
            draft: &judged.draft,
            confidence: judged.confidence,
            drafter_version: judged.drafter_n,
            model_sha256: &judged.model_sha256,
            by: match judged.made_by {
                MadeBy::Person => "person",
                MadeBy::Policy => "policy",
            },
            actor: &judged.actor,
            verdict: judged.verdict.as_str(),
            text: judged.text.as_deref(),
            reasons: &judged.reasons,
            note: judged.note.as_deref(),
            edit_distance: judged.edit_distance,
            viewed_ms: judged.viewed_ms,
            at: judged.at,
            audit: judged.audit.as_ref(),
        }),
    }
}

#[derive(Default)]
struct Counts {
    rows: u64,
    skipped: BTreeMap<&'static str, u64>,
}

impl Counts {
    fn skipped(&self) -> Vec<Skipped> {
        self.skipped.iter().map(|(reason, count)| Skipped { reason, count: *count }).collect()
    }
}

const PAGE: usize = 500;

impl Desk {
    /// Calls `each` with every row, in the order of the decisions, a page of the database at a time.
    fn each_row(
        &self,
        use_case: UseCaseId,
        format: ExportFormat,
        each: &mut dyn FnMut(&str) -> Result<()>,
        so_far: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<Counts> {
        self.use_case(use_case)?;
        let prompts = self.read(|c| storage::dataset::prompts(c, use_case))?;
        let templates = Templates::new(prompts.values().map(|prompt| prompt.template.as_str()));
        let (mut counts, mut people) = (Counts::default(), People::default());
        let (mut after, mut seen) = (0, 0);
        loop {
            let mut page = self.read(|c| storage::decision::judged_after(c, use_case, after, PAGE))?;
            let Some(last) = page.last() else { return Ok(counts) };
            after = last.id;
            seen += page.len() as u64;
            for judged in &mut page {
                people.hide(judged);
                match row(format, judged, &templates) {
                    Ok(row) => {
                        each(&storage::to_json(&row))?;
                        counts.rows += 1;
                    }
                    Err(reason) => *counts.skipped.entry(reason).or_default() += 1,
                }
            }
            so_far(seen)?;
        }
    }

    /// What an export would write: counts, and its first five rows.
    ///
    /// # Errors
    /// Those of the database.
    pub fn preview_export(&self, use_case: UseCaseId, format: ExportFormat) -> Result<ExportPreview> {
        let mut sample = Vec::new();
        let counts = self.each_row(
            use_case,
            format,
            &mut |row| {
                if sample.len() < 5 {
                    sample.push(row.to_owned());
                }
                Ok(())
            },
            &mut |_| Ok(()),
        )?;
        Ok(ExportPreview { rows: counts.rows, skipped: counts.skipped(), sample })
    }

    /// Writes the decisions of a use case as JSON Lines: the whole file, or none. `on_progress` hears how many decisions
    /// were read.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Cancelled`]; the file that was there before stays then.
    pub fn export(
        &self,
        use_case: UseCaseId,
        format: ExportFormat,
        path: &Path,
        person: &Person,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<ExportReport> {
        if !path.is_absolute() {
            return Err(Error::invalid("path", format!("{:?}", path.display().to_string()), "a full path"));
        }
        let mut sha = Sha256::new();
        let mut bytes = 0u64;
        let mut outcome = Err(Error::Cancelled);
        let written = files::write_whole(path, |file| {
            let mut io_error = None;
            outcome = self.each_row(
                use_case,
                format,
                &mut |row| {
                    for part in [row.as_bytes(), b"\n"] {
                        if let Err(e) = file.write_all(part) {
                            io_error = Some(e);
                            return Err(Error::Cancelled);
                        }
                        sha.update(part);
                        bytes += part.len() as u64;
                    }
                    Ok(())
                },
                &mut |seen| {
                    on_progress(seen);
                    if cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
                },
            );
            match (io_error, &outcome) {
                (Some(e), _) => Err(e),
                (None, Err(_)) => Err(std::io::Error::other("stopped")),
                (None, Ok(_)) => Ok(()),
            }
        });
        let counts = match (written, outcome) {
            (Ok(()), Ok(counts)) => counts,
            // Not a fault of the file: say what it was.
            (Err(_), Err(e)) if cancel.is_cancelled() || !matches!(e, Error::Cancelled) => return Err(e),
            (Err(e), _) | (Ok(()), Err(e)) => return Err(e),
        };
        let sha256: String = sha.finalize().iter().map(|b| format!("{b:02x}")).collect();
        self.transact(|c, now, changes| {
            changes.activity = true;
            let detail = format!("{}: {} rows, SHA-256 {}", path.display(), counts.rows, &sha256[..12]);
            storage::event::insert(c, now, &person.name, "exported", Some(use_case), None, Some(&detail))
        })?;
        Ok(ExportReport { path: path.to_owned(), rows: counts.rows, bytes, sha256, skipped: counts.skipped() })
    }
}
