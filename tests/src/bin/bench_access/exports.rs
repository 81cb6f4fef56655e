//! All data volumes as CSV and JSON: how long it takes, and what it takes of the server's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use domain::Bytes;
use tests::console::Console;

/// Reads an export to its end while the memory is watched.
pub(crate) async fn measure(console: &Console, volumes: u32) -> Result<()> {
    let client = console.signed_in("katherine").await?;
    for name in ["export.csv", "export.json"] {
        let before = console.memory()?.anonymous;
        let most = Arc::new(AtomicU64::new(before));
        let is_over = Arc::new(AtomicBool::new(false));
        let began = Instant::now();
        let address = format!("{}/api/v1/datavolumes/{name}", console.origin());
        let mut answer = client.get(address).send().await?.error_for_status()?;
        let (mut lines, mut bytes) = (0_u64, 0_u64);
        let reading = async {
            while let Some(part) = answer.chunk().await? {
                bytes += part.len() as u64;
                lines += part.split(|byte| *byte == b'\n').count() as u64 - 1;
            }
            is_over.store(true, Ordering::SeqCst);
            Ok::<_, anyhow::Error>(())
        };
        let watching = async {
            while !is_over.load(Ordering::SeqCst) {
                most.fetch_max(console.memory()?.anonymous, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<_, anyhow::Error>(())
        };
        let (read, watched) = tokio::join!(reading, watching);
        read?;
        watched?;
        ensure!(lines >= u64::from(volumes), "{lines} lines");
        let more = Bytes(most.load(Ordering::SeqCst).saturating_sub(before));
        println!(
            "{:<66}{:>12.1} s   {} with {more} of memory",
            format!("{name} of {volumes} data volumes"),
            began.elapsed().as_secs_f64(),
            Bytes(bytes),
        );
    }
    Ok(())
}
