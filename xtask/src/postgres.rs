//! A PostgreSQL for one run of the tests, on a temporary folder and a port of its own.
//!
//! PostgreSQL refuses to run as root; where the tests do, it runs as Debian's user `postgres`, or as
//! `nobody`. It keeps nothing safe on the disk: it is deleted at the end, whatever the tests say.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::interrupt::Reached;
use crate::setup::PostgresPrograms;
use crate::{interrupt, process, serving};

const START_LIMIT: Duration = Duration::from_mins(1);

/// Settings of a database that nobody misses.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
];

/// A running server; it is stopped and deleted when this is dropped.
pub(crate) struct Postgres {
    server: Child,
    reached: Reached,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a database and waits until it takes connections.
    pub(crate) fn start(programs: &PostgresPrograms) -> Result<Self> {
        let folder = env::temp_dir().join(format!("stowage-postgres-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("{}", folder.display()))?;
        let started = start_in(programs, &folder);
        if started.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        started
    }

    /// `postgres://…`, of a database that exists and is empty, as a user who may make others.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's "fast shutdown": it waits for nobody.
        self.reached.send(Signal::INT);
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn start_in(programs: &PostgresPrograms, folder: &Path) -> Result<Postgres> {
    let account = unprivileged_account()?;
    if let Some((user, group)) = account {
        chown(folder, Some(user), Some(group))?;
    }
    let data = folder.join("data");
    let log = folder.join("log");
    let mut initdb = as_account(Command::new(programs.path("initdb")), account);
    initdb
        .current_dir(folder)
        .arg("--pgdata")
        .arg(&data)
        .args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ])
        .stdout(File::create(&log)?);
    process::run(&mut initdb)?;

    let port = serving::free_port()?;
    let mut postgres = as_account(Command::new(programs.path("postgres")), account);
    postgres
        .current_dir(folder)
        .arg("-D")
        .arg(&data)
        .arg("-p")
        .arg(port.to_string());
    for setting in SETTINGS {
        postgres.args(["-c", setting]);
    }
    let output = File::options().append(true).open(&log)?;
    let server = process::spawn(postgres.stdout(output.try_clone()?).stderr(output))?;
    let reached = interrupt::reaches(&server);
    let mut postgres = Postgres {
        server,
        reached,
        folder: folder.to_owned(),
        port,
    };
    wait_until_ready(programs, &mut postgres).inspect_err(|_| {
        eprintln!("{}", fs::read_to_string(&log).unwrap_or_default());
    })?;
    Ok(postgres)
}

fn wait_until_ready(programs: &PostgresPrograms, postgres: &mut Postgres) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline && !interrupt::is_interrupted() {
        if let Some(status) = postgres.server.try_wait()? {
            bail!("PostgreSQL ended at once ({status})");
        }
        let port = postgres.port.to_string();
        let mut question = Command::new(programs.path("pg_isready"));
        if process::succeeds(question.args([
            "-q",
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-p",
            &port,
        ])) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("PostgreSQL takes no connections")
}

fn as_account(mut command: Command, account: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

/// User and group to run as; `None` where we are nobody special already.
fn unprivileged_account() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| account_in(&accounts, name))
        .map(Some)
        .context("there is neither a user `postgres` nor `nobody` to run PostgreSQL as")
}

fn account_in(accounts: &str, name: &str) -> Option<(u32, u32)> {
    let fields: Vec<&str> = accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&name))?;
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_the_numbers_of_its_line() {
        let accounts =
            "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65533:nobody:/:/bin/false\n";
        assert_eq!(account_in(accounts, "nobody"), Some((65534, 65533)));
        assert_eq!(account_in(accounts, "postgres"), None);
    }
}
