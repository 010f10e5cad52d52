//! From a path to a model that is ready to draft, and to what a file says of itself.
//!
//! Invariant: weights are used only while their file is the one whose SHA-256 the request names: hashed when they are
//! read, through the same handle, and known by size and time of change from then on.

mod dtype;
pub(crate) mod file;
pub(crate) mod gguf;

use crate::chat_template::ChatTemplate;
use crate::error::{Refusal, unusable};
use crate::grammar::{Grammar, Grammars};
use crate::model::{Architecture, Cache, Config, Data, OWN, OwnModel};
use crate::stock::{self, Shapes, Stock};
use crate::tokenizer::Tokenizer;
use crate::{Settings, memory};
use file::{Shards, Stamp};
use flow::model::{Cancel, Constraint, Message, ModelError, ModelFacts, ModelFile};
use gguf::Header;
use kernels::Pool;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::OnceLock;

/// Reads what a model file is and whether this engine can run it, without loading its weights. Hashes the whole file.
///
/// `context` is the longest prompt plus output that this engine runs, which can be less than what the model was made
/// for: its keys and values have to fit a quarter of this machine's memory.
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
        context: parts.context(),
        vocabulary,
        chat_template: header.text("tokenizer.chat_template").map(str::to_owned),
        license: header.text("general.license").map(str::to_owned),
    })
}

/// The numbers of a model, by who computes it.
enum Kind {
    Own(Box<Config>),
    Stock(Shapes),
}

impl Kind {
    fn of(header: &Header) -> Result<Self, Refusal> {
        let name = header
            .text("general.architecture")
            .ok_or_else(|| unusable!("it does not name its architecture; expected general.architecture"))?;
        if let Some(kind) = header.text("general.type").filter(|kind| *kind != "model") {
            return Err(unusable!("it is a GGUF file of the type {kind:?}; expected a whole model"));
        }
        if let Some(architecture) = Architecture::named(name) {
            return Config::of(header, architecture).map(|config| Self::Own(Box::new(config)));
        }
        if let Some(shapes) = Shapes::of(header, name) {
            return shapes.map(Self::Stock);
        }
        let names: Vec<&str> = OWN.iter().map(|architecture| architecture.name).chain(stock::NAMES).collect();
        Err(unusable!("its architecture is {name:?}; this version of Gait runs {}", names.join(", ")))
    }

    /// Rows of the embedding.
    fn rows(&self) -> u32 {
        match self {
            Self::Own(config) => u32::try_from(config.vocabulary).unwrap_or(u32::MAX),
            Self::Stock(shapes) => shapes.vocabulary,
        }
    }
}

/// All of a model but its weights.
pub(crate) struct Parts {
    kind: Kind,
    pub(crate) tokenizer: Tokenizer,
    template: ChatTemplate,
}

impl Parts {
    pub(crate) fn of(header: &Header) -> Result<Self, Refusal> {
        let kind = Kind::of(header)?;
        let tokenizer = Tokenizer::new(header, kind.rows())?;
        let template = ChatTemplate::of(header.text("tokenizer.chat_template"), &tokenizer).map_err(Refusal::Unusable)?;
        Ok(Self { kind, tokenizer, template })
    }

    /// A conversation as the template has it, ready for the assistant's turn; the character stands wherever a person's words spell a
    /// control token.
    fn rendered(&self, messages: &[Message]) -> Result<(String, char), ModelError> {
        let guard = Tokenizer::guard_character(self.template.source(), messages)?;
        let guarded: Vec<Message> =
            messages.iter().map(|message| Message { role: message.role, content: self.tokenizer.guard(&message.content, guard) }).collect();
        Ok((self.template.render(&guarded)?, guard))
    }

    /// The tokens of a conversation, however many they are.
    ///
    /// # Errors
    /// [`ModelError::Template`].
    pub(crate) fn tokens(&self, messages: &[Message]) -> Result<Vec<u32>, ModelError> {
        let (rendered, guard) = self.rendered(messages)?;
        self.tokenizer.encode(&rendered, guard)
    }

    /// Longest prompt plus output, tokens: the model's own, as far as this machine's memory goes.
    fn context(&self) -> u32 {
        match &self.kind {
            Kind::Own(config) => {
                let fits = memory::share_of_machine() / config.kv_bytes().max(1);
                config.context.min(u32::try_from(fits).unwrap_or(u32::MAX))
            }
            Kind::Stock(shapes) => shapes.context,
        }
    }
}

/// A prompt ready for the model.
pub(crate) struct Prompt {
    pub(crate) tokens: Vec<u32>,
    /// SHA-256 of the rendered text, lower-case hex.
    pub(crate) sha256: String,
}

/// The weights, by who computes with them.
pub(crate) enum Body {
    Own(Box<OwnModel>),
    /// One sequence at a time.
    Stock(Box<Stock>),
}

/// A loaded model.
pub(crate) struct Model {
    file: ModelFile,
    stamp: Stamp,
    pub(crate) parts: Parts,
    pub(crate) body: Body,
    /// Made for the first request that has a constraint.
    grammars: OnceLock<Result<Grammars, ModelError>>,
}

