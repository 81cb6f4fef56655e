//! A page while many have the event stream open and much changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::Bytes;
use reqwest::Client;
use serde_json::{Value, json};
use tests::console::Console;
use tests::figures::{Times, milliseconds};
use tokio::task::JoinSet;

use crate::PERSON;

const CHANGES_A_SECOND: u32 = 50;
/// What the page may take in 99 of 100 cases.
const PAGE_AIM: Duration = Duration::from_millis(300);
/// What the server may take while all that goes on.
const MEMORY_AIM: Bytes = Bytes(256 << 20);

/// Prints the times of the page and the most memory.
pub(crate) async fn measure(console: &Console, listeners: usize, time: Duration) -> Result<()> {
    let reader = console.signed_in(PERSON).await?;
    let writer = console.signed_in("katherine").await?;
    let heard = Arc::new(AtomicU64::new(0));
    let mut streams = JoinSet::new();
    for _ in 0..listeners {
        let address = format!("{}/api/v1/events", console.origin());
        let mut stream = reader.get(address).send().await?.error_for_status()?;
        let heard = heard.clone();
        streams.spawn(async move {
            while let Ok(Some(part)) = stream.chunk().await {
                let events = part.windows(5).filter(|bytes| bytes == b"data:");
                heard.fetch_add(events.count() as u64, Ordering::Relaxed);
            }
        });
    }
    let volumes = volumes(console, &reader).await?;
    let until = Instant::now() + time;
    let (changes, page) = tokio::join!(
        change(console, &writer, &volumes, until),
        look(console, &reader, until)
    );
    let (changes, (times, memory)) = (changes?, page?);
    ensure!(streams.try_join_next().is_none(), "a stream ended");
    streams.abort_all();
    let is_over = times.at(99) > PAGE_AIM || memory > MEMORY_AIM;
    println!(
        "{:<66}{:>12} p50, {} p99, {memory}{}",
        format!("the page with {listeners} event streams"),
        milliseconds(times.at(50)),
        milliseconds(times.at(99)),
        if is_over { "  over the aim" } else { "" },
    );
    println!(
        "{:<66}{:>12.1}   heard {} times",
        "changes a second",
        f64::from(changes) / time.as_secs_f64(),
        heard.load(Ordering::Relaxed),
    );
    Ok(())
}

/// Some that the listeners see.
async fn volumes(console: &Console, client: &Client) -> Result<Vec<String>> {
    let address = format!(
        "{}/api/v1/datavolumes?requestType=Originated&limit=50",
        console.origin()
    );
    let page: Value = client.get(address).send().await?.json().await?;
    let listed = page["datavolumes"].as_array().context("a list")?;
    let ids = listed.iter().filter_map(|volume| volume["id"].as_str());
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    ensure!(!ids.is_empty(), "nothing is seen");
    Ok(ids)
}

/// Changes at an even pace, whether the one before is done or not.
async fn change(
    console: &Console,
    client: &Client,
    volumes: &[String],
    until: Instant,
) -> Result<u32> {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / CHANGES_A_SECOND);
    let mut count = 0_u32;
    let mut changes = JoinSet::new();
    while Instant::now() < until {
        pace.tick().await;
        let id = &volumes[count as usize % volumes.len()];
        let change = client
            .patch(format!("{}/api/v1/datavolumes/{id}", console.origin()))
            .header("sec-fetch-site", "same-origin")
            .json(&json!({ "description": format!("Change {count}") }))
            .send();
        changes.spawn(async { change.await?.error_for_status() });
        count += 1;
    }
    for change in changes.join_all().await {
        change?;
    }
    Ok(count)
}

/// Opens the page again and again.
async fn look(console: &Console, client: &Client, until: Instant) -> Result<(Times, Bytes)> {
    let mut times = Times::default();
    let mut most = 0;
    while Instant::now() < until {
        let began = Instant::now();
        let page = client
            .get(format!("{}/data-volumes", console.origin()))
            .send()
            .await?
            .error_for_status()?;
        page.bytes().await?;
        times.push(began.elapsed());
        most = most.max(console.memory()?.resident);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok((times, Bytes(most)))
}
