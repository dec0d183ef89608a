//! How many workers this process may keep busy, and how much memory it may fill.

use std::path::Path;

/// The processors that this process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuBudget {
    /// Processors after affinity mask and cgroup quota, at least 1.
    pub cores: usize,
}

impl CpuBudget {
    /// Asks the operating system. On Linux the standard library takes the smaller of the affinity
    /// mask and the cgroup's CPU quota (versions 1 and 2, parents included, rounded down), where
    /// the inference library would count the whole machine.
    pub fn detect() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores }
    }

    /// Workers to start: the configured number (at least 1), or one per core. More workers than
    /// cores only make each other wait.
    pub fn workers(self, configured: Option<usize>) -> usize {
        configured.unwrap_or(self.cores).max(1)
    }
}

/// The memory that this process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryBudget {
    /// The machine's memory or the limit of its control groups, whichever is less; `None` where
    /// neither can be read.
    pub bytes: Option<u64>,
}

impl MemoryBudget {
    /// Reads Linux' own files; elsewhere nothing is known.
    pub fn detect() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let machine = read("/proc/meminfo").lines().find_map(|line| {
            let kib = line.strip_prefix("MemTotal:")?.trim().strip_suffix("kB")?;
            kib.trim().parse::<u64>().ok()?.checked_mul(1_024)
        });
        let groups = group_limit(&read("/proc/self/cgroup"), Path::new("/sys/fs/cgroup"));
        let bytes = [machine, groups].into_iter().flatten().min();
        Self { bytes }
    }

    /// How many pieces of work of this size fit, at least 1. A quarter is left to everything else.
    pub fn holds(self, bytes: u64) -> usize {
        let Some(all) = self.bytes else {
            return usize::MAX;
        };
        let pieces = (all - all / 4) / bytes.max(1);
        usize::try_from(pieces).unwrap_or(usize::MAX).max(1)
    }
}

/// The least memory limit of the control groups that `/proc/self/cgroup` names, parents included
/// (versions 1 and 2).
fn group_limit(groups: &str, mount: &Path) -> Option<u64> {
    let mut least = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            continue;
        };
        let (root, file) = match controllers {
            "" => (mount.to_owned(), "memory.max"),
            c if c.split(',').any(|c| c == "memory") => {
                (mount.join("memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // Inside a container the path may be that of the host; then only the root is there.
        let own = root.join(path.trim_start_matches('/'));
        for folder in own.ancestors().take_while(|f| f.starts_with(&root)) {
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            let limit = text.trim().parse::<u64>().ok();
            least = [least, limit].into_iter().flatten().min();
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_of_all_groups_counts() {
        let mount = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = mount.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let limit = |groups: &str| group_limit(groups, mount.path());
        assert_eq!(limit("0::/a/b\n"), None);
        write("a/b/memory.max", "max\n");
        write("a/memory.max", "4000000000\n");
        assert_eq!(limit("0::/a/b\n"), Some(4_000_000_000));
        assert_eq!(limit("0::/../elsewhere\n"), None);
        write("memory.max", "3000000000\n");
        assert_eq!(limit("0::/of/the/host\n"), Some(3_000_000_000));
        write("memory/c/memory.limit_in_bytes", "2000000000\n");
        assert_eq!(limit("5:cpu,memory:/c\n4:pids:/c\n"), Some(2_000_000_000));
        let budget = |bytes| MemoryBudget { bytes };
        assert_eq!(budget(Some(4 << 30)).holds(512 << 20), 6);
        assert_eq!(budget(Some(1 << 20)).holds(512 << 20), 1);
        assert_eq!(budget(None).holds(1), usize::MAX);
        assert!(MemoryBudget::detect().bytes.is_none_or(|b| b > 1 << 20));
    }

    #[test]
    fn the_affinity_mask_counts() {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|l| l.strip_prefix("Cpus_allowed:"));
        let budget = CpuBudget::detect();
        if let Some(mask) = mask {
            let digits = mask.chars().filter_map(|c| c.to_digit(16));
            let allowed: u32 = digits.map(u32::count_ones).sum();
            assert!(budget.cores <= allowed as usize, "{budget:?}, mask {mask}");
        }
        assert!(budget.cores >= 1);
        assert_eq!(budget.workers(Some(3)), 3);
        assert_eq!(budget.workers(Some(0)), 1);
        assert_eq!(budget.workers(None), budget.cores);
    }
}
