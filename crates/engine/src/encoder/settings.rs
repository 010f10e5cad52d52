//! What the folder says of its model: family, sizes, pooling, longest text.
//!
//! Invariant: sizes are within bounds under which candle neither panics nor allocates without need, and a step that we
//! would leave out is refused by name.

use super::{EncoderError, read_small};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The longest of these files, bytes.
const LONGEST: u64 = 1 << 20;
/// The longest text, tokens: attention takes the square of it.
const MOST_TOKENS: u64 = 2048;
/// The same for jina, whose tables of distances take heads × this² numbers.
const MOST_TOKENS_JINA: u64 = 1024;

/// The families that candle computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Bert,
    DistilBert,
    XlmRoberta,
    Jina,
    Nomic,
    ModernBert,
}

/// How a text's vector comes from those of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    Mean,
    /// That of the first token.
    First,
}

pub(crate) struct Settings {
    pub(crate) family: Family,
    /// `config.json`, with what candle asks for and newer files leave out.
    pub(crate) config: Map<String, Value>,
    pub(crate) pooling: Pooling,
    /// Numbers in a vector.
    pub(crate) dimension: usize,
    /// Rows of the embedding.
    pub(crate) vocabulary: usize,
    /// Longest text, tokens.
    pub(crate) most_tokens: usize,
}

impl Settings {
    /// Reads the small files of the folder.
    ///
    /// # Errors
    /// [`EncoderError`] with the file and what it lacks.
    pub(crate) fn read(folder: &Path) -> Result<Self, EncoderError> {
        let path = folder.join("config.json");
        let unusable = |reason: String| EncoderError::unusable(&path, reason);
        let mut config = object(&path)?;
        let family = family(&config).map_err(unusable)?;
        let names = Names::of(family);
        complete(family, &mut config);
        let size = |name: &str, from: u64, to: u64| {
            let found = config.get(name);
            let number = found.and_then(Value::as_u64).filter(|number| (from..=to).contains(number));
            number.ok_or_else(|| unusable(format!("its {name} is {}; expected {from} to {to}", found.unwrap_or(&Value::Null))))
        };
        let dimension = size(names.dimension, 1, 1 << 14)?;
        let heads = size(names.heads, 1, 256)?;
        size(names.layers, 1, 256)?;
        size(names.inner, 1, 1 << 17)?;
        let vocabulary = size(names.vocabulary, 1, 1 << 22)?;
        let positions = size(names.positions, 8, 1 << 24)?;
        if family == Family::ModernBert {
            size("global_attn_every_n_layers", 1, 256)?;
            size("local_attention", 2, 1 << 24)?;
        }
        if dimension % heads != 0 || (dimension / heads) % 2 != 0 {
            return Err(unusable(format!("its {dimension} numbers do not divide into {heads} heads of an even width")));
        }
        // RoBERTa counts positions from the one after its padding token's.
        let unused = if family == Family::XlmRoberta { 1 + size("pad_token_id", 0, positions - 8)? } else { 0 };
        let most = if family == Family::Jina { MOST_TOKENS_JINA } else { MOST_TOKENS };
        let most_tokens = limits(folder).into_iter().fold((positions - unused).min(most), u64::min).max(8);
        if let Family::Jina | Family::Nomic | Family::ModernBert = family {
            // They have no weights for positions: tables are as long as we use them.
            config.insert(names.positions.to_owned(), json!(most_tokens));
        }
        let number = |value: u64| usize::try_from(value).map_err(|e| EncoderError::unusable(&path, e.to_string()));
        Ok(Self {
            family,
            config,
            pooling: pooling(folder)?,
            dimension: number(dimension)?,
            vocabulary: number(vocabulary)?,
            most_tokens: number(most_tokens)?,
        })
    }
}

/// What a family calls its sizes.
struct Names {
    dimension: &'static str,
    heads: &'static str,
    layers: &'static str,
    inner: &'static str,
    vocabulary: &'static str,
    positions: &'static str,
}

