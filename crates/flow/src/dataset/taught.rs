//! From what was written about a decision to an example.
//!
//! Invariant: the same decision gives the same example for ever: everything here comes from rows that never change, and what may change (the
//! weight, a dispute, the side) is handed in as the version froze it.

use crate::draft::{self, Templates};
use crate::error::{Error, Result};
use crate::id::{DecisionId, PreferenceId};
use crate::item::Field;
use crate::review::Verdict;
use crate::use_case::Audience;
use datasets::{Example, GroupKey, Message, Role, Side};
use std::collections::{BTreeMap, HashMap};

/// Request, draft and verdict of a decision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Words {
    pub decision: DecisionId,
    pub item_uid: String,
    pub audience: Audience,
    pub slice: Option<String>,
    pub fields: Vec<Field>,
    pub draft: String,
    pub hint: Option<String>,
    /// Its row id.
    pub drafter_version: i64,
    /// The drafts that were thrown away for this one, oldest first.
    pub replaced: Vec<String>,
    /// What a person said: by the decision, or by the audit of what policy decided.
    pub actor: String,
    pub verdict: Verdict,
    pub text: Option<String>,
    pub reasons: Vec<String>,
}

/// Request and both drafts of a choice.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChoiceWords {
    pub id: PreferenceId,
    pub item_uid: String,
    pub audience: Audience,
    pub slice: Option<String>,
    pub fields: Vec<Field>,
    /// Of the draft that was preferred.
    pub drafter_version: i64,
    pub chosen: String,
    pub rejected: String,
    pub person: String,
}

/// A drafter version, with the words that it asks its model with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PromptOf {
    pub n: i64,
    pub system_prompt: String,
    pub template: String,
    pub model_sha256: String,
    pub model_name: Option<String>,
}

/// What a version froze of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frozen {
    /// In hundredths.
    pub weight: u8,
    pub disputed: bool,
    pub earlier: Option<Side>,
}

/// The prompts of a use case, ready to be filled in.
pub(crate) struct Prompts<'a> {
    of: &'a HashMap<i64, PromptOf>,
    templates: Templates<'a>,
    group_fields: &'a [String],
}

impl<'a> Prompts<'a> {
    pub fn new(of: &'a HashMap<i64, PromptOf>, group_fields: &'a [String]) -> Self {
        Self { of, templates: Templates::new(of.values().map(|prompt| prompt.template.as_str())), group_fields }
    }

    fn of(&self, version: i64) -> Result<&PromptOf> {
        self.of.get(&version).ok_or_else(|| Error::Damaged(format!("drafter version {version} is of another use case")))
    }

    /// The system prompt, and the request in the words of the template.
    pub fn asked(&self, version: i64, fields: &[Field], hint: Option<&str>) -> Result<(Option<String>, String)> {
        let prompt = self.of(version)?;
        Ok((draft::system(&prompt.system_prompt, hint), self.templates.render(&prompt.template, fields)?))
    }

    /// Further columns of tables, the same keys for every example.
    fn meta(&self, audience: Audience, slice: Option<&str>, version: i64) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::from([
            ("audience".to_owned(), audience.as_str().to_owned()),
            ("drafter_version".to_owned(), self.of(version)?.n.to_string()),
            ("slice".to_owned(), slice.unwrap_or_default().to_owned()),
        ]))
    }

    fn groups(&self, fields: &[Field]) -> Vec<GroupKey> {
        let wanted = |field: &&Field| self.group_fields.iter().any(|name| name.eq_ignore_ascii_case(&field.name));
        let said = |field: &&Field| !field.value.trim().is_empty();
        let key = |field: &Field| GroupKey { kind: field.name.to_lowercase(), value: field.value.trim().to_owned() };
        fields.iter().filter(wanted).filter(said).map(key).collect()
    }

    /// The example of a choice between two drafts. A hint that one of them was made with is not in its prompt: the other one knew nothing of it.
    ///
    /// # Errors
    /// Those of the template.
    pub fn choice(&self, words: ChoiceWords, frozen: Frozen) -> Result<Example> {
        let (system, asked) = self.asked(words.drafter_version, &words.fields, None)?;
        Ok(Example {
            id: super::list::Source::Comparison.row_id(words.id.0),
            item: words.item_uid,
            decisions: vec![format!("comparison {}", words.id)],
            groups: self.groups(&words.fields),
            earlier: frozen.earlier,
            system,
            prompt: vec![Message { role: Role::User, content: asked }],
            verdict: datasets::Verdict::Compare { chosen: words.chosen, rejected: words.rejected },
            replaced: Vec::new(),
            reasons: Vec::new(),
            weight: f64::from(frozen.weight) / 100.0,
            disputed: frozen.disputed,
            reviewer: words.person,
            meta: self.meta(words.audience, words.slice.as_deref(), words.drafter_version)?,
            fields: crate_fields(words.fields),
        })
    }

    /// The example of a decision.
    ///
    /// # Errors
    /// [`Error::Damaged`] where an edit has no text.
    pub fn example(&self, words: Words, frozen: Frozen) -> Result<Example> {
        let (system, asked) = self.asked(words.drafter_version, &words.fields, words.hint.as_deref())?;
        let verdict = match (words.verdict, words.text) {
            (Verdict::Approve, _) => datasets::Verdict::Approve { draft: words.draft },
            (Verdict::Reject, _) => datasets::Verdict::Reject { draft: words.draft },
            (Verdict::Edit, Some(edited)) => datasets::Verdict::Edit { draft: words.draft, edited },
            (Verdict::Edit, None) => return Err(Error::Damaged(format!("decision {} is an edit without a text", words.decision))),
        };
        Ok(Example {
            id: super::list::Source::Decision.row_id(words.decision.0),
            item: words.item_uid,
            decisions: vec![words.decision.to_string()],
            groups: self.groups(&words.fields),
            earlier: frozen.earlier,
            system,
            prompt: vec![Message { role: Role::User, content: asked }],
            verdict,
            replaced: words.replaced,
            reasons: words.reasons,
            weight: f64::from(frozen.weight) / 100.0,
            disputed: frozen.disputed,
            reviewer: words.actor,
            meta: self.meta(words.audience, words.slice.as_deref(), words.drafter_version)?,
            fields: crate_fields(words.fields),
        })
    }
}

fn crate_fields(fields: Vec<Field>) -> Vec<datasets::Field> {
    fields.into_iter().map(|field| datasets::Field { name: field.name, value: field.value }).collect()
}
