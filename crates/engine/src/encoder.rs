//! Texts to vectors: an embedding model of the BERT family from a folder of the user's, as sentence-transformers writes
//! it (`config.json`, `tokenizer.json`, `model.safetensors`, `modules.json`, `1_Pooling/config.json`).
//!
//! Invariant: the vector of a text follows from the folder and the text alone, to the bit, whatever else is encoded
//! with it. Whatever the files hold, opening and encoding end in a value or in a sentence.
//!
//! Each text runs by itself: batches would need padding, which candle's jina does not mask, and at the lengths of
//! requests a text fills the processor by itself.

mod network;
mod settings;
mod weights;

use candle_core::{Device, Tensor};
use network::Network;
use settings::{Pooling, Settings};
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use tokenizers::{Tokenizer, TruncationParams};
use weights::Weights;

/// The longest `tokenizer.json`, bytes. That of a vocabulary of 250,000 has 17 MB.
const LONGEST_TOKENIZER: u64 = 64 << 20;

/// Why there is no vector. Each says what a person can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncoderError {
    #[error("the embedding model lacks {path}: copy or download the whole folder again")]
    Missing { path: PathBuf },
    #[error("the embedding model's {path} cannot be used: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error("the embedding model failed: {0}")]
    Failed(String),
}

impl EncoderError {
    fn unusable(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unusable { path: path.to_owned(), reason: reason.into() }
    }
}

/// The vector of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Of length 1, so that a dot product is the cosine; all zero for a text that has no tokens.
    pub vector: Vec<f32>,
    /// Tokens at the end of the text that the model is too short for, and that the vector knows nothing of.
    pub left_out: u32,
}

/// An embedding model in memory.
pub struct Encoder {
    folder: PathBuf,
    network: Network,
    tokenizer: Tokenizer,
    pooling: Pooling,
    dimension: usize,
    most_tokens: usize,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("folder", &self.folder).field("dimension", &self.dimension).finish_non_exhaustive()
    }
}

impl Encoder {
    /// Reads the folder. The weights take four bytes each, whatever the file has.
    ///
    /// # Errors
    /// [`EncoderError`] with the file and what is wrong with it. Pickled weights (`pytorch_model.bin`) are refused by
    /// their kind: reading one runs what is in it.
    pub fn open(folder: &Path) -> Result<Self, EncoderError> {
        guarded(|| Self::read(folder))
    }

    fn read(folder: &Path) -> Result<Self, EncoderError> {
        let settings = Settings::read(folder)?;
        let path = folder.join("tokenizer.json");
        let mut tokenizer = Tokenizer::from_bytes(read_small(&path, LONGEST_TOKENIZER)?)
            .map_err(|e| EncoderError::unusable(&path, format!("it is no tokenizer: {e}")))?;
        let tokens = tokenizer.get_vocab_size(true);
        if tokens > settings.vocabulary {
            let reason = format!("it has {tokens} tokens and the model {}; expected as many, or fewer", settings.vocabulary);
            return Err(EncoderError::unusable(&path, reason));
        }
        // Words of a person never become control tokens.
        tokenizer.set_encode_special_tokens(true);
        tokenizer.with_padding(None);
        let cut = TruncationParams { max_length: settings.most_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(cut)).map_err(|e| EncoderError::unusable(&path, format!("it cannot cut texts: {e}")))?;
        let weights = Weights::open(folder)?;
        let network = Network::new(&settings, &weights)?;
        Ok(Self {
            folder: folder.to_owned(),
            network,
            tokenizer,
            pooling: settings.pooling,
            dimension: settings.dimension,
            most_tokens: settings.most_tokens,
        })
    }

    /// Numbers in a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The longest text, tokens; what is beyond it is left out of the vector.
    #[must_use]
    pub fn most_tokens(&self) -> usize {
        self.most_tokens
    }

    /// The vectors of these texts, in their order. Words that a model expects before a text (`query: `) are the
    /// caller's to put there.
    ///
    /// # Errors
    /// [`EncoderError::Failed`] when a text cannot be computed, [`EncoderError::Unusable`] when the weights are damaged.
    pub fn encode(&self, texts: &[String]) -> Result<Vec<Embedding>, EncoderError> {
        guarded(|| texts.iter().map(|text| self.encode_one(text)).collect())
    }

    fn encode_one(&self, text: &str) -> Result<Embedding, EncoderError> {
        let encoding =
            self.tokenizer.encode(text, true).map_err(|e| EncoderError::Failed(format!("a text could not be cut into tokens: {e}")))?;
        let added = encoding.get_special_tokens_mask().iter().filter(|special| **special == 1).count();
        let left_out: usize = encoding.get_overflowing().iter().map(|rest| rest.len().saturating_sub(added)).sum();
        let left_out = u32::try_from(left_out).unwrap_or(u32::MAX);
        let ids = encoding.get_ids();
        if ids.is_empty() {
            return Ok(Embedding { vector: vec![0.0; self.dimension], left_out });
        }
        let computed = Tensor::new(ids, &Device::Cpu)
            .and_then(|ids| self.network.forward(&ids.unsqueeze(0)?))
            .and_then(|hidden| self.pool(&hidden))
            .map_err(|e| EncoderError::Failed(format!("a text could not be computed: {}", first_line(&e.to_string()))))?;
        match normalised(computed) {
            Some(vector) => Ok(Embedding { vector, left_out }),
            None => {
                let reason = "its weights give no numbers (NaN or infinity): the file is damaged; copy or download it again";
                Err(EncoderError::unusable(&self.folder.join(weights::FILE), reason))
            }
        }
    }

    /// The vector of a text from those of its tokens, 1 × tokens × dimension.
    fn pool(&self, hidden: &Tensor) -> candle_core::Result<Vec<f32>> {
        let hidden = hidden.squeeze(0)?;
        match self.pooling {
            Pooling::Mean => hidden.mean(0)?.to_vec1(),
            Pooling::First => hidden.get(0)?.to_vec1(),
        }
    }
}

/// The vector at length 1; one of zeros stays. `None` when it holds what is no number.
fn normalised(mut vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    if !length.is_finite() {
        return None;
    }
    if length > 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "vectors are f32")]
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
    Some(vector)
}

/// Reads a file whole, if it is not larger than `most` bytes.
fn read_small(path: &Path, most: u64) -> Result<Vec<u8>, EncoderError> {
    let (file, bytes) = open(path)?;
    if bytes > most {
        return Err(EncoderError::unusable(path, format!("it has {bytes} bytes; expected at most {most}")));
    }
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content).map_err(|e| EncoderError::unusable(path, format!("it cannot be read: {e}")))?;
    Ok(content)
}

/// Opens a regular file and gives its size in bytes.
fn open(path: &Path) -> Result<(File, u64), EncoderError> {
    // Before it is opened: opening a pipe waits.
    let facts = std::fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => EncoderError::Missing { path: path.to_owned() },
        _ => EncoderError::unusable(path, format!("it cannot be read: {e}")),
    })?;
    if !facts.is_file() {
        return Err(EncoderError::unusable(path, "it is no file"));
    }
    let file = File::open(path).map_err(|e| EncoderError::unusable(path, format!("it cannot be read: {e}")))?;
    Ok((file, facts.len()))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Runs a piece of work; a panic becomes [`EncoderError::Failed`].
fn guarded<T>(work: impl FnOnce() -> Result<T, EncoderError>) -> Result<T, EncoderError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
        Err(EncoderError::Failed(format!("its computation broke off: {}", said.unwrap_or_else(|| "no message".to_owned()))))
    })
}

#[cfg(test)]
mod tests;
