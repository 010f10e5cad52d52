//! How byte-level vocabularies cut text before pairs are joined, by their name in `tokenizer.ggml.pre`.
//!
//! Invariant: a name stands here only if its cuts are those of the model's own `tokenizer.json`, or, where that is not
//! known, of llama.cpp (`llama-vocab.cpp`, as llama-cpp-python 0.3.36 brings it). Any other name is refused: a guess would change tokens unseen.

use tokenizers::SplitDelimiterBehavior::{Contiguous, Isolated};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::punctuation::Punctuation;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};

/// One step, applied to the pieces of the one before.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// What a pattern matches, and what lies between, are pieces.
    Split(&'static str),
    /// Each digit of any script is a piece.
    Digits,
    /// Runs of digits are pieces.
    Numbers,
    /// Runs of punctuation are pieces.
    Punctuation,
    /// Bytes become the characters of GPT-2's alphabet. Last where a list does not name it: later patterns see it.
    Bytes,
}

/// How a family cuts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuts {
    steps: &'static [Step],
    /// Whether a piece that is a token is taken whole, without joining pairs.
    pub(super) whole_first: bool,
    /// Whether text is put in Unicode's composed form (NFC) first.
    pub(super) composes: bool,
    /// Whether a prompt begins with the BOS token when the metadata do not say.
    pub(super) begins: bool,
}

impl Cuts {
    const fn new(steps: &'static [Step]) -> Self {
        Self { steps, whole_first: false, composes: false, begins: false }
    }

    const fn whole(self) -> Self {
        Self { whole_first: true, ..self }
    }

    const fn composed(self) -> Self {
        Self { composes: true, ..self }
    }

    const fn beginning(self) -> Self {
        Self { begins: true, ..self }
    }

