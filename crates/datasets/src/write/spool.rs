//! Cleaned examples on the disk between the two passes, so that the source is read once and its texts are never all in memory.
//!
//! Invariant: what is written here has been cleaned; the file is inside of the partial folder and goes with it, or before the folder has its
//! name.

use crate::error::{Error, Result};
use crate::example::Example;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

pub struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Spool {
    pub fn create(folder: &Path) -> Result<Self> {
        let path = folder.join("spool");
        let file = File::create_new(&path).map_err(Error::io(&path))?;
        Ok(Self { path, file: BufWriter::with_capacity(1 << 18, file) })
    }

    pub fn add(&mut self, example: &Example) -> Result<()> {
        serde_json::to_writer(&mut self.file, example).map_err(|error| Error::Io { path: self.path.clone(), cause: error.into() })?;
        self.file.write_all(b"\n").map_err(Error::io(&self.path))
    }

    pub fn read(mut self) -> Result<Spooled> {
        self.file.flush().map_err(Error::io(&self.path))?;
        let file = File::open(&self.path).map_err(Error::io(&self.path))?;
        Ok(Spooled { path: self.path, file: BufReader::with_capacity(1 << 18, file), line: Vec::new() })
    }
}

pub struct Spooled {
    path: PathBuf,
    file: BufReader<File>,
    line: Vec<u8>,
}

impl Spooled {
    pub fn next(&mut self) -> Result<Option<Example>> {
        self.line.clear();
        if self.file.read_until(b'\n', &mut self.line).map_err(Error::io(&self.path))? == 0 {
            return Ok(None);
        }
        serde_json::from_slice(&self.line).map(Some).map_err(|error| Error::Malformed { path: self.path.clone(), why: error.to_string() })
    }

    pub fn remove(self) -> Result<()> {
        drop(self.file);
        fs::remove_file(&self.path).map_err(Error::io(&self.path))
    }
}
