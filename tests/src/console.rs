//! The binary `stowage` as a process, and somebody signed in to it over HTTP.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use domain::{Bytes, DataVolumeId, OriginSource, Phase};
use reqwest::{Client, redirect};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;
use wire::{DataVolumeView, ImportView, NewDataVolume, NewImport, ProjectChoice};

use crate::memory::Memory;

/// A first start makes a database and a signing key.
const START_LIMIT: Duration = Duration::from_mins(1);
/// An import of a few files.
const IMPORT_LIMIT: Duration = Duration::from_mins(1);

/// A console of one's own; ends when dropped.
pub struct Console {
    process: Child,
    command: Command,
    folder: TempDir,
    origin: String,
}

impl Console {
    /// Starts the binary that `STOWAGE_BIN` names on an empty folder, with SQLite there or on the database
    /// given.
    ///
    /// # Errors
    /// When it cannot be started or does not answer within a minute.
    pub async fn start(database: Option<&str>) -> Result<Self> {
        let server =
            std::env::var("STOWAGE_BIN").context("STOWAGE_BIN has to name the server's binary")?;
        Self::start_from(Path::new(&server), None, database).await
    }

    /// Starts this binary on an empty folder, with a configuration or the built-in one.
    ///
    /// # Errors
    /// As [`Console::start`].
    pub async fn start_from(
        server: &Path,
        config: Option<&str>,
        database: Option<&str>,
    ) -> Result<Self> {
        Self::start_by(Command::new(server), config, database).await
    }

    /// Starts this binary on an empty folder, where it believes over TLS only whom one of these certificates vouches
    /// for.
    ///
    /// # Errors
    /// As [`Console::start`].
    pub async fn start_trusting(server: &Path, config: &str, certificates: &Path) -> Result<Self> {
        let mut command = Command::new(server);
        command.env("SSL_CERT_FILE", certificates);
        Self::start_by(command, Some(config), None).await
    }