impl Names {
    fn of(family: Family) -> Self {
        let bert = Self {
            dimension: "hidden_size",
            heads: "num_attention_heads",
            layers: "num_hidden_layers",
            inner: "intermediate_size",
            vocabulary: "vocab_size",
            positions: "max_position_embeddings",
        };
        match family {
            Family::DistilBert => Self { dimension: "dim", heads: "n_heads", layers: "n_layers", inner: "hidden_dim", ..bert },
            Family::Nomic => {
                Self { dimension: "n_embd", heads: "n_head", layers: "n_layer", inner: "n_inner", positions: "n_positions", ..bert }
            }
            Family::Bert | Family::XlmRoberta | Family::Jina | Family::ModernBert => bert,
        }
    }
}

fn family(config: &Map<String, Value>) -> Result<Family, String> {
    let name = config.get("model_type").and_then(Value::as_str).ok_or("it does not name its model_type")?;
    let positions = config.get("position_embedding_type").and_then(Value::as_str).unwrap_or("absolute");
    let family = match (name, positions) {
        ("bert", "alibi") => return Ok(Family::Jina),
        ("bert", _) => Family::Bert,
        ("distilbert", _) => Family::DistilBert,
        ("roberta" | "xlm-roberta" | "camembert", _) => Family::XlmRoberta,
        ("nomic_bert", _) => return check_nomic(config).map(|()| Family::Nomic),
        ("modernbert", _) => return check_activation(config, "hidden_activation").map(|()| Family::ModernBert),
        (other, _) => {
            return Err(format!(
                "its model_type is {other:?}; this version of Gait encodes with bert (jina's too), distilbert, roberta, xlm-roberta, \
                 camembert, nomic_bert and modernbert"
            ));
        }
    };
    if positions != "absolute" {
        return Err(format!("its position_embedding_type is {positions:?}; expected \"absolute\""));
    }
    check_activation(config, if family == Family::DistilBert { "activation" } else { "hidden_act" })?;
    Ok(family)
}

/// All of these compute GELU by the error function.
fn check_activation(config: &Map<String, Value>, name: &str) -> Result<(), String> {
    match config.get(name).and_then(Value::as_str) {
        None | Some("gelu") => Ok(()),
        Some(other) => Err(format!("its {name} is {other:?}; expected \"gelu\"")),
    }
}

/// What candle's model computes whatever the file says.
fn check_nomic(config: &Map<String, Value>) -> Result<(), String> {
    for (name, expected) in [("rotary_emb_fraction", json!(1.0)), ("activation_function", json!("swiglu"))] {
        if let Some(found) = config.get(name).filter(|found| **found != expected && found.as_f64() != expected.as_f64().or(Some(f64::NAN)))
        {
            return Err(format!("its {name} is {found}; expected {expected}"));
        }
    }
    Ok(())
}

/// Puts in what candle's reader asks for and does not use, or that newer files leave to the default.
fn complete(family: Family, config: &mut Map<String, Value>) {
    let mut defaults = vec![
        ("hidden_dropout_prob", json!(0.0)),
        ("attention_probs_dropout_prob", json!(0.0)),
        ("initializer_range", json!(0.02)),
        ("pad_token_id", json!(0)),
        ("position_embedding_type", json!("absolute")),
        ("type_vocab_size", json!(2)),
        ("layer_norm_eps", json!(1e-12)),
        ("hidden_act", json!("gelu")),
    ];
    match family {
        Family::ModernBert => {
            let theta = |kind: &str| config.get("rope_parameters").and_then(|all| all.get(kind)?.get("rope_theta").cloned());
            let (global, local) = (theta("full_attention"), theta("sliding_attention"));
            defaults.push(("global_rope_theta", global.unwrap_or(json!(160_000.0))));
            defaults.push(("local_rope_theta", local.unwrap_or(json!(10_000.0))));
            defaults.push(("global_attn_every_n_layers", json!(3)));
            defaults.push(("local_attention", json!(128)));
            if let Some(eps) = config.get("norm_eps").cloned() {
                config.insert("layer_norm_eps".to_owned(), eps);
            }
            defaults.retain(|(name, _)| *name != "layer_norm_eps");
            defaults.push(("layer_norm_eps", json!(1e-5)));
        }
        Family::XlmRoberta => {
            defaults.retain(|(name, _)| *name != "pad_token_id");
            defaults.push(("pad_token_id", json!(1)));
        }
        Family::Bert | Family::DistilBert | Family::Jina | Family::Nomic => {}
    }
    for (name, value) in defaults {
        let given = config.get(name).is_some_and(|found| !found.is_null());
        if !given {
            config.insert(name.to_owned(), value);
        }
    }
}

