//! What goes through the pipes: one JSON message a line.

use crate::Status;
use flow::model::{GenerateRequest, Generation, ModelError, ModelFacts, Token};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::PathBuf;

/// To the child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    Generate { call: u64, request: Box<GenerateRequest> },
    Inspect { call: u64, path: PathBuf },
    Cancel { call: u64 },
    LeaveACoreFree(bool),
    Unload,
}

/// From the child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Say {
    Token { call: u64, token: Token },
    Generated { call: u64, result: Box<Result<Generation, ModelError>> },
    Inspected { call: u64, result: Box<Result<ModelFacts, ModelError>> },
    Status(Status),
}

/// Writes one message and sends it off.
pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(std::io::Error::other)?;
    line.push(b'\n');
    to.write_all(&line)?;
    to.flush()
}
