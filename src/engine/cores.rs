//! How many workers this process may keep busy.

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

#[cfg(test)]
mod tests {
    use super::*;

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
