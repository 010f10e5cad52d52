//! Sixteen floats in plain Rust. The compiler makes vectors of them where the target has some.
//!
//! *Invariant: only what every processor has: no call into a library for a multiply-add.*
#![expect(unsafe_code, reason = "the trait reads and writes through pointers")]

use super::Lanes;

#[derive(Clone, Copy)]
pub(crate) struct Plain([f32; 16]);

impl Plain {
    #[inline(always)]
    fn with(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|i| f(self.0[i], other.0[i])))
    }
}

// SAFETY: plain Rust runs everywhere.
unsafe impl Lanes for Plain {
    const N: usize = 16;
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 16])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's.
        Self(unsafe { from.cast::<[f32; 16]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's.
        unsafe { to.cast::<[f32; 16]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn load_f16(from: *const u16) -> Self {
        // SAFETY: the caller's.
        let halves = unsafe { from.cast::<[u16; 16]>().read_unaligned() };
        Self(halves.map(|half| {
            // Without a branch, so that the compiler makes vectors of it: exponents are 112 apart, infinity and NaN are set.
            let size = u32::from(half & 0x7fff) << 13;
            let value = (f32::from_bits(size) * f32::from_bits((127 + 112) << 23)).to_bits();
            let value = if size >= 0x0f80_0000 { size | 0x7f80_0000 } else { value };
            f32::from_bits(value | u32::from(half & 0x8000) << 16)
        }))
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const u16) {}
    #[inline(always)]
    unsafe fn load_bf16(from: *const u16) -> Self {
        // SAFETY: the caller's.
        let halves = unsafe { from.cast::<[u16; 16]>().read_unaligned() };
        Self(halves.map(|half| f32::from_bits(u32::from(half) << 16)))
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.with(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.with(other, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn fma(self, factor: Self, addend: Self) -> Self {
        if cfg!(target_arch = "aarch64") {
            Self(std::array::from_fn(|i| self.0[i].mul_add(factor.0[i], addend.0[i])))
        } else {
            self.with(factor, |a, b| a * b).with(addend, |a, b| a + b)
        }
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.with(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.with(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        // Adding and taking away 1.5 · 2²³ rounds what is smaller than 2²² without a call into a library.
        Self(self.0.map(|x| if x.abs() < 4_194_304.0 { x + 12_582_912.0 - 12_582_912.0 } else { x }))
    }
    #[inline(always)]
    unsafe fn pow2(self) -> Self {
        Self(self.0.map(|n| f32::from_bits(((n as i32 + 127) as u32) << 23)))
    }
    #[inline(always)]
    unsafe fn round_f16(self) -> Self {
        Self(self.0.map(|x| half::f16::from_f32(x).to_f32()))
    }
    #[inline(always)]
    unsafe fn quantise(self, to: *mut i8) -> i32 {
        // SAFETY: no pointers.
        let values = unsafe { self.round() }.0.map(|x| x as i8);
        // SAFETY: the caller's.
        unsafe { to.cast::<[i8; 16]>().write_unaligned(values) };
        values.iter().map(|value| i32::from(*value)).sum()
    }
}
