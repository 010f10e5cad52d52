//! `tojson` as Hugging Face has it: Python's `json.dumps` with `ensure_ascii` off, and its options.
//!
//! Invariant: HTML and non-ASCII characters are left alone; what is written is what Python writes.

use minijinja::value::{Kwargs, Value};
use minijinja::{Error, ErrorKind};
use serde::Serialize as _;
use serde_json::ser::Formatter;
use std::io::{Result as Written, Write};

/// Widest indent, spaces.
const INDENT_LIMIT: usize = 16;

/// `value | tojson(indent, separators, sort_keys)`.
///
/// # Errors
/// When the value is no JSON.
pub(super) fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let failed = |e: serde_json::Error| Error::new(ErrorKind::BadSerialization, e.to_string());
    let indent: Option<usize> = options.get("indent")?;
    let separators: Option<Vec<String>> = options.get("separators")?;
    let sorted: Option<bool> = options.get("sort_keys")?;
    let _: Option<bool> = options.get("ensure_ascii")?;
    let mut separators = separators.unwrap_or_default().into_iter();
    let items = separators.next().unwrap_or_else(|| if indent.is_some() { "," } else { ", " }.to_owned());
    let keys = separators.next().unwrap_or_else(|| ": ".to_owned());
    let style = Style { indent: indent.map(|width| width.min(INDENT_LIMIT)), items, keys, depth: 0, empty: true };
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, style);
    if sorted == Some(true) {
        let mut json = serde_json::to_value(value).map_err(failed)?;
        json.sort_all_objects();
        json.serialize(&mut serializer).map_err(failed)?;
    } else {
        value.serialize(&mut serializer).map_err(failed)?;
    }
    String::from_utf8(out).map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string()))
}

/// How Python lays JSON out.
struct Style {
    indent: Option<usize>,
    items: String,
    keys: String,
    depth: usize,
    /// Whether nothing was written yet into the list or object that is open.
    empty: bool,
}

impl Style {
    fn line<W: ?Sized + Write>(&self, writer: &mut W) -> Written<()> {
        let Some(indent) = self.indent else { return Ok(()) };
        writer.write_all(b"\n")?;
        (0..self.depth * indent).try_for_each(|_| writer.write_all(b" "))
    }

    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> Written<()> {
        self.depth += 1;
        self.empty = true;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> Written<()> {
        self.depth = self.depth.saturating_sub(1);
        if !self.empty {
            self.line(writer)?;
        }
        self.empty = false;
        writer.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Written<()> {
        if !first {
            writer.write_all(self.items.as_bytes())?;
        }
        self.empty = false;
        self.line(writer)
    }
}

impl Formatter for Style {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Written<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> Written<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Written<()> {
        self.item(writer, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Written<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> Written<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> Written<()> {
        self.item(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> Written<()> {
        writer.write_all(self.keys.as_bytes())
    }
}
