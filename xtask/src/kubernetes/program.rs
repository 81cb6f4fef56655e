//! One program of the cluster, with its log.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Result, bail};

use crate::process;

/// Lines of a log that are shown when the cluster does not start.
const SHOWN_LINES: usize = 20;

/// A running program; it is ended when this is dropped.
pub(super) struct Program {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Program {
    pub(super) fn start(name: &'static str, mut command: Command, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log)?;
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            // Ctrl-C is for this command alone: while it tidies up it still needs the cluster.
            .process_group(0)
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = process::spawn(&mut command)?;
        Ok(Self { name, child, log })
    }

    /// An error when it has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended ({status})", self.name);
        }
        Ok(())
    }

    /// Prints the end of its log.
    pub(super) fn show_log(&self) {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
        eprintln!("--- {}\n{}", self.name, shown.join("\n"));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // At once: nothing that it holds is needed again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
