//! What this machine says of its memory.
//!
//! Invariant: `None` where the system does not say (today everywhere but on Linux); never a guess.

/// Bytes that a program could take now without others being pushed out.
#[cfg(target_os = "linux")]
pub fn free_memory() -> Option<u64> {
    kilobytes(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// The most bytes that a process has had in memory so far.
#[cfg(target_os = "linux")]
pub fn peak_memory(process: u32) -> Option<u64> {
    kilobytes(&std::fs::read_to_string(format!("/proc/{process}/status")).ok()?, "VmHWM:")
}

#[cfg(not(target_os = "linux"))]
pub fn free_memory() -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
pub fn peak_memory(_process: u32) -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_has() {
        assert!(free_memory().is_some_and(|bytes| bytes > 1 << 20));
        assert!(peak_memory(std::process::id()).is_some_and(|bytes| bytes > 1 << 20));
        assert_eq!(kilobytes("VmPeak:\t 1 kB\nVmHWM:\t  12 kB\n", "VmHWM:"), Some(12_288));
    }
}
