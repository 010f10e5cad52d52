//! Instruction sets beside each other, to the bit.
//!
//! Integer kernels are held against each other in `matrices`. Here it is the float kernels, of the sets that round a
//! multiply-add once: all but plain Rust on x86-64, where that would be a call into a library.

use kernels::{Format, InstructionSet, Matrix, gelu_mul, rms_norm, silu_mul, softcap};

use crate::attention;
use crate::matrices::{pool, product};
use crate::reference::Numbers;

fn bits(of: &[f32]) -> Vec<u32> {
    of.iter().map(|value| value.to_bits()).collect()
}

/// Asserts that `work` gives the same bits with every set that fuses.
fn alike(what: &str, work: impl Fn() -> Vec<u32>) {
    let fused = |set: &InstructionSet| cfg!(target_arch = "aarch64") || *set != InstructionSet::Portable;
    let mut first: Option<(InstructionSet, Vec<u32>)> = None;
    for set in InstructionSet::available().filter(fused) {
        let now = set.force(&work).unwrap();
        match &first {
            None => first = Some((set, now)),
            Some((other, before)) => assert!(*before == now, "{what}: {other:?} and {set:?} differ"),
        }
    }
}

#[test]
fn float_weights_give_the_same_bits_with_every_instruction_set() {
    let (mut numbers, pool) = (Numbers(41), pool(2));
    for format in [Format::F32, Format::F16, Format::Bf16, Format::Q4_1, Format::Q2K] {
        let cols = 3 * if format.block().0 == 1 { 37 } else { format.block().0 };
        let matrix = Matrix::pack(&pool, format, &numbers.raw(format, 35, cols), 35, cols).unwrap();
        let x = numbers.values(11 * cols);
        alike(&format!("{format:?}"), || bits(&product(&pool, &matrix, &x)));
    }
}

#[test]
fn activations_and_norms_give_the_same_bits_with_every_instruction_set() {
    let pool = pool(2);
    for length in [1, 7, 8, 9, 16, 100, 5000] {
        let mut numbers = Numbers(length as u64 + 7);
        let mut x: Vec<f32> = (0..length).map(|_| numbers.value() * 30.0).collect();
        x[length / 2] = [0.0, -0.0, -300.0, 300.0, 1e-40][length % 5];
        let up = numbers.values(length);
        let on = |work: &dyn Fn(&mut Vec<f32>)| {
            let mut x = x.clone();
            work(&mut x);
            bits(&x)
        };
        alike("silu", || on(&|x| silu_mul(&pool, x, &up)));
        alike("gelu", || on(&|x| gelu_mul(&pool, x, &up)));
        alike("softcap", || on(&|x| softcap(&pool, x, 5.0)));
        alike("norm", || on(&|out| rms_norm(&pool, &x, &up, 1e-5, out)));
    }
}

#[test]
fn attention_gives_the_same_bits_with_every_instruction_set() {
    alike("attention", attention::all_bits);
}

#[test]
fn the_sets_of_this_processor_are_found() {
    let sets: Vec<InstructionSet> = InstructionSet::available().collect();
    println!("kernels for this processor: {sets:?}, in use: {}", kernels::instruction_set());
    assert_eq!(sets[0], InstructionSet::Portable, "plain Rust runs everywhere");
    assert_eq!(sets.contains(&InstructionSet::Neon), cfg!(target_arch = "aarch64"), "every 64-bit Arm has NEON, and nothing else");
    assert!(sets.windows(2).all(|two| (two[0] as u8) < two[1] as u8), "from the slowest to the fastest");
}
