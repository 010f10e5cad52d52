//! The architectures that Gait computes itself, as a table of what tells one from another.
//!
//! Invariant: an architecture differs from the others in what this table says and in nothing else; the forward pass
//! never asks for a name.
//!
//! Shared by all: token embedding, blocks of attention and a gated feed-forward part, each behind an RMS norm and added
//! to the residual stream, rotary positions, grouped heads, a last norm and the output matrix, which is the embedding
//! itself where the file has no other. Sources: the graphs of llama.cpp (`src/models/{llama,qwen2,qwen3,gemma3,phi3,smollm3,glm4}.cpp`).

/// What tells an architecture from the others.
#[derive(Debug)]
pub(crate) struct Architecture {
    /// As `general.architecture` has it, and what its metadata keys begin with.
    pub(crate) name: &'static str,
    /// Queries, keys and values lie in one matrix, `attn_qkv`.
    pub(crate) fused_qkv: bool,
    /// Gate and up lie in one matrix, `ffn_up`.
    pub(crate) fused_gate: bool,
    pub(crate) biases: Biases,
    /// Queries and keys of each head go through an RMS norm of their own before they are rotated.
    pub(crate) head_norms: bool,
    pub(crate) pairs: Pairs,
    /// Each last of so many blocks does not rotate.
    pub(crate) unrotated: Option<usize>,
    /// Heads may be of another size than embedding ÷ heads (`attention.key_length`).
    pub(crate) free_head_size: bool,
    pub(crate) activation: Activation,
    /// What attention and feed-forward give goes through an RMS norm before it is added to the stream.
    pub(crate) post_norms: bool,
    /// The embedding is multiplied by the square root of its length.
    pub(crate) scaled_embedding: bool,
    pub(crate) window: Window,
    /// Models of so many blocks scale attention by embedding ÷ heads instead of the size of a head.
    pub(crate) scaled_by_share: Option<usize>,
    pub(crate) factors: Factors,
}

/// Biases of queries, keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Biases {
    None,
    /// All three or none.
    Optional,
    Required,
}

/// Which numbers of a head are rotated together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairs {
    /// Neighbours: 0 and 1, 2 and 3, … (the order of the original RoPE; llama's files are permuted to it).
    Neighbours,
    /// i and i + half (GPT-NeoX).
    Halves,
}

/// What the gate goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    Silu,
    /// The tanh form.
    Gelu,
}

/// Which blocks look back only as far as `attention.sliding_window`, where the file names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    All,
    /// Unsettled among its makers: the context ends where the window does, so that it makes no difference.
    EndsContext,
    /// All but each last of so many; the others have a RoPE base of their own, without scaling.
    AllButEach(usize),
}

/// Tensors with divisors of the rotation frequencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factors {
    None,
    /// `rope_freqs`: Llama 3.1 and later.
    Always,
    /// `rope_factors_short` and `rope_factors_long`: the long ones beyond the original context.
    ByLength,
}

const LLAMA: Architecture = Architecture {
    name: "llama",
    fused_qkv: false,
    fused_gate: false,
    biases: Biases::Optional,
    head_norms: false,
    pairs: Pairs::Neighbours,
    unrotated: None,
    free_head_size: true,
    activation: Activation::Silu,
    post_norms: false,
    scaled_embedding: false,
    window: Window::All,
    scaled_by_share: None,
    factors: Factors::Always,
};

/// Every architecture that Gait computes itself. `llama` is Mistral's too.
pub(crate) static OWN: [Architecture; 7] = [
    LLAMA,
    Architecture {
        name: "qwen2",
        biases: Biases::Required,
        pairs: Pairs::Halves,
        free_head_size: false,
        window: Window::EndsContext,
        factors: Factors::None,
        ..LLAMA
    },
    Architecture {
        name: "qwen3",
        biases: Biases::None,
        head_norms: true,
        pairs: Pairs::Halves,
        window: Window::EndsContext,
        factors: Factors::None,
        ..LLAMA
    },
    Architecture {
        name: "gemma3",
        biases: Biases::None,
        head_norms: true,
        pairs: Pairs::Halves,
        activation: Activation::Gelu,
        post_norms: true,
        scaled_embedding: true,
        window: Window::AllButEach(6),
        // The one of 27 billion weights.
        scaled_by_share: Some(62),
        factors: Factors::None,
        ..LLAMA
    },
    Architecture {
        name: "phi3",
        fused_qkv: true,
        fused_gate: true,
        biases: Biases::None,
        pairs: Pairs::Halves,
        free_head_size: false,
        factors: Factors::ByLength,
        ..LLAMA
    },
    Architecture { name: "smollm3", biases: Biases::None, unrotated: Some(4), factors: Factors::None, ..LLAMA },
    Architecture { name: "glm4", fused_gate: true, post_norms: true, factors: Factors::None, ..LLAMA },
];

impl Architecture {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        OWN.iter().find(|architecture| architecture.name == name)
    }
}
