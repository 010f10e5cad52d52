//! Which kernels this processor runs: detected once, then a table of functions.
//!
//! *Invariant: a table is handed out only after its instruction set was detected. That makes calling its functions sound.*
#![expect(unsafe_code, reason = "functions with target features are reached through the table")]

use std::cell::Cell;
use std::sync::OnceLock;

use crate::activations::{Activations, IntegerRow};
use crate::attend;
use crate::attention::{Piece, Shape};
use crate::floats::{self, Width};
use crate::integer;
use crate::tile::{TILE, Tile};

/// The kernels that there are, from the slowest to the fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum InstructionSet {
    /// Plain Rust.
    Portable,
    /// 64-bit Arm.
    Neon,
    /// 64-bit Arm with the dot-product extension.
    NeonDot,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// x86-64 with AVX-512 (F, BW, VL) and VNNI.
    Avx512,
}

impl InstructionSet {
    const ALL: [Self; 5] = [Self::Portable, Self::Neon, Self::NeonDot, Self::Avx2, Self::Avx512];

    /// Those that this processor has.
    pub fn available() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|set| set.kernels().is_some())
    }

    /// Calls `work`, in which calls on this thread use this instruction set; nothing when the processor lacks it. For tests and
    /// measurements.
    pub fn force<T>(self, work: impl FnOnce() -> T) -> Option<T> {
        let kernels = self.kernels()?;
        let before = FORCED.replace(Some(kernels));
        let result = work();
        FORCED.set(before);
        Some(result)
    }

    fn kernels(self) -> Option<&'static Kernels> {
        match self {
            Self::Portable => Some(&plain::KERNELS),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => has_avx2().then_some(&avx2::KERNELS),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => (has_avx2()
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vnni"))
            .then_some(&avx512::KERNELS),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => None,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => is_aarch64_feature_detected!("neon").then_some(&neon::KERNELS),
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => {
                (is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("dotprod")).then_some(&neon_dot::KERNELS)
            }
            #[cfg(not(target_arch = "aarch64"))]
            Self::Neon | Self::NeonDot => None,
        }
    }
}

#[cfg(target_arch = "aarch64")]
use std::arch::is_aarch64_feature_detected;

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
}

thread_local! {
    static FORCED: Cell<Option<&'static Kernels>> = const { Cell::new(None) };
}

/// What it is, its bytes, the inputs, the first row of them, and the sums of as many rows as there is room for.
type TileKernel = unsafe fn(Tile, &[u8], &Activations, usize, &mut [[f32; TILE]]);

/// The functions of one instruction set. Calling one is sound where the instruction set was detected.
pub(crate) struct Kernels {
    name: &'static str,
    /// A tile with rows `first..first + out.len()` of the inputs.
    pub(crate) tile: TileKernel,
    pub(crate) quantise: unsafe fn(&[f32], usize, IntegerRow<'_>),
    pub(crate) round_f16: unsafe fn(&[f32], &mut [f32]),
    pub(crate) rms_norm: unsafe fn(&[f32], &[f32], f32, &mut [f32]),
    pub(crate) silu_mul: unsafe fn(&mut [f32], &[f32]),
    pub(crate) gelu_mul: unsafe fn(&mut [f32], &[f32]),
    pub(crate) softcap: unsafe fn(&mut [f32], f32),
    pub(crate) attend: unsafe fn(&Piece<'_>, &Shape, &[f32], &mut [&mut [f32]]),
}

/// The kernels in use: the fastest that the processor has, unless a test asked for others on this thread.
pub(crate) fn kernels() -> &'static Kernels {
    static BEST: OnceLock<&'static Kernels> = OnceLock::new();
    let best = || InstructionSet::ALL.into_iter().rev().find_map(InstructionSet::kernels).expect("plain Rust runs everywhere");
    FORCED.get().unwrap_or_else(|| BEST.get_or_init(best))
}

/// The instruction set whose kernels are used, for a person to read and as part of a cache key.
pub fn instruction_set() -> &'static str {
    kernels().name
}

/// What packed bytes are laid out for: bytes packed under another layout must be packed again. It is the same for all
/// instruction sets.
pub fn layout() -> String {
    "tiles of 16, version 1".into()
}

/// The kernels compiled for one set of target features.
macro_rules! kernels {
    ($module:ident, $name:literal, $lanes:ty, $integer:path $(, $features:literal)?) => {
        mod $module {
            use super::*;

            pub(super) static KERNELS: Kernels = Kernels {
                name: $name,
                tile,
                quantise,
                round_f16,
                rms_norm,
                silu_mul,
                gelu_mul,
                softcap,
                attend,
            };

            $(#[target_feature(enable = $features)])?
            unsafe fn tile(kind: Tile, tile: &[u8], acts: &Activations, first: usize, out: &mut [[f32; TILE]]) {
                use $integer as integer;
                // SAFETY: as for this function.
                unsafe {
                    match kind {
                        Tile::F32 => floats::tile::<$lanes>(Width::F32, tile, &acts.f32, acts.cols, first, out),
                        Tile::F16 => floats::tile::<$lanes>(Width::F16, tile, &acts.f16, acts.cols, first, out),
                        Tile::Bf16 => floats::tile::<$lanes>(Width::Bf16, tile, &acts.bf16, acts.cols, first, out),
                        Tile::Q4_0 | Tile::Q5_0 | Tile::Q8_0 => integer::tile(kind, tile, &acts.by_32, acts.cols, first, out),
                        Tile::Q4K | Tile::Q5K | Tile::Q6K => integer::tile(kind, tile, &acts.by_256, acts.cols, first, out),
                    }
                }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn quantise(x: &[f32], block: usize, row: IntegerRow<'_>) {
                // SAFETY: as for this function.
                unsafe { floats::quantise::<$lanes>(x, block, row) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn round_f16(x: &[f32], out: &mut [f32]) {
                // SAFETY: as for this function.
                unsafe { floats::round_f16::<$lanes>(x, out) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
                // SAFETY: as for this function.
                unsafe { floats::rms_norm::<$lanes>(x, weight, eps, out) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn silu_mul(gate: &mut [f32], up: &[f32]) {
                // SAFETY: as for this function.
                unsafe { floats::silu_mul::<$lanes>(gate, up) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn gelu_mul(gate: &mut [f32], up: &[f32]) {
                // SAFETY: as for this function.
                unsafe { floats::gelu_mul::<$lanes>(gate, up) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn softcap(x: &mut [f32], cap: f32) {
                // SAFETY: as for this function.
                unsafe { floats::softcap::<$lanes>(x, cap) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn attend(piece: &Piece<'_>, shape: &Shape, q: &[f32], outs: &mut [&mut [f32]]) {
                // SAFETY: as for this function.
                unsafe { attend::piece::<$lanes>(piece, shape, q, outs) }
            }
        }
    };
}

kernels!(plain, "portable", crate::lanes::portable::Plain, integer::portable);
#[cfg(target_arch = "x86_64")]
kernels!(avx2, "avx2", crate::lanes::x86::Avx2, integer::avx2, "avx2,fma,f16c");
#[cfg(target_arch = "x86_64")]
kernels!(avx512, "avx512-vnni", crate::lanes::x86::Avx512, integer::avx512, "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni");
#[cfg(target_arch = "aarch64")]
kernels!(neon, "neon", crate::lanes::neon::Neon, integer::neon::words, "neon");
#[cfg(target_arch = "aarch64")]
kernels!(neon_dot, "neon-dotprod", crate::lanes::neon::Neon, integer::neon::quads, "neon,dotprod");
