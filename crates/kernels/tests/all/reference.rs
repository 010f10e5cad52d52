//! Blocks of GGUF taken apart in the order in which ggml's C code does it, and numbers to try them on.
//!
//! *Invariant: nothing here uses the crate's own code but the names of the formats.*

use half::f16;
use kernels::Format;

pub const ALL: [Format; 15] = [
    Format::F32,
    Format::F16,
    Format::Bf16,
    Format::Q4_0,
    Format::Q4_1,
    Format::Q5_0,
    Format::Q5_1,
    Format::Q8_0,
    Format::Q8_1,
    Format::Q2K,
    Format::Q3K,
    Format::Q4K,
    Format::Q5K,
    Format::Q6K,
    Format::Q8K,
];

/// Numbers from a seed (xorshift).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// Between −1 and 1.
    pub fn value(&mut self) -> f32 {
        (self.bits() % 65_536) as f32 / 32_768.0 - 1.0
    }

    pub fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.value()).collect()
    }

    /// Random weights whose scales are ordinary numbers.
    pub fn raw(&mut self, format: Format, rows: usize, cols: usize) -> Vec<u8> {
        let (weights, bytes) = format.block();
        let mut raw = Vec::new();
        for _ in 0..rows * cols / weights {
            let mut block: Vec<u8> = (0..bytes).map(|_| self.bits() as u8).collect();
            let scale = self.value() * 0.01;
            let mut put = |at: usize, value: f32| block[at..at + 2].copy_from_slice(&f16::from_f32(value).to_le_bytes());
            match format {
                Format::F32 => block.copy_from_slice(&scale.to_le_bytes()),
                Format::Q8K => block[..4].copy_from_slice(&scale.to_le_bytes()),
                Format::F16 => put(0, scale),
                Format::Bf16 => block.copy_from_slice(&half::bf16::from_f32(scale).to_le_bytes()),
                Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => put(0, scale),
                Format::Q4_1 | Format::Q5_1 | Format::Q8_1 | Format::Q4K | Format::Q5K => {
                    put(0, scale);
                    put(2, scale * 0.3);
                }
                Format::Q2K => {
                    put(80, scale);
                    put(82, scale * 0.3);
                }
                Format::Q3K => put(108, scale),
                Format::Q6K => put(208, scale),
            }
            raw.extend(block);
        }
        raw
    }
}

fn f(b: &[u8]) -> f32 {
    f16::from_le_bytes([b[0], b[1]]).to_f32()
}

