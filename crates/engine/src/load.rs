//! From a path to a model that is ready to draft, and to what a file says of itself.
//!
//! Invariant: weights are used only while their file is the one whose SHA-256 the request names: hashed when they are
//! read, through the same handle, and known by size and time of change from then on.

mod dtype;
pub(crate) mod file;
pub(crate) mod gguf;

use crate::chat_template::ChatTemplate;
use crate::error::{Refusal, unusable};
use crate::stock::{self, Shapes, Stock};
use crate::tokenizer::Tokenizer;
use file::Stamp;
use flow::model::{Cancel, Message, ModelError, ModelFacts, ModelFile};
use gguf::Header;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Reads what a model file is and whether this engine can run it, without loading its weights. Hashes the whole file.
///
/// `context` is the longest prompt plus output that this engine runs, which can be less than what the model was made
/// for.
///
/// # Errors
/// [`ModelError::Missing`] or [`ModelError::Unusable`] with the reason in a sentence.
pub fn inspect(path: &Path) -> Result<ModelFacts, ModelError> {
    inspect_file(path).map_err(|refusal| refusal.at(path))
}

fn inspect_file(path: &Path) -> Result<ModelFacts, Refusal> {
    let (files, stamp) = file::open(path)?;
    let header = Header::of(&files)?;
    let parts = Parts::of(&header)?;
    let cancel = Cancel::default();
    let sha256 = file::hash(files.reader(&cancel), &cancel)?;
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let quantisation = header.quantisation().ok_or_else(|| unusable!("it has no weights"))?;
    let vocabulary = u32::try_from(parts.tokenizer.len()).map_err(|e| unusable!("its vocabulary is too large: {e}"))?;
    Ok(ModelFacts {
        sha256,
        bytes: stamp.bytes,
        name: header.text("general.name").map(str::trim).filter(|name| !name.is_empty()).map_or_else(stem, str::to_owned),
        architecture: header.text("general.architecture").unwrap_or_default().to_owned(),
        parameters: header.weights(),
        quantisation: quantisation.name.to_owned(),
        context: parts.shapes.context,
        vocabulary,
        chat_template: header.text("tokenizer.chat_template").map(str::to_owned),
        license: header.text("general.license").map(str::to_owned),
    })
}

/// All of a model but its weights.
struct Parts {
    shapes: Shapes,
    tokenizer: Tokenizer,
    template: ChatTemplate,
}

impl Parts {
    fn of(header: &Header) -> Result<Self, Refusal> {
        let shapes = Shapes::of(header)?;
        let tokenizer = Tokenizer::new(header, shapes.vocabulary)?;
        let template = ChatTemplate::of(header.text("tokenizer.chat_template"), &tokenizer).map_err(Refusal::Unusable)?;
        Ok(Self { shapes, tokenizer, template })
    }
}

/// A prompt ready for the model.
pub(crate) struct Prompt {
    pub(crate) tokens: Vec<u32>,
    /// SHA-256 of the rendered text, lower-case hex.
    pub(crate) sha256: String,
}

/// A loaded model.
pub(crate) struct Model {
    file: ModelFile,
    stamp: Stamp,
    parts: Parts,
    /// Lent to the work that runs; where candle cannot share weights between two, `None` meanwhile.
    stock: Option<Stock>,
}

impl Model {
    /// Opens, hashes, checks and loads a model file.
    ///
    /// # Errors
    /// Every [`ModelError`] that concerns the file, and [`ModelError::Cancelled`].
    pub(crate) fn load(file: &ModelFile, cancel: &Cancel) -> Result<Self, ModelError> {
        Self::load_file(file, cancel).map_err(|refusal| refusal.at(&file.path))
    }

    fn load_file(file: &ModelFile, cancel: &Cancel) -> Result<Self, Refusal> {
        let (files, stamp) = file::open(&file.path)?;
        let found = file::hash(files.reader(cancel), cancel)?;
        if !found.eq_ignore_ascii_case(&file.sha256) {
            return Err(Refusal::Changed { expected: file.sha256.clone(), found });
        }
        let header = Header::of(&files)?;
        let parts = Parts::of(&header)?;
        let stock = stock::load(&header, &parts.shapes, &files, cancel)?;
        // Written to while it was read?
        let after = Stamp::at(&file.path)?;
        if after != stamp {
            let found = file::hash(file::open(&file.path)?.0.reader(cancel), cancel)?;
            return Err(Refusal::Changed { expected: file.sha256.clone(), found });
        }
        Ok(Self { file: file.clone(), stamp, parts, stock: Some(stock) })
    }

    pub(crate) fn file(&self) -> &ModelFile {
        &self.file
    }

    /// Whether these weights are the ones that a request names, and their file is still there and untouched.
    ///
    /// # Errors
    /// [`ModelError::Missing`] when the file is gone.
    pub(crate) fn is(&self, file: &ModelFile) -> Result<bool, ModelError> {
        let same = self.file.path == file.path && self.file.sha256.eq_ignore_ascii_case(&file.sha256);
        Ok(same && Stamp::at(&file.path).map_err(|refusal| refusal.at(&file.path))? == self.stamp)
    }

    pub(crate) fn tokenizer(&self) -> &Tokenizer {
        &self.parts.tokenizer
    }

    /// Longest prompt plus output, tokens.
    pub(crate) fn context(&self) -> u32 {
        self.parts.shapes.context
    }

    /// Whether another piece of work can get weights now.
    pub(crate) fn can_lend(&self) -> bool {
        self.stock.is_some()
    }

    /// Weights with an empty state.
    pub(crate) fn lend(&mut self) -> Option<Stock> {
        match self.stock.as_ref().and_then(Stock::fork) {
            Some(fork) => Some(fork),
            None => self.stock.take(),
        }
    }

    /// Takes lent weights back.
    pub(crate) fn give_back(&mut self, mut stock: Stock) {
        if self.stock.is_none() {
            stock.clear();
            self.stock = Some(stock);
        }
    }

    /// Whether the weights should be loaded anew to free what candle piled up.
    pub(crate) fn is_worn(&self) -> bool {
        self.stock.as_ref().is_some_and(Stock::is_worn)
    }

    /// The prompt of a conversation.
    ///
    /// # Errors
    /// [`ModelError::Template`]; [`ModelError::PromptTooLong`].
    pub(crate) fn prompt(&self, messages: &[Message]) -> Result<Prompt, ModelError> {
        let Parts { tokenizer, template, shapes } = &self.parts;
        let guard = Tokenizer::guard_character(template.source(), messages)?;
        let guarded: Vec<Message> =
            messages.iter().map(|message| Message { role: message.role, content: tokenizer.guard(&message.content, guard) }).collect();
        let rendered = template.render(&guarded)?;
        // One token of the context is left for the output.
        let limit = shapes.context.saturating_sub(1);
        let too_long = |tokens: usize| ModelError::PromptTooLong { tokens: u32::try_from(tokens).unwrap_or(u32::MAX), limit };
        let least = tokenizer.at_least(rendered.len());
        if least > limit as usize {
            return Err(too_long(least));
        }
        let tokens = tokenizer.encode(&rendered, guard)?;
        if tokens.len() > limit as usize {
            return Err(too_long(tokens.len()));
        }
        if tokens.is_empty() {
            return Err(ModelError::Template("it rendered an empty prompt".to_owned()));
        }
        let plain: String = rendered.chars().filter(|c| *c != guard).collect();
        Ok(Prompt { tokens, sha256: file::hex(&Sha256::digest(plain.as_bytes())) })
    }
}
