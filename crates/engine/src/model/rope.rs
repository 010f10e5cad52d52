//! Rotary positions: the angle by which each pair of numbers of a head is turned.
//!
//! Invariant: the angles are those of ggml (`ggml_rope_cache_init`), in f32 and in its order of operations, for the same
//! frequencies and scaling. They depend on the position and on whether the request is a long one, and on nothing else.
//!
//! RoPE: Su et al. 2021. Linear scaling: Chen et al. 2023. YaRN: Peng et al. 2023. Divisors of Llama 3.1 and of Phi-3
//! (LongRoPE, Ding et al. 2024) come as tensors of the file.

/// How far apart the two ends of YaRN's ramp lie, turns over the original context.
const BETA_FAST: f32 = 32.0;
const BETA_SLOW: f32 = 1.0;

/// What the metadata say of rotary positions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RopeConfig {
    /// Numbers of a head that are rotated, even.
    pub(crate) dims: usize,
    pub(crate) base: f32,
    pub(crate) scaling: Scaling,
    /// Multiplies queries and keys (`rope.scaling.attn_factor`), 1 where there is none.
    pub(crate) magnitude: f32,
    /// The context before it was stretched, tokens.
    pub(crate) original_context: u32,
}

/// How positions are squeezed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scaling {
    None,
    Linear { factor: f32 },
    Yarn { factor: f32, beta_fast: Option<f32>, beta_slow: Option<f32> },
}

/// Divisors of the frequencies, one for each pair.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Divisors {
    None,
    Always(Vec<f32>),
    ByLength { short: Vec<f32>, long: Vec<f32> },
}

/// Rotary positions, ready to compute angles.
#[derive(Debug)]
pub(crate) struct Rope {
    dims: usize,
    /// From one pair's frequency to the next.
    step: f32,
    /// Multiplies the position.
    squeeze: f32,
    /// YaRN: the pairs between which it goes over from the true to the squeezed position.
    ramp: Option<(f32, f32)>,
    magnitude: f32,
    divisors: Divisors,
}

impl Rope {
    pub(crate) fn new(config: &RopeConfig, divisors: Divisors) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a head has some hundred numbers, a context some million")]
        let (dims, context) = (config.dims as f32, config.original_context as f32);
        let (squeeze, ramp, magnitude) = match config.scaling {
            Scaling::None => (1.0, None, 1.0),
            Scaling::Linear { factor } => (1.0 / factor, None, 1.0),
            Scaling::Yarn { factor, beta_fast, beta_slow } => {
                let squeeze = 1.0 / factor;
                // The pair that makes so many turns over the original context.
                let pair = |turns: f32| dims * (context / (turns * 2.0 * std::f32::consts::PI)).ln() / (2.0 * config.base.ln());
                let low = pair(beta_fast.unwrap_or(BETA_FAST)).floor().max(0.0);
                let high = pair(beta_slow.unwrap_or(BETA_SLOW)).ceil().min(dims - 1.0);
                // llama.cpp cancels this factor when it sets up and puts it back when it rotates; so both roundings are here.
                let factor = 1.0 / squeeze;
                let set_up = (if factor <= 1.0 { 1.0 } else { 0.1 * factor.ln() + 1.0 }) * (1.0 / (1.0 + 0.1 * factor.ln()));
                (squeeze, Some((low, high)), set_up)
            }
        };
        let magnitude = magnitude * config.magnitude;
        let magnitude = if ramp.is_some() { magnitude * (1.0 + 0.1 * (1.0 / squeeze).ln()) } else { magnitude };
        Self { dims: config.dims, step: config.base.powf(-2.0 / dims), squeeze, ramp, magnitude, divisors }
    }

    /// Pairs of a head that are turned.
    pub(crate) fn pairs(&self) -> usize {
        self.dims / 2
    }

    /// Adds the cosines and sines of a position: one for each pair. `long`: the request may grow beyond the original
    /// context.
    pub(crate) fn angles(&self, position: usize, long: bool, cos: &mut Vec<f32>, sin: &mut Vec<f32>) {
        let divisors = match &self.divisors {
            Divisors::None => None,
            Divisors::Always(all) => Some(all),
            Divisors::ByLength { short, long: stretched } => Some(if long { stretched } else { short }),
        };
        #[expect(clippy::cast_precision_loss, reason = "as ggml does; exact below 2^24")]
        let mut theta = position as f32;
        for pair in 0..self.pairs() {
            let divisor = divisors.and_then(|all| all.get(pair)).copied().unwrap_or(1.0);
            let true_angle = theta / divisor;
            let mut angle = self.squeeze * true_angle;
            if let Some((low, high)) = self.ramp {
                #[expect(clippy::cast_precision_loss, reason = "a head has some hundred numbers")]
                let along = (pair as f32 - low) / (high - low).max(0.001);
                let mix = 1.0 - along.clamp(0.0, 1.0);
                angle = angle * (1.0 - mix) + true_angle * mix;
            }
            cos.push(angle.cos() * self.magnitude);
            sin.push(angle.sin() * self.magnitude);
            theta *= self.step;
        }
    }
}

#[cfg(test)]
mod tests;
