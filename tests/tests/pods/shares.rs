//! Shares, as pods of both projects see them.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use cluster::kubernetes::{KubernetesCluster, SealKey, Settings};
use cluster::{ClaimKey, ClaimOrder, Cluster, MountOrder, ProjectFolder, Removal};
use domain::{Clock, DataVolumeId, MountPhase, OriginSource, ShareMode, VolumePath};
use jiff::Timestamp;
use uuid::Uuid;

use crate::kubectl::Kubectl;

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

/// What a receiving project finds its claim by.
const NAME: &str = "imagenet";

pub(crate) fn a_pod_of_another_project_reads_a_share_and_cannot_write_it(
    kubectl: &Kubectl,
) -> Result<()> {
    let folder = kubectl.make_claim("reading-origin")?;
    kubectl.start_pod("reading-origin", "data")?;
    let write = ["sh", "-c", "echo cat,1 > /data/labels.csv"];
    kubectl.run(&Kubectl::inside("reading-origin", &write))?;

    with_share(kubectl, "reading", 1, ShareMode::ReadOnly, async |_, _| {
        Ok(())
    })?;

    kubectl.start_pod("reading-receiver", NAME)?;
    let read = Kubectl::inside("reading-receiver", &["cat", "/data/labels.csv"]);
    ensure!(kubectl.run(&read)? == "cat,1\n");
    for attempt in [["touch", "/data/new"], ["rm", "/data/labels.csv"]] {
        let refusal = kubectl.refusal(&Kubectl::inside("reading-receiver", &attempt))?;
        ensure!(refusal.contains("Read-only file system"), "{refusal}");
    }
    ensure!(fs::read_to_string(folder.join("labels.csv"))? == "cat,1\n");
    Ok(())
}

pub(crate) fn a_share_for_writing_is_written_from_the_other_project(
    kubectl: &Kubectl,
) -> Result<()> {
    let folder = kubectl.make_claim("writing-origin")?;
    with_share(kubectl, "writing", 2, ShareMode::ReadWrite, async |_, _| {
        Ok(())
    })?;
    kubectl.start_pod("writing-receiver", NAME)?;
    let write = ["sh", "-c", "echo dog,2 > /data/labels.csv"];
    kubectl.run(&Kubectl::inside("writing-receiver", &write))?;
    ensure!(fs::read_to_string(folder.join("labels.csv"))? == "dog,2\n");
    Ok(())
}

pub(crate) fn the_manifest_on_the_page_runs_as_it_is_pasted(kubectl: &Kubectl) -> Result<()> {
    let folder = kubectl.make_claim("pasting-origin")?;
    fs::write(folder.join("labels.csv"), "cat,1\n")?;
    with_share(kubectl, "pasting", 4, ShareMode::ReadOnly, async |_, _| {
        Ok(())
    })?;
    let location = format!("pasting-receiver/{NAME}");
    let manifest = wire::pod_manifest(&location, &VolumePath::root(), ShareMode::ReadOnly);
    // This machine has no registry to take an image from.
    kubectl.apply(&manifest.replace("python:3", "toolbox:test"))?;
    let of_receiver = "--namespace=pasting-receiver";
    let done = "--for=jsonpath={.status.phase}=Succeeded";
    kubectl.run(&["wait", of_receiver, done, "--timeout=60s", "pod/train"])?;
    let listed = kubectl.run(&["logs", of_receiver, "train"])?;
    ensure!(listed.contains("labels.csv"), "{listed}");
    Ok(())
}

pub(crate) fn a_share_is_taken_away_when_the_last_pod_is_done_with_it(
    kubectl: &Kubectl,
) -> Result<()> {
    let folder = kubectl.make_claim("leaving-origin")?;
    fs::write(folder.join("labels.csv"), "cat,1\n")?;
    with_share(
        kubectl,
        "leaving",
        3,
        ShareMode::ReadOnly,
        async |cluster, order| {
            kubectl.start_pod("leaving-receiver", NAME)?;
            let Removal::Waiting(why) = cluster.remove_mount(order).await? else {
                bail!("it was taken away from a pod that reads it");
            };
            ensure!(why.contains("1 pod"), "{why}");
            let read = Kubectl::inside("leaving-receiver", &["cat", "/data/labels.csv"]);
            ensure!(kubectl.run(&read)? == "cat,1\n", "it is read to the end");

            kubectl.run(&["delete", "pod", "user", "--namespace=leaving-receiver"])?;
            until(async || Ok(cluster.remove_mount(order).await? == Removal::Done)).await?;
            ensure!(
                kubectl
                    .run(&[
                        "get",
                        "pvc",
                        "--namespace=leaving-receiver",
                        "--output=name"
                    ])?
                    .is_empty()
            );
            Ok(())
        },
    )?;
    ensure!(fs::read_to_string(folder.join("labels.csv"))? == "cat,1\n");
    kubectl.start_pod("leaving-origin", "data")?;
    let read = Kubectl::inside("leaving-origin", &["cat", "/data/labels.csv"]);
    ensure!(kubectl.run(&read)? == "cat,1\n");
    Ok(())
}

/// Shares the claim `data` of `{name}-origin` with `{name}-receiver`, as the console does it.
fn with_share(
    kubectl: &Kubectl,
    name: &str,
    number: u128,
    mode: ShareMode,
    act: impl AsyncFnOnce(&dyn Cluster, &MountOrder) -> Result<()>,
) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let settings = Settings {
            kubeconfig: Some(kubectl.console()),
            ..Settings::default()
        };
        let key = SealKey::new([7; 32]);
        let cluster = KubernetesCluster::new(&settings, key, Arc::new(Stopped)).await?;
        let order = share(&cluster, name, number, mode).await?;
        act(&cluster, &order).await
    })
}

async fn share(
    cluster: &dyn Cluster,
    name: &str,
    number: u128,
    mode: ShareMode,
) -> Result<MountOrder> {
    let claim = ClaimOrder {
        data_volume_id: DataVolumeId(Uuid::from_u128(number)),
        name: NAME.parse()?,
        project: ProjectFolder(format!("{name}-origin")),
        source: OriginSource::ExistingClaim {
            claim: "data".to_owned(),
            sub_path: VolumePath::root(),
        },
        uid: None,
    };
    let state = cluster.ensure_claim(&claim).await?;
    ensure!(state.is_ready, "{state:?}");
    let Some(uid) = state.uid else {
        bail!("a claim without a UID");
    };
    let order = MountOrder {
        claim: ClaimKey {
            data_volume_id: claim.data_volume_id,
            project: claim.project,
            name: state.name,
            uid,
            is_ours: false,
            sub_path: VolumePath::root(),
        },
        name: claim.name,
        project: ProjectFolder(format!("{name}-receiver")),
        mode,
        sub_path: VolumePath::root(),
    };
    cluster.ensure_project(&order.project).await?;
    until(async || {
        let state = cluster.ensure_mount(&order).await?;
        ensure!(state.phase != MountPhase::Failed, "{state:?}");
        Ok(state.phase == MountPhase::Ready)
    })
    .await?;
    Ok(order)
}

/// Asks again until it is so: controllers take their time.
async fn until(mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let since = Instant::now();
    while !is_so().await? {
        ensure!(since.elapsed() < PATIENCE, "it did not come about");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Nothing here depends on the time.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
