//! Seeded random numbers and many streams at once.
//!
//! Invariant: the numbers of a stream depend on the seed, the figure's name and the stream's number alone, not on the threads.

use std::hash::{DefaultHasher, Hash, Hasher};

/// SplitMix64 (Steele, Lea and Flood 2014): a counter, mixed.
pub(crate) struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// A waiting time with this mean.
    pub fn wait(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A set of streams with one seed.
#[derive(Clone, Copy)]
pub struct Streams {
    pub seed: u64,
    pub count: u64,
}

impl Streams {
    /// Runs every stream of a figure.
    pub(crate) fn run<T: Send>(self, figure: &str, one: impl Fn(&mut Draws) -> T + Sync) -> Vec<T> {
        // DefaultHasher::new has fixed keys.
        let mut hasher = DefaultHasher::new();
        figure.hash(&mut hasher);
        let base = self.seed ^ hasher.finish();
        let threads = 2;
        let part = |thread: u64| {
            let one = &one;
            let begin = move |stream: u64| Draws(Draws(base.wrapping_add(stream)).next());
            (thread * self.count / threads..(thread + 1) * self.count / threads).map(|stream| one(&mut begin(stream))).collect::<Vec<T>>()
        };
        std::thread::scope(|scope| {
            let hands: Vec<_> = (0..threads).map(|thread| scope.spawn(move || part(thread))).collect();
            hands.into_iter().flat_map(|hand| hand.join().expect("a stream does not panic")).collect()
        })
    }

    /// The share of streams for which something holds.
    pub(crate) fn share(self, figure: &str, one: impl Fn(&mut Draws) -> bool + Sync) -> f64 {
        self.run(figure, one).into_iter().filter(|holds| *holds).count() as f64 / self.count as f64
    }

    pub(crate) fn mean(self, figure: &str, one: impl Fn(&mut Draws) -> f64 + Sync) -> f64 {
        self.run(figure, one).into_iter().sum::<f64>() / self.count as f64
    }

    pub(crate) fn median(self, figure: &str, one: impl Fn(&mut Draws) -> u64 + Sync) -> f64 {
        let mut all = self.run(figure, one);
        all.sort_unstable();
        all[all.len() / 2] as f64
    }
}
