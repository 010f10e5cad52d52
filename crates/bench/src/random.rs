//! Repeatable numbers for made-up weights and texts.
//!
//! Invariant: the same seed gives the same numbers on every machine.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
pub struct Random(u64);

impl Random {
    /// A generator for one purpose: its name is part of the seed.
    pub fn named(name: &str, seed: u64) -> Self {
        // FNV-1a
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.bits() % (end.max(1) as u64)).unwrap_or_default()
    }

    /// Roughly normal, deviation 1: the sum of four uniform numbers, scaled.
    pub fn normal(&mut self) -> f32 {
        let bits = self.bits();
        let sum: f32 = (0..4).map(|part| f32::from((bits >> (16 * part)) as u16) / 65_536.0).sum();
        (sum - 2.0) * 3.0_f32.sqrt()
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for eight in bytes.chunks_mut(8) {
            let bits = self.bits().to_le_bytes();
            eight.copy_from_slice(&bits[..eight.len()]);
        }
    }
}
