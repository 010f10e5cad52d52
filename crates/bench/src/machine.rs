//! The machine that was measured on, and what processes take of it. Linux only, where more than the cores is asked.
//!
//! Invariant: nothing here names the machine, its user or a folder.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// The processor in words: model, cores, instruction sets that matter here.
pub fn processor() -> String {
    const SETS: [(&str, &str); 7] = [
        ("avx2", "AVX2"),
        ("fma", "FMA"),
        ("f16c", "F16C"),
        ("avx_vnni", "AVX-VNNI"),
        ("avx512bw", "AVX-512"),
        ("avx512_vnni", "AVX-512 VNNI"),
        ("amx_int8", "AMX"),
    ];
    let text = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field =
        |name: &str| text.lines().find(|line| line.starts_with(name)).and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
    let name = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let flags: BTreeSet<String> = field("flags").unwrap_or_default().split(' ').map(str::to_owned).collect();
    let sets: Vec<&str> = SETS.iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, set)| *set).collect();
    let family = field("cpu family").map(|family| format!(", family {family}")).unwrap_or_default();
    format!("{name}{family}, {} cores, {}", cores(), if sets.is_empty() { "no known extension".to_owned() } else { sets.join(", ") })
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Today's date in UTC, as in 2026-11-23.
pub fn today() -> String {
    let days = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
    date(days)
}

/// The date so many days after 1 January 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: u64) -> String {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{date:02}")
}

/// The share of the cores that other programs take, looked at for a second in which this one rests.
pub fn busy() -> Option<f64> {
    let before = ticks()?;
    std::thread::sleep(Duration::from_secs(1));
    let after = ticks()?;
    let all = after.0.saturating_sub(before.0).max(1);
    Some(1.0 - after.1.saturating_sub(before.1) as f64 / all as f64)
}

/// All ticks of all cores, and the idle ones.
fn ticks() -> Option<(u64, u64)> {
    let text = read_to_string("/proc/stat").ok()?;
    let all: Vec<u64> = text.lines().next()?.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    // idle and iowait
    Some((all.iter().take(8).sum(), all.get(3)? + all.get(4)?))
}

/// Memory of a process and its children, bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// The most that was ever resident, mapped files included (VmHWM).
    pub peak: u64,
    /// Now, pages shared with others counted in part (PSS).
    pub now: u64,
}

pub fn memory(process: u32) -> Option<Memory> {
    let own = |id: u32| {
        let peak = kibibytes(&read_to_string(format!("/proc/{id}/status")).ok()?, "VmHWM:")?;
        let now = kibibytes(&read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?, "Pss:")?;
        Some(Memory { peak: peak << 10, now: now << 10 })
    };
    let mut sum = own(process)?;
    for child in children(process) {
        if let Some(more) = memory(child) {
            sum = Memory { peak: sum.peak + more.peak, now: sum.now + more.now };
        }
    }
    Some(sum)
}

fn children(process: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect()
}

fn kibibytes(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// What the machine can do at most, all cores together.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes read from memory a second.
    pub read: f64,
    /// 8-bit multiply-adds a second.
    pub multiply_adds: f64,
}

impl Limits {
    /// Measures them with the kernels' example `limits`, where it was built.
    pub fn measure() -> Option<Self> {
        let example = std::env::current_exe().ok()?.parent()?.join("examples/limits");
        let said = Command::new(example).args(["", "3"]).stderr(Stdio::null()).output().ok()?;
        Self::read(&String::from_utf8_lossy(&said.stdout))
    }

    /// Out of a line such as `memory read 41.0 GB/s (43.1), peak 1200 G multiply-adds/s (1300)`.
    fn read(text: &str) -> Option<Self> {
        let line = text.lines().find_map(|line| line.strip_prefix("memory read "))?;
        let (read, rest) = line.split_once(" GB/s")?;
        let peak = rest.split_once("peak ")?.1.split(' ').next()?;
        Some(Self { read: read.parse::<f64>().ok()? * 1e9, multiply_adds: peak.parse::<f64>().ok()? * 1e9 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        for (days, expected) in [(0, "1970-01-01"), (19_782, "2024-02-29"), (20_089, "2025-01-01"), (20_780, "2026-11-23")] {
            assert_eq!(date(days), expected);
        }
    }

    #[test]
    fn limits_are_read_as_the_example_prints_them() {
        let limits = Limits::read("AVX2 with 2 threads\nmemory read 41.5 GB/s (43.1), peak 1200 G multiply-adds/s (1300)\n").unwrap();
        assert_eq!((limits.read, limits.multiply_adds), (41.5e9, 1.2e12));
        assert!(Limits::read("").is_none());
    }

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        assert_eq!(kibibytes("Name:\tgait\nVmHWM:\t   5124 kB\nVmRSS:\t 12 kB\n", "VmHWM:"), Some(5124));
        assert_eq!(kibibytes("Name:\tgait\n", "VmHWM:"), None);
        if cfg!(target_os = "linux") {
            let here = memory(std::process::id()).unwrap();
            assert!(here.peak >= 1 << 20 && here.now >= 1 << 20, "this very process takes more than nothing: {here:?}");
        }
    }
}
