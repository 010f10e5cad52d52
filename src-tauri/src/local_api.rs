//! The server of the local API, while it is switched on.
//!
//! Invariant: it runs as the setting says, or there is a sentence why not. No other port is ever tried.

use crate::shell::lock;
use flow::Desk;
use serve::{Config, PER_SECOND, Server};
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(crate) struct LocalApi(Mutex<Now>);

#[derive(Default)]
struct Now {
    server: Option<(Config, Server)>,
    problem: Option<String>,
    ended: bool,
}

impl LocalApi {
    /// Starts, ends or moves the server, as the setting says now. Gives whether something is otherwise than before.
    pub(crate) fn switch(&self, desk: &Arc<Desk>) -> bool {
        let mut now = lock(&self.0);
        if now.ended {
            return false;
        }
        let wanted = match desk.api_setting() {
            Ok(setting) => setting.on.then_some(Config { port: setting.port, v6: setting.v6, per_second: PER_SECOND }),
            Err(e) => {
                now.problem = Some(e.to_string());
                return true;
            }
        };
        let runs = now.server.as_ref().map(|(config, _)| config);
        if runs == wanted.as_ref() && (runs.is_some() || now.problem.is_none()) {
            return false;
        }
        // The port is let go of first: only the other address may have changed.
        drop(now.server.take());
        let started = wanted.map(|config| Server::start(Arc::clone(desk), &config).map(|server| (config, server)));
        let (server, problem) = match started {
            None => (None, None),
            Some(Ok(server)) => (Some(server), None),
            Some(Err(e)) => (None, Some(e.to_string())),
        };
        if problem.is_some() && problem == now.problem {
            return false;
        }
        if let Some(problem) = &problem {
            tracing::warn!(problem, "the local API does not listen");
        }
        now.server = server;
        now.problem = problem;
        true
    }

    /// Where it listens, and why it does not.
    pub(crate) fn now(&self) -> (Option<String>, Option<String>) {
        let now = lock(&self.0);
        let address = now.server.as_ref().and_then(|(_, server)| server.addresses().first()).map(|address| format!("http://{address}"));
        (address, now.problem.clone())
    }

    pub(crate) fn end(&self) {
        let mut now = lock(&self.0);
        now.ended = true;
        drop(now.server.take());
    }
}
