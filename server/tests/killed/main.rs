//! A console that is killed while files are uploaded through it: what it answered is there afterwards.
//!
//! The data agent of a cluster of folders runs within the console, so this is a kill of both. `cargo xtask soak`
//! does it more often (`STOWAGE_KILLS`).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method, Response};
use tests::console::Console;

const STREAM: &str = "application/offset+octet-stream";
const SMALL: usize = 30_000;
const LARGE: usize = 3_000_000;
/// One of so many kills of a soak is one of the console, which takes longer to start than an agent.
const SHARE: u64 = 20;

/// What a file of this name has in it.
fn content(name: &str, size: usize) -> Vec<u8> {
    name.bytes().chain([b'\n']).cycle().take(size).collect()
}

/// Somebody who uploads, and what was answered to them.
#[derive(Clone)]
struct Person {
    client: Client,
    origin: String,
    volume: String,
    stored: Arc<Mutex<Vec<(String, usize)>>>,
    /// Where an upload is, and up to where it was answered as stored.
    begun: Arc<Mutex<Option<(String, usize)>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Person {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Result<Response> {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.origin))
            .header("origin", &self.origin)
            .header("tus-resumable", "1.0.0");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        Ok(request.body(body).send().await?.error_for_status()?)
    }

    fn creation(name: &str, size: usize) -> Vec<(&'static str, String)> {
        vec![
            ("upload-length", size.to_string()),
            (
                "upload-metadata",
                format!("relativePath {}", STANDARD.encode(name)),
            ),
        ]
    }

    async fn single(&self, name: String) -> Result<()> {
        let mut headers = Self::creation(&name, SMALL);
        headers.push(("content-type", STREAM.to_owned()));
        let body = content(&name, SMALL);
        self.ask(Method::POST, &self.volume, &headers, body).await?;
        locked(&self.stored).push((name, SMALL));
        Ok(())
    }

    async fn batch(&self, names: Vec<String>) -> Result<()> {
        let mut body = b"SWB1".to_vec();
        for name in &names {
            let header = serde_json::json!({ "path": name, "sizeBytes": SMALL }).to_string();
            body.extend_from_slice(&u32::try_from(header.len())?.to_be_bytes());
            body.extend_from_slice(header.as_bytes());
            body.extend_from_slice(&content(name, SMALL));
        }
        body.extend_from_slice(&[0; 4]);
        let kind = "application/vnd.stowage.batch".to_owned();
        let path = format!("{}/batch", self.volume);
        let answer = self
            .ask(Method::POST, &path, &[("content-type", kind)], body)
            .await?;
        let text = answer.text().await?;
        ensure!(!text.contains("\"refused\""), "{text}");
        locked(&self.stored).extend(names.into_iter().map(|name| (name, SMALL)));
        Ok(())
    }

    /// A file in several requests.
    async fn tus(&self, name: String) -> Result<()> {
        let body = content(&name, LARGE);
        let answer = self
            .ask(
                Method::POST,
                &self.volume,
                &Self::creation(&name, LARGE),
                Vec::new(),
            )
            .await?;
        let location = answer.headers().get("location").context("no Location")?;
        let path = location.to_str()?;
        let path = path.strip_prefix(&self.origin).unwrap_or(path).to_owned();
        *locked(&self.begun) = Some((path.clone(), 0));
        for (number, piece) in body.chunks(LARGE / 6).enumerate() {
            let offset = number * (LARGE / 6);
            let headers = [
                ("content-type", STREAM.to_owned()),
                ("upload-offset", offset.to_string()),
            ];
            self.ask(Method::PATCH, &path, &headers, piece.to_vec())
                .await?;
            *locked(&self.begun) = Some((path.clone(), offset + piece.len()));
        }
        locked(&self.stored).push((name, LARGE));
        Ok(())
    }

    /// Uploads in all ways until nobody answers any more.
    fn upload(&self, round: u64) -> Vec<tokio::task::JoinHandle<()>> {
        let (first, second, third) = (self.clone(), self.clone(), self.clone());
        vec![
            tokio::spawn(async move {
                let mut number = 0;
                while first
                    .single(format!("single/{round}-{number}"))
                    .await
                    .is_ok()
                {
                    number += 1;
                }
            }),
            tokio::spawn(async move {
                let mut number = 0;
                let name = |number, file| format!("batch/{round}-{number}/{file}");
                let names = |number: u64| (0..10).map(|file| name(number, file)).collect();
                while second.batch(names(number)).await.is_ok() {
                    number += 1;
                }
            }),
            tokio::spawn(async move {
                let mut number = 0;
                while third.tus(format!("tus/{round}-{number}")).await.is_ok() {
                    number += 1;
                }
            }),
        ]
    }

    /// An offset that was answered is not taken back.
    async fn go_on(&self) -> Result<()> {
        let Some((path, answered)) = locked(&self.begun).take() else {
            return Ok(());
        };
        let answer = self.ask(Method::HEAD, &path, &[], Vec::new()).await?;
        let offset = answer.headers().get("upload-offset").context("no offset")?;
        let offset: usize = offset.to_str()?.parse()?;
        ensure!(
            offset >= answered,
            "{answered} bytes were answered, {offset} are left"
        );
        Ok(())
    }
}

/// Every file beneath a folder but those of Stowage's own.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.extend((entry.file_name() != ".stowage").then_some(path));
            } else {
                found.push(path);
            }
        }
    }
    found
}

/// What was answered is there, and what is there is whole.
fn compare(folder: &Path, stored: &[(String, usize)]) -> Result<()> {
    for (name, size) in stored {
        let found = std::fs::read(folder.join(name)).with_context(|| format!("{name} is lost"))?;
        ensure!(found == content(name, *size), "{name} is not what was sent");
    }
    for path in files_in(folder) {
        let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
        let size = if name.starts_with("tus/") {
            LARGE
        } else {
            SMALL
        };
        let found = std::fs::read(&path)?;
        ensure!(found == content(&name, size), "{name} is half a file");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_console_answered_is_there_after_it_was_killed() -> Result<()> {
    let setting = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let kills = setting("STOWAGE_KILLS").map_or(3, |kills| kills.div_ceil(SHARE));
    let seed = setting("STOWAGE_SEED").unwrap_or(1);
    let mut console =
        Console::start_from(Path::new(env!("CARGO_BIN_EXE_stowage")), None, None).await?;
    let client = console.signed_in("ada").await?;
    let volume = console
        .new_data_volume(&client, "imagenet", "killed")
        .await?;
    let folder = console.project_folder("imagenet").join("killed");
    let person = Person {
        client,
        origin: console.origin().to_owned(),
        volume: format!("/api/v1/datavolumes/{}/uploads", volume.id),
        stored: Arc::default(),
        begun: Arc::default(),
    };
    let began = Instant::now();
    for round in 0..kills {
        let tasks = person.upload(round);
        // Spread over half a second, another way with each seed.
        let moment = (seed + round).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        tokio::time::sleep(Duration::from_millis(20 + moment % 500)).await;
        console.stop()?;
        for task in tasks {
            task.await?;
        }
        compare(&folder, &locked(&person.stored))?;
        console.resume().await?;
        person.go_on().await?;
    }
    let stored = locked(&person.stored).len();
    ensure!(stored > 0, "nothing was ever stored");
    // For the table of `cargo xtask soak`: whatever is lost or half has ended this before.
    println!(
        "\nfaults\tkills of the console\t{kills}\t0\t0\t0\t{}",
        began.elapsed().as_secs()
    );
    Ok(())
}
