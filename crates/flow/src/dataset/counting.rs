//! Whose tokenizer counts the tokens of a dataset, and what is said where none can.
//!
//! Invariant: a new version is counted as the model of its use case reads, and names that model; written again, it is counted by the same one or by
//! none. No path of this machine is in what the card says.

use super::version::Plan;
use crate::desk::Desk;
use crate::error::Result;
use crate::id::UseCaseId;
use crate::library::Model;
use crate::model::{ModelError, TokenCounter, Tokenizers};
use crate::storage;
use datasets::{CountTokens, Tokens};
use std::sync::Arc;

/// A tokenizer, with what the card says of it.
pub(super) struct Counting {
    counter: Option<Arc<dyn TokenCounter>>,
    pub told: Tokens,
}

impl Counting {
    fn nobody(why: String) -> Self {
        Self { counter: None, told: Tokens::Nobody { why } }
    }

    fn by(model: &Model, tokenizers: &dyn Tokenizers) -> Self {
        let name = &model.facts.name;
        match tokenizers.of(&model.file()) {
            Ok(counter) => {
                let told = Tokens::Model { name: name.clone(), sha256: model.facts.sha256.clone() };
                Self { counter: Some(counter), told }
            }
            Err(error) => Self::nobody(match error {
                ModelError::Missing { .. } => format!("The file of the model {name} is not there."),
                ModelError::Changed { .. } => format!("The file of the model {name} is another one than it was."),
                ModelError::Unusable { .. }
                | ModelError::PromptTooLong { .. }
                | ModelError::Template(_)
                | ModelError::Constraint(_)
                | ModelError::Cancelled
                | ModelError::Engine(_)
                | ModelError::Crashed(_) => format!("The tokenizer of the model {name} cannot be read."),
            }),
        }
    }

    /// As the model reads that a use case drafts with now.
    pub fn of_use_case(desk: &Desk, use_case: UseCaseId, tokenizers: &dyn Tokenizers) -> Result<Self> {
        match desk.use_case(use_case)?.input.model {
            Some(model) => Ok(Self::by(&desk.model(model)?, tokenizers)),
            None => Ok(Self::nobody("The use case has no model.".into())),
        }
    }

    /// As a version was counted.
    pub fn again(desk: &Desk, first: &Tokens, tokenizers: &dyn Tokenizers) -> Result<Self> {
        let (name, sha256) = match first {
            Tokens::Model { name, sha256 } => (name, sha256),
            Tokens::Nobody { why } => return Ok(Self::nobody(why.clone())),
        };
        let known = desk.read(|c| storage::model::id_by_sha256(c, sha256)?.map(|id| storage::model::get(c, id)).transpose())?;
        Ok(known
            .map_or_else(|| Self::nobody(format!("The model {name} is not known here any more.")), |model| Self::by(&model, tokenizers)))
    }

    /// The plan with what the model's chat template adds to each message.
    pub fn plan(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        if let (Some(length), Some(counter)) = (&mut plan.recipe.cleaning.too_long, &self.counter) {
            length.per_message = counter.per_message();
        }
        plan
    }

    pub fn count(&self, text: &str) -> usize {
        self.counter.as_ref().map_or(0, |counter| counter.count(text))
    }

    /// `count` where there is somebody who counts.
    pub fn with<'a>(&self, count: &'a CountTokens<'a>) -> Option<&'a CountTokens<'a>> {
        self.counter.is_some().then_some(count)
    }
}