    async fn start_by(
        mut command: Command,
        config: Option<&str>,
        database: Option<&str>,
    ) -> Result<Self> {
        let folder = TempDir::new()?;
        let port = free_pair()?;
        command.arg("serve");
        if let Some(config) = config {
            let file = folder.path().join("stowage.toml");
            std::fs::write(&file, config)?;
            command.arg("--config").arg(file);
        }
        command
            .args(["--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(folder.path())
            .env("STOWAGE_LOG", "warn");
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        let mut console = Self {
            process: spawn(&mut command, folder.path())?,
            command,
            folder,
            origin: format!("http://127.0.0.1:{port}"),
        };
        console.wait_until_it_answers().await?;
        Ok(console)
    }

    /// Ends the process; its folder stays.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn stop(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Starts it again on its folder as it is.
    ///
    /// # Errors
    /// As [`Console::start`].
    pub async fn resume(&mut self) -> Result<()> {
        self.process = spawn(&mut self.command, self.folder.path())?;
        self.wait_until_it_answers().await
    }

    /// Starts it again and ends it after a while, however far it got.
    ///
    /// # Errors
    /// When it cannot be started or ended.
    pub fn resume_for(&mut self, a_while: Duration) -> Result<()> {
        self.process = spawn(&mut self.command, self.folder.path())?;
        std::thread::sleep(a_while);
        self.stop()
    }

    async fn wait_until_it_answers(&mut self) -> Result<()> {
        let client = client()?;
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait()? {
                bail!("the console ended ({status}): {}", self.log());
            }
            if client
                .get(format!("{}/sign-in", self.origin))
                .send()
                .await
                .is_ok()
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the console does not answer: {}", self.log())
    }

    /// Where it answers.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The folder of its data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of a project on the cluster of the demonstration.
    pub fn project_folder(&self, project: &str) -> PathBuf {
        self.folder()
            .join("clusters/slurm-a/projects")
            .join(project)
    }

    /// Has SQLite look through the console's own database.
    ///
    /// # Errors
    /// With what is damaged, or when it cannot be read.
    pub async fn check_database(&self) -> Result<()> {
        let file = SqliteConnectOptions::new().filename(self.folder().join("stowage.db"));
        let mut connection = SqliteConnection::connect_with(&file.read_only(true)).await?;
        let said: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
            .fetch_all(&mut connection)
            .await?;
        ensure!(said == ["ok"], "{}", said.join("\n"));
        Ok(())
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// What it wrote down until now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("console.log")).unwrap_or_default()
    }

    /// Memory of the process.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn memory(&self) -> Result<Memory> {
        Memory::of(self.process.id())
    }

    /// A client with the session of somebody who signed in through the demonstration provider.
    ///
    /// # Errors
    /// When a step of the sign-in does not answer as it should.
    pub async fn signed_in(&self, person: &str) -> Result<Client> {
        let client = client()?;
        let begin = format!(
            "{}/auth/sign-in/demonstration?return_to=/my-access",
            self.origin
        );
        let page = client.get(begin).send().await?.error_for_status()?;
        let provider = page.url().origin().ascii_serialization();
        let text = page.text().await?;
        let token = text
            .split_once("name=\"sign_in\" value=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .context("the provider's page has no form")?
            .0;
        let answer = client
            .post(format!("{provider}/sign-in"))
            .header("origin", &provider)
            .form(&[("sign_in", token), ("person", person)])
            .send()
            .await?
            .error_for_status()?;
        if answer.url().path() != "/my-access" {
            bail!("signing in ended at {}", answer.url());
        }
        Ok(client)
    }

    /// A data volume of a project in a new claim, made by somebody who is signed in, when it is ready.
    ///
    /// # Errors
    /// When it is refused, or not ready within ten seconds.
    pub async fn new_data_volume(
        &self,
        client: &Client,
        project: &str,
        name: &str,
    ) -> Result<DataVolumeView> {
        let storage = OriginSource::NewClaim {
            storage_class: "standard".into(),
            size: Bytes(8 << 30),
        };
        self.data_volume_of(client, project, name, storage).await
    }

    /// The same, from any storage.
    ///
    /// # Errors
    /// As [`Console::new_data_volume`].
    pub async fn data_volume_of(
        &self,
        client: &Client,
        project: &str,
        name: &str,
        storage: OriginSource,
    ) -> Result<DataVolumeView> {
        let address = |function: &str| format!("{}/fn/{function}", self.origin);
        let projects: Vec<ProjectChoice> = client
            .get(address("data-volumes/project-choices"))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let project = projects
            .iter()
            .find(|choice| choice.name == project)
            .with_context(|| format!("no project {project}"))?;
        let new = NewDataVolume {
            project_id: project.id.clone(),
            name: name.to_owned(),
            description: String::new(),
            tags: Vec::new(),
            storage,
        };
        let made: DataVolumeView = client
            .post(address("data-volumes/create"))
            .header("origin", &self.origin)
            .json(&serde_json::json!({ "new": new }))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        for _ in 0..100 {
            let volume = self.show(client, made.id).await?;
            if volume.phase == Phase::Ready {
                return Ok(volume);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the data volume does not become ready")
    }

    /// Has files imported and waits until that is over.
    ///
    /// # Errors
    /// When it is refused, or does not end within a minute.
    pub async fn import(
        &self,
        client: &Client,
        volume: DataVolumeId,
        new: &NewImport,
    ) -> Result<ImportView> {
        let imports = format!("{}/api/v1/datavolumes/{volume}/imports", self.origin);
        let asked = client.post(&imports).header("origin", &self.origin);
        let asked = asked.json(new).send().await?.error_for_status()?;
        let asked: ImportView = asked.json().await?;
        let deadline = Instant::now() + IMPORT_LIMIT;
        loop {
            let answer = client.get(format!("{imports}/{}", asked.id)).send().await?;
            let import: ImportView = answer.error_for_status()?.json().await?;
            if import.ended_at.is_some() {
                return Ok(import);
            }
            ensure!(Instant::now() < deadline, "it does not end: {import:#?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What the page of a data volume shows.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn show(&self, client: &Client, id: DataVolumeId) -> Result<DataVolumeView> {
        let address = format!("{}/fn/data-volumes/show?id={id}", self.origin);
        let page = client.get(address).send().await?.error_for_status()?;
        Ok(page.json().await?)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        adversity::unmount_beneath(self.folder());
    }
}

fn spawn(command: &mut Command, folder: &Path) -> Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("console.log"))?;
    command
        .stderr(Stdio::from(log))
        .spawn()
        .context("starting the console")
}

fn client() -> Result<Client> {
    // Only loopback is spoken to, without TLS; the library wants a provider all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder()
        .cookie_store(true)
        .redirect(redirect::Policy::limited(10))
        .build()?)
}

/// A free port with a free one above it, for the demonstration identity provider.
///
/// # Errors
/// When none is found.
pub fn free_pair() -> Result<u16> {
    for _ in 0..50 {
        let one = TcpListener::bind(("127.0.0.1", 0))?;
        let port = one.local_addr()?.port();
        if port
            .checked_add(1)
            .is_some_and(|next| TcpListener::bind(("127.0.0.1", next)).is_ok())
        {
            return Ok(port);
        }
    }
    bail!("no two free ports beside each other")
}
