//! Keys and values of a run of tokens, in 16-bit floats.
//!
//! *Invariant: memory is taken page by page of 16 tokens and never moved, so that a token costs the same however long the run.*

use half::f16;

/// Tokens of a page.
pub(crate) const PAGE: usize = 16;

/// Keys and values of a run of tokens, for all layers.
///
/// A page holds 16 tokens: for every layer and head the keys as `[head_dim][16]`, then the values as `[16][head_dim]`.
#[derive(Debug)]
pub struct KeyValues {
    layers: usize,
    kv_heads: usize,
    head_dim: usize,
    len: usize,
    pages: Vec<Box<[u16]>>,
}

impl KeyValues {
    /// An empty run for a model with `layers`, and `kv_heads` of `head_dim` values in each.
    pub fn new(layers: usize, kv_heads: usize, head_dim: usize) -> Self {
        Self { layers, kv_heads, head_dim, len: 0, pages: Vec::new() }
    }

    /// Tokens that are complete in all layers, as [`KeyValues::set_len`] was told.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no token is complete.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Says that the first `len` tokens have been written in all layers.
    ///
    /// # Panics
    /// When there is no memory for so many, because they were never written.
    pub fn set_len(&mut self, len: usize) {
        assert!(len <= self.pages.len() * PAGE, "{len} tokens in {} pages", self.pages.len());
        self.len = len;
    }

    /// Forgets all but the first `len` tokens and gives back the memory of pages that this empties.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.pages.truncate(self.len.div_ceil(PAGE));
    }

    /// Bytes of memory that it takes.
    pub fn bytes(&self) -> usize {
        self.pages.len() * self.page() * size_of::<u16>() + self.pages.capacity() * size_of::<Box<[u16]>>()
    }

    /// Layers.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Heads of keys and values in a layer.
    pub fn kv_heads(&self) -> usize {
        self.kv_heads
    }

    /// Values of a head.
    pub fn head_dim(&self) -> usize {
        self.head_dim
    }

    /// Writes one token of one layer, growing as needed: `key` and `value` are `kv_heads` × `head_dim`, rounded to 16 bits.
    ///
    /// # Panics
    /// When the layer does not exist or a slice has another length.
    pub fn write(&mut self, layer: usize, token: usize, key: &[f32], value: &[f32]) {
        assert!(layer < self.layers, "layer {layer} of {}", self.layers);
        assert_eq!(key.len(), self.kv_heads * self.head_dim, "a key for each head");
        assert_eq!(value.len(), self.kv_heads * self.head_dim, "a value for each head");
        while self.pages.len() <= token / PAGE {
            self.pages.push(vec![0; self.page()].into_boxed_slice());
        }
        let (dim, lane) = (self.head_dim, token % PAGE);
        for head in 0..self.kv_heads {
            let at = self.at(layer, head);
            let (keys, values) = self.pages[token / PAGE][at..at + 2 * PAGE * dim].split_at_mut(PAGE * dim);
            for (column, key) in keys.chunks_exact_mut(PAGE).zip(&key[head * dim..]) {
                column[lane] = f16::from_f32(*key).to_bits();
            }
            for (to, value) in values[lane * dim..(lane + 1) * dim].iter_mut().zip(&value[head * dim..]) {
                *to = f16::from_f32(*value).to_bits();
            }
        }
    }

    /// Keys `[head_dim][16]` and values `[16][head_dim]` of one page.
    pub(crate) fn read(&self, layer: usize, head: usize, page: usize) -> (&[u16], &[u16]) {
        let at = self.at(layer, head);
        self.pages[page][at..at + 2 * PAGE * self.head_dim].split_at(PAGE * self.head_dim)
    }

    /// Tokens that there is memory for.
    pub(crate) fn capacity(&self) -> usize {
        self.pages.len() * PAGE
    }

    fn at(&self, layer: usize, head: usize) -> usize {
        (layer * self.kv_heads + head) * 2 * PAGE * self.head_dim
    }

    fn page(&self) -> usize {
        self.at(self.layers, 0)
    }
}
