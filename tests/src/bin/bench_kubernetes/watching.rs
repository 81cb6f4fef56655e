//! A console with many claims to look after: what it takes, how soon it knows, and that it leaves the cluster alone.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use domain::{
    Bytes, DataVolume, DataVolumeId, OriginClaim, OriginSource, Phase, Placed, UserId, VolumePath,
};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::Api;
use kube::api::DeleteParams;
use reqwest::{Client, Response};
use serde_json::Value;
use store::{Added, Store};
use tests::console::Console;
use tests::figures::{Times, milliseconds};
use uuid::Uuid;

use crate::place::{PERSON, Pair, Place, print, seconds, until};

const CLAIMS_OF_A_NAMESPACE: u32 = 20;
const PATIENCE: Duration = Duration::from_mins(15);
/// How many claims go while the console is away.
const GONE_MEANWHILE: usize = 20;
/// How many go while it is there, one after the other.
const CHANGES: usize = 60;

const MEMORY_AIM: Bytes = Bytes(256 << 20);
const START_AIM: Duration = Duration::from_secs(10);
const CHANGE_AIM: Duration = Duration::from_secs(1);

/// A data volume and the claim that holds it.
struct Held {
    id: DataVolumeId,
    pair: Pair,
}

pub(crate) async fn measure(place: &Place, claims: u32, minutes: u32) -> Result<()> {
    let namespaces: Vec<String> = (0..claims.div_ceil(CLAIMS_OF_A_NAMESPACE))
        .map(|number| format!("project-{number}"))
        .collect();
    let pairs: Vec<Pair> = (0..claims as usize)
        .map(|number| {
            let namespace = &namespaces[number % namespaces.len()];
            Pair::on_server(namespace, &format!("data-{number}"))
        })
        .collect();
    ensure!(pairs.len() > GONE_MEANWHILE + CHANGES, "too few claims");
    println!(
        "\nwatching {claims} claims in {} namespaces",
        namespaces.len()
    );
    let since = Instant::now();
    place.make_namespaces(&namespaces).await?;
    place.make_claims(&pairs).await?;
    print("made and bound", &seconds(since.elapsed()));

    let mut console = place.console(&[("Vision", &namespaces)], None).await?;
    console.stop()?;
    let held = fill(&console, pairs).await?;
    let since = Instant::now();
    console.resume().await?;
    let client = console.signed_in(PERSON).await?;
    until_count(&console, &client, Phase::Ready, held.len()).await?;
    print(
        "all of them taken as data volumes",
        &seconds(since.elapsed()),
    );

    let (while_away, while_there) = held.split_at(GONE_MEANWHILE);
    start(place, &mut console, while_away).await?;
    let client = console.signed_in(PERSON).await?;
    changes(place, &console, &client, &while_there[..CHANGES]).await?;
    idle(place, &console, minutes).await
}

/// Puts a data volume for each claim into the database, as if people had asked for them.
async fn fill(console: &Console, pairs: Vec<Pair>) -> Result<Vec<Held>> {
    let database = console.folder().join("stowage.db");
    let store = Store::connect(&format!("sqlite:{}", database.display())).await?;
    let mut tx = store.begin().await?;
    let projects: HashMap<_, _> = tx
        .scopes()
        .await?
        .into_iter()
        .map(|scope| (scope.name, scope.path))
        .collect();
    let mut held = Vec::with_capacity(pairs.len());
    for (number, pair) in (0_u128..).zip(pairs) {
        let id = DataVolumeId(Uuid::from_u128(0xda7a_0000 + number));
        let thing = DataVolume {
            id,
            name: pair.name.parse()?,
            description: "A benchmark's".parse()?,
            tags: Vec::new(),
            origin: OriginClaim {
                source: OriginSource::ExistingClaim {
                    claim: pair.name.clone(),
                    sub_path: VolumePath::root(),
                },
                name: pair.name.clone(),
                uid: None,
                capacity: None,
                storage_class: String::new(),
                access_modes: Vec::new(),
                persistence: None,
                sharing: None,
                location: String::new(),
            },
            phase: Phase::Creating,
            conditions: Vec::new(),
            usage: None,
            created_by: UserId(Uuid::from_u128(1)),
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        };
        let place = projects.get(&pair.namespace).context("a project")?.clone();
        let volume = Placed {
            thing,
            place,
            reaches: Vec::new(),
        };
        let due = Some(Timestamp::UNIX_EPOCH);
        ensure!(tx.add_data_volume(&volume, due).await? == Added::Yes);
        held.push(Held { id, pair });
    }
    tx.commit().await?;
    Ok(held)
}

