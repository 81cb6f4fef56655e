//! Memory of the server at rest and while a large file is uploaded: `cargo xtask bench memory`.
//!
//! The size in GiB can be given (default 4). What is sent is made on the way; the file is deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::Bytes;
use futures::stream;
use reqwest::{Body, Client};
use tests::console::Console;
use tests::memory::Memory;
use wire::DataVolumeView;

/// One request of the upload: what the browser sends at a time.
const SLICE: u64 = 64 << 20;
const FRAME: usize = 1 << 20;

#[tokio::main]
async fn main() -> Result<()> {
    let gibibytes: u64 = std::env::args().nth(1).map_or(Ok(4), |text| text.parse())?;
    let console = Arc::new(Console::start(None).await?);
    let client = console.signed_in("katherine").await?;
    let volume = console
        .new_data_volume(&client, "imagenet", "large")
        .await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let rest = console.memory()?;

    let (most, watching) = watch(console.clone());
    let size = gibibytes << 30;
    let took = upload(&console, &client, &volume, size).await?;
    watching.store(false, Ordering::SeqCst);
    let most = most.await??;
    let stored = console
        .project_folder("imagenet")
        .join(&volume.claim_name)
        .join("large.bin");
    ensure!(
        std::fs::metadata(&stored)?.len() == size,
        "the stored file is not whole"
    );
    std::fs::remove_file(&stored)?;

    let rate = Bytes(size * 1000 / u64::try_from(took.as_millis())?.max(1));
    println!("{:<34}{:>14}{:>14}", "", "resident", "anonymous");
    for (name, memory) in [
        ("at rest", rest),
        ("most, in an upload", most),
        ("after it", console.memory()?),
    ] {
        let [resident, anonymous] =
            [memory.resident, memory.anonymous].map(|bytes| Bytes(bytes).to_string());
        println!("{name:<34}{resident:>14}{anonymous:>14}");
    }
    println!(
        "uploaded {} in {:.1} s, {rate}/s",
        Bytes(size),
        took.as_secs_f64()
    );
    Ok(())
}

/// Uploads zeros, slice by slice, as the browser does; answers how long it took.
async fn upload(
    console: &Console,
    client: &Client,
    volume: &DataVolumeView,
    size: u64,
) -> Result<Duration> {
    let began = Instant::now();
    let uploads = format!(
        "{}/api/v1/datavolumes/{}/uploads",
        console.origin(),
        volume.id
    );
    let created = client
        .post(uploads)
        .header("origin", console.origin())
        .header("tus-resumable", "1.0.0")
        .header("upload-length", size)
        .header("upload-metadata", "relativePath bGFyZ2UuYmlu")
        .send()
        .await?
        .error_for_status()?;
    let location = created
        .headers()
        .get("location")
        .context("no Location")?
        .to_str()?
        .to_owned();
    let address = url::Url::parse(console.origin())?.join(&location)?;
    let mut offset = 0;
    while offset < size {
        let length = SLICE.min(size - offset);
        let frames = usize::try_from(length)? / FRAME;
        let frame = vec![0_u8; FRAME];
        let body = stream::iter((0..frames).map(move |_| Ok::<_, std::io::Error>(frame.clone())));
        let answer = client
            .patch(address.clone())
            .header("origin", console.origin())
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", offset)
            .header("content-type", "application/offset+octet-stream")
            .header("content-length", length)
            .body(Body::wrap_stream(body))
            .send()
            .await?
            .error_for_status()?;
        offset = answer
            .headers()
            .get("upload-offset")
            .context("no Upload-Offset")?
            .to_str()?
            .parse()?;
    }
    Ok(began.elapsed())
}

/// The most memory seen until told to stop, looked at ten times a second.
fn watch(console: Arc<Console>) -> (tokio::task::JoinHandle<Result<Memory>>, Arc<AtomicBool>) {
    let goes_on = Arc::new(AtomicBool::new(true));
    let flag = goes_on.clone();
    let task = tokio::spawn(async move {
        let mut most = console.memory()?;
        while flag.load(Ordering::SeqCst) {
            let now = console.memory()?;
            most.resident = most.resident.max(now.resident);
            most.anonymous = most.anonymous.max(now.anonymous);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(most)
    });
    (task, goes_on)
}