/// What sentence-transformers and the tokenizer say of the longest text.
fn limits(folder: &Path) -> Vec<u64> {
    let of = |file: &str, name: &str| object(&folder.join(file)).ok().and_then(|all| all.get(name)?.as_u64());
    [of("sentence_bert_config.json", "max_seq_length"), of("tokenizer_config.json", "model_max_length")].into_iter().flatten().collect()
}

/// How the folder pools, by `modules.json` or, without one, by `1_Pooling`; the mean where neither says.
fn pooling(folder: &Path) -> Result<Pooling, EncoderError> {
    let path = folder.join("modules.json");
    let place = match read_small(&path, LONGEST) {
        Ok(content) => place_of_pooling(&content).map_err(|reason| EncoderError::unusable(&path, reason))?,
        Err(EncoderError::Missing { .. }) => Some("1_Pooling".to_owned()),
        Err(e @ (EncoderError::Unusable { .. } | EncoderError::Failed(_))) => return Err(e),
    };
    let Some(place) = place else { return Ok(Pooling::Mean) };
    let path = folder.join(place).join("config.json");
    match object(&path) {
        Ok(config) => kind(&config).map_err(|reason| EncoderError::unusable(&path, reason)),
        Err(EncoderError::Missing { .. }) => Ok(Pooling::Mean),
        Err(e @ (EncoderError::Unusable { .. } | EncoderError::Failed(_))) => Err(e),
    }
}

/// The folder of the pooling in `modules.json`.
fn place_of_pooling(content: &[u8]) -> Result<Option<String>, String> {
    let modules: Vec<Map<String, Value>> = serde_json::from_slice(content).map_err(|e| format!("it is no list of modules: {e}"))?;
    let mut place = None;
    for module in &modules {
        let text = |name: &str| module.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type").rsplit('.').next().unwrap_or_default() {
            "Transformer" | "Normalize" => {}
            "Pooling" => {
                let path = text("path");
                let plain = !path.is_empty() && path.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
                place = Some(path).filter(|_| plain).map(str::to_owned);
                if place.is_none() {
                    return Err(format!("its pooling is in {path:?}; expected a folder beside it"));
                }
            }
            other => return Err(format!("it has the module {other:?}, which this version of Gait would leave out of the computation")),
        }
    }
    Ok(place)
}

fn kind(config: &Map<String, Value>) -> Result<Pooling, String> {
    const MODES: &str = "pooling_mode_";
    let mut modes: Vec<&str> =
        config.iter().filter(|(_, on)| **on == Value::Bool(true)).filter_map(|(name, _)| name.strip_prefix(MODES)).collect();
    if let Some(mode) = config.get("pooling_mode").and_then(Value::as_str) {
        modes.push(mode);
    }
    match modes.as_slice() {
        ["mean_tokens" | "mean"] => Ok(Pooling::Mean),
        ["cls_token" | "cls"] => Ok(Pooling::First),
        other => Err(format!("it pools by {other:?}; this version of Gait knows mean_tokens and cls_token")),
    }
}

fn object(path: &Path) -> Result<Map<String, Value>, EncoderError> {
    let content = read_small(path, LONGEST)?;
    serde_json::from_slice(&content).map_err(|e| EncoderError::unusable(path, format!("it is no JSON object: {e}")))
}
