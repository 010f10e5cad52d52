//! Eight floats in two registers of NEON.
//!
//! *Invariant: every operation is the one of the plain lanes on Arm, to the bit (but for which NaN a NaN is).*
#![expect(unsafe_code, reason = "intrinsics are called from functions that are inlined where the instruction set is known")]

use std::arch::{aarch64::*, asm};

use super::Lanes;

/// NEON, which every 64-bit Arm has.
#[derive(Clone, Copy)]
pub(crate) struct Neon([float32x4_t; 2]);

/// Four 16-bit floats. The type that the intrinsic takes is not in the oldest compiler that we build with.
#[inline(always)]
pub(crate) unsafe fn from_f16(halves: uint16x4_t) -> float32x4_t {
    let floats: float32x4_t;
    // SAFETY: computes on registers.
    unsafe {
        asm!("fcvtl {0:v}.4s, {1:v}.4h", out(vreg) floats, in(vreg) halves, options(pure, nomem, nostack, preserves_flags));
    }
    floats
}

/// Rounded to four 16-bit floats, to the nearest, ties to even.
#[inline(always)]
unsafe fn to_f16(floats: float32x4_t) -> uint16x4_t {
    let halves: uint16x4_t;
    // SAFETY: computes on registers.
    unsafe {
        asm!("fcvtn {0:v}.4h, {1:v}.4s", out(vreg) halves, in(vreg) floats, options(pure, nomem, nostack, preserves_flags));
    }
    halves
}

// SAFETY: every method is a few intrinsics of NEON.
unsafe impl Lanes for Neon {
    const N: usize = 8;
    const ROWS: usize = 2;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self(unsafe { [vdupq_n_f32(value); 2] })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { [vld1q_f32(from), vld1q_f32(from.add(4))] })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            vst1q_f32(to, self.0[0]);
            vst1q_f32(to.add(4), self.0[1]);
        }
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u16) -> Self {
        Self(unsafe { [from_f16(vld1_u16(from)), from_f16(vld1_u16(from.add(4)))] })
    }
    #[inline(always)]
    unsafe fn prefetch(at: *const u16) {
        // SAFETY: a hint: it reads nothing and cannot fault, wherever it points.
        unsafe { asm!("prfm pldl1keep, [{0}]", in(reg) at, options(nostack, preserves_flags, readonly)) }
    }
    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        unsafe {
            let halves = vld1q_u16(from);
            let (low, high) = (vshll_n_u16::<16>(vget_low_u16(halves)), vshll_high_n_u16::<16>(halves));
            Self([vreinterpretq_f32_u32(low), vreinterpretq_f32_u32(high)])
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        Self(unsafe { [vaddq_f32(self.0[0], other.0[0]), vaddq_f32(self.0[1], other.0[1])] })
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        Self(unsafe { [vsubq_f32(self.0[0], other.0[0]), vsubq_f32(self.0[1], other.0[1])] })
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        Self(unsafe { [vmulq_f32(self.0[0], other.0[0]), vmulq_f32(self.0[1], other.0[1])] })
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        Self(unsafe { [vdivq_f32(self.0[0], other.0[0]), vdivq_f32(self.0[1], other.0[1])] })
    }
    #[inline(always)]
    unsafe fn fma(self, factor: Self, addend: Self) -> Self {
        Self(unsafe { [vfmaq_f32(addend.0[0], self.0[0], factor.0[0]), vfmaq_f32(addend.0[1], self.0[1], factor.0[1])] })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        // The instruction of that name gives NaN when one is.
        let larger = |a, b| unsafe { vbslq_f32(vcgtq_f32(a, b), a, b) };
        Self([larger(self.0[0], other.0[0]), larger(self.0[1], other.0[1])])
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        let smaller = |a, b| unsafe { vbslq_f32(vcltq_f32(a, b), a, b) };
        Self([smaller(self.0[0], other.0[0]), smaller(self.0[1], other.0[1])])
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(unsafe { [vabsq_f32(self.0[0]), vabsq_f32(self.0[1])] })
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        Self(unsafe { [vrndnq_f32(self.0[0]), vrndnq_f32(self.0[1])] })
    }
    #[inline(always)]
    unsafe fn pow2(self) -> Self {
        let power = |n| unsafe { vreinterpretq_f32_s32(vshlq_n_s32::<23>(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)))) };
        Self([power(self.0[0]), power(self.0[1])])
    }
    #[inline(always)]
    unsafe fn round_f16(self) -> Self {
        Self(unsafe { [from_f16(to_f16(self.0[0])), from_f16(to_f16(self.0[1]))] })
    }
    #[inline(always)]
    unsafe fn quantise(self, to: *mut i8) -> i32 {
        unsafe {
            let words = vqmovn_high_s32(vqmovn_s32(vcvtnq_s32_f32(self.0[0])), vcvtnq_s32_f32(self.0[1]));
            let bytes = vqmovn_s16(words);
            vst1_s8(to, bytes);
            i32::from(vaddlv_s8(bytes))
        }
    }
}
