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

impl Now {
    /// Gives whether it is another sentence than before.
    fn say(&mut self, problem: Option<String>) -> bool {
        if self.problem == problem {
            return false;
        }
        if let Some(problem) = &problem {
            tracing::warn!(problem, "the local API does not listen");
        }
        self.problem = problem;
        true
    }
}

impl LocalApi {
    /// Starts, ends or moves the server, as the setting says now. Gives whether something is otherwise than before.
    pub(crate) fn switch(&self, desk: &Arc<Desk>) -> bool {
        let mut now = lock(&self.0);
        if now.ended {
            return false;
        }
        let wanted = match desk.api_setting() {
            Ok(setting) => {
                setting.on.then_some(Config { port: setting.port, v6: setting.v6, per_second: PER_SECOND, beside_a_window: true })
            }
            Err(e) => return now.say(Some(e.to_string())),
        };
        if now.server.as_ref().map(|(config, _)| config) == wanted.as_ref() {
            return now.say(None);
        }
        // The port is let go of first: only the other address may have changed.
        let ran = now.server.take().is_some();
        match wanted.map(|config| Server::start(Arc::clone(desk), &config).map(|server| (config, server))) {
            None => {
                now.say(None);
                true
            }
            Some(Ok(server)) => {
                now.server = Some(server);
                now.say(None);
                true
            }
            Some(Err(e)) => now.say(Some(e.to_string())) || ran,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use flow::Clock;
    use flow::local_api::ApiSetting;
    use flow::testing::admin;
    use std::net::TcpListener;

    #[test]
    fn why_it_does_not_listen_is_told_once_and_no_longer_said_once_that_is_over() {
        let folder = tempfile::TempDir::new().unwrap();
        let desk = Arc::new(Desk::open(folder.path(), Clock::system()).unwrap());
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        desk.save_api_setting(&admin(), &ApiSetting { on: true, port, v6: false }).unwrap();
        let api = LocalApi::default();
        assert!(api.switch(&desk));
        assert!(api.now().1.unwrap().contains(&port.to_string()));
        assert!(!api.switch(&desk), "it is told once");
        drop(taken);
        assert!(api.switch(&desk));
        let runs = (Some(format!("http://127.0.0.1:{port}")), None);
        assert_eq!(api.now(), runs);
        assert!(!api.switch(&desk));

        lock(&api.0).say(Some("the setting cannot be read".into()));
        assert!(api.switch(&desk), "the same setting runs");
        assert_eq!(api.now(), runs);
    }
}
