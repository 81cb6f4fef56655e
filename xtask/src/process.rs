//! Running other programs.
//!
//! Their output goes straight to the terminal unless a function says otherwise: whoever waits for a
//! compiler wants to see it work.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, Result, bail, ensure};

use crate::interrupt;

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = wait(&mut spawn(command)?)?;
    ensure!(status.success(), "`{}` failed ({status})", line_of(command));
    Ok(())
}

/// Runs a program and answers what it printed; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let printed = child.stdout.take().context("no standard output")?;
    let text = std::io::read_to_string(printed)?;
    let status = wait(&mut child)?;
    ensure!(status.success(), "`{}` failed ({status})", line_of(command));
    Ok(text)
}

/// Whether a program runs and succeeds; it prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a program succeeds before the time is up; it is ended when it does not.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> Result<bool> {
    let mut child = spawn(command.stdin(Stdio::null()))?;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if Instant::now() > deadline || interrupt::is_interrupted() {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a program, shows what it prints and hands each line of it to `read`.
pub(crate) fn read_along(command: &mut Command, mut read: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    let printed = child.stdout.take().context("no standard output")?;
    let reached = interrupt::reaches(&child);
    for line in BufReader::new(printed).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        read(&line);
    }
    drop(reached);
    wait(&mut child)
}

/// Starts a program.
pub(crate) fn spawn(command: &mut Command) -> Result<Child> {
    if interrupt::is_interrupted() {
        bail!("stopped");
    }
    command
        .spawn()
        .with_context(|| format!("`{}` cannot be started", line_of(command)))
}

/// Where a program is found, as a shell would.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| fs::metadata(file).is_ok_and(|found| found.is_file()))
}

/// Says what takes its time now.
pub(crate) fn announce(what: &str) {
    eprintln!("\x1b[1m==>\x1b[0m {what}");
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let reached = interrupt::reaches(child);
    let status = child.wait()?;
    drop(reached);
    if interrupt::is_interrupted() {
        bail!("stopped");
    }
    Ok(status)
}

fn line_of(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
