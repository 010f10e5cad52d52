//! Packing and multiplying, all formats.

use std::num::NonZeroUsize;

use kernels::{Activations, Bytes, Format, InstructionSet, Matrix, PackError, Pool, multiply};
use proptest::prelude::*;

use crate::reference::{ALL, Numbers, dequantise, seen};

pub fn pool(threads: usize) -> Pool {
    Pool::new(NonZeroUsize::new(threads).unwrap())
}

pub fn product(pool: &Pool, matrix: &Matrix, x: &[f32]) -> Vec<f32> {
    let rows = x.len() / matrix.cols();
    let mut acts = Activations::default();
    acts.quantise(pool, x, rows, matrix.cols(), &[matrix]);
    let mut out = vec![f32::NAN; rows * matrix.rows()];
    multiply(pool, &acts, &mut [(matrix, &mut out)]);
    out
}

/// Does it with every instruction set that this machine has.
pub fn on_all(work: impl Fn(InstructionSet)) {
    for set in InstructionSet::available() {
        set.force(|| work(set)).unwrap();
    }
}

/// Whether a format's kernels sum integers.
fn is_integer(format: Format) -> bool {
    matches!(format, Format::Q4_0 | Format::Q5_0 | Format::Q8_0 | Format::Q3K | Format::Q4K | Format::Q5K | Format::Q6K)
}

/// Compares with the dequantised product in 64 bits. What may differ is the rounding of 32-bit sums of `cols` terms.
fn check(format: Format, rows: usize, cols: usize, inputs: usize, seed: u64) {
    let (mut numbers, pool) = (Numbers(seed | 1), pool(2));
    let raw = numbers.raw(format, rows, cols);
    let x = numbers.values(inputs * cols);
    let matrix = Matrix::pack(&pool, format, &raw, rows, cols).unwrap();
    let out = product(&pool, &matrix, &x);
    on_all(|set| {
        let other = product(&pool, &matrix, &x);
        for (a, b) in out.iter().zip(&other) {
            // Floats are summed with or without rounding the products.
            let equal = if is_integer(format) { a.to_bits() == b.to_bits() } else { (a - b).abs() < 1e-6 * (cols as f32).sqrt() };
            assert!(equal, "{format:?} {rows}×{cols} with {inputs} rows of inputs: {a}, and {b} with {set:?}");
        }
    });
    let mut weights = dequantise(format, &raw);
    if matches!(format, Format::Q4_1 | Format::Q5_1 | Format::Q8_1 | Format::Q2K | Format::Q8K) {
        weights.iter_mut().for_each(|w| *w = half::f16::from_f32(*w).to_f32());
    }
    let x = seen(format, &x);
    for (input, out) in x.chunks_exact(cols).zip(out.chunks_exact(rows.max(1))) {
        for (row, out) in weights.chunks_exact(cols).zip(out) {
            let terms = row.iter().zip(input).map(|(w, x)| f64::from(*w) * f64::from(*x));
            let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
            // K-quants subtract two large sums: their terms are larger than the products.
            let slack = 1e-6 * (size + 0.01) + 2e-6 * (cols as f64).sqrt() * 0.05;
            assert!((f64::from(*out) - sum).abs() <= slack, "{format:?} {rows}×{cols}: {out} for {sum} (terms {size})");
        }
    }
}

