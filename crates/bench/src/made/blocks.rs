//! Random weights in GGUF's block formats, without quantising anything: the bytes of a block are drawn.
//!
//! Invariant: every weight is finite; the weights of a row have mean 0 and about the deviation that was asked for.
//!
//! Layouts: `ggml-common.h` of llama.cpp.

use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    F32,
    Q5_0,
    Q8_0,
    Q4K,
    Q6K,
}

impl Kind {
    /// The type's number in a GGUF file.
    pub fn id(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::Q5_0 => 6,
            Self::Q8_0 => 8,
            Self::Q4K => 12,
            Self::Q6K => 14,
        }
    }

    /// Weights in a block, and bytes of it.
    fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::Q5_0 => (32, 22),
            Self::Q8_0 => (32, 34),
            Self::Q4K => (256, 144),
            Self::Q6K => (256, 210),
        }
    }

    /// Bytes of a row of `columns` weights, a multiple of the block.
    pub fn row_bytes(self, columns: usize) -> usize {
        let (weights, bytes) = self.block();
        columns / weights * bytes
    }
}

/// Fills whole blocks with weights of a deviation around 0; those of F32 around `mean`.
pub fn fill(kind: Kind, mean: f32, deviation: f32, random: &mut Random, bytes: &mut [u8]) {
    random.fill(bytes);
    for block in bytes.chunks_exact_mut(kind.block().1) {
        match kind {
            Kind::F32 => block.copy_from_slice(&(mean + deviation * random.normal()).to_le_bytes()),
            // d · (q − 16), q from 0 to 31
            Kind::Q5_0 => block[..2].copy_from_slice(&half(deviation / 9.23).to_le_bytes()),
            // d · q, q from −128 to 127
            Kind::Q8_0 => block[..2].copy_from_slice(&half(deviation / 73.9).to_le_bytes()),
            // d · scale · q − m · scale, q from 0 to 15, scale from 32 to 63: mean 0 with m = 7.5 d
            Kind::Q4K => {
                let scale = deviation / (4.61 * 48.4);
                block[..2].copy_from_slice(&half(scale).to_le_bytes());
                block[2..4].copy_from_slice(&half(7.5 * scale).to_le_bytes());
                let mut scales = [0; 8];
                for scale in &mut scales {
                    *scale = 32 + u8::try_from(random.below(32)).unwrap_or(0);
                }
                block[4..16].copy_from_slice(&six_bits(scales));
            }
            // d · scale · (q − 32), q from 0 to 63, scale ± 64 to ± 127
            Kind::Q6K => {
                for scale in &mut block[192..208] {
                    *scale |= 64;
                }
                block[208..210].copy_from_slice(&half(deviation / (18.5 * 98.0)).to_le_bytes());
            }
        }
    }
}

/// Eight scales of six bits, each also as the minimum of its part, as Q4_K packs them.
fn six_bits(scales: [u8; 8]) -> [u8; 12] {
    let mut packed = [0; 12];
    for i in 0..4 {
        let (low, high) = (scales[i], scales[i + 4]);
        packed[i] = low | (high >> 4 << 6);
        packed[i + 4] = low | (high >> 4 << 6);
        packed[i + 8] = (high & 15) | (high & 15) << 4;
    }
    packed
}

/// The nearest number of 16 bits (IEEE 754) to a positive one below 65,504.
fn half(value: f32) -> u16 {
    if value < 6.103_515_6e-5 {
        return (value * 16_777_216.0).round() as u16;
    }
    // Rounded up at the half; a carry goes into the exponent, as it should.
    let bits = value.to_bits() + (1 << 12);
    ((bits >> 13) - (112 << 10)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of a half, written independently of [`half`].
    fn value(half: u16) -> f32 {
        let (exponent, part) = (i32::from(half >> 10 & 31), f32::from(half & 1023));
        if exponent == 0 { part * 2f32.powi(-24) } else { (1.0 + part / 1024.0) * 2f32.powi(exponent - 15) }
    }

    #[test]
    fn halves_are_the_nearest() {
        for number in [1.0, 0.1, 3.1e-4, 6.2e-5, 5.9e-5, 3.3e-6, 1.0e-7, 1999.0] {
            let error = (value(half(number)) - number).abs();
            assert!(error <= number / 2048.0 || error <= 2f32.powi(-25), "{number} became {}", value(half(number)));
        }
    }

    /// Read as llama.cpp's `get_scale_min_k4` reads them.
    #[test]
    fn six_bit_scales_are_read_back() {
        let scales = [63, 32, 41, 55, 60, 33, 47, 62];
        let q = six_bits(scales);
        for j in 0..8 {
            let (scale, minimum) = if j < 4 {
                (q[j] & 63, q[j + 4] & 63)
            } else {
                ((q[j + 4] & 15) | (q[j - 4] >> 6 << 4), (q[j + 4] >> 4) | (q[j] >> 6 << 4))
            };
            assert_eq!((scale, minimum), (scales[j], scales[j]), "part {j}");
        }
    }

    #[test]
    fn weights_have_the_deviation_that_was_asked_for() {
        let mut random = Random::named("test", 1);
        for kind in [Kind::Q5_0, Kind::Q8_0] {
            let mut bytes = vec![0; kind.row_bytes(32 * 200)];
            fill(kind, 0.0, 0.05, &mut random, &mut bytes);
            let mut all = Vec::new();
            for block in bytes.chunks_exact(kind.block().1) {
                let d = value(u16::from_le_bytes([block[0], block[1]]));
                for i in 0..32 {
                    all.push(match kind {
                        Kind::Q8_0 => d * f32::from(block[2 + i] as i8),
                        Kind::Q5_0 => {
                            let low = if i < 16 { block[6 + i] & 15 } else { block[6 + i - 16] >> 4 };
                            let high = (u32::from_le_bytes([block[2], block[3], block[4], block[5]]) >> i & 1) as u8;
                            d * (f32::from(low | high << 4) - 16.0)
                        }
                        Kind::F32 | Kind::Q4K | Kind::Q6K => unreachable!("not in the list above"),
                    });
                }
            }
            let mean = all.iter().sum::<f32>() / all.len() as f32;
            let deviation = (all.iter().map(|w| (w - mean).powi(2)).sum::<f32>() / all.len() as f32).sqrt();
            assert!(mean.abs() < 0.005 && (deviation - 0.05).abs() < 0.002, "{kind:?}: mean {mean}, deviation {deviation}");
        }
    }
}
