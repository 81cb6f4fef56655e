//! What a server costs: processor time and memory of a process and of those that it started.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

/// The kernel counts processor time in hundredths of a second for whoever reads `/proc`.
const TICKS_PER_SECOND: f64 = 100.0;

/// A bound on memory, page cache included, so that no server has more of the machine than another.
pub(crate) struct MemoryGroup(PathBuf);

impl MemoryGroup {
    /// `None` where this machine lets nobody make groups.
    pub(crate) fn new(name: &str, bytes: u64) -> Option<Self> {
        let root = PathBuf::from("/sys/fs/cgroup");
        let (parent, limit) = if root.join("cgroup.controllers").exists() {
            (root, "memory.max")
        } else {
            (root.join("memory"), "memory.limit_in_bytes")
        };
        let folder = parent.join(format!("stowage-bench-{}-{name}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let group = Self(folder);
        fs::write(group.0.join(limit), bytes.to_string()).ok()?;
        Some(group)
    }

    /// Puts a process in.
    pub(crate) fn add(&self, pid: u32) -> Result<()> {
        fs::write(self.0.join("cgroup.procs"), pid.to_string()).context("the memory group")
    }

    /// The same command, begun inside.
    pub(crate) fn around(&self, command: &Command) -> Command {
        let mut inside = Command::new("sh");
        inside
            .args(["-c", "echo $$ > \"$0\" && exec \"$@\""])
            .arg(self.0.join("cgroup.procs"))
            .arg(command.get_program())
            .args(command.get_args());
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                inside.env(name, value);
            }
        }
        inside
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        // The kernel refuses until the last process is gone; an empty group that is left harms nobody.
        let _ = fs::remove_dir(&self.0);
    }
}

/// A process and all that it started.
fn tree(pid: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some(parent) = stat(child).and_then(|stat| stat.get(1)?.parse::<u32>().ok()) {
            parents.push((child, parent));
        }
    }
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(
            parents
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(child, _)| *child),
        );
        next += 1;
    }
    Ok(found)
}

/// The fields of `/proc/<pid>/stat` from the state on: the name before them may hold spaces.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// Processor seconds that a server used until now.
pub(crate) fn processor_seconds(pid: u32) -> Result<f64> {
    let mut ticks = 0.0;
    for pid in tree(pid)? {
        let Some(fields) = stat(pid) else { continue };
        // utime, stime, and those of children that ended.
        for field in fields.iter().skip(11).take(4) {
            ticks += field.parse::<f64>()?;
        }
    }
    Ok(ticks / TICKS_PER_SECOND)
}

/// The most memory that each process of a server ever had resident, added up, in MiB.
pub(crate) fn peak_mebibytes(pid: u32) -> Result<f64> {
    let mut kibibytes = 0.0;
    for pid in tree(pid)? {
        let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else {
            continue;
        };
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(number) = line.and_then(|line| line.split_whitespace().next()) {
            kibibytes += number.parse::<f64>()?;
        }
    }
    Ok(kibibytes / 1024.0)
}
