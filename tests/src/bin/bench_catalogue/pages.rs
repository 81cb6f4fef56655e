//! What people wait for: from the request of a page to the last byte of its HTML, over HTTP on loopback,
//! for somebody who sees all data volumes.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tests::console::Console;
use tests::figures::{Times, milliseconds};

/// What the server may take in 95 of 100 cases.
const AIM: Duration = Duration::from_millis(100);
const ROUNDS: usize = 40;

const PAGES: [(&str, &str); 6] = [
    ("the first page", "/data-volumes"),
    ("by used, descending", "/data-volumes?sort=used&order=desc"),
    ("90,000 rows on", "/data-volumes?offset=90000"),
    (
        "search with few hits",
        "/data-volumes?search=gr%C3%B6%C3%9Fe",
    ),
    ("search with many hits", "/data-volumes?search=street"),
    ("search with none", "/data-volumes?search=nowhere"),
];

/// Prints a line for each page. The rounds are interleaved; the first is not counted.
pub(crate) async fn measure(database: &str) -> Result<()> {
    let console = Console::start(Some(database)).await?;
    let client = console.signed_in("katherine").await?;
    let mut all = vec![Times::default(); PAGES.len()];
    for round in 0..=ROUNDS {
        for ((_, address), times) in PAGES.iter().zip(&mut all) {
            let started = Instant::now();
            let answer = client
                .get(format!("{}{address}", console.origin()))
                .send()
                .await?
                .error_for_status()?;
            let html = answer.text().await?;
            let took = started.elapsed();
            ensure!(
                html.contains("<table") || address.contains("nowhere"),
                "{address} shows no data volumes"
            );
            if round > 0 {
                times.push(took);
            }
        }
    }
    println!(
        "{:<66}{:>9}{:>10}{:>10}",
        "page over HTTP", "", "p50", "p95"
    );
    for ((name, _), times) in PAGES.iter().zip(&all) {
        let mark = if times.at(95) > AIM {
            "  over the aim"
        } else {
            ""
        };
        println!(
            "{name:<66}{:>9}{:>10}{:>10}{mark}",
            "",
            milliseconds(times.at(50)),
            milliseconds(times.at(95)),
        );
    }
    Ok(())
}