impl Model {
    /// Opens, hashes, checks and loads a model file.
    ///
    /// # Errors
    /// Every [`ModelError`] that concerns the file, and [`ModelError::Cancelled`].
    pub(crate) fn load_with(file: &ModelFile, settings: &Settings, pool: &Pool, cancel: &Cancel) -> Result<Self, ModelError> {
        Self::load_file(file, settings, pool, cancel).map_err(|refusal| refusal.at(&file.path))
    }

    fn load_file(file: &ModelFile, settings: &Settings, pool: &Pool, cancel: &Cancel) -> Result<Self, Refusal> {
        let (files, stamp) = file::open(&file.path)?;
        let header = Header::of(&files);
        let changed = |found| Refusal::Changed { expected: file.sha256.clone(), found };
        // The weights are read through maps of the same open files, while these are hashed.
        let (found, loaded) = std::thread::scope(|scope| {
            let hashing = scope.spawn(|| file::hash(files.reader(cancel), cancel));
            let loaded = header.and_then(|header| Ok((Self::load_parts(file, &header, &files, settings, pool, cancel)?, header)));
            (hashing.join().unwrap_or_else(|_| Err(Refusal::Engine("hashing the file broke off".to_owned()))), loaded)
        });
        // What is wrong with a file that is not the one asked for does not matter.
        let found = found?;
        if !found.eq_ignore_ascii_case(&file.sha256) {
            return Err(changed(found));
        }
        let ((parts, own), header) = loaded?;
        let body = match (own, &parts.kind) {
            (Some(own), _) => Body::Own(Box::new(own)),
            (None, Kind::Stock(shapes)) => Body::Stock(Box::new(stock::load(&header, shapes, &files, cancel)?)),
            (None, Kind::Own(_)) => return Err(Refusal::Engine("the weights are missing".to_owned())),
        };
        // Written to while it was read?
        let after = Stamp::at(&file.path)?;
        if after != stamp {
            return Err(changed(file::hash(file::open(&file.path)?.0.reader(cancel), cancel)?));
        }
        let mut model = Self { file: file.clone(), stamp, parts, body, grammars: OnceLock::new() };
        if let Body::Own(own) = &mut model.body {
            // Only now: what is kept under this hash is what has it.
            own.keep_packed();
        }
        Ok(model)
    }

    /// All that is read before the hash is known.
    fn load_parts(
        file: &ModelFile,
        header: &Header,
        files: &Shards,
        settings: &Settings,
        pool: &Pool,
        cancel: &Cancel,
    ) -> Result<(Parts, Option<OwnModel>), Refusal> {
        let parts = Parts::of(header)?;
        let own = match &parts.kind {
            Kind::Own(config) => {
                let bytes = files.all().iter().map(|shard| shard.bytes).sum();
                let cache = Cache::of(&file.path, &file.sha256, bytes, settings.packed_folder.as_deref());
                Some(OwnModel::load(config, header, &Data::map(header, files)?, cache, pool, cancel)?)
            }
            Kind::Stock(_) => None,
        };
        Ok((parts, own))
    }

    /// As [`Model::load_with`], with the settings of tests.
    #[cfg(test)]
    pub(crate) fn load(file: &ModelFile, cancel: &Cancel) -> Result<Self, ModelError> {
        let settings = crate::testing::settings();
        Self::load_with(file, &settings, &Pool::new(settings.threads), cancel)
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

    /// A constraint at the beginning of an output; its first mask is computed in the background.
    ///
    /// # Errors
    /// [`ModelError::Constraint`] with what is wrong with it.
    pub(crate) fn grammar(&self, constraint: &Constraint) -> Result<Grammar, ModelError> {
        let grammars = self.grammars.get_or_init(|| Grammars::new(self.tokenizer()));
        let mut grammar = grammars.as_ref().map_err(Clone::clone)?.begin(constraint)?;
        grammar.prepare();
        Ok(grammar)
    }

    /// Longest prompt plus output, tokens.
    pub(crate) fn context(&self) -> u32 {
        self.parts.context()
    }

    /// Bytes of keys and values for a token; nothing where candle keeps them.
    pub(crate) fn kv_bytes(&self) -> u64 {
        match &self.body {
            Body::Own(own) => own.kv_bytes(),
            Body::Stock(_) => 0,
        }
    }

    /// Whether the weights should be loaded anew to free what candle piled up.
    pub(crate) fn is_worn(&self) -> bool {
        match &self.body {
            Body::Own(_) => false,
            Body::Stock(stock) => stock.is_worn(),
        }
    }

    /// The prompt of a conversation.
    ///
    /// # Errors
    /// [`ModelError::Template`]; [`ModelError::PromptTooLong`].
    pub(crate) fn prompt(&self, messages: &[Message]) -> Result<Prompt, ModelError> {
        let tokenizer = &self.parts.tokenizer;
        let (rendered, guard) = self.parts.rendered(messages)?;
        // One token of the context is left for the output.
        let limit = self.context().saturating_sub(1);
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
