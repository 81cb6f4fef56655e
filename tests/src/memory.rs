//! What a process has in memory.

use anyhow::{Context, Result};

/// Bytes of memory.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// All that is resident.
    pub resident: u64,
    /// Heap and stacks: what is no page of a file.
    pub anonymous: u64,
}

impl Memory {
    /// Resident memory of a process in bytes, as the kernel counts it: all (`Pss`, where a page that several mappings
    /// of one file share counts once), and the part that is no page of a file.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn of(pid: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let kib = |name: &str| -> Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().next());
            let number = number.with_context(|| format!("no {name} in /proc"))?;
            Ok(number.parse::<u64>()? * 1024)
        };
        Ok(Self {
            resident: kib("Pss:")?,
            anonymous: kib("Pss_Anon:")?,
        })
    }
}