#[test]
fn every_format_multiplies_as_its_weights_say() {
    for format in ALL {
        let cols = 2 * format.block().0.max(16);
        check(format, 33, cols, 3, 7);
        check(format, 16, format.block().0, 1, 8);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn any_shape_multiplies_as_its_weights_say(format in 0..15_usize, rows in 0..40_usize, blocks in 1..5_usize, inputs in 0..20_usize, seed: u64) {
        let format = ALL[format];
        check(format, rows, blocks * format.block().0, inputs, seed);
    }
}

#[test]
fn a_row_is_what_the_file_says() {
    let (mut numbers, pool) = (Numbers(3), pool(2));
    for format in ALL {
        let (rows, cols) = (18, 2 * format.block().0.max(16));
        let raw = numbers.raw(format, rows, cols);
        let matrix = Matrix::pack(&pool, format, &raw, rows, cols).unwrap();
        let mut row = vec![0.0; cols];
        for (index, expected) in dequantise(format, &raw).chunks_exact(cols).enumerate() {
            matrix.row(index, &mut row);
            if matches!(format, Format::Q4_1 | Format::Q5_1 | Format::Q8_1 | Format::Q2K | Format::Q8K) {
                let rounded: Vec<f32> = expected.iter().map(|w| half::f16::from_f32(*w).to_f32()).collect();
                assert_eq!(row, rounded, "{format:?} is kept as 16-bit floats");
            } else {
                assert_eq!(row, expected, "{format:?} loses nothing");
            }
        }
    }
}

#[test]
fn a_row_of_inputs_gives_the_same_bits_in_any_company() {
    on_all(|_| in_any_company());
}

fn in_any_company() {
    let mut numbers = Numbers(11);
    let (one, three) = (pool(1), pool(3));
    for format in ALL {
        let (rows, cols) = (40, 2 * format.block().0.max(16));
        let matrix = Matrix::pack(&one, format, &numbers.raw(format, rows, cols), rows, cols).unwrap();
        let x = numbers.values(67 * cols);
        let alone: Vec<u32> = x.chunks_exact(cols).flat_map(|x| product(&one, &matrix, x)).map(f32::to_bits).collect();
        for count in 2..=67 {
            let pool = if count % 2 == 0 { &one } else { &three };
            let together: Vec<u32> = product(pool, &matrix, &x[..count * cols]).into_iter().map(f32::to_bits).collect();
            assert!(together == alone[..count * rows], "{format:?} with {count} rows differs from each row alone");
        }
    }
}

#[test]
fn several_matrices_share_their_inputs() {
    let (mut numbers, pool) = (Numbers(5), pool(2));
    let formats = [Format::Q4K, Format::Q8_0, Format::F16, Format::Q6K];
    let matrices: Vec<Matrix> = formats.iter().map(|f| Matrix::pack(&pool, *f, &numbers.raw(*f, 20, 512), 20, 512).unwrap()).collect();
    let x = numbers.values(5 * 512);
    let mut acts = Activations::default();
    acts.quantise(&pool, &x, 5, 512, &matrices.iter().collect::<Vec<_>>());
    let mut outs = vec![vec![0.0; 100]; 4];
    let mut jobs: Vec<(&Matrix, &mut [f32])> = matrices.iter().zip(outs.iter_mut().map(Vec::as_mut_slice)).collect();
    multiply(&pool, &acts, &mut jobs);
    for (matrix, out) in matrices.iter().zip(outs) {
        assert_eq!(out, product(&pool, matrix, &x), "together as alone");
    }
}

#[test]
fn a_large_tensor_is_packed_band_by_band() {
    let (rows, cols, pool) = (1003, 32 * 1024, pool(3));
    let raw = Numbers(13).raw(Format::Q8_0, rows, cols);
    let mut told = Vec::new();
    let matrix = Matrix::pack_in_bands(&pool, Format::Q8_0, &raw, rows, cols, |bytes| told.push(bytes)).unwrap();
    assert!(told.len() >= 4 && told.is_sorted(), "more and more of it is done: {told:?}");
    assert_eq!(told.last(), Some(&raw.len()), "in the end all of it");
    let mut row = vec![0.0; cols];
    for index in [0, 15, 16, 239, 240, 255, 256, 511, 512, 1002] {
        matrix.row(index, &mut row);
        let raw = &raw[index * raw.len() / rows..(index + 1) * raw.len() / rows];
        assert_eq!(row, dequantise(Format::Q8_0, raw), "row {index}, in whatever band it lies");
    }
}

/// On a system whose advice can be looked at; an emulator takes none.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn a_mapped_tensor_is_not_in_memory_twice_while_it_is_packed() {
    let mapped_now = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssFile:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
    };
    let (rows, cols) = (16_000, 4096);
    let size = Format::Q8_0.row_bytes(cols).unwrap() * rows;
    let file = tempfile::tempfile().unwrap();
    file.set_len(size as u64).unwrap();
    let mapped = kernels::Mapped::open(&file).unwrap();
    let (before, mut most) = (mapped_now(), 0);
    let done = |bytes| {
        most = most.max(mapped_now());
        mapped.release(0..bytes);
    };
    Matrix::pack_in_bands(&pool(2), Format::Q8_0, mapped.bytes(), rows, cols, done).unwrap();
    let grown = most.saturating_sub(before);
    println!("{} MiB were packed with {grown} MiB of them in memory", size >> 20);
    assert!(grown >= 4 && grown <= 24, "{grown} MiB of {} MiB at once, where a band has 8", size >> 20);
}

