use super::*;

fn config(scaling: Scaling) -> RopeConfig {
    RopeConfig { dims: 8, base: 10_000.0, scaling, magnitude: 1.0, original_context: 4096 }
}

/// The angle of each pair at a position.
fn angles(rope: &Rope, position: usize, long: bool) -> Vec<f32> {
    let (mut cos, mut sin) = (Vec::new(), Vec::new());
    rope.angles(position, long, &mut cos, &mut sin);
    cos.iter().zip(&sin).map(|(cos, sin)| sin.atan2(*cos)).collect()
}

fn check(rope: &Rope, position: usize, expected: [f32; 4]) {
    for (angle, expected) in angles(rope, position, false).iter().zip(expected) {
        assert!((angle - expected).abs() < 1e-5, "{angle} where {expected} was expected");
    }
}

#[test]
fn frequencies_fall_from_pair_to_pair() {
    // 10000^(-2i/8) = 1, 0.1, 0.01, 0.001
    let rope = Rope::new(&config(Scaling::None), Divisors::None);
    check(&rope, 0, [0.0; 4]);
    check(&rope, 3, [3.0, 0.3, 0.03, 0.003]);
}

#[test]
fn linear_scaling_squeezes_all_positions_alike() {
    check(&Rope::new(&config(Scaling::Linear { factor: 4.0 }), Divisors::None), 4, [1.0, 0.1, 0.01, 0.001]);
}

#[test]
fn divisors_slow_down_each_pair_and_depend_on_the_length() {
    let always = Rope::new(&config(Scaling::None), Divisors::Always(vec![1.0, 2.0, 4.0, 8.0]));
    check(&always, 2, [2.0, 0.1, 0.005, 0.000_25]);
    let by_length = Rope::new(&config(Scaling::None), Divisors::ByLength { short: vec![1.0; 4], long: vec![2.0; 4] });
    assert!((angles(&by_length, 1, false)[0] - 1.0).abs() < 1e-6);
    assert!((angles(&by_length, 1, true)[0] - 0.5).abs() < 1e-6);
}

#[test]
fn yarn_leaves_fast_pairs_and_squeezes_slow_ones() {
    let rope = Rope::new(&config(Scaling::Yarn { factor: 4.0, beta_fast: None, beta_slow: None }), Divisors::None);
    // Pairs turn 652, 65, 6.5 and 0.65 times over 4096 tokens: the first two more often than 32 times, the last less
    // than once. Ramp from floor(8 ln(4096 / 64 pi) / 2 ln 10000) = 1 to ceil(8 ln(4096 / 2 pi) / 2 ln 10000) = 3.
    check(&rope, 1, [1.0, 0.1, 0.01 * (0.5 + 0.5 * 0.25), 0.001 * 0.25]);
    let (mut cos, mut sin) = (Vec::new(), Vec::new());
    rope.angles(5, false, &mut cos, &mut sin);
    let magnitude = (cos[0] * cos[0] + sin[0] * sin[0]).sqrt();
    assert!((magnitude - (1.0 + 0.1 * 4f32.ln())).abs() < 1e-5, "{magnitude}: attention is a little sharper (YaRN, 3.4)");
}
