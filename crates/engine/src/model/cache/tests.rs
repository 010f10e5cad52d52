use super::*;
use kernels::Pool;
use std::num::NonZeroUsize;

/// Two small matrices with what they were packed from.
fn packed() -> (Vec<(Source, Format)>, Vec<Matrix>) {
    let pool = Pool::new(NonZeroUsize::MIN);
    [(40, 32, 1u8), (16, 64, 7)]
        .into_iter()
        .map(|(rows, cols, seed)| {
            let raw: Vec<u8> = (0..rows * cols / 32 * 34).map(|index| (index as u8).wrapping_mul(seed) & 0x3f).collect();
            let source = Source { tensor: format!("t{seed}"), rows: 0..rows, cols };
            ((source, Format::Q8_0), Matrix::pack(&pool, Format::Q8_0, &raw, rows, cols).unwrap())
        })
        .unzip()
}

fn same(a: &[Matrix], b: &[Matrix]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.packed() == b.packed() && a.rows() == b.rows())
}

#[test]
fn what_was_written_is_mapped_again() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, matrices) = packed();
    let cache = Cache::at(folder.path().join("model.gait-packed"), &"A".repeat(64));
    assert!(cache.open(&sources).is_none(), "nothing is there yet");
    cache.write(&matrices).unwrap();
    assert!(same(&cache.open(&sources).unwrap(), &matrices));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no half-written file is left");
    // Over an old one that is mapped: who reads it goes on.
    let mapped = cache.open(&sources).unwrap();
    cache.write(&matrices).unwrap();
    assert!(same(&mapped, &matrices));
}

#[test]
fn a_torn_or_foreign_cache_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, matrices) = packed();
    let path = folder.path().join("model.gait-packed");
    let cache = Cache::at(path.clone(), &"a".repeat(64));
    cache.write(&matrices).unwrap();
    let whole = std::fs::read(&path).unwrap();
    assert!(Cache::at(path.clone(), &"b".repeat(64)).open(&sources).is_none(), "of another model");
    let mut other = sources.clone();
    other[1].0.rows = 0..17;
    assert!(cache.open(&other).is_none(), "of another shape");
    for length in [0, 15, 60, 200, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(cache.open(&sources).is_none(), "cut at {length}");
    }
    std::fs::write(&path, [whole.as_slice(), b"x"].concat()).unwrap();
    assert!(cache.open(&sources).is_none(), "longer than it says");
    for place in [0, 20, 50, 100] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        assert!(cache.open(&sources).is_none(), "its head changed at {place}");
    }
    cache.write(&matrices).unwrap();
    assert!(same(&cache.open(&sources).unwrap(), &matrices), "and is written again");
}

#[test]
fn only_one_writes_and_a_folder_that_refuses_is_an_error_for_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (sources, matrices) = packed();
    let cache = Cache::at(folder.path().join("model.gait-packed"), "a");
    let other = File::create(folder.path().join("model.gait-packed.part")).unwrap();
    other.lock().unwrap();
    cache.write(&matrices).unwrap();
    assert!(cache.open(&sources).is_none(), "another process is at it");
    drop(other);
    cache.write(&matrices).unwrap();
    assert!(cache.open(&sources).is_some(), "what it left behind is taken over");
    assert!(Cache::at(folder.path().join("none/model"), "a").write(&matrices).is_err());
}

#[test]
fn small_models_need_no_cache_and_the_place_is_beside_the_model() {
    assert!(Cache::of(Path::new("/m/a.gguf"), "a", SMALL, None).is_none());
    assert_eq!(Cache::of(Path::new("/m/a.gguf"), "a", SMALL + 1, None).unwrap().path, Path::new("/m/a.gguf.gait-packed"));
    assert_eq!(packed_path(Path::new("/m/a.gguf"), Some(Path::new("/c"))), Path::new("/c/a.gguf.gait-packed"));
}
