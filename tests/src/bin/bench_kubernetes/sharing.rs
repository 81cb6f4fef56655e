//! One volume for a department of many projects, against `kubectl apply` of the same volumes and claims.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::{MountPhase, OriginSource, Phase, VolumePath};
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use reqwest::Client;
use serde_json::{Value, json};
use tests::console::Console;
use tests::figures::Times;
use wire::{DataVolumeView, ShareTarget};

use crate::place::{PERSON, Pair, Place, print, seconds, text, until};

const PATIENCE: Duration = Duration::from_mins(10);
/// How often the console may write to the API server for one project.
const WRITES_AIM: f64 = 3.0;
const MADE_BY_CONSOLE: &str = "app.kubernetes.io/managed-by=stowage";
const LABEL: &str = "bench=applied";

pub(crate) async fn measure(place: &Place, projects: u32) -> Result<()> {
    let namespaces: Vec<String> = (0..projects)
        .map(|number| format!("speech-{number}"))
        .collect();
    let origin = ["vision".to_owned()];
    place.make_namespaces(&origin).await?;
    place.make_namespaces(&namespaces).await?;
    place
        .make_claims(&[Pair::on_server("vision", "data")])
        .await?;
    println!("\nsharing with a department of {projects} projects");
    by_console(place, &origin, &namespaces).await?;
    by_kubectl(place, &namespaces).await
}

async fn by_console(place: &Place, origin: &[String], namespaces: &[String]) -> Result<()> {
    let departments = [("Vision", origin), ("Speech", namespaces)];
    let console = place.console(&departments, None).await?;
    let client = console.signed_in(PERSON).await?;
    let claim = OriginSource::ExistingClaim {
        claim: "data".into(),
        sub_path: VolumePath::root(),
    };
    let volume = console
        .data_volume_of(&client, "vision", "faces", claim)
        .await?;
    ensure!(volume.phase == Phase::Ready);
    let before = place.writes()?.len();
    let bound = place.bound(MADE_BY_CONSOLE, namespaces.len());
    let processor_before = processor_time(&console)?;
    let since = Instant::now();
    share(&console, &client, &volume).await?;
    let asked = since.elapsed();
    let bound = bound.await?;
    until(PATIENCE, "all mounts are ready", async || {
        let view = console.show(&client, volume.id).await?;
        let mut mounts = view.mounts.iter();
        Ok(view.mounts.len() == namespaces.len()
            && mounts.all(|mount| mount.phase == MountPhase::Ready))
    })
    .await?;
    let on_page = since.elapsed();
    print("the answer to “share”", &seconds(asked));
    tell_times("until the claims are bound", &bound, since);
    print("until the page says so", &seconds(on_page));
    let processor = processor_time(&console)?.saturating_sub(processor_before);
    print("processor time of the console", &seconds(processor));
    tell_writes(&place.writes()?[before..], namespaces.len());
    take_back(place, &console, &client, &volume, namespaces.len()).await
}

/// The way back: the receiving claims, their volumes, and what the page shows of them.
async fn take_back(
    place: &Place,
    console: &Console,
    client: &Client,
    volume: &DataVolumeView,
    projects: usize,
) -> Result<()> {
    let before = place.writes()?.len();
    let claims = place.gone::<PersistentVolumeClaim>(MADE_BY_CONSOLE, projects);
    let copies = place.gone::<PersistentVolume>(MADE_BY_CONSOLE, projects);
    let processor_before = processor_time(console)?;
    let since = Instant::now();
    let share = volume_share(console, client, volume).await?;
    let body = json!({ "id": volume.id, "share_id": share });
    post_form(console, client, "data-volumes/unshare", &body).await?;
    let asked = since.elapsed();
    until(PATIENCE, "all mounts are gone", async || {
        let view = console.show(client, volume.id).await?;
        Ok(view.mounts.is_empty())
    })
    .await?;
    let on_page = since.elapsed();
    println!("taking the share back");
    print("the answer to “stop sharing”", &seconds(asked));
    tell_times("until the claims are gone", &claims.await?, since);
    tell_times("until their volumes are gone", &copies.await?, since);
    print("until all are gone on the page", &seconds(on_page));
    let processor = processor_time(console)?.saturating_sub(processor_before);
    print("processor time of the console", &seconds(processor));
    tell_writes(&place.writes()?[before..], projects);
    Ok(())
}

