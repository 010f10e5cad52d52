use super::*;
use crate::testing;
use proptest::prelude::*;
use std::sync::OnceLock;

/// A small model file.
fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::read(testing::write(folder.path(), "llama", 1).path).unwrap()
    })
}

fn read(bytes: &[u8]) -> Result<Header, Refusal> {
    Header::read(bytes, bytes.len() as u64)
}

fn check_refused(bytes: &[u8], expected: &str) {
    match read(bytes) {
        Err(Refusal::Unusable(reason)) => assert!(reason.contains(expected), "{reason:?} where {expected:?} was expected"),
        other => panic!("{other:?} where {expected:?} was expected"),
    }
}

/// A header written by hand.
#[derive(Clone)]
struct Hand(Vec<u8>);

impl Hand {
    fn new(tensors: u64, entries: u64) -> Self {
        Self(b"GGUF".to_vec()).u32(3).u64(tensors).u64(entries)
    }
    fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }
    fn text(mut self, text: &str) -> Self {
        self = self.u64(text.len() as u64);
        self.0.extend(text.bytes());
        self
    }
    fn tensor(mut self, name: &str, dims: &[u64], kind: u32, offset: u64) -> Self {
        self = self.text(name).u32(u32::try_from(dims.len()).unwrap());
        for dim in dims {
            self = self.u64(*dim);
        }
        self.u32(kind).u64(offset)
    }
    fn zeros(mut self, count: usize) -> Vec<u8> {
        self.0.extend(std::iter::repeat_n(0, count));
        self.0
    }
}

#[test]
fn a_sound_file_is_read() {
    let header = read(sound()).unwrap();
    assert_eq!(header.text("general.architecture"), Some("llama"));
    assert_eq!(header.texts("tokenizer.ggml.tokens").map(<[String]>::len), Some(266));
    assert_eq!(header.quantisation().map(|q| q.name), Some("Q8_0"));
    let embedding = header.tensors.iter().find(|t| t.name == "token_embd.weight").unwrap();
    assert_eq!((embedding.dims.as_slice(), embedding.bytes), ([64, 266].as_slice(), 64 * 266 / 32 * 34));
    assert_eq!(header.data_offset % 32, 0);
}

#[test]
fn two_tensors_side_by_side_are_fine() {
    assert!(read(&Hand::new(2, 0).tensor("a", &[8], 0, 0).tensor("b", &[8], 0, 32).zeros(128)).is_ok());
}

#[test]
fn hostile_headers_are_refused_with_their_reason() {
    let one = |kind, dims: &[u64], offset| Hand::new(1, 0).tensor("a", dims, kind, offset).zeros(4096);
    check_refused(b"GGML\0\0\0\0", "does not begin as a GGUF");
    check_refused(&Hand(b"GGUF".to_vec()).u32(1).zeros(64), "version 1");
    check_refused(&Hand(b"GGUF".to_vec()).u32(4).zeros(64), "version 4");
    check_refused(&Hand(b"GGUF".to_vec()).u32(3u32.swap_bytes()).zeros(64), "big-endian");
    check_refused(&Hand::new(u64::MAX, 0).zeros(64), "announces 18446744073709551615 tensors");
    check_refused(&Hand::new(0, 0).zeros(64), "announces 0 tensors");
    check_refused(&Hand::new(1, 1 << 63).zeros(64), "metadata entries");
    check_refused(&Hand::new(1, 1).u64(u64::MAX).zeros(64), "expected at most 256");
    check_refused(&Hand::new(1, 1).text("k").u32(8).u64(1 << 30).zeros(64), "expected at most");
    check_refused(&Hand::new(1, 1).text("k").u32(8).u64(1 << 20).zeros(64), "cut short");
    check_refused(&Hand::new(1, 1).text("k").u32(13).zeros(64), "unknown type 13");
    check_refused(&Hand::new(1, 1).text("k").u32(7).u32(2).zeros(64), "expected 0 or 1");
    check_refused(&Hand::new(1, 1).text("k").u32(9).u32(9).u64(1).zeros(64), "array of arrays");
    check_refused(&Hand::new(1, 1).text("k").u32(9).u32(0).u64(1 << 40).zeros(64), "elements");
    check_refused(&Hand::new(1, 1).text("k").u32(9).u32(0).u64(1 << 20).zeros(64), "cut short");
    check_refused(&Hand::new(1, 2).text("k").u32(4).u32(1).text("k").u32(4).u32(2).zeros(64), "has k twice");
    for alignment in [0, 3, 4, 8192, 1 << 31] {
        check_refused(&Hand::new(1, 1).text("general.alignment").u32(4).u32(alignment).zeros(64), "expected a power of two");
    }
    check_refused(&Hand::new(1, 1).text("general.alignment").u32(8).text("32").zeros(64), "expected an unsigned number");
    check_refused(&one(0, &[], 0), "0 dimensions");
    check_refused(&one(0, &[1; 5], 0), "5 dimensions");
    check_refused(&one(0, &[1 << 40, 1 << 40], 0), "expected between 1");
    check_refused(&one(0, &[1 << 33, 1 << 33], 0), "expected between 1");
    check_refused(&one(12, &[256, (1 << 56) + 4], 0), "expected between 1");
    check_refused(&one(0, &[0, 0], 0), "expected between 1");
    check_refused(&one(8, &[33], 0), "multiple of 32");
    check_refused(&one(0, &[8], 1), "expected a multiple of 32");
    check_refused(&one(0, &[8], u64::MAX - 31), "beyond any file");
    check_refused(&one(0, &[8], 1 << 40), "cut short");
    check_refused(&Hand::new(2, 0).tensor("a", &[8], 0, 0).tensor("a", &[8], 0, 32).zeros(128), "two tensors named a");
    check_refused(&Hand::new(2, 0).tensor("a", &[16], 0, 0).tensor("b", &[8], 0, 32).zeros(128), "overlap");
    for kind in [4, 5, 16, 23, 29, 31, 34, 39, 44, u32::MAX] {
        check_refused(&one(kind, &[256], 0), "cannot compute with");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for length in (0..sound().len()).step_by(64) {
        assert!(matches!(read(&sound()[..length]), Err(Refusal::Unusable(_))), "cut after {length} bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_damaged_header_never_panics(place in 0usize..9000, value: [u8; 8], count in 1usize..9) {
        let mut bytes = sound().to_vec();
        bytes[place..place + count.min(8)].copy_from_slice(&value[..count.min(8)]);
        if let Ok(header) = read(&bytes) {
            for tensor in &header.tensors {
                prop_assert!(header.data_offset + tensor.offset + tensor.bytes <= bytes.len() as u64);
            }
            let _ = crate::load::Parts::of(&header);
        }
    }
}
