//! The first 50 data volumes for somebody of 200 access rules.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use reqwest::Client;
use store::{Listing, Store};
use tests::console::Console;
use tests::content;
use tests::figures::{Times, milliseconds};

use crate::{PERSON, from_memory};

const LIMIT: u64 = 50;
const ROUNDS: usize = 200;
/// Requests at a time when as many as possible are sent.
const AT_ONCE: usize = 16;
/// How often the two servers take turns.
const TURNS: u32 = 4;
/// What the console should reach of the server that answers from memory.
const AIM: f64 = 0.5;

/// The query alone.
pub(crate) async fn in_the_store(store: &Store) -> Result<()> {
    let reaches = content::reaches();
    let reach = reaches
        .into_iter()
        .find(|(name, _)| *name == "200 projects");
    let listing = Listing {
        reach: reach.context("somebody of 200 projects")?.1,
        limit: LIMIT,
        ..Listing::default()
    };
    let mut times = Times::default();
    for round in 0..=ROUNDS {
        let began = Instant::now();
        store.read().await?.list_data_volumes(&listing).await?;
        if round > 0 {
            times.push(began.elapsed());
        }
    }
    report("in the store", &times);
    Ok(())
}

/// The request alone, then as many as possible, in turns with the server that answers from memory.
pub(crate) async fn over_http(console: &Console, time: Duration) -> Result<()> {
    let client = console.signed_in(PERSON).await?;
    let address = format!(
        "{}/api/v1/datavolumes?requestType=All&limit={LIMIT}",
        console.origin()
    );
    let mut times = Times::default();
    let mut content = String::new();
    for round in 0..=ROUNDS {
        let began = Instant::now();
        let answer = client.get(&address).send().await?.error_for_status()?;
        content = answer.text().await?;
        if round > 0 {
            times.push(began.elapsed());
        }
    }
    report("over HTTP", &times);

    let file = console.folder().join("list.json");
    std::fs::write(&file, &content)?;
    let (_server, memory) = from_memory::start(&file).await?;
    let (mut of_console, mut of_memory) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        of_console.push(rate(&client, &address, &content, time / TURNS).await?);
        of_memory.push(rate(&client, &memory, &content, time / TURNS).await?);
    }
    let (console, memory) = (median(of_console), median(of_memory));
    let part = console / memory;
    let mark = if part < AIM { "  under the aim" } else { "" };
    println!(
        "{:<66}{console:>7.0}/s of {memory:.0}/s from memory: {part:.2}{mark}",
        format!(
            "as many as possible, {AT_ONCE} at a time, {} bytes",
            content.len()
        ),
    );
    Ok(())
}

/// Answers in a second.
async fn rate(client: &Client, address: &str, content: &str, time: Duration) -> Result<f64> {
    let began = Instant::now();
    let lanes = (0..AT_ONCE).map(|_| async move {
        let mut count = 0_u32;
        while began.elapsed() < time {
            let answer = client.get(address).send().await?.error_for_status()?;
            ensure!(
                answer.bytes().await?.len() == content.len(),
                "another answer"
            );
            count += 1;
        }
        Ok::<_, anyhow::Error>(count)
    });
    let count: u32 = try_join_all(lanes).await?.into_iter().sum();
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn report(place: &str, times: &Times) {
    println!(
        "{:<66}{:>14}{:>16}",
        format!("list of {LIMIT} for 200 access rules, {place}: p50, p95"),
        milliseconds(times.at(50)),
        milliseconds(times.at(95))
    );
}