/// ggml's `dequantize_row_*`.
pub fn dequantise(format: Format, raw: &[u8]) -> Vec<f32> {
    let mut y = Vec::new();
    for b in raw.chunks_exact(format.block().1) {
        match format {
            Format::F32 => y.push(f32::from_le_bytes(b.try_into().unwrap())),
            Format::F16 => y.push(f(b)),
            Format::Bf16 => y.push(half::bf16::from_le_bytes(b.try_into().unwrap()).to_f32()),
            Format::Q4_0 => {
                y.extend(b[2..].iter().map(|q| (i32::from(q & 15) - 8) as f32 * f(b)));
                y.extend(b[2..].iter().map(|q| (i32::from(q >> 4) - 8) as f32 * f(b)));
            }
            Format::Q4_1 => {
                y.extend(b[4..].iter().map(|q| f32::from(q & 15) * f(b) + f(&b[2..])));
                y.extend(b[4..].iter().map(|q| f32::from(q >> 4) * f(b) + f(&b[2..])));
            }
            Format::Q5_0 | Format::Q5_1 => {
                let at = if format == Format::Q5_0 { 2 } else { 4 };
                let qh = u32::from_le_bytes(b[at..at + 4].try_into().unwrap());
                let qs = &b[at + 4..];
                let low = (0..16).map(|j| u32::from(qs[j] & 15) | ((qh >> j) << 4) & 16);
                let high = (0..16).map(|j| u32::from(qs[j] >> 4) | (qh >> (j + 12)) & 16);
                for q in low.chain(high) {
                    y.push(if at == 2 { (q as i32 - 16) as f32 * f(b) } else { q as f32 * f(b) + f(&b[2..]) });
                }
            }
            Format::Q8_0 => y.extend(b[2..].iter().map(|q| f32::from(*q as i8) * f(b))),
            Format::Q8_1 => y.extend(b[4..].iter().map(|q| f32::from(*q as i8) * f(b))),
            Format::Q8K => y.extend(b[4..260].iter().map(|q| f32::from(*q as i8) * f32::from_le_bytes(b[..4].try_into().unwrap()))),
            Format::Q2K => {
                let (d, min) = (f(&b[80..]), f(&b[82..]));
                let mut is = 0;
                for n in 0..2 {
                    for shift in [0, 2, 4, 6] {
                        for l in [0, 16] {
                            let sc = b[is];
                            is += 1;
                            let (dl, ml) = (d * f32::from(sc & 15), min * f32::from(sc >> 4));
                            y.extend(b[16 + n * 32 + l..][..16].iter().map(|q| dl * f32::from((q >> shift) & 3) - ml));
                        }
                    }
                }
            }
            Format::Q3K => {
                let mut a = [0_u32; 4];
                for i in 0..3 {
                    a[i] = u32::from_le_bytes(b[96 + i * 4..100 + i * 4].try_into().unwrap());
                }
                let (k1, k2, tmp) = (0x0303_0303, 0x0f0f_0f0f, a[2]);
                a[2] = ((a[0] >> 4) & k2) | (((tmp >> 4) & k1) << 4);
                a[3] = ((a[1] >> 4) & k2) | (((tmp >> 6) & k1) << 4);
                a[0] = (a[0] & k2) | ((tmp & k1) << 4);
                a[1] = (a[1] & k2) | (((tmp >> 2) & k1) << 4);
                let scales: Vec<i32> = a.iter().flat_map(|a| a.to_le_bytes()).map(|s| i32::from(s) - 32).collect();
                let (mut is, mut m) = (0, 1_u8);
                for n in 0..2 {
                    for shift in [0, 2, 4, 6] {
                        for l in [0, 16] {
                            let dl = f(&b[108..]) * scales[is] as f32;
                            is += 1;
                            for j in l..l + 16 {
                                let high = if b[j] & m != 0 { 0 } else { 4 };
                                y.push(dl * (i32::from((b[32 + n * 32 + j] >> shift) & 3) - high) as f32);
                            }
                        }
                        m = m.wrapping_shl(1);
                    }
                }
            }
            Format::Q4K | Format::Q5K => {
                let s = &b[4..16];
                let five = format == Format::Q5K;
                let qs = if five { &b[48..] } else { &b[16..] };
                for j in 0..8 {
                    let (sc, m) = if j < 4 {
                        (s[j] & 63, s[j + 4] & 63)
                    } else {
                        ((s[j + 4] & 0xf) | ((s[j - 4] >> 6) << 4), (s[j + 4] >> 4) | ((s[j] >> 6) << 4))
                    };
                    for l in 0..32 {
                        let q = (qs[j / 2 * 32 + l] >> (4 * (j % 2))) & 15;
                        let q = q + if five && b[16 + l] & (1 << j) != 0 { 16 } else { 0 };
                        y.push(f(b) * f32::from(sc) * f32::from(q) - f(&b[2..]) * f32::from(m));
                    }
                }
            }
            Format::Q6K => {
                let d = f(&b[208..]);
                for n in 0..2 {
                    let (ql, qh, sc) = (&b[n * 64..], &b[128 + n * 32..], &b[192 + n * 8..]);
                    let mut part = [[0.0; 32]; 4];
                    for l in 0..32 {
                        let is = l / 16;
                        let q = [
                            (ql[l] & 0xf) | ((qh[l] & 3) << 4),
                            (ql[l + 32] & 0xf) | (((qh[l] >> 2) & 3) << 4),
                            (ql[l] >> 4) | (((qh[l] >> 4) & 3) << 4),
                            (ql[l + 32] >> 4) | (((qh[l] >> 6) & 3) << 4),
                        ];
                        for p in 0..4 {
                            part[p][l] = d * f32::from(sc[is + 2 * p] as i8) * (i32::from(q[p]) - 32) as f32;
                        }
                    }
                    y.extend(part.concat());
                }
            }
        }
    }
    y
}

/// The inputs as a format's kernel sees them: quantised and brought back.
pub fn seen(format: Format, x: &[f32]) -> Vec<f32> {
    match format {
        Format::F32 => x.to_vec(),
        Format::Bf16 => x.iter().map(|x| half::bf16::from_f32(*x).to_f32()).collect(),
        Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => blocks(x, 32, |d, _| f16::from_f32(d).to_f32()),
        Format::Q3K | Format::Q4K | Format::Q5K | Format::Q6K => blocks(x, 256, |_, inverse| 1.0 / inverse),
        Format::F16 | Format::Q4_1 | Format::Q5_1 | Format::Q8_1 | Format::Q2K | Format::Q8K => {
            x.iter().map(|x| f16::from_f32(*x).to_f32()).collect()
        }
    }
}

fn blocks(x: &[f32], block: usize, scale: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    let mut seen = Vec::new();
    for x in x.chunks_exact(block) {
        let largest = x.iter().fold(0.0_f32, |a, x| a.max(x.abs()));
        let inverse = if largest == 0.0 { 0.0 } else { 127.0 / largest };
        let scale = if largest == 0.0 { 0.0 } else { scale(largest / 127.0, inverse) };
        seen.extend(x.iter().map(|x| (x * inverse).round_ties_even() * scale));
    }
    seen
}
