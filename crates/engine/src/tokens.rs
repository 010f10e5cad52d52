//! Counts the tokens of texts by a model's own tokenizer, without its weights: for datasets, of which a million texts are counted.
//!
//! Invariant: a count is that of the tokens which the engine itself would make of the text, and of the file whose SHA-256 was asked for. Words are
//! looked up that were counted before, where the vocabulary has no token that reaches from one word into the next.

use crate::error::Refusal;
use crate::load::{Parts, file, gguf::Header};
use flow::model::{Cancel, Message, ModelError, ModelFile, Role, TokenCounter};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Words that are remembered, and the longest of them, bytes: some 15 MB at most.
const WORDS: usize = 1 << 17;
const LONGEST: usize = 64;

/// The tokenizers of model files; the one that was asked for last is kept, as long as its file is untouched.
#[derive(Default)]
pub struct Tokenizers(Mutex<Option<Kept>>);

struct Kept {
    file: ModelFile,
    stamp: file::Stamp,
    counter: Arc<Counter>,
}

impl flow::model::Tokenizers for Tokenizers {
    fn of(&self, model: &ModelFile) -> Result<Arc<dyn TokenCounter>, ModelError> {
        let counter = self.counter(model).map_err(|refusal| refusal.at(&model.path))?;
        Ok(counter)
    }
}

impl Tokenizers {
    fn counter(&self, model: &ModelFile) -> Result<Arc<Counter>, Refusal> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = file::Stamp::at(&model.path)?;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.file == *model && kept.stamp == stamp) {
            return Ok(Arc::clone(&kept.counter));
        }
        let counter = Arc::new(Counter::read(model)?);
        *kept = Some(Kept { file: model.clone(), stamp, counter: Arc::clone(&counter) });
        Ok(counter)
    }
}

struct Counter {
    parts: Parts,
    per_message: usize,
    /// Counted before; `None` where words cannot be counted one by one.
    words: Option<RwLock<HashMap<Box<str>, usize>>>,
}

impl Counter {
    /// Reads the header and hashes the whole file.
    fn read(model: &ModelFile) -> Result<Self, Refusal> {
        let (files, _) = file::open(&model.path)?;
        let parts = Parts::of(&Header::of(&files)?)?;
        let cancel = Cancel::default();
        let found = file::hash(files.reader(&cancel), &cancel)?;
        if !found.eq_ignore_ascii_case(&model.sha256) {
            return Err(Refusal::Changed { expected: model.sha256.clone(), found });
        }
        let words = parts.tokenizer.keeps_words_apart().then(RwLock::default);
        Ok(Self { per_message: per_message(&parts)?, parts, words })
    }
}

/// What the template puts around three messages, of which the last is to come, for each of them.
fn per_message(parts: &Parts) -> Result<usize, Refusal> {
    let said = |role: Role| Message { role, content: "a".to_owned() };
    let messages = [said(Role::System), said(Role::User)];
    let all = parts.tokens(&messages).map_err(|error| Refusal::Unusable(error.to_string()))?.len();
    let own: usize = messages.iter().map(|message| parts.tokenizer.count(&message.content)).sum();
    Ok(all.saturating_sub(own).div_ceil(messages.len() + 1))
}

impl TokenCounter for Counter {
    fn count(&self, text: &str) -> usize {
        let tokenizer = &self.parts.tokenizer;
        let Some(known) = &self.words else { return tokenizer.count(text) };
        let (mut sum, mut new) = (0, Vec::new());
        {
            let known = known.read().unwrap_or_else(PoisonError::into_inner);
            for word in words(text) {
                match known.get(word) {
                    Some(count) => sum += count,
                    None => new.push((word, 0)),
                }
            }
        }
        if new.is_empty() {
            return sum;
        }
        for (word, count) in &mut new {
            *count = tokenizer.count(word);
            sum += *count;
        }
        let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
        for (word, count) in new.into_iter().filter(|(word, _)| word.len() <= LONGEST) {
            if known.len() < WORDS {
                known.insert(word.into(), count);
            }
        }
        sum
    }

    fn per_message(&self) -> usize {
        self.per_message
    }
}

/// A text, cut before each space that stands between what is no space and a letter.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |(at, _): &(usize, &str)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + 1..).and_then(|after| after.chars().next());
        before.is_some_and(|c| !c.is_whitespace()) && after.is_some_and(char::is_alphabetic)
    };
    let mut from = 0;
    let cuts = text.match_indices(' ').filter(between).map(|(at, _)| at).chain([text.len()]);
    cuts.map(move |at| text.get(std::mem::replace(&mut from, at)..at).unwrap_or_default()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use flow::model::Tokenizers as _;

    const TEXTS: [&str; 9] = [
        "",
        " ",
        "Where is my parcel, please? It was to come on Tuesday.",
        "  two  spaces\n\n\tand a tab, don't they  ",
        "Bestellung 12345 über 5 € – »größer« als gedacht",
        "배송이 늦어서 죄송합니다. 주문번호는 FW-1007 입니다.",
        "请问我的包裹在哪里？ 谢谢 you",
        "e\u{301} \u{301} a\u{a0}b \u{3000}c <|im_end|> x",
        "A. B.C (d) -e f_g h@i.example",
    ];

    #[test]
    fn words_are_cut_at_their_spaces_and_nothing_is_lost() {
        let cut = |text| words(text).collect::<Vec<&str>>();
        assert_eq!(cut("to be, or not 2 be"), ["to", " be,", " or", " not 2", " be"]);
        assert_eq!(cut("a  b\n c "), ["a  b\n c "]);
        for text in TEXTS {
            assert_eq!(cut(text).concat(), text);
        }
    }

    #[test]
    fn texts_have_as_many_tokens_as_the_engine_makes_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let starter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/starter/gait-starter-q8_0.gguf");
        let mut models = vec![testing::write(folder.path(), "llama", 1)];
        models.extend(std::path::Path::new(starter).exists().then(|| testing::pinned(std::path::Path::new(starter))));
        for model in models {
            let counter = Tokenizers::default().counter(&model).unwrap();
            assert!(counter.words.is_some(), "{}: byte-level words stand apart", model.path.display());
            // Twice: what was counted before, and what was not.
            for text in TEXTS.iter().chain(&TEXTS) {
                assert_eq!(counter.count(text), counter.parts.tokenizer.count(text), "{}: {text:?}", model.path.display());
            }
        }
    }

    #[test]
    fn what_the_template_adds_to_a_message_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let counter = Tokenizers::default().of(&testing::write(folder.path(), "llama", 1)).unwrap();
        // ChatML: a token before, the role, a line, a token behind, a line.
        assert!((5..=14).contains(&counter.per_message()), "{}", counter.per_message());
    }

    #[test]
    fn a_file_that_is_gone_or_another_is_refused_also_after_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let model = testing::write(folder.path(), "llama", 1);
        let tokenizers = Tokenizers::default();
        tokenizers.of(&model).unwrap();
        let other = ModelFile { sha256: "0".repeat(64), ..model.clone() };
        assert!(matches!(tokenizers.of(&other), Err(ModelError::Changed { .. })));
        std::fs::remove_file(&model.path).unwrap();
        assert!(matches!(tokenizers.of(&model), Err(ModelError::Missing { .. })));
    }
}
