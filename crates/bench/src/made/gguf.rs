//! Writes a GGUF file: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
//!
//! Invariant: a file has its name only when it is whole.

use super::blocks::Kind;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Where tensors may begin, bytes.
const ALIGNMENT: usize = 32;

/// A metadata value.
pub enum Value {
    Number(u32),
    Float(f32),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i32>),
}

/// A tensor: its shape, and the deviation of its weights around `mean`.
pub struct Tensor {
    pub name: String,
    /// 1 for a vector.
    pub rows: usize,
    pub columns: usize,
    pub kind: Kind,
    pub mean: f32,
    pub deviation: f32,
    /// Rows that are all zero.
    pub zero_rows: Vec<usize>,
}

impl Tensor {
    fn bytes(&self) -> usize {
        self.rows * self.kind.row_bytes(self.columns)
    }
}

/// Writes a file; `rows` gives the bytes of all rows of a tensor in order, some whole rows at each call.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(
    path: &Path,
    metadata: &[(String, Value)],
    tensors: &[Tensor],
    mut weights: impl FnMut(&Tensor, &mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let half = path.with_extension("half");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&half).with_context(|| format!("{} cannot be written", half.display()))?);
    let mut header = Vec::new();
    header.extend(b"GGUF");
    header.extend(3_u32.to_le_bytes());
    header.extend((tensors.len() as u64).to_le_bytes());
    header.extend((metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        text(&mut header, key);
        put(&mut header, value);
    }
    let mut offset = 0;
    for tensor in tensors {
        text(&mut header, &tensor.name);
        let dims: &[usize] = if tensor.rows == 1 { &[tensor.columns] } else { &[tensor.columns, tensor.rows] };
        header.extend((dims.len() as u32).to_le_bytes());
        for dim in dims {
            header.extend((*dim as u64).to_le_bytes());
        }
        header.extend(tensor.kind.id().to_le_bytes());
        header.extend((offset as u64).to_le_bytes());
        offset += tensor.bytes().next_multiple_of(ALIGNMENT);
    }
    header.resize(header.len().next_multiple_of(ALIGNMENT), 0);
    out.write_all(&header)?;
    for tensor in tensors {
        weights(tensor, &mut out)?;
        let bytes = tensor.bytes();
        out.write_all(&vec![0; bytes.next_multiple_of(ALIGNMENT) - bytes])?;
    }
    out.flush()?;
    drop(out);
    std::fs::rename(&half, path).with_context(|| format!("{} cannot be written", path.display()))
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put(out: &mut Vec<u8>, value: &Value) {
    let mut kind = |id: u32| out.extend(id.to_le_bytes());
    match value {
        Value::Number(number) => {
            kind(4);
            out.extend(number.to_le_bytes());
        }
        Value::Float(number) => {
            kind(6);
            out.extend(number.to_le_bytes());
        }
        Value::Bool(yes) => {
            kind(7);
            out.push(u8::from(*yes));
        }
        Value::Text(words) => {
            kind(8);
            text(out, words);
        }
        Value::Texts(all) => {
            kind(9);
            out.extend(8_u32.to_le_bytes());
            out.extend((all.len() as u64).to_le_bytes());
            for one in all {
                text(out, one);
            }
        }
        Value::Integers(all) => {
            kind(9);
            out.extend(5_u32.to_le_bytes());
            out.extend((all.len() as u64).to_le_bytes());
            for one in all {
                out.extend(one.to_le_bytes());
            }
        }
    }
}
