//! The access matrix: every door of the running console × every kind of caller × one's own, somebody
//! else's and a missing object.
//!
//! The doors are counted by the product itself: what the REST API describes, where one signs in, the server
//! functions that are registered and the pages that are routed. One without a row here fails, and a refusal has to read, byte
//! for byte, like absence.

// Views are types within types, as deep as the page.
#![recursion_limit = "512"]

mod callers;
mod door;
mod doors;
mod things;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use tests::console::Console;

use callers::{Asker, configuration, everybody};
use door::Door;
use doors::doors;
use things::{Thing, Things};

/// What somebody was answered.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    body: String,
}

#[tokio::test]
async fn every_door_answers_everybody_as_the_table_says() -> Result<()> {
    let server = std::path::Path::new(env!("CARGO_BIN_EXE_stowage"));
    let console = Console::start_from(server, Some(&configuration()), None).await?;
    let things = Things::lay_out(&console).await?;
    let doors = doors();
    let known: BTreeSet<String> = doors.iter().map(Door::name).collect();
    let there = doors_of_the_product(&console).await?;
    let without_a_row: Vec<_> = there.difference(&known).collect();
    ensure!(
        without_a_row.is_empty(),
        "doors without a row: {without_a_row:#?}"
    );
    let gone: Vec<_> = known.difference(&there).collect();
    ensure!(gone.is_empty(), "rows without a door: {gone:#?}");

    let askers = everybody(&console).await?;
    let mut table = format!("{:<66}", "own / foreign / missing");
    for asker in &askers {
        write!(table, "{:<13}", asker.short)?;
    }
    for door in &doors {
        write!(table, "\n{:<66}", door.name())?;
        for asker in &askers {
            write!(table, "{:<13}", row(&console, door, asker, &things).await?)?;
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!("matrix", table.join("\n"));
    Ok(())
}

/// The three statuses of a door for one caller, after the answers were compared.
async fn row(console: &Console, door: &Door, asker: &Asker, things: &Things) -> Result<String> {
    let mut answers = Vec::new();
    let own = if door.takes_away_a_rule() {
        &things.own_with_another_rule(console).await?
    } else {
        &things.own
    };
    for thing in [own, &things.foreign, &things.missing] {
        answers.push(ask(console, door, asker, thing).await?);
    }
    let [own, foreign, missing] = &answers[..] else {
        unreachable!("three things");
    };
    let who = format!("{} as {}", door.name(), asker.short);
    if foreign.status == 404 || missing.status == 404 || !asker.is_somebody {
        ensure!(foreign == missing, "{who}: {foreign:?} is not {missing:?}");
    }
    if !asker.has_a_role {
        ensure!(own == missing, "{who}: {own:?} is not {missing:?}");
    }
    ensure!(
        answers.iter().all(|answer| answer.status < 500),
        "{who}: {answers:?}"
    );
    if own.status == foreign.status && own.status == missing.status {
        return Ok(own.status.to_string());
    }
    Ok(format!(
        "{}/{}/{}",
        own.status, foreign.status, missing.status
    ))
}

async fn ask(console: &Console, door: &Door, asker: &Asker, thing: &Thing) -> Result<Answer> {
    let address = format!("{}{}", console.origin(), thing.fill(&door.address()));
    let mut request = asker
        .client
        .request(door.method.parse()?, address)
        .header("sec-fetch-site", "same-origin");
    if let Some((content_type, body)) = door.body() {
        request = request
            .header("content-type", content_type)
            .body(thing.fill(&body));
    }
    for (name, value) in door.headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.with_context(|| door.name())?;
    let status = response.status().as_u16();
    let is_endless = response
        .headers()
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes() == b"text/event-stream");
    let body = if is_endless {
        String::new()
    } else {
        without_nonce(&thing.forget(&response.text().await?))
    };
    Ok(Answer { status, body })
}

/// A page without the nonce of its scripts, which no other answer has.
fn without_nonce(text: &str) -> String {
    let nonce = text
        .split_once("nonce=\"")
        .and_then(|(_, rest)| rest.split('"').next());
    match nonce {
        Some(nonce) if !nonce.is_empty() => text.replace(nonce, "nonce"),
        _ => text.to_owned(),
    }
}

async fn doors_of_the_product(console: &Console) -> Result<BTreeSet<String>> {
    let address = format!("{}/api/v1/openapi.json", console.origin());
    let document: serde_json::Value = reqwest::get(address).await?.json().await?;
    let mut doors = BTreeSet::new();
    for (path, item) in document["paths"].as_object().context("paths")? {
        for method in item.as_object().context("operations")?.keys() {
            doors.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    for (path, method) in server_fn::axum::server_fn_paths() {
        doors.insert(format!("{method} {path}"));
    }
    for (method, path) in identity::ADDRESSES.into_iter().chain(api::DOCS) {
        doors.insert(format!("{method} {path}"));
    }
    for page in leptos_axum::generate_route_list(app::App) {
        doors.insert(format!("GET {}", page.path()));
    }
    Ok(doors)
}
