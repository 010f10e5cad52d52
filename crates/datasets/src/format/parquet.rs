//! Rows as Parquet (format 2.9): `id`, lists of messages as list<struct<role, content>>, `weight`.
//!
//! Invariant: every column is required, plain and uncompressed, one page for each column of a group of rows. That is a small part of the
//! standard, written out here in two hundred lines: the `parquet` crate would bring eight more crates and other features of a hasher that
//! the tokenizer is built on.

use super::Turn;
use crate::error::{Error, Result};
use std::io::Write;
use std::path::Path;

/// Bytes of values after which a group of rows is written.
const GROUP: usize = 8 << 20;
const MAGIC: &[u8] = b"PAR1";

/// A column of the file: its path, and its values so far.
struct Column {
    path: Vec<&'static str>,
    double: bool,
    /// Inside of a list: repetition levels, one a value.
    repeated: Option<Vec<bool>>,
    values: Vec<u8>,
    count: u64,
}

/// Where a column of a group was written.
struct Chunk {
    offset: u64,
    bytes: u64,
    count: u64,
}

struct Group {
    chunks: Vec<Chunk>,
    rows: u64,
}

pub struct Parquet {
    /// Names of the lists of messages: `messages`, or `prompt`, `chosen`, `rejected`.
    lists: Vec<&'static str>,
    /// Whether there are `id` and `weight`.
    columns: bool,
    open: Vec<Column>,
    rows: u64,
    groups: Vec<Group>,
    written: u64,
}

impl Parquet {
    pub fn new(lists: &[&'static str], columns: bool) -> Self {
        let mut parquet = Self { lists: lists.to_vec(), columns, open: Vec::new(), rows: 0, groups: Vec::new(), written: 0 };
        parquet.open = parquet.empty();
        parquet
    }

    fn empty(&self) -> Vec<Column> {
        let column = |path: Vec<&'static str>, double, repeated: bool| Column {
            path,
            double,
            repeated: repeated.then(Vec::new),
            values: Vec::new(),
            count: 0,
        };
        let mut columns = Vec::new();
        if self.columns {
            columns.push(column(vec!["id"], false, false));
        }
        for list in &self.lists {
            for field in ["role", "content"] {
                columns.push(column(vec![list, "list", "element", field], false, true));
            }
        }
        if self.columns {
            columns.push(column(vec!["weight"], true, false));
        }
        columns
    }

    /// Bytes that the file will have, up to its end's description.
    pub fn bytes(&self) -> u64 {
        self.written + self.open.iter().map(|column| column.values.len() as u64 + column.count).sum::<u64>()
    }

