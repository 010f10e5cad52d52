//! A scripted model and a desk in a temporary folder, for tests here and in the shells.

use crate::clock::{Clock, ClockHand, Millis};
use crate::desk::Desk;
use crate::id::UseCaseId;
use crate::library::ModelSource;
use crate::model::{
    Alternative, Cancel, Constraint, Drafter, GenerateRequest, Generation, LabelProbability, ModelError, ModelFacts, ModelFile, Sampling,
    StopReason, Token, TokenCounter, Tokenizers,
};
use crate::output::Output;
use crate::settings::{Person, PersonRole};
use crate::use_case::{Audience, RejectReason, UseCaseInput};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

type Script = dyn Fn(&GenerateRequest) -> Result<(String, f32), ModelError> + Send + Sync;

/// At each place the drafter weighs its word, whose id is the place, and `or `, whose id is the place plus this.
pub const OTHER: u32 = 1000;

/// The label that was written has `p`, the others share the rest.
fn scores(constraint: Option<&Constraint>, text: &str, p: f32) -> Vec<LabelProbability> {
    let Some(Constraint::Labels(labels)) = constraint else { return Vec::new() };
    let rest = (1.0 - p) / (labels.len().max(2) - 1) as f32;
    labels.iter().map(|label| LabelProbability { label: label.clone(), probability: if label == text { p } else { rest } }).collect()
}

/// Answers by a function of the request: the text and the probability of each of its tokens.
pub struct ScriptedDrafter(Box<Script>);

impl ScriptedDrafter {
    pub fn new(script: impl Fn(&GenerateRequest) -> Result<(String, f32), ModelError> + Send + Sync + 'static) -> Self {
        Self(Box::new(script))
    }

    /// `Re: ` and the last message, each token of probability `p`.
    pub fn echo(p: f32) -> Self {
        Self::new(move |request| Ok((format!("Re: {}", request.messages.last().map_or("", |m| m.content.as_str())), p)))
    }
}

impl Drafter for ScriptedDrafter {
    fn generate(&self, request: &GenerateRequest, cancel: &Cancel, on_token: &mut dyn FnMut(&Token)) -> Result<Generation, ModelError> {
        let (text, p) = (self.0)(request)?;
        let mut tokens = Vec::new();
        for (place, word) in text.split_inclusive(' ').enumerate() {
            if cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            let first = u32::try_from(place).unwrap_or(u32::MAX);
            let weighed = [
                Alternative { id: first, text: word.to_owned(), logprob: p.ln() },
                Alternative { id: first + OTHER, text: "or ".to_owned(), logprob: (1.0 - p).ln() },
            ];
            let chosen = request.forced.get(place).copied().unwrap_or(first);
            let Some(written) = weighed.iter().find(|other| other.id == chosen) else {
                return Err(ModelError::Engine(format!("token {chosen} was not weighed at {place}")));
            };
            let token = Token {
                id: written.id,
                text: written.text.clone(),
                logprob: written.logprob,
                alternatives: weighed.to_vec(),
                entropy: 0.0,
                micros: 0,
            };
            on_token(&token);
            tokens.push(token);
        }
        Ok(Generation {
            text: tokens.iter().map(|token| token.text.as_str()).collect(),
            tokens,
            prompt_tokens: 7,
            prompt_sha256: "0".repeat(64),
            ttft: Duration::from_millis(5),
            tpot: Duration::from_millis(2),
            compute: Duration::from_millis(20),
            stop: StopReason::End,
            labels: scores(request.constraint.as_ref(), &text, p),
        })
    }

    fn inspect(&self, path: &Path) -> Result<ModelFacts, ModelError> {
        if !path.exists() {
            return Err(ModelError::Missing { path: path.to_owned() });
        }
        Ok(ModelFacts {
            sha256: content_hash(path)?,
            bytes: path.metadata().map_or(0, |m| m.len()),
            name: "Scripted".into(),
            architecture: "script".into(),
            parameters: 1,
            quantisation: "none".into(),
            context: 1024,
            vocabulary: 1,
            chat_template: None,
            license: None,
        })
    }
}

/// Counts a token for each word, and two more for each message, of any file that has the right content.
pub struct WordTokens;

impl TokenCounter for WordTokens {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn per_message(&self) -> usize {
        2
    }
}

impl Tokenizers for WordTokens {
    fn of(&self, model: &ModelFile) -> Result<Arc<dyn TokenCounter>, ModelError> {
        let found = content_hash(&model.path)?;
        if found == model.sha256 {
            return Ok(Arc::new(Self));
        }
        Err(ModelError::Changed { path: model.path.clone(), expected: model.sha256.clone(), found })
    }
}

fn content_hash(path: &Path) -> Result<String, ModelError> {
    let content = std::fs::read(path).map_err(|_| ModelError::Missing { path: path.to_owned() })?;
    Ok(Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// An admin.
pub fn admin() -> Person {
    Person { name: "Ada".into(), role: PersonRole::Admin }
}

/// A reviewer.
pub fn reviewer() -> Person {
    Person { name: "Ben".into(), role: PersonRole::Reviewer }
}

/// A desk in `folder` with a clock that is moved by hand.
///
/// # Errors
/// Those of [`Desk::open`].
pub fn desk(folder: &Path) -> crate::Result<(Desk, ClockHand)> {
    let (clock, hand) = Clock::by_hand(Millis(1_790_000_000_000));
    Ok((Desk::open(folder, clock)?, hand))
}

/// A use case that drafts with a scripted model: threshold 0.8, one in ten audited, no sinks.
pub fn use_case_input() -> UseCaseInput {
    UseCaseInput {
        name: "Replies".into(),
        guidelines: "Be kind.".into(),
        system_prompt: "You answer.".into(),
        template: "{{ message }}".into(),
        audience: Audience::External,
        sampling: Sampling::default(),
        output: Output::Text,
        model: None,
        reasons: vec![
            RejectReason { code: "wrong".into(), label: "Wrong".into() },
            RejectReason { code: "rude".into(), label: "Rude".into() },
        ],
        sinks: Vec::new(),
        threshold: 0.8,
        check_share: 0.1,
    }
}

/// Creates [`use_case_input`] with a model file of a few bytes.
///
/// # Errors
/// Those of the desk.
pub fn use_case(desk: &Desk, change: impl FnOnce(&mut UseCaseInput)) -> crate::Result<UseCaseId> {
    let file = desk.folder().join("scripted.gguf");
    std::fs::write(&file, b"script").map_err(crate::Error::file(&file, "written"))?;
    let model = desk.add_model(&ScriptedDrafter::echo(0.9), &file, ModelSource::Imported, &admin())?;
    let mut input = UseCaseInput { model: Some(model.id), ..use_case_input() };
    change(&mut input);
    Ok(desk.save_use_case(&admin(), None, &input)?.id)
}
