//! The window's commands, by feature: parse, call flow, map.
//!
//! Invariant: no command runs on the main thread or on the threads that carry the messages, a panic in one is an error
//! like any other, and what goes wrong is logged here, once, without anything that a person or a model wrote.

pub mod activity;
pub mod app;
pub mod audits;
pub mod backups;
pub mod branch;
pub mod confidence;
pub mod data;
pub mod datasets;
pub mod decisions;
pub mod governance;
pub mod local_api;
pub mod models;
pub mod notices;
pub mod overview;
pub mod report;
pub mod review;
pub mod reviewers;
pub mod similar;
pub mod simulate;
pub mod sinks;
pub mod use_cases;
pub mod window;

use crate::dto::{Answer, CommandError, ErrorCode};
use crate::shell::Shell;
use flow::model::{Cancel, Drafter, GenerateRequest, Generation, ModelError};
use std::time::{Duration, Instant};
use tauri::ipc::Channel;

/// What can go wrong on the way: flow's errors keep their type up to the edge.
pub(crate) enum Fault {
    Flow(flow::Error),
    Said(CommandError),
}

impl From<flow::Error> for Fault {
    fn from(e: flow::Error) -> Self {
        Self::Flow(e)
    }
}

impl From<ModelError> for Fault {
    fn from(e: ModelError) -> Self {
        Self::Flow(e.into())
    }
}

impl From<CommandError> for Fault {
    fn from(e: CommandError) -> Self {
        Self::Said(e)
    }
}

/// Runs a command's work on a thread of its own.
pub(crate) async fn aside<T: Send + 'static>(
    command: &'static str,
    shell: &Shell,
    work: impl FnOnce(&Shell) -> Result<T, Fault> + Send + 'static,
) -> Answer<T> {
    let theirs = shell.clone();
    match tauri::async_runtime::spawn_blocking(move || work(&theirs)).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(Fault::Flow(e))) => {
            shell.notice(&e);
            let said = CommandError::from(e);
            log(command, &said);
            Err(said)
        }
        Ok(Err(Fault::Said(said))) => {
            log(command, &said);
            Err(said)
        }
        Err(_) => {
            let said = CommandError::internal("Something went wrong inside Gait. What was acknowledged is kept; the log says more.");
            log(command, &said);
            Err(said)
        }
    }
}

fn log(command: &'static str, said: &CommandError) {
    match said.code {
        // A mistake of ours or of the machine.
        ErrorCode::Internal | ErrorCode::Storage => tracing::error!(command, message = said.message, "failed"),
        // Names a file or a host, not what is in it.
        ErrorCode::Model | ErrorCode::File | ErrorCode::Hub => tracing::warn!(command, message = said.message, "failed"),
        // Everyday answers; they can quote what a person typed.
        ErrorCode::Stale
        | ErrorCode::AlreadyDelivered
        | ErrorCode::NothingToUndo
        | ErrorCode::NothingToRedo
        | ErrorCode::NotAllowed
        | ErrorCode::Invalid
        | ErrorCode::NotFound
        | ErrorCode::Cancelled => tracing::debug!(command, code = ?said.code, "refused"),
    }
}

/// Between two pieces of a stream: more often than the screen is drawn brings nothing.
const FRAME: Duration = Duration::from_millis(16);

/// Generates, and sends the text as it comes. Stops when the page is gone.
pub(crate) fn stream(
    drafter: &dyn Drafter,
    request: &GenerateRequest,
    cancel: &Cancel,
    to: &Channel<String>,
) -> Result<Generation, ModelError> {
    let mut text = String::new();
    let mut sent: Option<Instant> = None;
    let send = |text: &mut String| {
        if !text.is_empty() && to.send(std::mem::take(text)).is_err() {
            cancel.cancel();
        }
    };
    let made = drafter.generate(request, cancel, &mut |token| {
        text.push_str(&token.text);
        if sent.is_none_or(|at| at.elapsed() >= FRAME) {
            send(&mut text);
            sent = Some(Instant::now());
        }
    })?;
    send(&mut text);
    Ok(made)
}
