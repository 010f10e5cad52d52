//! The forward pass: rows of tokens of several sequences through all blocks at once.
//!
//! Invariant: what a row gives depends on its own sequence alone, to the bit; the kernels promise it for what they compute,
//! and nothing here mixes rows.

use super::architecture::{Activation, Pairs};
use super::config::Config;
use super::rope::Rope;
use super::weights::{Block, Weights};
use kernels::{Activations, KeyValues, Pool, RopePairs, Rows};

/// The next tokens of a sequence.
pub(crate) struct Feed<'a> {
    /// What it shares with others, all of it.
    pub(crate) prefix: Option<&'a KeyValues>,
    /// Its own keys and values so far, behind the prefix; those of `tokens` are added.
    pub(crate) own: &'a mut KeyValues,
    pub(crate) tokens: &'a [u32],
    /// Of how many tokens at the end the logits are wanted.
    pub(crate) wanted: usize,
    /// Whether the request may grow beyond the context that the model was first made for.
    pub(crate) long: bool,
}

impl Feed<'_> {
    /// Where its first token stands in the sequence.
    fn position(&self) -> usize {
        self.prefix.map_or(0, KeyValues::len) + self.own.len()
    }
}

/// Buffers that are used again from step to step. Sizes: rows × what the name says.
#[derive(Default)]
pub(crate) struct Scratch {
    acts: Activations,
    /// The residual stream.
    x: Vec<f32>,
    /// What a block adds to it, and norms.
    h: Vec<f32>,
    normed: Vec<f32>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    heads: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    angles: Angles,
    window_angles: Angles,
    logits: Vec<f32>,
}

/// Cosines and sines, rows × pairs.
#[derive(Default)]
struct Angles {
    cos: Vec<f32>,
    sin: Vec<f32>,
    pairs: usize,
}