    /// `lists` in the order of the names; none is empty.
    ///
    /// # Errors
    /// The disk.
    pub fn add(&mut self, id: &str, weight: f64, lists: &[&[Turn<'_>]], to: &mut impl Write, path: &Path) -> Result<()> {
        let mut columns = self.open.iter_mut();
        if self.columns
            && let Some(column) = columns.next()
        {
            column.text(id, false);
        }
        for list in lists {
            if let (Some(role), Some(content)) = (columns.next(), columns.next()) {
                for (index, turn) in list.iter().enumerate() {
                    role.text(turn.role, index > 0);
                    content.text(&turn.content, index > 0);
                }
            }
        }
        if let Some(column) = columns.next() {
            column.values.extend_from_slice(&weight.to_le_bytes());
            column.count += 1;
        }
        self.rows += 1;
        if self.open.iter().map(|column| column.values.len()).sum::<usize>() >= GROUP { self.close_group(to, path) } else { Ok(()) }
    }

    fn put(&mut self, bytes: &[u8], to: &mut impl Write, path: &Path) -> Result<()> {
        if self.written == 0 {
            to.write_all(MAGIC).map_err(Error::io(path))?;
            self.written = MAGIC.len() as u64;
        }
        to.write_all(bytes).map_err(Error::io(path))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn close_group(&mut self, to: &mut impl Write, path: &Path) -> Result<()> {
        let empty = self.empty();
        let columns = std::mem::replace(&mut self.open, empty);
        let rows = std::mem::take(&mut self.rows);
        if self.written == 0 {
            self.put(&[], to, path)?;
        }
        let mut chunks = Vec::with_capacity(columns.len());
        for column in columns {
            let page = column.page();
            let offset = self.written;
            self.put(&page, to, path)?;
            chunks.push(Chunk { offset, bytes: page.len() as u64, count: column.count });
        }
        self.groups.push(Group { chunks, rows });
        Ok(())
    }

    /// The last group and the description at the end.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(mut self, to: &mut impl Write, path: &Path) -> Result<u64> {
        if self.rows > 0 {
            self.close_group(to, path)?;
        }
        let mut end = self.description();
        end.extend_from_slice(&(end.len() as u32).to_le_bytes());
        end.extend_from_slice(MAGIC);
        self.put(&end, to, path)?;
        Ok(self.written)
    }

    /// `FileMetaData` of parquet.thrift.
    fn description(&self) -> Vec<u8> {
        let mut out = Thrift::default();
        out.int(1, I32, 2);
        let schema = self.schema();
        out.list(2, STRUCT, schema.len());
        for element in schema {
            out.element(&element);
        }
        out.int(3, I64, self.groups.iter().map(|group| group.rows as i64).sum());
        out.list(4, STRUCT, self.groups.len());
        let columns = self.empty();
        for group in &self.groups {
            out.begin();
            out.list(1, STRUCT, group.chunks.len());
            for (column, chunk) in columns.iter().zip(&group.chunks) {
                out.begin();
                out.int(2, I64, chunk.offset as i64);
                out.field(3, STRUCT);
                out.begin();
                out.int(1, I32, if column.double { DOUBLE } else { BYTE_ARRAY });
                out.list(2, I32, 2);
                out.zigzag(PLAIN);
                out.zigzag(RLE);
                out.list(3, BINARY, column.path.len());
                column.path.iter().for_each(|part| out.binary(part));
                out.int(4, I32, 0);
                out.int(5, I64, chunk.count as i64);
                out.int(6, I64, chunk.bytes as i64);
                out.int(7, I64, chunk.bytes as i64);
                out.int(9, I64, chunk.offset as i64);
                out.end();
                out.end();
            }
            out.int(2, I64, group.chunks.iter().map(|chunk| chunk.bytes as i64).sum());
            out.int(3, I64, group.rows as i64);
            out.end();
        }
        out.text(6, "gait-datasets");
        out.finish()
    }

    fn schema(&self) -> Vec<Element> {
        let leaf = |name, kind| Element { name, repetition: Some(REQUIRED), kind: Some(kind), children: 0, list: false };
        let mut elements = vec![Element {
            name: "schema",
            repetition: None,
            kind: None,
            children: self.lists.len() + if self.columns { 2 } else { 0 },
            list: false,
        }];
        if self.columns {
            elements.push(leaf("id", BYTE_ARRAY));
        }
        for list in &self.lists {
            elements.push(Element { name: list, repetition: Some(REQUIRED), kind: None, children: 1, list: true });
            elements.push(Element { name: "list", repetition: Some(REPEATED), kind: None, children: 1, list: false });
            elements.push(Element { name: "element", repetition: Some(REQUIRED), kind: None, children: 2, list: false });
            elements.push(leaf("role", BYTE_ARRAY));
            elements.push(leaf("content", BYTE_ARRAY));
        }
        if self.columns {
            elements.push(leaf("weight", DOUBLE));
        }
        elements
    }
}

impl Column {
    fn text(&mut self, text: &str, same_row: bool) {
        self.values.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.values.extend_from_slice(text.as_bytes());
        if let Some(levels) = &mut self.repeated {
            levels.push(same_row);
        }
        self.count += 1;
    }

    /// A data page of version 1 with its header: levels, then values.
    fn page(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.values.len() + 64);
        if let Some(levels) = &self.repeated {
            // Repetition: 0 begins a row. Bit-packed, eight to a byte, the lowest bit first.
            let mut packed = Vec::new();
            varint(&mut packed, ((levels.len().div_ceil(8) as u64) << 1) | 1);
            packed.extend(
                levels.chunks(8).map(|eight| eight.iter().enumerate().fold(0_u8, |byte, (bit, same)| byte | (u8::from(*same) << bit))),
            );
            level(&mut body, &packed);
            // Definition: no list is empty, so all are 1: one run.
            let mut run = Vec::new();
            varint(&mut run, self.count << 1);
            run.push(1);
            level(&mut body, &run);
        }
        body.extend_from_slice(&self.values);
        let mut header = Thrift::default();
        header.int(1, I32, 0);
        header.int(2, I32, body.len() as i64);
        header.int(3, I32, body.len() as i64);
        header.field(5, STRUCT);
        header.begin();
        header.int(1, I32, self.count as i64);
        header.int(2, I32, PLAIN);
        header.int(3, I32, RLE);
        header.int(4, I32, RLE);
        header.end();
        let mut page = header.finish();
        page.extend_from_slice(&body);
        page
    }
}

fn level(body: &mut Vec<u8>, encoded: &[u8]) {
    body.extend_from_slice(&(encoded.len() as u32).to_le_bytes());
    body.extend_from_slice(encoded);
}

/// `SchemaElement` of parquet.thrift.
struct Element {
    name: &'static str,
    repetition: Option<i64>,
    kind: Option<i64>,
    children: usize,
    list: bool,
}

const REQUIRED: i64 = 0;
const REPEATED: i64 = 2;
const DOUBLE: i64 = 5;
const BYTE_ARRAY: i64 = 6;
const PLAIN: i64 = 0;
const RLE: i64 = 3;

// Types of Thrift's compact protocol.
const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Thrift's compact protocol, as far as a description needs it. Fields are given in rising order.
#[derive(Default)]
struct Thrift {
    out: Vec<u8>,
    /// The last field of each struct that is open.
    last: Vec<i16>,
    field: i16,
}

impl Thrift {
    fn field(&mut self, id: i16, kind: u8) {
        self.out.push(((id - self.field) as u8) << 4 | kind);
        self.field = id;
    }

