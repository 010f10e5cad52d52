//! Looks for the settings with which llama-server does the queue fastest.
//!
//! Invariant: a setting is kept only when it did the same requests in less time.

use crate::theirs::Peer;
use anyhow::Result;
use std::path::Path;

/// How a server is started: answers at once, and further arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub slots: usize,
    pub arguments: Vec<String>,
}

impl Settings {
    /// From the words of a command line: the number of slots, then arguments.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Self { slots: words.next()?.parse().ok()?, arguments: words.collect() })
    }

    /// As one would type it.
    pub fn spelled(&self) -> String {
        format!("-np {} {}", self.slots, self.arguments.join(" ")).trim().to_owned()
    }
}

/// Settings tried on top of the best number of slots.
const FURTHER: [&[&str]; 6] =
    [&["-ub", "256"], &["-ub", "1024"], &["-fa", "off"], &["--kv-unified"], &["--cache-reuse", "64"], &["--cache-ram", "0"]];

/// The best settings for a model, on the first `sample` requests of the queue.
///
/// # Errors
/// When a server fails with its plain settings.
pub fn search(peer: &Peer, model: &Path, sample: usize, quick: bool) -> Result<Settings> {
    let slots: &[usize] = if quick { &[4, 8, 16] } else { &[1, 2, 4, 8, 16] };
    let mut best = (f64::INFINITY, Settings { slots: 1, arguments: Vec::new() });
    let attempt = |settings: Settings, best: &mut (f64, Settings)| -> Result<()> {
        let server = peer.serve(model, settings.slots, &settings.arguments)?;
        // The shared prompt is in the caches before the clock starts, as in a long queue.
        server.queue(settings.slots)?;
        let seconds = server.queue(sample)?.as_secs_f64();
        eprintln!("    llama-server {}: {sample} requests in {seconds:.1} s", settings.spelled());
        if seconds < best.0 {
            *best = (seconds, settings);
        }
        Ok(())
    };
    for slots in slots {
        attempt(Settings { slots: *slots, arguments: Vec::new() }, &mut best)?;
    }
    if !quick {
        for further in FURTHER {
            let mut settings = best.1.clone();
            settings.arguments.extend(further.iter().map(|word| (*word).to_owned()));
            // One that this server does not know is not its best.
            if let Err(error) = attempt(settings, &mut best) {
                eprintln!("    llama-server with {}: {error:#}", further.join(" "));
            }
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_spelled() {
        let settings = Settings::parse("8 -ub 256").unwrap();
        assert_eq!(settings, Settings { slots: 8, arguments: vec!["-ub".into(), "256".into()] });
        assert_eq!(settings.spelled(), "-np 8 -ub 256");
        assert_eq!(Settings::parse("-ub 256"), None, "the number of slots comes first");
    }
}
