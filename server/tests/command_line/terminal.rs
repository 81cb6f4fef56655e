//! A console, and a terminal of somebody who has an access key.

use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::console::Console;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub(crate) const STOWAGE: &str = env!("CARGO_BIN_EXE_stowage");

pub(super) struct Terminal {
    pub(super) console: Console,
    pub(super) home: TempDir,
    pub(super) client_id: String,
    pub(super) client_secret: String,
}

/// What a command came to.
pub(super) struct Ran {
    pub(super) is_success: bool,
    pub(super) printed: String,
    pub(super) complained: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            is_success: output.status.success(),
            printed: String::from_utf8_lossy(&output.stdout).into_owned(),
            complained: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    pub(super) fn json(&self) -> Result<Value> {
        ensure!(self.is_success, "{}{}", self.printed, self.complained);
        Ok(serde_json::from_str(&self.printed)?)
    }
}

impl Terminal {
    /// A console, and a terminal that is signed in nowhere.
    pub(super) async fn start(person: &str) -> Result<Self> {
        Self::start_with(person, None).await
    }

    /// The same, with a configuration of its own.
    pub(super) async fn start_with(person: &str, config: Option<&str>) -> Result<Self> {
        let console = Console::start_from(Path::new(STOWAGE), config, None).await?;
        let key: Value = console
            .signed_in(person)
            .await?
            .post(format!("{}/api/v1/access-keys", console.origin()))
            .header("sec-fetch-site", "same-origin")
            .json(&json!({"name": "laptop"}))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let text = |name: &str| key[name].as_str().map(str::to_owned).context("a key");
        Ok(Self {
            console,
            home: TempDir::new()?,
            client_id: text("clientId")?,
            client_secret: text("clientSecret")?,
        })
    }

    /// The same, signed in.
    pub(super) async fn signed_in(person: &str) -> Result<Self> {
        let terminal = Self::start(person).await?;
        terminal.sign_in(terminal.console.origin()).await?;
        Ok(terminal)
    }

    pub(super) async fn sign_in(&self, origin: &str) -> Result<Ran> {
        let arguments = ["login", origin, "--client-id", &self.client_id];
        let ran = self.run_with(&arguments, &self.client_secret).await?;
        ensure!(ran.is_success, "{}", ran.complained);
        Ok(ran)
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(STOWAGE);
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path())
            .env_remove("STOWAGE_URL")
            .env_remove("STOWAGE_CLIENT_ID")
            .env_remove("STOWAGE_CLIENT_SECRET")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(super) async fn run(&self, arguments: &[&str]) -> Result<Ran> {
        Ok(self.command(arguments).output().await?.into())
    }

    /// With something on the standard input.
    pub(super) async fn run_with(&self, arguments: &[&str], input: &str) -> Result<Ran> {
        let mut running = self.command(arguments).stdin(Stdio::piped()).spawn()?;
        let mut stdin = running.stdin.take().context("a standard input")?;
        stdin.write_all(input.as_bytes()).await?;
        drop(stdin);
        Ok(running.wait_with_output().await?.into())
    }

    /// What a command answers as JSON.
    pub(super) async fn ask(&self, arguments: &[&str]) -> Result<Value> {
        let arguments = [arguments, &["--output", "json"]].concat();
        self.run(&arguments).await?.json()
    }

    /// That a command fails, with what it says.
    pub(super) async fn refused(&self, arguments: &[&str]) -> Result<String> {
        let ran = self.run(arguments).await?;
        ensure!(!ran.is_success, "{arguments:?} was done: {}", ran.printed);
        Ok(ran.complained)
    }

    /// A data volume of the project imagenet on new storage.
    pub(super) async fn make_volume(&self, name: &str) -> Result<()> {
        let storage = [
            "--project",
            "imagenet",
            "--storage-class",
            "standard",
            "--size",
            "1GiB",
        ];
        let made = self
            .ask(&[&["volumes", "create", name][..], &storage].concat())
            .await?;
        ensure!(made["status"]["phase"] == "Ready", "{made}");
        Ok(())
    }
}
