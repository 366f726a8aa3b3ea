//! What the machine has: asked for defaults and before work that may not fit, never for an output.

use std::path::Path;

use sysinfo::{Disks, System};

/// Bytes of main memory, or those that the process's container may use.
pub(crate) fn memory() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    system.total_memory().min(limit)
}

/// Bytes that can still be written below a folder, where the system tells.
pub(crate) fn free_space(folder: &Path) -> Option<u64> {
    let folder = std::fs::canonicalize(folder).ok()?;
    let disks = Disks::new_with_refreshed_list();
    let holds = |disk: &&sysinfo::Disk| folder.starts_with(disk.mount_point());
    let disk =
        disks.list().iter().filter(holds).max_by_key(|disk| disk.mount_point().as_os_str().len());
    disk.map(sysinfo::Disk::available_space)
}

/// Seconds that processors have worked for this process, all threads together. Linux tells in
/// `/proc`, in hundredths; elsewhere nothing does without a system call of its own.
pub(crate) fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may hold spaces; behind it come the state and ten numbers.
    let mut behind = stat[stat.rfind(')')? + 1..].split_whitespace().skip(11);
    let mut ticks = || behind.next()?.parse::<u64>().ok();
    Some((ticks()? + ticks()?) as f64 / 100.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_machine_has_memory_and_a_disk() {
        assert!(super::memory() > 1 << 20);
        assert!(super::free_space(std::path::Path::new(".")).is_some_and(|bytes| bytes > 0));
    }
}
