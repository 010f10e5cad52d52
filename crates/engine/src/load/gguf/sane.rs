//! Numbers in the metadata that no honest model has, whatever its architecture.
//!
//! Invariant: after this check a program that multiplies these numbers in 64 bits does not overflow, and a token of
//! context takes at most [`KEYS_LIMIT`] bytes of keys and values.
//!
//! What an architecture needs beyond that is checked where it is computed.

use super::Value;
use crate::error::{Refusal, unusable};
use std::collections::BTreeMap;

/// Keys and values of one token, bytes. The largest models in use need about 4 MiB.
const KEYS_LIMIT: u64 = 64 << 20;

/// What follows the architecture in a key, and the greatest number that is believed.
const LIMITS: [(&str, u64, u64); 12] = [
    ("block_count", 1, 512),
    ("context_length", 1, 1 << 27),
    ("embedding_length", 1, 1 << 17),
    ("feed_forward_length", 1, 1 << 20),
    ("attention.head_count", 1, 1024),
    ("attention.head_count_kv", 1, 1024),
    ("attention.key_length", 1, 4096),
    ("attention.value_length", 1, 4096),
    ("attention.sliding_window", 0, 1 << 27),
    ("rope.dimension_count", 0, 4096),
    ("vocab_size", 1, 1 << 22),
    ("expert_count", 0, 4096),
];

/// Checks the metadata of a whole model.
///
/// # Errors
/// [`Refusal::Unusable`] with the number that cannot be.
pub(super) fn check(metadata: &BTreeMap<String, Value>) -> Result<(), Refusal> {
    let Some(Value::Text(architecture)) = metadata.get("general.architecture") else { return Ok(()) };
    let number = |suffix: &str| match metadata.get(&format!("{architecture}.{suffix}")) {
        Some(Value::Unsigned(v)) => Some(*v),
        Some(Value::Signed(v)) => Some(u64::try_from(*v).unwrap_or(u64::MAX)),
        _ => None,
    };
    for (suffix, from, to) in LIMITS {
        if let Some(found) = number(suffix).filter(|found| !(from..=to).contains(found)) {
            return Err(unusable!("its {architecture}.{suffix} is {found}; expected {from} to {to}"));
        }
    }
    if let Some(odd) = number("rope.dimension_count").filter(|count| count % 2 != 0) {
        return Err(unusable!("its {architecture}.rope.dimension_count is {odd}; expected an even number"));
    }
    let prefix = format!("{architecture}.");
    for (key, value) in metadata.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)) {
        if let Value::Float(found) = value
            && (!found.is_finite() || (key.ends_with("epsilon") && !(*found > 0.0 && *found < 0.1)))
        {
            return Err(unusable!("its {key} is {found}; expected a number that a model can be computed with"));
        }
    }
    if let (Some(rows), Some(Value::Texts(tokens))) = (number("vocab_size"), metadata.get("tokenizer.ggml.tokens"))
        && tokens.len() as u64 > rows
    {
        return Err(unusable!("its {architecture}.vocab_size is {rows} and its vocabulary has {} tokens; expected as many", tokens.len()));
    }
    let heads = number("attention.head_count").unwrap_or(1);
    let keys = number("attention.head_count_kv").unwrap_or(heads);
    let width = number("embedding_length").unwrap_or(1).div_ceil(heads);
    let both = number("attention.key_length").unwrap_or(width) + number("attention.value_length").unwrap_or(width);
    // Each at most 2^18: no overflow. Two bytes for a number in f16.
    let token = number("block_count").unwrap_or(1) * keys * both * 2;
    if token > KEYS_LIMIT {
        return Err(unusable!("its keys and values would take {token} bytes for each token; expected at most {KEYS_LIMIT}"));
    }
    Ok(())
}
