//! The console as it is installed, and what a program needs to upload to it.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;
use serde_json::{Value, json};
use tests::console::{Console, Memory};
use tokio::runtime::Runtime;

use crate::GROUP_BYTES;
use crate::process::MemoryGroup;
use crate::send::{self, Content};

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
    _group: Option<MemoryGroup>,
}

impl Stowage {
    /// Starts one with so many volumes.
    pub(crate) fn start(runtime: &Runtime, volumes: usize) -> Result<Self> {
        let console = runtime.block_on(Console::start(None))?;
        let group = MemoryGroup::new(&format!("Stowage{volumes}"), GROUP_BYTES);
        if let Some(group) = &group {
            group.add(console.pid())?;
        }
        let doors = runtime.block_on(async {
            let client = console.signed_in("katherine").await?;
            let authorization = authorization(&console, &client).await?;
            let port = url::Url::parse(console.origin())?
                .port()
                .context("no port")?;
            let mut doors = Vec::new();
            for number in 0..volumes {
                let name = format!("bench-{number}");
                let volume = console.new_data_volume(&client, "imagenet", &name).await?;
                doors.push(Door {
                    port,
                    volume: format!("/api/v1/datavolumes/{}", volume.id),
                    authorization: authorization.clone(),
                });
            }
            anyhow::Ok(doors)
        })?;
        Ok(Self {
            console,
            doors,
            _group: group,
        })
    }

    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.console.project_folder("imagenet")
    }
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

/// Memory in MiB: at rest, and the most while something goes on above that.
pub(crate) fn memory(
    runtime: &Runtime,
    size: usize,
    sessions: usize,
    content: &Content,
) -> Result<Vec<(String, f64)>> {
    let stowage = Stowage::start(runtime, 2)?;
    let door = &stowage.doors[0];
    thread::sleep(Duration::from_secs(3));
    let rest = mebibytes(stowage.console.memory()?);
    let mut figures = vec![("at rest, the whole console".to_owned(), rest)];
    let lanes = most_above(&stowage, rest, || {
        send::lanes_to_stowage(door, "lanes", size, 4, content)
    })?;
    figures.push(("more with 4 lanes into one file".to_owned(), lanes));
    let uploads = most_above(&stowage, rest, || {
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
    figures.push(("more with 64 uploads at once".to_owned(), uploads));
    let open = most_above(&stowage, rest, || {
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
    figures.push((format!("more with {sessions} uploads that are open"), open));
    Ok(figures)
}

fn mebibytes(memory: Memory) -> f64 {
    let kibibytes = u32::try_from(memory.anonymous / 1024).unwrap_or(u32::MAX);
    f64::from(kibibytes) / 1024.0
}

/// The most memory above `rest` while something is done.
fn most_above(stowage: &Stowage, rest: f64, work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let is_done = std::sync::atomic::AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = 0.0_f64;
            while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                most = most.max(mebibytes(stowage.console.memory()?));
                thread::sleep(Duration::from_millis(20));
            }
            anyhow::Ok(most)
        });
        let worked = work();
        is_done.store(true, std::sync::atomic::Ordering::Relaxed);
        let most = watcher
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the watcher panicked")));
        worked?;
        Ok((most? - rest).max(0.0))
    })
}