/// From the start of the process until the list shows what happened while it was away.
async fn start(place: &Place, console: &mut Console, gone: &[Held]) -> Result<()> {
    console.stop()?;
    for held in gone {
        delete(place, &held.pair).await?;
    }
    until(PATIENCE, "the claims are gone", async || {
        for held in gone {
            let claims = claims(place, &held.pair);
            if claims.get_opt(&held.pair.name).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    })
    .await?;
    let since = Instant::now();
    console.resume().await?;
    print("from start to the first answer", &seconds(since.elapsed()));
    let client = console.signed_in(PERSON).await?;
    let mut most = 0;
    until(PATIENCE, "what happened is on the list", async || {
        most = most.max(console.memory()?.resident);
        Ok(count(console, &client, Phase::NotReady).await? >= gone.len())
    })
    .await?;
    let took = since.elapsed();
    let over = if took > START_AIM {
        "  over the aim"
    } else {
        ""
    };
    print(
        "from start until the list shows what happened meanwhile",
        &format!("{}{over}", seconds(took)),
    );
    tell_memory("most memory until then (Pss)", most);
    Ok(())
}

/// From a change on the cluster until the event stream of a page tells of it.
async fn changes(place: &Place, console: &Console, client: &Client, gone: &[Held]) -> Result<()> {
    let address = format!("{}/api/v1/events", console.origin());
    let mut stream = client.get(address).send().await?.error_for_status()?;
    let mut times = Times::default();
    for held in gone {
        let since = Instant::now();
        delete(place, &held.pair).await?;
        tokio::time::timeout(Duration::from_mins(1), hear(&mut stream, held.id))
            .await
            .context("a change was not told")??;
        times.push(since.elapsed());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let over = if times.at(95) > CHANGE_AIM {
        "  over the aim"
    } else {
        ""
    };
    let (median, most) = (milliseconds(times.at(50)), milliseconds(times.at(100)));
    print(
        &format!("from a change to the page, of {} changes", gone.len()),
        &format!(
            "{} p95{over}, {median} p50, {most} at most",
            milliseconds(times.at(95))
        ),
    );
    Ok(())
}

async fn hear(stream: &mut Response, id: DataVolumeId) -> Result<()> {
    let (id, mut heard) = (id.to_string(), String::new());
    while let Some(part) = stream.chunk().await? {
        heard.push_str(&String::from_utf8_lossy(&part));
        if heard.contains(&id) {
            return Ok(());
        }
    }
    bail!("the event stream ended")
}

/// Nobody does anything: the console must not either.
async fn idle(place: &Place, console: &Console, minutes: u32) -> Result<()> {
    // What the last change caused is over by then.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let before = place.writes()?.len();
    let mut most = 0;
    let until = Instant::now() + Duration::from_secs(60 * u64::from(minutes));
    while Instant::now() < until {
        most = most.max(console.memory()?.resident);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let writes = &place.writes()?[before..];
    let over = if writes.is_empty() {
        ""
    } else {
        "  over the aim"
    };
    print(
        &format!("writes to the API server in {minutes} idle minutes"),
        &format!("{}{over}", writes.len()),
    );
    tell_memory("most memory meanwhile (Pss)", most);
    Ok(())
}

fn tell_memory(name: &str, most: u64) {
    let most = Bytes(most);
    let over = if most > MEMORY_AIM {
        "  over the aim"
    } else {
        ""
    };
    print(name, &format!("{most}{over}"));
}

fn claims(place: &Place, pair: &Pair) -> Api<PersistentVolumeClaim> {
    Api::namespaced(place.client.clone(), &pair.namespace)
}

async fn delete(place: &Place, pair: &Pair) -> Result<()> {
    let claims = claims(place, pair);
    claims.delete(&pair.name, &DeleteParams::default()).await?;
    Ok(())
}

async fn until_count(console: &Console, client: &Client, phase: Phase, all: usize) -> Result<()> {
    until(PATIENCE, "all are looked at", async || {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok(count(console, client, phase).await? >= all)
    })
    .await
}

async fn count(console: &Console, client: &Client, phase: Phase) -> Result<usize> {
    let origin = console.origin();
    let address = format!(
        "{origin}/api/v1/datavolumes/count?requestType=All&filterBy=phase=={}",
        phase.as_str()
    );
    let answer = client.get(address).send().await?;
    let status = answer.status();
    ensure!(
        status.is_success(),
        "the count is {status}: {}",
        console.log()
    );
    let answer: Value = answer.json().await?;
    let count = answer["count"].as_u64().context("a count")?;
    Ok(usize::try_from(count)?)
}