    /// The cuts of a family; `None` for a name that is not known.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gpt-2" | "gpt2" | "phi-2" | "jina-es" | "jina-de" | "jina-v2-es" | "jina-v2-de" | "gigachat" | "a.x-4.0" | "mellum"
            | "modern-bert" | "exaone4" | "jais" | "trillion" | "granite-docling" => Self::new(&[Step::Split(GPT2)]),
            "mpt" | "olmo" => Self::new(&[Step::Split(GPT2)]).composed(),
            "smollm" | "starcoder" | "refact" | "codeshell" | "exaone" | "minerva-7b" | "mellum2" => {
                Self::new(&[Step::Digits, Step::Split(GPT2)])
            }
            "command-r" => Self::new(&[Step::Digits, Step::Split(GPT2)]).composed(),
            "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "falcon-h1" | "pixtral" | "midm-2.0" | "lfm2" | "jina-v5-nano" => {
                Self::new(&[Step::Split(LLAMA3)]).whole().beginning()
            }
            "dbrx" | "smaug-bpe" | "chatglm-bpe" => Self::new(&[Step::Split(LLAMA3)]),
            "glm4" | "glm5" => Self::new(&[Step::Split(LLAMA3)]).whole(),
            "minicpm5" => Self::new(&[Step::Split(r"\p{N}{1,3}"), Step::Split(LLAMA3_ANY_DIGITS)]).whole(),
            "jais-2" => Self::new(&[Step::Split(JAIS2)]),
            "qwen2" | "kormo" | "f2llmv2" => Self::new(&[Step::Split(QWEN2)]).composed(),
            "deepseek-r1-qwen" | "megrez" | "stablelm2" | "hunyuan" | "solar-open" | "grok-2" => Self::new(&[Step::Split(QWEN2)]),
            "qwen35" => Self::new(&[Step::Split(QWEN35)]).composed(),
            "ufakzeka" => Self::new(&[Step::Split(UFAKZEKA)]),
            "laguna" => Self::new(&[Step::Split(r"[^\n]+|[\n]+"), Step::Split(QWEN2)]),
            "bailingmoe" | "bailingmoe2" | "llada-moe" => Self::new(&[Step::Split(BAILING)]),
            "seed-coder" => Self::new(&[Step::Split(SEED_CODER)]),
            "exaone-moe" => Self::new(&[Step::Split(EXAONE_MOE)]).composed(),
            "tekken" => Self::new(&[Step::Split(TEKKEN)]).whole().beginning(),
            "gpt-4o" | "llama4" | "kanana2" | "talkie" | "minimax-m2" => Self::new(&[Step::Split(O200K)]),
            "tiny_aya" | "cohere2moe" => Self::new(&[Step::Split(TINY_AYA_DIGITS), Step::Split(O200K)]),
            "deepseek-llm" => Self::new(&[
                Step::Split("[\r\n]"),
                Step::Split(DEEPSEEK_LETTERS),
                Step::Split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"),
                Step::Split(r"\s+$"),
                Step::Split(DEEPSEEK_HAN),
                Step::Digits,
            ]),
            "deepseek-coder" => Self::new(&[
                Step::Split("[\r\n]"),
                Step::Split(r"\s?\p{L}+"),
                Step::Split(r"\s?\p{P}+"),
                Step::Split(DEEPSEEK_HAN),
                Step::Digits,
            ]),
            "deepseek-v3" | "hunyuan-dense" | "joyai-llm" | "hy_v4" => {
                Self::new(&[Step::Split(r"\p{N}{1,3}"), Step::Split(HAN_AND_KANA), Step::Split(DEEPSEEK3)])
            }
            "falcon" => Self::new(&[Step::Punctuation, Step::Split(GPT2), Step::Bytes, Step::Numbers, Step::Split("[0-9][0-9][0-9]")]),
            "poro-chat" | "bloom" | "gpt3-finnish" => Self::new(&[Step::Split(BLOOM)]),
            "viking" => Self::new(&[Step::Split(BLOOM), Step::Digits]),
            "superbpe" => Self::new(&[Step::Split(r"\p{N}+"), Step::Split(r"(?=(\d{3})+(?!\d))")]),
            "chameleon" => Self::new(&[
                Step::Split("<sentinel:[0-9]+>"),
                Step::Split("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"),
                Step::Split(r"([\t\n]|    |  )"),
                Step::Digits,
                Step::Split(r"[\p{P}!-/:-@\[-`{-~]"),
                Step::Split(GPT2),
            ])
            .beginning(),
            // What llama.cpp does where a file names none.
            "default" => Self::new(&[
                Step::Split(r"[\p{P}\$\+<=>\^~\|]+"),
                Step::Split(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"),
                Step::Split(r"\p{N}+"),
                Step::Split("[0-9][0-9][0-9]"),
            ]),
            _ => return None,
        })
    }

    /// The steps as the library runs them.
    ///
    /// # Errors
    /// When a pattern does not compile.
    pub(super) fn steps(&self) -> Result<Vec<PreTokenizerWrapper>, tokenizers::Error> {
        let bytes = || ByteLevel::new(false, false, false).into();
        let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
        for step in self.steps {
            steps.push(match step {
                Step::Split(pattern) => Split::new(SplitPattern::Regex((*pattern).to_owned()), Isolated, false)?.into(),
                Step::Digits => Digits::new(true).into(),
                Step::Numbers => Digits::new(false).into(),
                Step::Punctuation => Punctuation::new(Contiguous).into(),
                Step::Bytes => bytes(),
            });
        }
        if !self.steps.iter().any(|step| matches!(step, Step::Bytes)) {
            steps.push(bytes());
        }
        Ok(steps)
    }
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3_ANY_DIGITS: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const JAIS2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN35: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const UFAKZEKA: &str = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const BAILING: &str = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";
const SEED_CODER: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+";
const EXAONE_MOE: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const HAN_AND_KANA: &str = "[一-龥぀-ゟ゠-ヿ]+";
const DEEPSEEK3: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;
const DEEPSEEK_HAN: &str = "[一-龥ࠀ-一가-퟿]+";
const DEEPSEEK_LETTERS: &str = "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u{1f7d}ᾀ-ᾴᾶ-ᾼ\u{1fbe}ῂ-ῄῆ-ῌῐ-\u{1fd3}ῖ-\u{1fdb}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u{2126}ℨ\u{212a}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+";
const BLOOM: &str = r" ?[^(\s|.,!?…。，、।۔،)]+";
/// Hugging Face's is `\d{1,3}(?=(?:\d{3})*\b)`; what a letter is to `\b` differs between libraries, so it is said here.
const TINY_AYA_DIGITS: &str = r"\d{1,3}(?=(?:\d{3})*(?![\p{L}\p{M}\p{Nd}\p{Pc}]))";
