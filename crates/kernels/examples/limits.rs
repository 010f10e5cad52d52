//! How near the kernels come to what this machine can do: `cargo run -p gait-kernels --example limits -- [set] [rounds]`.
//!
//! Every round measures the machine's limits and all formats, one after the other, so that what else runs on the machine
//! touches all of them. Each parallel region is timed alone and lasts less than a millisecond, so that most are not
//! interrupted: the table has the medians, and in brackets what a tenth of the regions reached. One row of inputs is compared
//! with the memory's read bandwidth (the matrices together are larger than the caches), 256 rows with the peak of 8-bit
//! multiply-adds.
#![expect(unsafe_code, reason = "the peak of an instruction is measured with that instruction")]

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use kernels::{Activations, Format, InstructionSet, Matrix, Pool, multiply};

const COLS: usize = 2048;
const ROWS: usize = 2048;
/// What all matrices of a format take at least.
const BYTES: usize = 192 << 20;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(9);
    let set = InstructionSet::available().filter(|set| wanted.is_empty() || format!("{set:?}").eq_ignore_ascii_case(&wanted)).last();
    let set = set.expect("this machine has the instruction set");
    set.force(|| table(set, rounds)).expect("this machine has the instruction set");
}

fn table(set: InstructionSet, rounds: usize) {
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let pool = Pool::new(threads);
    println!("{} with {threads} threads, matrices of {ROWS} × {COLS}, {rounds} rounds", kernels::instruction_set());
    let formats = [Format::Q4K, Format::Q6K, Format::Q8_0, Format::Q4_0, Format::Q5_0, Format::Q5K, Format::F16];
    let models: Vec<Vec<Matrix>> = formats.iter().map(|format| model(&pool, *format, ROWS)).collect();
    let few: Vec<Vec<Matrix>> = formats.iter().map(|format| model(&pool, *format, ROWS / 8)).collect();
    let memory = vec![1_u64; BYTES / 8];
    let mut read = Vec::new();
    let mut peak = Vec::new();
    let mut speeds = vec![vec![Vec::new(); INPUTS.len()]; formats.len()];
    for _ in 0..rounds {
        bandwidth(&pool, &memory, &mut read);
        multiply_adds(&pool, set, &mut peak);
        for ((model, few), speeds) in models.iter().zip(&few).zip(&mut speeds) {
            for (inputs, speeds) in INPUTS.iter().zip(speeds) {
                speed(&pool, if *inputs < 16 { model } else { few }, *inputs, speeds);
            }
        }
    }
    let (read, peak) = (median(read), median(peak));
    println!(
        "memory read {:.1} GB/s ({:.1}), peak {:.0} G multiply-adds/s ({:.0})\n",
        read.0 / 1e9,
        read.1 / 1e9,
        peak.0 / 1e9,
        peak.1 / 1e9
    );
    println!("format   1 row: GB/s (tenth)  of memory   G multiply-adds/s with {INPUTS:?} rows (tenth)   of peak");
    for ((format, speeds), model) in formats.iter().zip(speeds).zip(&models) {
        let speeds: Vec<(f64, f64)> = speeds.into_iter().map(median).collect();
        let bytes = model[0].packed().len() as f64 / (ROWS * COLS) as f64;
        let (one, best) = (speeds[0].0 * bytes, speeds[0].1 * bytes);
        print!("{:8} {:8.1} ({:5.1}) {:9.0} %    ", format!("{format:?}"), one / 1e9, best / 1e9, 100.0 * one / read.0);
        speeds.iter().for_each(|speed| print!("{:6.0} ({:4.0})", speed.0 / 1e9, speed.1 / 1e9));
        println!("  {:6.0} %", 100.0 * speeds[INPUTS.len() - 1].0 / peak.0);
    }
}

/// Rows of inputs.
const INPUTS: [usize; 4] = [1, 4, 16, 256];

