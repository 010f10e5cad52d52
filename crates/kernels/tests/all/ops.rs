//! Norms, activations, positions.

use kernels::{RopePairs, add, add_bias, gelu_mul, rms_norm, rope, scale, silu_mul, softcap};

use crate::matrices::{on_all, pool};
use crate::reference::Numbers;

/// Lengths around the widths of vectors, and one that is cut into pieces.
const LENGTHS: [usize; 9] = [1, 7, 8, 15, 16, 17, 100, 896, 40_000];

fn close(out: &[f32], expected: impl Iterator<Item = f64>, what: &str) {
    for (index, (out, expected)) in out.iter().zip(expected).enumerate() {
        let slack = 4e-7 * expected.abs() + 1e-7;
        assert!((f64::from(*out) - expected).abs() <= slack, "{what}: {out} for {expected} at {index}");
    }
}

#[test]
fn activations_are_what_their_formulas_say() {
    on_all(|_| activations());
}

fn activations() {
    let pool = pool(2);
    for length in LENGTHS {
        let mut numbers = Numbers(length as u64);
        let x: Vec<f32> = (0..length).map(|_| numbers.value() * 20.0).collect();
        let up = numbers.values(length);
        let mut gate = x.clone();
        silu_mul(&pool, &mut gate, &up);
        close(&gate, x.iter().zip(&up).map(|(x, up)| f64::from(*x) / (1.0 + (-f64::from(*x)).exp()) * f64::from(*up)), "silu");
        let mut gate = x.clone();
        gelu_mul(&pool, &mut gate, &up);
        let gelu = |x: f64| 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * x * (1.0 + 0.044_715 * x * x)).tanh());
        for (index, (out, (x, up))) in gate.iter().zip(x.iter().zip(&up)).enumerate() {
            let expected = gelu(f64::from(*x)) * f64::from(*up);
            // Below zero 1 + tanh cancels: the error is that of tanh, half an ulp of one, times x.
            assert!((f64::from(*out) - expected).abs() <= 4e-7 * f64::from(x.abs()) + 1e-7, "gelu: {out} for {expected} at {index}");
        }
        let mut capped = x.clone();
        softcap(&pool, &mut capped, 5.0);
        for (out, x) in capped.iter().zip(&x) {
            assert!((f64::from(*out) - 5.0 * (f64::from(*x) / 5.0).tanh()).abs() < 2e-6, "softcap of {x}: {out}");
        }
        let mut sum = x.clone();
        add(&pool, &mut sum, &up);
        scale(&pool, &mut sum, 0.5);
        assert!(sum.iter().zip(x.iter().zip(&up)).all(|(sum, (x, up))| *sum == (x + up) * 0.5), "a sum is a sum");
    }
}

#[test]
fn large_and_broken_numbers_stay_what_they_are() {
    on_all(|_| large_and_broken());
}

fn large_and_broken() {
    let pool = pool(1);
    let mut gate = [-1e30, -200.0, -88.5, 88.5, 200.0, 1e30, f32::NAN, 0.0];
    silu_mul(&pool, &mut gate, &[1.0; 8]);
    assert_eq!(gate[3..6], [88.5, 200.0, 1e30], "far above zero it is the value");
    assert!(gate[..3].iter().all(|x| x.abs() < 1e-30), "far below it is nothing: {gate:?}");
    assert!(gate[6].is_nan() && gate[7] == 0.0, "a NaN is not hidden");
}

#[test]
fn a_norm_divides_by_the_root_of_the_mean_square() {
    on_all(|_| norms());
}

fn norms() {
    let pool = pool(2);
    for length in LENGTHS {
        let mut numbers = Numbers(length as u64 + 99);
        let (x, weight) = (numbers.values(3 * length), numbers.values(length));
        let mut out = vec![0.0; 3 * length];
        rms_norm(&pool, &x, &weight, 1e-5, &mut out);
        for (x, out) in x.chunks_exact(length).zip(out.chunks_exact(length)) {
            let mean = x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / length as f64;
            close(out, x.iter().zip(&weight).map(|(x, w)| f64::from(*x) / (mean + 1e-5).sqrt() * f64::from(*w)), "norm");
        }
        let mut biased = x.clone();
        add_bias(&pool, &mut biased, &weight);
        assert_eq!(biased[length..2 * length], (0..length).map(|i| x[length + i] + weight[i]).collect::<Vec<_>>(), "each row");
    }
}

#[test]
fn a_head_turns_in_pairs() {
    let (pool, mut numbers) = (pool(2), Numbers(4));
    for (dim, half) in [(64, 32), (64, 16), (96, 48), (20, 5)] {
        let (rows, heads) = (5, 3);
        let x = numbers.values(rows * heads * dim);
        let angles: Vec<f32> = numbers.values(rows * half);
        let (cos, sin): (Vec<f32>, Vec<f32>) = angles.iter().map(|a| (a.cos(), a.sin())).unzip();
        for pairs in [RopePairs::Halves, RopePairs::Interleaved] {
            let mut turned = x.clone();
            rope(&pool, &mut turned, heads, dim, &cos, &sin, half, pairs);
            let mut expected: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
            for row in 0..rows {
                for head in 0..heads {
                    for i in 0..half {
                        let (a, b) = if pairs == RopePairs::Halves { (i, i + half) } else { (2 * i, 2 * i + 1) };
                        let at = (row * heads + head) * dim;
                        let (c, s) = (f64::from(cos[row * half + i]), f64::from(sin[row * half + i]));
                        let (x, y) = (f64::from(x[at + a]), f64::from(x[at + b]));
                        (expected[at + a], expected[at + b]) = (x * c - y * s, x * s + y * c);
                    }
                }
            }
            close(&turned, expected.into_iter(), "rope");
        }
    }
}
