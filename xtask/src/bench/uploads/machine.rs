//! The machine in one sentence: a figure without it says nothing.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::process;

/// Processor, memory, kernel, and the file system of a folder.
pub(super) fn described(folder: &Path) -> Result<String> {
    let processor = field("/proc/cpuinfo", "model name")?;
    let cores = thread::available_parallelism()?;
    let kibibytes: u64 = field("/proc/meminfo", "MemTotal")?
        .trim_end_matches(" kB")
        .parse()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let file_system = process::output(
        Command::new("stat")
            .args(["--file-system", "--format", "%T"])
            .arg(folder),
    )?;
    Ok(format!(
        "{cores} cores of {processor}, {} GiB of memory, Linux {}, files on {}",
        kibibytes.div_ceil(1 << 20),
        kernel.trim(),
        file_system.trim()
    ))
}

/// Today, in UTC.
pub(super) fn today() -> Result<String> {
    let printed = process::output(
        Command::new("date")
            .args(["--utc", "+%-d %B %Y"])
            .env("LC_ALL", "C"),
    )?;
    Ok(printed.trim().to_owned())
}

fn field(file: &str, name: &str) -> Result<String> {
    let text = fs::read_to_string(file)?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(other, _)| other.trim() == name);
    Ok(found.map_or_else(
        || "unknown".to_owned(),
        |(_, value)| value.trim().to_owned(),
    ))
}