/// Matrices of random bytes whose scales are ordinary, different memory for each.
fn model(pool: &Pool, format: Format, rows: usize) -> Vec<Matrix> {
    let (_, bytes) = format.block();
    let size = format.row_bytes(COLS).expect("whole blocks") * rows;
    let mut state = 1_u32;
    let mut raw: Vec<u8> = (0..size)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    // A 16-bit float below one wherever a scale may stand.
    for block in raw.chunks_exact_mut(bytes) {
        block[1] &= 0x3b;
        block[bytes - 1] &= 0x3b;
        block[3.min(bytes - 1)] &= 0x3b;
    }
    let count = (BYTES / ROWS * rows).div_ceil(format.packed_bytes(rows, COLS).expect("it fits"));
    (0..count).map(|_| Matrix::pack(pool, format, &raw, rows, COLS).expect("the shape fits")).collect()
}

/// Multiply-adds a second.
fn speed(pool: &Pool, model: &[Matrix], inputs: usize, speeds: &mut Vec<f64>) {
    let x: Vec<f32> = (0..inputs * COLS).map(|i| ((i * 7919) % 2001) as f32 / 1000.0 - 1.0).collect();
    let rows = model[0].rows();
    let mut out = vec![0.0; inputs * rows];
    let mut acts = Activations::default();
    let count = (256 / inputs).clamp(16, model.len());
    for matrix in &model[..count] {
        // Not counted: several matrices share it, and it is a hundredth of the work for one of this size.
        acts.quantise(pool, &x, inputs, COLS, &[matrix]);
        let started = Instant::now();
        multiply(pool, &acts, &mut [(matrix, &mut out)]);
        speeds.push((inputs * rows * COLS) as f64 / started.elapsed().as_secs_f64());
    }
    black_box(&out);
}

/// Bytes a second that all threads read together, in regions of two million.
fn bandwidth(pool: &Pool, memory: &[u64], read: &mut Vec<f64>) {
    for region in memory.chunks_exact(1 << 18) {
        let pieces: Vec<&[u64]> = region.chunks(1 << 11).collect();
        let started = Instant::now();
        pool.run(pieces.len(), |units| {
            for unit in units {
                let mut sums = [0_u64; 32];
                for part in pieces[unit].chunks_exact(32) {
                    sums.iter_mut().zip(part).for_each(|(sum, value)| *sum ^= value);
                }
                black_box(sums);
            }
        });
        read.push(size_of_val(region) as f64 / started.elapsed().as_secs_f64());
    }
}

/// 8-bit multiply-adds a second that all threads do together, from registers alone.
fn multiply_adds(pool: &Pool, set: InstructionSet, peak: &mut Vec<f64>) {
    const TURNS: usize = 2_000;
    let units = pool.threads() * 16;
    let lanes = if set == InstructionSet::Avx2 { 32 } else { 64 };
    for _ in 0..20 {
        let started = Instant::now();
        pool.run(units, |units| {
            for _ in units {
                // SAFETY: the set was found to be available.
                match set {
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => unsafe { peak::avx2(TURNS) },
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => unsafe { peak::avx512(TURNS) },
                    _ => {}
                }
            }
        });
        peak.push((units * TURNS * 12 * lanes) as f64 / started.elapsed().as_secs_f64());
    }
}

#[cfg(target_arch = "x86_64")]
mod peak {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    #[target_feature(enable = "avx2")]
    pub fn avx2(turns: usize) {
        let mut x = black_box(_mm256_set1_epi8(5));
        let mut sums = [_mm256_setzero_si256(); 12];
        for _ in 0..turns {
            // Other inputs in each turn, or the compiler multiplies once.
            x = _mm256_xor_si256(x, _mm256_set1_epi8(1));
            for sum in &mut sums {
                *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(*sum, x));
            }
        }
        black_box(sums);
    }

    #[target_feature(enable = "avx512f,avx512vnni")]
    pub fn avx512(turns: usize) {
        let (weights, x) = (black_box(_mm512_set1_epi8(3)), black_box(_mm512_set1_epi8(5)));
        let mut sums = [_mm512_setzero_si512(); 12];
        for _ in 0..turns {
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, weights, x);
            }
        }
        black_box(sums);
    }
}

/// The median, and what a tenth reached.
fn median(mut of: Vec<f64>) -> (f64, f64) {
    of.sort_by(f64::total_cmp);
    (of[of.len() / 2], of[of.len() * 9 / 10])
}
