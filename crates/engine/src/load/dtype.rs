//! The types of weights in candle's words.
//!
//! Invariant: apart from `gguf`, so that whatever reads headers alone builds without candle (the fuzz targets).

use super::gguf::Quantisation;
use candle_core::quantized::GgmlDType;

impl Quantisation {
    /// The same type in candle; `None` for what it does not compute with.
    pub(crate) fn candle(self) -> Option<GgmlDType> {
        Some(match self.id {
            0 => GgmlDType::F32,
            1 => GgmlDType::F16,
            2 => GgmlDType::Q4_0,
            3 => GgmlDType::Q4_1,
            6 => GgmlDType::Q5_0,
            7 => GgmlDType::Q5_1,
            8 => GgmlDType::Q8_0,
            9 => GgmlDType::Q8_1,
            10 => GgmlDType::Q2K,
            11 => GgmlDType::Q3K,
            12 => GgmlDType::Q4K,
            13 => GgmlDType::Q5K,
            14 => GgmlDType::Q6K,
            15 => GgmlDType::Q8K,
            30 => GgmlDType::BF16,
            _ => return None,
        })
    }
}
