//! Floats side by side: the one thing that the float kernels need from an instruction set.
//!
//! *Invariant: every lane does the same operations in the same order, so that a value does not depend on the lane it is in.*
#![expect(unsafe_code, reason = "vectors are read and written through pointers, and exist only where the processor has them")]

#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;

/// `N` floats.
///
/// # Safety
/// The methods of an implementer may be called only where its instruction set was detected, in code that is inlined into a
/// function with that target feature. Pointers are to `N` values (`partial`: to the number named) that may be read or written.
pub(crate) unsafe trait Lanes: Copy {
    /// How many: 8 or 16.
    const N: usize;
    /// Rows of inputs that the kernels for float weights take at once: so many times four sums fit the registers.
    const ROWS: usize;

    unsafe fn splat(value: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// From 16-bit IEEE floats.
    unsafe fn load_f16(from: *const u16) -> Self;
    /// From the upper halves of 32-bit floats.
    unsafe fn load_bf16(from: *const u16) -> Self;
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    /// `self · factor + addend`, rounded once where the instruction set can.
    unsafe fn fma(self, factor: Self, addend: Self) -> Self;
    /// The larger; `other` when one is NaN.
    unsafe fn max(self, other: Self) -> Self;
    /// The smaller; `other` when one is NaN.
    unsafe fn min(self, other: Self) -> Self;
    unsafe fn abs(self) -> Self;
    /// To the nearest whole number, ties to even.
    unsafe fn round(self) -> Self;
    /// 2 to the power of whole numbers from −126 to 128 (which gives infinity).
    unsafe fn pow2(self) -> Self;
    /// Rounded to a 16-bit IEEE float and back.
    unsafe fn round_f16(self) -> Self;
    /// Has the memory around `at` fetched for later; any address will do.
    unsafe fn prefetch(at: *const u16);
    /// Rounded to whole numbers, kept within a byte, written to `to`; returns their sum.
    unsafe fn quantise(self, to: *mut i8) -> i32;

    /// The first `count` values, and `rest` behind them.
    #[inline(always)]
    unsafe fn load_partial(from: *const f32, count: usize, rest: f32) -> Self {
        let mut values = [rest; 16];
        // SAFETY: `count` values may be read, and `values` has room for N.
        unsafe {
            std::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), count.min(Self::N));
            Self::load(values.as_ptr())
        }
    }

    /// Writes the first `count` values.
    #[inline(always)]
    unsafe fn store_partial(self, to: *mut f32, count: usize) {
        let mut values = [0.0; 16];
        // SAFETY: as above.
        unsafe {
            self.store(values.as_mut_ptr());
            std::ptr::copy_nonoverlapping(values.as_ptr(), to, count.min(Self::N));
        }
    }

    /// As `load_f16` for fewer than N values; zeros behind them.
    #[inline(always)]
    unsafe fn load_f16_partial(from: *const u16, count: usize) -> Self {
        let mut values = [0_u16; 16];
        // SAFETY: as above.
        unsafe {
            std::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), count.min(Self::N));
            Self::load_f16(values.as_ptr())
        }
    }

    /// All lanes as an array; those beyond N are `rest`.
    #[inline(always)]
    unsafe fn lanes(self, rest: f32) -> [f32; 16] {
        let mut values = [rest; 16];
        // SAFETY: there is room for 16.
        unsafe { self.store(values.as_mut_ptr()) };
        values
    }

    /// e to the power of each, to about one unit in the last place (the polynomial of Cephes' `expf`). Below −87 about 10⁻³⁸,
    /// above 88.4 infinity, NaN of NaN.
    #[inline(always)]
    unsafe fn exp(self) -> Self {
        // SAFETY: the caller's.
        unsafe {
            let x = Self::splat(-87.0).max(Self::splat(89.0).min(self));
            let n = x.mul(Self::splat(std::f32::consts::LOG2_E)).round();
            // ln 2 in two parts, so that n times it loses nothing.
            let r = n.fma(Self::splat(-0.693_359_4), x);
            let r = n.fma(Self::splat(2.121_944_4e-4), r);
            let mut p = Self::splat(1.987_569_1e-4);
            for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
                p = p.fma(r, Self::splat(c));
            }
            let p = p.fma(r.mul(r), r).add(Self::splat(1.0));
            p.mul(n.pow2())
        }
    }

    /// 1 / (1 + e⁻ˣ).
    #[inline(always)]
    unsafe fn sigmoid(self) -> Self {
        // SAFETY: the caller's.
        unsafe {
            let one = Self::splat(1.0);
            one.div(one.add(Self::splat(0.0).sub(self).exp()))
        }
    }

    /// tanh, as 1 − 2 / (e²ˣ + 1): to about 10⁻⁷, absolute.
    #[inline(always)]
    unsafe fn tanh(self) -> Self {
        // SAFETY: the caller's.
        unsafe {
            let one = Self::splat(1.0);
            one.sub(Self::splat(2.0).div(self.add(self).exp().add(one)))
        }
    }
}
