//! GGUF files written by hand, for tests.
//!
//! Invariant: writes what it is told, right or wrong.

/// A header written by hand.
#[derive(Clone)]
pub(crate) struct Hand(Vec<u8>);

impl Hand {
    pub(crate) fn new(tensors: u64, entries: u64) -> Self {
        Self::of(b"GGUF").u32(3).u64(tensors).u64(entries)
    }

    pub(crate) fn of(start: &[u8]) -> Self {
        Self(start.to_vec())
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    pub(crate) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self = self.u64(text.len() as u64);
        self.0.extend(text.bytes());
        self
    }

    pub(crate) fn tensor(mut self, name: &str, dims: &[u64], kind: u32, offset: u64) -> Self {
        self = self.text(name).u32(u32::try_from(dims.len()).unwrap());
        for dim in dims {
            self = self.u64(*dim);
        }
        self.u32(kind).u64(offset)
    }

    pub(crate) fn zeros(mut self, count: usize) -> Vec<u8> {
        self.0.extend(std::iter::repeat_n(0, count));
        self.0
    }
}
