//! WebKitWebDriver, one for each start of the program: it hands its own environment on.
//!
//! Invariant: what was started for a test is gone when the test is, also after a panic.

use crate::place::Place;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Driver {
    child: Child,
    pub port: u16,
}

impl Driver {
    /// # Panics
    /// When the driver is not installed or does not answer.
    pub fn start(place: &Place) -> Self {
        let port = free_port();
        let log = File::options().create(true).append(true).open(place.log()).expect("the place's folder can be written");
        let child = Command::new("WebKitWebDriver")
            .args(["--host=127.0.0.1".to_owned(), format!("--port={port}")])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(place.environment())
            // A group of its own: the program outlives the driver and has to be ended with it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn()
            .expect("WebKitWebDriver is installed (Debian package webkit2gtk-driver)");
        let driver = Self { child, port };
        let start = Instant::now();
        while !driver.answers() {
            assert!(start.elapsed() < Duration::from_secs(30), "WebKitWebDriver did not answer within 30 s");
            std::thread::sleep(Duration::from_millis(20));
        }
        driver
    }

    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
            let mut answer = [0; 64];
            let length = stream.read(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
        };
        ask().is_ok_and(|answer| answer.contains("200"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        signal("-KILL", &format!("-{}", self.child.id()));
        // This only takes the entry out of the process table.
        self.child.wait().ok();
    }
}

/// `kill`, the program: the workspace has no unsafe code.
pub fn signal(signal: &str, whom: &str) {
    // Nobody left to hear it is what we want.
    Command::new("kill").args([signal, "--", whom]).stderr(Stdio::null()).status().ok();
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
