//! The console as it is installed, and what a program needs to upload to it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;
use serde::Serialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::console::Console;
use tokio::runtime::Runtime;

use crate::GROUP_BYTES;
use crate::peers::{free_port, wait_until_it_listens};
use crate::process::MemoryGroup;
use crate::send::{self, Content};

/// Whose volumes they are.
const PROJECT: &str = "imagenet";
/// After this nobody is at work any more.
const SETTLES_WITHIN: Duration = Duration::from_secs(3);

/// One data volume, and the right to write to it.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) port: u16,
    /// The address of the volume without its host.
    pub(crate) volume: String,
    pub(crate) authorization: String,
}

/// A console with data volumes.
pub(crate) struct Stowage {
    pub(crate) console: Console,
    pub(crate) doors: Vec<Door>,
    /// Of the person whom the volumes belong to, for pages.
    pub(crate) client: Client,
    /// That the volumes lie in.
    pub(crate) folder: PathBuf,
    _group: Option<MemoryGroup>,
}

impl Stowage {
    /// Starts one with so many volumes.
    pub(crate) fn start(runtime: &Runtime, volumes: usize) -> Result<Self> {
        let console = runtime.block_on(Console::start(None))?;
        let folder = console.project_folder(PROJECT);
        Self::begin(runtime, console, folder, volumes)
    }

    /// The same with one volume, on a cluster whose folder is this one.
    pub(crate) fn start_on(runtime: &Runtime, folder: &Path) -> Result<Self> {
        let example = include_str!("../../../../server/stowage.example.toml");
        let root = format!("root = {:?}", folder.to_string_lossy());
        let config = example.replace("root = \"clusters/slurm-a\"", &root);
        let server = server()?;
        let console = Console::start_from(Path::new(&server), Some(&config), None);
        let project = folder.join("projects").join(PROJECT);
        Self::begin(runtime, runtime.block_on(console)?, project, 1)
    }

    fn begin(runtime: &Runtime, console: Console, folder: PathBuf, volumes: usize) -> Result<Self> {
        let group = MemoryGroup::new(&format!("Stowage{volumes}"), GROUP_BYTES);
        if let Some(group) = &group {
            group.add(console.pid())?;
        }
        let (doors, client) = runtime.block_on(async {
            let client = console.signed_in("katherine").await?;
            let authorization = authorization(&console, &client).await?;
            let port = url::Url::parse(console.origin())?
                .port()
                .context("no port")?;
            let mut doors = Vec::new();
            for number in 0..volumes {
                let name = format!("bench-{number}");
                let volume = console.new_data_volume(&client, PROJECT, &name).await?;
                doors.push(Door {
                    port,
                    volume: format!("/api/v1/datavolumes/{}", volume.id),
                    authorization: authorization.clone(),
                });
            }
            anyhow::Ok((doors, client))
        })?;
        Ok(Self {
            console,
            doors,
            client,
            folder,
            _group: group,
        })
    }
}

fn server() -> Result<OsString> {
    std::env::var_os("STOWAGE_BIN").context("STOWAGE_BIN names no server")
}

/// An access key of a person, exchanged for a token.
async fn authorization(console: &Console, client: &Client) -> Result<String> {
    let ask = async |path: &str, body: Value| -> Result<Value> {
        let answer = client
            .post(format!("{}{path}", console.origin()))
            .header("origin", console.origin())
            .json(&body)
            .send()
            .await?
            .error_for_status()?;
        Ok(answer.json().await?)
    };
    let key = ask("/api/v1/access-keys", json!({ "name": "bench" })).await?;
    let wish = json!({
        "grantType": "client_credentials",
        "clientID": key["clientId"],
        "clientSecret": key["clientSecret"],
    });
    let tokens = ask("/api/v1/token", wish).await?;
    let token = tokens["accessToken"].as_str().context("no token")?;
    Ok(format!("Bearer {token}"))
}

/// Heap and stacks in MiB.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Memory {
    /// Open uploads that were measured.
    sessions: usize,
    /// A data agent that nobody uses, as it runs in a pod.
    agent_at_rest: f64,
    /// The whole console that nobody uses.
    console_at_rest: f64,
    /// Above that at most, while four lanes bring one file.
    more_with_lanes: f64,
    /// The same, while 64 files are brought at once.
    more_with_uploads: f64,
    /// The same, while so many uploads are begun and left open.
    more_with_sessions: f64,
}

/// What uploads take of memory.
pub(crate) fn memory(
    runtime: &Runtime,
    size: usize,
    sessions: usize,
    content: &Content,
) -> Result<Memory> {
    let stowage = Stowage::start(runtime, 2)?;
    let door = &stowage.doors[0];
    let console_at_rest = stowage.at_rest()?;
    let ((), most) = stowage.most(|| send::lanes_to_stowage(door, "lanes", size, 4, content))?;
    let more_with_lanes = most - console_at_rest;
    let ((), most) = stowage.most(|| {
        send::at_once(
            64,
            64,
            |_, number| {
                // A person may have half as many requests at a time on one volume.
                let door = &stowage.doors[number % 2];
                send::large_to_stowage(door, &format!("one-of-64-{number}"), size / 64, content)
            },
            door.port,
        )
    })?;
    let more_with_uploads = most - console_at_rest;
    let ((), most) = stowage.most(|| {
        send::at_once(
            8,
            sessions,
            |connection, number| {
                let door = &stowage.doors[number % 2];
                send::begin(connection, door, &format!("open-{number}"), 1 << 20, false).map(drop)
            },
            door.port,
        )
    })?;
    Ok(Memory {
        sessions,
        agent_at_rest: agent_at_rest()?,
        console_at_rest,
        more_with_lanes,
        more_with_uploads,
        more_with_sessions: most - console_at_rest,
    })
}

/// A data agent in a process of its own, that nobody asks for anything.
fn agent_at_rest() -> Result<f64> {
    let folder = TempDir::new()?;
    let key = folder.path().join("key");
    std::fs::write(&key, [7; 32])?;
    let port = free_port()?;
    let mut agent = Command::new(server()?)
        .args(["agent", "--volume", "bench", "--listen"])
        .arg(format!("127.0.0.1:{port}"))
        .arg("--root")
        .arg(folder.path())
        .arg("--key-file")
        .arg(key)
        .env("STOWAGE_LOG", "warn")
        .spawn()?;
    let memory = wait_until_it_listens(port, &mut agent).and_then(|()| {
        thread::sleep(SETTLES_WITHIN);
        tests::memory::Memory::of(agent.id())
    });
    agent.kill()?;
    agent.wait()?;
    Ok(mebibytes(memory?))
}

fn mebibytes(memory: tests::memory::Memory) -> f64 {
    let kibibytes = u32::try_from(memory.anonymous / 1024).unwrap_or(u32::MAX);
    f64::from(kibibytes) / 1024.0
}

impl Stowage {
    /// Heap and stacks in MiB when nobody asks for anything any more.
    pub(crate) fn at_rest(&self) -> Result<f64> {
        thread::sleep(SETTLES_WITHIN);
        Ok(mebibytes(self.console.memory()?))
    }

    /// What something answers that is done, and the most memory in MiB meanwhile.
    pub(crate) fn most<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let mut most = 0.0_f64;
                while !is_done.load(Ordering::Relaxed) {
                    most = most.max(mebibytes(self.console.memory()?));
                    thread::sleep(Duration::from_millis(20));
                }
                anyhow::Ok(most)
            });
            let worked = work();
            is_done.store(true, Ordering::Relaxed);
            let most = watcher
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("the watcher panicked")));
            Ok((worked?, most?))
        })
    }
}
