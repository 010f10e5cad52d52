//! The files of one format on one side, a new one each time that the last is full.
//!
//! Invariant: a file that is closed is synced, and its sum is of the bytes that were written.

use crate::error::{Error, Result};
use crate::example::Example;
use crate::format::{self, Shape, csv, parquet::Parquet};
use crate::hash;
use crate::lineage::Place;
use crate::mapping;
use crate::recipe::{Format, Side};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Counts and sums what passes.
struct Summed {
    file: File,
    sha: Sha256,
    bytes: u64,
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A file that is being written.
pub struct Open {
    path: PathBuf,
    /// As it stands in the manifest.
    name: String,
    file: BufWriter<Summed>,
    rows: u64,
    /// Bytes given, written or not.
    bytes: u64,
}

pub struct Closed {
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

impl Open {
    pub fn create(folder: &Path, name: String) -> Result<Self> {
        let path = folder.join(&name);
        let file = File::create_new(&path).map_err(Error::io(&path))?;
        let summed = Summed { file, sha: Sha256::new(), bytes: 0 };
        Ok(Self { path, name, file: BufWriter::with_capacity(1 << 17, summed), rows: 0, bytes: 0 })
    }

    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(Error::io(&self.path))
    }

    pub fn put_row(&mut self, bytes: &[u8]) -> Result<()> {
        self.rows += 1;
        self.put(bytes)
    }

    pub fn close(self) -> Result<Closed> {
        let summed = self.file.into_inner().map_err(|error| Error::Io { path: self.path.clone(), cause: error.into_error() })?;
        summed.file.sync_all().map_err(Error::io(&self.path))?;
        Ok(Closed { name: self.name, rows: self.rows, bytes: summed.bytes, sha256: hash::hex(summed.sha) })
    }
}

pub struct Output<'a> {
    pub format: Format,
    pub side: Side,
    folder: &'a Path,
    shard_bytes: u64,
    shape: &'a Shape,
    open: Option<(Open, Option<Parquet>)>,
    closed: Vec<Closed>,
}

impl<'a> Output<'a> {
    pub fn new(format: Format, side: Side, folder: &'a Path, shard_bytes: u64, shape: &'a Shape) -> Self {
        Self { format, side, folder, shard_bytes, shape, open: None, closed: Vec::new() }
    }

    fn parquet(&self) -> Option<Parquet> {
        match self.format {
            Format::SftParquet => Some(Parquet::new(&["messages"], self.shape.columns)),
            Format::DpoParquet => Some(Parquet::new(&["prompt", "chosen", "rejected"], self.shape.columns)),
            Format::Sft
            | Format::PromptCompletion
            | Format::Dpo
            | Format::DpoChat
            | Format::Kto
            | Format::OpenaiChat
            | Format::OpenaiPreference
            | Format::Alpaca
            | Format::Sharegpt
            | Format::SharegptPreference
            | Format::SharegptKto
            | Format::Csv => None,
        }
    }

    /// The file that has room for so many bytes more.
    fn room(&mut self, bytes: u64) -> Result<&mut (Open, Option<Parquet>)> {
        let full = self.open.as_ref().is_some_and(|(open, parquet)| {
            let so_far = parquet.as_ref().map_or(open.bytes, Parquet::bytes);
            open.rows > 0 && so_far + bytes > self.shard_bytes
        });
        if full {
            self.close()?;
        }
        if self.open.is_none() {
            let folder = self.folder.join(self.format.name());
            fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
            let name = format!("{}/{}-{:05}.{}", self.format.name(), self.side.as_str(), self.closed.len(), self.format.ending());
            let mut open = Open::create(self.folder, name)?;
            if self.format == Format::Csv {
                open.put(&csv::header(self.shape))?;
            }
            let parquet = self.parquet();
            self.open = Some((open, parquet));
        }
        Ok(self.open.as_mut().expect("it was opened above"))
    }

    /// Writes the example's rows and says where they are. Returns the bytes.
    pub fn add(&mut self, example: &Example, places: &mut Vec<Place>) -> Result<u64> {
        match self.format {
            Format::SftParquet => {
                let Some(text) = mapping::imitated(example) else { return Ok(0) };
                let messages: Vec<_> = format::conversation(example, text);
                self.add_lists(example, &[&messages], places)
            }
            Format::DpoParquet => {
                let prompt = format::prompt(example);
                let mut bytes = 0;
                for pair in mapping::pairs(example) {
                    let (chosen, rejected) = (format::assistant(pair.chosen), format::assistant(pair.rejected));
                    bytes += self.add_lists(example, &[&prompt, &chosen, &rejected], places)?;
                }
                Ok(bytes)
            }
            Format::Sft
            | Format::PromptCompletion
            | Format::Dpo
            | Format::DpoChat
            | Format::Kto
            | Format::OpenaiChat
            | Format::OpenaiPreference
            | Format::Alpaca
            | Format::Sharegpt
            | Format::SharegptPreference
            | Format::SharegptKto
            | Format::Csv => self.add_lines(example, places),
        }
    }

    fn add_lines(&mut self, example: &Example, places: &mut Vec<Place>) -> Result<u64> {
        let (format, side, shape) = (self.format, self.side, self.shape);
        let (mut result, mut bytes) = (Ok(()), 0);
        format::lines(format, example, side, shape, &mut |line| {
            if result.is_ok() {
                result = self.room(line.len() as u64).and_then(|(open, _)| {
                    places.push(Place { file: open.name.clone(), row: open.rows });
                    open.put_row(line)
                });
                bytes += line.len() as u64;
            }
        });
        result.map(|()| bytes)
    }

    fn add_lists(&mut self, example: &Example, lists: &[&[format::Turn<'_>]], places: &mut Vec<Place>) -> Result<u64> {
        let bytes = lists.iter().flat_map(|list| list.iter()).map(|turn| (turn.role.len() + turn.content.len() + 8) as u64).sum::<u64>();
        let (open, parquet) = self.room(bytes)?;
        places.push(Place { file: open.name.clone(), row: open.rows });
        open.rows += 1;
        let parquet = parquet.as_mut().expect("a file of lists is a Parquet file");
        parquet.add(&example.id, example.weight, lists, &mut open.file, &open.path)?;
        Ok(bytes)
    }

    pub fn close(&mut self) -> Result<()> {
        if let Some((mut open, parquet)) = self.open.take() {
            if let Some(parquet) = parquet {
                parquet.finish(&mut open.file, &open.path)?;
            }
            self.closed.push(open.close()?);
        }
        Ok(())
    }

    pub fn files(self) -> Vec<Closed> {
        self.closed
    }
}