#[test]
fn packed_bytes_come_back() {
    let (mut numbers, pool) = (Numbers(9), pool(2));
    for format in ALL {
        let cols = format.block().0.max(16);
        let matrix = Matrix::pack(&pool, format, &numbers.raw(format, 17, cols), 17, cols).unwrap();
        assert_eq!(Some(matrix.packed().len()), format.packed_bytes(17, cols), "the size is known before");
        // At an odd address, as in a file.
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &[&[0; 7], matrix.packed()].concat()).unwrap();
        let mapped = kernels::Mapped::open(&file).unwrap();
        let part = mapped.part(7..7 + matrix.packed().len()).unwrap();
        mapped.release(0..mapped.bytes().len());
        let again = Matrix::from_packed(format, 17, cols, part).unwrap();
        let x = numbers.values(2 * cols);
        assert_eq!(product(&pool, &matrix, &x), product(&pool, &again, &x), "{format:?} from a mapped file");
        assert!(mapped.part(0..mapped.bytes().len() + 1).is_none(), "no part is beyond the file");
    }
}

#[test]
fn wrong_sizes_are_refused_with_a_sentence() {
    let pool = pool(1);
    let shape = Matrix::pack(&pool, Format::Q4K, &[0; 144], 1, 255).unwrap_err();
    assert_eq!(shape.to_string(), "a matrix of 1 × 255 cannot be stored as Q4K, whose blocks take 256 columns");
    let size = Matrix::pack(&pool, Format::Q4K, &[0; 143], 1, 256).unwrap_err();
    assert_eq!(size, PackError::Size { expected: 144, found: 143 }, "a byte is missing");
    for (rows, cols) in [(1, 0), (usize::MAX, 256), (usize::MAX / 144, 256), (1, usize::MAX / 256 * 256), (usize::MAX, usize::MAX)] {
        for format in ALL {
            assert!(Matrix::pack(&pool, format, &[], rows, cols).is_err(), "{format:?} of {rows} × {cols}");
            assert!(Matrix::from_packed(format, rows, cols, Bytes::from(&[][..])).is_err(), "{format:?} of {rows} × {cols}");
        }
    }
    assert!(Matrix::from_packed(Format::F16, 0, 32, Bytes::from(&[][..])).is_ok(), "no rows take no bytes");
}

#[test]
fn any_bytes_can_be_multiplied() {
    let (mut numbers, pool) = (Numbers(21), pool(2));
    for format in ALL {
        let cols = 2 * format.block().0.max(16);
        for fill in [Some(0), Some(255), Some(127), Some(128), None] {
            let size = format.row_bytes(cols).unwrap() * 16;
            let raw: Vec<u8> = (0..size).map(|_| fill.unwrap_or(numbers.bits() as u8)).collect();
            let matrix = Matrix::pack(&pool, format, &raw, 16, cols).unwrap();
            for x in [0.0, -0.0, 1e-42, -1e-30, 3e38, f32::INFINITY, f32::NAN] {
                on_all(|_| assert_eq!(product(&pool, &matrix, &vec![x; 9 * cols]).len(), 144, "whatever the numbers are"));
            }
        }
    }
}

#[test]
fn every_16_bit_float_is_read_as_itself() {
    let pool = pool(2);
    let raw: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    for format in [Format::F16, Format::Bf16] {
        let matrix = Matrix::pack(&pool, format, &raw, 1 << 16, 1).unwrap();
        on_all(|set| {
            for (bits, out) in product(&pool, &matrix, &[1.0]).into_iter().enumerate() {
                let bits = bits as u16;
                let value = if format == Format::F16 { half::f16::from_bits(bits).to_f32() } else { half::bf16::from_bits(bits).to_f32() };
                assert!(out == value || out.is_nan() && value.is_nan(), "{format:?} {bits:04x} is {value}, not {out}, with {set:?}");
            }
        });
    }
}