    fn begin(&mut self) {
        self.last.push(self.field);
        self.field = 0;
    }

    fn end(&mut self) {
        self.out.push(0);
        self.field = self.last.pop().unwrap_or(0);
    }

    fn zigzag(&mut self, value: i64) {
        varint(&mut self.out, ((value << 1) ^ (value >> 63)) as u64);
    }

    fn int(&mut self, id: i16, kind: u8, value: i64) {
        self.field(id, kind);
        self.zigzag(value);
    }

    fn binary(&mut self, text: &str) {
        varint(&mut self.out, text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, id: i16, text: &str) {
        self.field(id, BINARY);
        self.binary(text);
    }

    fn list(&mut self, id: i16, kind: u8, length: usize) {
        self.field(id, LIST);
        if length < 15 {
            self.out.push((length as u8) << 4 | kind);
        } else {
            self.out.push(0xf0 | kind);
            varint(&mut self.out, length as u64);
        }
    }

    fn element(&mut self, element: &Element) {
        self.begin();
        if let Some(kind) = element.kind {
            self.int(1, I32, kind);
        }
        if let Some(repetition) = element.repetition {
            self.int(3, I32, repetition);
        }
        self.text(4, element.name);
        if element.children > 0 {
            self.int(5, I32, element.children as i64);
        }
        // The older names of the two logical types that we use, which every reader knows: UTF8 is 0, LIST is 3.
        if element.list {
            self.int(6, I32, 3);
        } else if element.kind == Some(BYTE_ARRAY) {
            self.int(6, I32, 0);
        }
        self.end();
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.push(0);
        self.out
    }
}