impl Angles {
    fn of(&mut self, rope: &Rope, feeds: &[Feed<'_>]) {
        self.cos.clear();
        self.sin.clear();
        self.pairs = rope.pairs();
        for feed in feeds {
            for position in (feed.position()..).take(feed.tokens.len()) {
                rope.angles(position, feed.long, &mut self.cos, &mut self.sin);
            }
        }
    }
}

/// The first `length` numbers of a buffer that grows as needed.
fn sized(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    buffer.get_mut(..length).unwrap_or_default()
}

/// Computes all feeds in one pass. Gives the logits of the wanted rows, feed after feed, each one for each row of the
/// embedding.
///
/// # Panics
/// When a token is not in the vocabulary, or keys and values are of another model.
pub(crate) fn forward<'a>(config: &Config, weights: &Weights, pool: &Pool, scratch: &'a mut Scratch, feeds: &mut [Feed<'_>]) -> &'a [f32] {
    let mut rows: usize = feeds.iter().map(|feed| feed.tokens.len()).sum();
    let Scratch { acts, x, h, normed, q, k, v, heads, gate, up, angles, window_angles, logits } = scratch;
    angles.of(&weights.rope, feeds);
    if let Some(rope) = &weights.window_rope {
        window_angles.of(rope, feeds);
    }
    let mut x = sized(x, rows * config.embedding);
    embed(config, weights, pool, feeds, x);
    let wanted = wanted_rows(feeds);
    let last = weights.blocks.len() - 1;
    for (index, block) in weights.blocks.iter().enumerate() {
        let window = config.window(index);
        let angles = if window.is_some() && weights.window_rope.is_some() { &*window_angles } else { &*angles };
        let normed = sized(normed, rows * config.embedding);
        kernels::rms_norm(pool, x, &block.attn_norm, config.eps, normed);
        acts.quantise(pool, normed, rows, config.embedding, &[&block.q, &block.k, &block.v]);
        let q = sized(q, rows * block.q.rows());
        let k = sized(k, rows * block.k.rows());
        let v = sized(v, rows * block.v.rows());
        kernels::multiply(pool, acts, &mut [(&block.q, q), (&block.k, k), (&block.v, v)]);
        // `heads` holds the normed heads meanwhile.
        let angles = config.rotates(index).then_some(angles);
        turn(config, block, pool, angles, q, k, v, heads);
        write(feeds, index, k, v);
        let mut heads = sized(heads, q.len());
        let places = places(feeds);
        kernels::attention(pool, index, &places, config.heads, q, heads, config.attention_scale, window, None);
        if index == last {
            // Nothing looks at the other rows any more.
            x = compact(x, config.embedding, &wanted);
            heads = compact(heads, config.heads * config.head_dim, &wanted);
            rows = wanted.len();
            if rows == 0 {
                break;
            }
        }
        let h = sized(h, rows * config.embedding);
        let normed = sized_again(normed, rows * config.embedding);
        acts.quantise(pool, heads, rows, config.heads * config.head_dim, &[&block.output]);
        kernels::multiply(pool, acts, &mut [(&block.output, h)]);
        add(config, pool, x, h, block.post_attention_norm.as_deref(), normed);
        kernels::rms_norm(pool, x, &block.ffn_norm, config.eps, normed);
        acts.quantise(pool, normed, rows, config.embedding, &[&block.gate, &block.up]);
        let gate = sized(gate, rows * config.feed_forward);
        let up = sized(up, rows * config.feed_forward);
        kernels::multiply(pool, acts, &mut [(&block.gate, gate), (&block.up, up)]);
        match config.architecture.activation {
            Activation::Silu => kernels::silu_mul(pool, gate, up),
            Activation::Gelu => kernels::gelu_mul(pool, gate, up),
        }
        acts.quantise(pool, gate, rows, config.feed_forward, &[&block.down]);
        kernels::multiply(pool, acts, &mut [(&block.down, h)]);
        add(config, pool, x, h, block.post_ffw_norm.as_deref(), normed);
    }
    for feed in feeds.iter_mut() {
        feed.own.set_len(feed.own.len() + feed.tokens.len());
    }
    let logits = sized(logits, rows * config.vocabulary);
    if !wanted.is_empty() {
        let normed = sized(normed, rows * config.embedding);
        kernels::rms_norm(pool, x, &weights.output_norm, config.eps, normed);
        acts.quantise(pool, normed, rows, config.embedding, &[&weights.output]);
        kernels::multiply(pool, acts, &mut [(&weights.output, logits)]);
        if let Some(cap) = config.softcap {
            kernels::softcap(pool, logits, cap);
        }
    }
    logits
}

/// The same buffer, shorter.
fn sized_again(buffer: &mut [f32], length: usize) -> &mut [f32] {
    buffer.get_mut(..length).unwrap_or_default()
}

/// The embeddings of all tokens.
fn embed(config: &Config, weights: &Weights, pool: &Pool, feeds: &[Feed<'_>], x: &mut [f32]) {
    let tokens = feeds.iter().flat_map(|feed| feed.tokens);
    for (token, row) in tokens.zip(x.chunks_exact_mut(config.embedding)) {
        weights.embedding.row(*token as usize, row);
    }
    if config.architecture.scaled_embedding {
        #[expect(clippy::cast_precision_loss, reason = "some thousand")]
        kernels::scale(pool, x, (config.embedding as f32).sqrt());
    }
}

/// Adds biases, norms the heads and turns them: what is between the projections and the attention.
#[expect(clippy::too_many_arguments, reason = "the three projections, their block, and two buffers")]
fn turn(
    config: &Config,
    block: &Block,
    pool: &Pool,
    angles: Option<&Angles>,
    q: &mut [f32],
    k: &mut [f32],
    v: &mut [f32],
    buffer: &mut Vec<f32>,
) {
    if let Some([bias_q, bias_k, bias_v]) = &block.biases {
        kernels::add_bias(pool, q, bias_q);
        kernels::add_bias(pool, k, bias_k);
        kernels::add_bias(pool, v, bias_v);
    }
    if let Some([norm_q, norm_k]) = &block.head_norms {
        for (heads, norm) in [(&mut *q, norm_q), (&mut *k, norm_k)] {
            let normed = sized(buffer, heads.len());
            kernels::rms_norm(pool, heads, norm, config.eps, normed);
            heads.copy_from_slice(normed);
        }
    }
    let Some(angles) = angles else { return };
    let pairs = match config.architecture.pairs {
        Pairs::Neighbours => RopePairs::Interleaved,
        Pairs::Halves => RopePairs::Halves,
    };
    kernels::rope(pool, q, config.heads, config.head_dim, &angles.cos, &angles.sin, angles.pairs, pairs);
    kernels::rope(pool, k, config.kv_heads, config.head_dim, &angles.cos, &angles.sin, angles.pairs, pairs);
}

/// Keys and values of all rows, each to its sequence.
fn write(feeds: &mut [Feed<'_>], layer: usize, k: &[f32], v: &[f32]) {
    let rows: usize = feeds.iter().map(|feed| feed.tokens.len()).sum();
    let width = k.len() / rows.max(1);
    let mut pairs = k.chunks_exact(width).zip(v.chunks_exact(width));
    for feed in feeds {
        let from = feed.own.len();
        for (token, (key, value)) in (from..from + feed.tokens.len()).zip(&mut pairs) {
            feed.own.write(layer, token, key, value);
        }
    }
}

/// The rows of each feed, for the attention.
fn places<'a>(feeds: &'a [Feed<'_>]) -> Vec<Rows<'a>> {
    let mut first = 0;
    feeds
        .iter()
        .map(|feed| {
            let count = feed.tokens.len();
            let rows = Rows { prefix: feed.prefix, own: feed.own, first, count, position: feed.position() };
            first += count;
            rows
        })
        .collect()
}

/// Indices of the rows whose logits are wanted.
fn wanted_rows(feeds: &[Feed<'_>]) -> Vec<usize> {
    let mut end = 0;
    let mut wanted = Vec::new();
    for feed in feeds {
        end += feed.tokens.len();
        wanted.extend(end - feed.wanted.min(feed.tokens.len())..end);
    }
    wanted
}

/// Moves these rows to the front, in order, and gives them.
fn compact<'a>(buffer: &'a mut [f32], width: usize, rows: &[usize]) -> &'a mut [f32] {
    for (to, from) in rows.iter().enumerate() {
        buffer.copy_within(from * width..(from + 1) * width, to * width);
    }
    sized_again(buffer, rows.len() * width)
}

/// Adds what a part of a block gave to the stream, through its norm where there is one.
fn add(config: &Config, pool: &Pool, x: &mut [f32], h: &[f32], norm: Option<&[f32]>, normed: &mut [f32]) {
    match norm {
        Some(norm) => {
            kernels::rms_norm(pool, h, norm, config.eps, normed);
            kernels::add(pool, x, normed);
        }
        None => kernels::add(pool, x, h),
    }
}
