//! How the weights of a tensor are stored.
//!
//! Invariant: a type stands here only if the engine computes with it; its sizes are those of `ggml-common.h`.

/// How the weights of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Quantisation {
    pub(crate) name: &'static str,
    /// Weights in a block.
    pub(crate) block: u64,
    /// Bytes of a block.
    pub(crate) bytes: u64,
    /// GGML's number of the type.
    pub(crate) id: u32,
}

impl Quantisation {
    /// The types that candle 0.11 computes with. Sizes: `ggml-common.h`.
    const KNOWN: [Self; 15] = [
        Self { id: 0, name: "F32", block: 1, bytes: 4 },
        Self { id: 1, name: "F16", block: 1, bytes: 2 },
        Self { id: 2, name: "Q4_0", block: 32, bytes: 18 },
        Self { id: 3, name: "Q4_1", block: 32, bytes: 20 },
        Self { id: 6, name: "Q5_0", block: 32, bytes: 22 },
        Self { id: 7, name: "Q5_1", block: 32, bytes: 24 },
        Self { id: 8, name: "Q8_0", block: 32, bytes: 34 },
        Self { id: 9, name: "Q8_1", block: 32, bytes: 36 },
        Self { id: 10, name: "Q2_K", block: 256, bytes: 84 },
        Self { id: 11, name: "Q3_K", block: 256, bytes: 110 },
        Self { id: 12, name: "Q4_K", block: 256, bytes: 144 },
        Self { id: 13, name: "Q5_K", block: 256, bytes: 176 },
        Self { id: 14, name: "Q6_K", block: 256, bytes: 210 },
        Self { id: 15, name: "Q8_K", block: 256, bytes: 292 },
        Self { id: 30, name: "BF16", block: 1, bytes: 2 },
    ];

    pub(super) fn from_id(id: u32) -> Result<Self, String> {
        if let Some(known) = Self::KNOWN.into_iter().find(|q| q.id == id) {
            return Ok(known);
        }
        Err(match id {
            16..=23 | 29 => "an IQ type (I-quant)".to_owned(),
            34 | 35 => "a ternary type (TQ)".to_owned(),
            39 => "MXFP4".to_owned(),
            _ => format!("the unknown type {id}"),
        })
    }
}
