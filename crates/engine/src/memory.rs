//! How much memory there is for keys and values.
//!
//! Invariant: where the system does not say, an amount is taken that any machine has on which a model runs.

/// Taken where the system does not say, bytes.
const UNKNOWN: u64 = 2 << 30;
/// At least this much is used, bytes: a sequence must go on even if memory is short.
const LEAST: u64 = 256 << 20;

/// Bytes that keys and values may take on this machine at most: a quarter of its memory. It bounds the context.
pub(crate) fn share_of_machine() -> u64 {
    meminfo("MemTotal:").map_or(UNKNOWN, |total| (total / 4).max(LEAST))
}

/// Bytes that keys and values may take now, with the model loaded: half of what is free, within the machine's share.
pub(crate) fn share_of_available() -> u64 {
    let share = share_of_machine();
    meminfo("MemAvailable:").map_or(share.min(UNKNOWN), |available| (available / 2).clamp(LEAST, share))
}

/// A line of `/proc/meminfo`, bytes. Linux only.
fn meminfo(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_always_some_memory_and_never_more_than_the_machine_has() {
        assert!(share_of_available() >= LEAST && share_of_available() <= share_of_machine().max(LEAST));
        if let Some(total) = meminfo("MemTotal:") {
            assert!(share_of_machine() <= total.max(LEAST));
        }
    }
}