fn tell_times(name: &str, moments: &[Instant], since: Instant) {
    let mut times = Times::default();
    for at in moments {
        times.push(at.duration_since(since));
    }
    let [half, most, all] = [50, 95, 100].map(|percent| seconds(times.at(percent)));
    print(name, &format!("{all}   half {half}, 95 of 100 {most}"));
}

fn tell_writes(writes: &[String], projects: usize) {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for write in writes {
        *kinds.entry(write).or_default() += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "they are few")]
    let each = writes.len() as f64 / projects as f64;
    let over = if each > WRITES_AIM {
        "  over the aim"
    } else {
        ""
    };
    print(
        "writes of the console to the API server, for each project",
        &format!("{each:.2}{over}"),
    );
    for (kind, count) in kinds {
        print(&format!("  {kind}"), &count.to_string());
    }
}

async fn share(console: &Console, client: &Client, volume: &DataVolumeView) -> Result<()> {
    let origin = console.origin();
    let address = format!("{origin}/fn/data-volumes/share-targets?id={}", volume.id);
    let targets = client.get(address).send().await?.error_for_status()?;
    let targets: Vec<ShareTarget> = targets.json().await?;
    let department = targets.iter().find(|target| target.name == "Speech");
    let department = department.context("the department")?;
    let body = json!({ "id": volume.id, "with": { "scopeId": department.id } });
    post(console, client, "data-volumes/share", &body).await
}

async fn volume_share(
    console: &Console,
    client: &Client,
    volume: &DataVolumeView,
) -> Result<domain::ShareId> {
    let view = console.show(client, volume.id).await?;
    Ok(view.shares.first().context("a share")?.id)
}

async fn post(console: &Console, client: &Client, function: &str, body: &Value) -> Result<()> {
    let address = format!("{}/fn/{function}", console.origin());
    let asked = client.post(address).header("origin", console.origin());
    asked.json(body).send().await?.error_for_status()?;
    Ok(())
}

async fn post_form(console: &Console, client: &Client, function: &str, body: &Value) -> Result<()> {
    let address = format!("{}/fn/{function}", console.origin());
    let asked = client.post(address).header("origin", console.origin());
    asked.form(body).send().await?.error_for_status()?;
    Ok(())
}

/// What the console has used of the processors.
fn processor_time(console: &Console) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", console.pid()))?;
    let (_, fields) = stat.rsplit_once(") ").context("/proc")?;
    let used = fields.split_whitespace().skip(11).take(2);
    let hundredths = used.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(hundredths * 10))
}

/// The same volumes and claims from a file.
async fn by_kubectl(place: &Place, namespaces: &[String]) -> Result<()> {
    let mut items = Vec::new();
    for namespace in namespaces {
        let pair = Pair::on_server(namespace, "applied");
        let mut claim = pair.claim();
        claim["metadata"]["labels"] = json!({ "bench": "applied" });
        items.extend([pair.volume(), claim]);
    }
    let manifests = place.file("manifests.json");
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": items });
    fs::write(&manifests, list.to_string())?;
    let bound = place.bound(LABEL, namespaces.len());
    let since = Instant::now();
    let mut apply = place.kubectl();
    apply.args(["apply", "--filename", text(&manifests)?]);
    apply.stdout(std::process::Stdio::null());
    let applied = tokio::task::spawn_blocking(move || apply.status()).await??;
    ensure!(applied.success(), "kubectl apply ({applied})");
    let done = since.elapsed();
    let bound = bound.await?;
    print(
        "kubectl apply of as many volumes and claims",
        &seconds(done),
    );
    tell_times("until these are bound", &bound, since);

    let gone = place.gone::<PersistentVolumeClaim>(LABEL, namespaces.len());
    let since = Instant::now();
    let mut delete = place.kubectl();
    delete.args(["delete", "pvc", "--all-namespaces", "--wait=false"]);
    delete.args(["--selector", LABEL]);
    delete.stdout(std::process::Stdio::null());
    let deleted = tokio::task::spawn_blocking(move || delete.status()).await??;
    ensure!(deleted.success(), "kubectl delete ({deleted})");
    print("kubectl delete of these claims", &seconds(since.elapsed()));
    tell_times("until these are gone", &gone.await?, since);
    Ok(())
}
