//! What people do on the cluster is followed, and what breaks off in the middle comes together.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use domain::{MountPhase, Phase};
use k8s_openapi::api::core::v1::ResourceQuota;
use kube::Api;
use kube::api::DeleteParams;
use serde_json::json;
use wire::DataVolumeView;

use crate::fixture::{Console, Organisation, Place, are_mounted};
use crate::hands::Hands;
use crate::relay::Relay;

/// Long before what nobody told of is looked at: that is every ten minutes.
const AT_ONCE: Duration = Duration::from_mins(1);

/// The data volume “faces” of the project vision, and what it takes to look at it. The project speech-1 has it.
struct Shared {
    organisation: Organisation,
    console: Console,
    hands: Hands,
    volume: DataVolumeView,
}

async fn shared(place: &Place) -> Result<Shared> {
    let organisation = Organisation::on_sqlite(place).await?;
    let hands = place.hands().await?;
    hands
        .make_claim(&organisation.namespace("vision"), "data")
        .await?;
    let console = organisation.console(&place.kubeconfig).await?;
    let volume = console.volume("faces", "data").await?;
    console.share(&volume, "speech-1").await?;
    console.until_mounted(&volume, 1).await?;
    Ok(Shared {
        organisation,
        console,
        hands,
        volume,
    })
}

pub(crate) async fn what_somebody_does_on_the_cluster_is_on_the_page_at_once(
    place: Arc<Place>,
) -> Result<()> {
    let organisation = Organisation::on_sqlite(&place).await?;
    let (console, hands) = (
        organisation.console(&place.kubeconfig).await?,
        place.hands().await?,
    );
    let vision = organisation.namespace("vision");
    hands.make_claim(&vision, "data").await?;
    let volume = console.volume("faces", "data").await?;

    let since = Instant::now();
    hands.force_away(&vision, "data").await?;
    // Between the two it may be seen on its way out.
    let is_lost = |view: &DataVolumeView| {
        let first = view.conditions.first();
        view.phase == Phase::NotReady && first.is_some_and(|it| it.reason == "ClaimLost")
    };
    console.until(&volume, "lost", is_lost).await?;
    ensure!(since.elapsed() < AT_ONCE, "after {:?}", since.elapsed());
    Ok(())
}

pub(crate) async fn a_receiving_claim_that_was_deleted_by_hand_comes_back(
    place: Arc<Place>,
) -> Result<()> {
    let Shared {
        organisation,
        console,
        hands,
        volume,
    } = shared(&place).await?;

    let receiver = organisation.namespace("speech-1");
    let before = hands.uid(&receiver, "faces").await?;
    let since = Instant::now();
    hands.force_away(&receiver, "faces").await?;
    while !hands.is_bound(&receiver, "faces").await?
        || hands.uid(&receiver, "faces").await? == before
    {
        // The controller that binds claims looks again after a quarter of a minute where it was too late.
        ensure!(
            since.elapsed() < Duration::from_secs(30),
            "it did not come back"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    console.until_mounted(&volume, 1).await?;
    Ok(())
}

pub(crate) async fn a_console_that_is_killed_at_any_moment_goes_on_where_it_was(
    place: Arc<Place>,
) -> Result<()> {
    let organisation = Organisation::on_sqlite(&place).await?;
    let hands = place.hands().await?;
    let vision = organisation.namespace("vision");
    hands.make_claim(&vision, "data").await?;
    let mut console = organisation.console(&place.kubeconfig).await?;
    let volume = console.volume("faces", "data").await?;
    console.share(&volume, "Speech").await?;
    // Each lives a little longer than the one before: one of them ends between a volume and its claim.
    for lives in 0..20 {
        tokio::time::sleep(Duration::from_millis(7 * lives)).await;
        console.kill().await;
        console = organisation.console(&place.kubeconfig).await?;
    }
    let view = console.until_mounted(&volume, 8).await?;
    let copies = hands.copies_of(&hands.uid(&vision, "data").await?).await?;
    ensure!(copies.len() == 8, "{} volumes for 8 projects", copies.len());
    let places: BTreeSet<&str> = view
        .mounts
        .iter()
        .map(|mount| mount.location.as_str())
        .collect();
    ensure!(places.len() == 8, "{places:?}");

    // And back, killed on the way too.
    console.unshare_all(&volume).await?;
    for lives in 0..10 {
        tokio::time::sleep(Duration::from_millis(7 * lives)).await;
        console.kill().await;
        console = organisation.console(&place.kubeconfig).await?;
    }
    console.until_mounted(&volume, 0).await?;
    let uid = hands.uid(&vision, "data").await?;
    ensure!(hands.copies_of(&uid).await?.is_empty());
    let policy = hands.reclaim_policy(&format!("{vision}-data")).await?;
    ensure!(policy.as_deref() == Some("Delete"), "{policy:?}");
    Ok(())
}

pub(crate) async fn a_share_comes_together_after_the_server_was_away(
    place: Arc<Place>,
) -> Result<()> {
    let organisation = Organisation::on_sqlite(&place).await?;
    let hands = place.hands().await?;
    let relay = Relay::new(&place.kubeconfig).await?;
    let vision = organisation.namespace("vision");
    hands.make_claim(&vision, "data").await?;
    let console = organisation.console(&relay.kubeconfig()).await?;
    let volume = console.volume("faces", "data").await?;
    console.share(&volume, "Speech").await?;
    let uid = hands.uid(&vision, "data").await?;
    // In the middle of it.
    while hands.copies_of(&uid).await?.len() < 3 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    relay.set_there(false);
    let away = console
        .until(&volume, "in doubt", |view| view.phase == Phase::Unknown)
        .await?;
    ensure!(
        away.conditions[0].reason == "ClusterAway",
        "{:?}",
        away.conditions
    );
    ensure!(!are_mounted(&away, 8));
    relay.set_there(true);
    console
        .until(&volume, "ready again", |view| view.phase == Phase::Ready)
        .await?;
    console.until_mounted(&volume, 8).await?;
    ensure!(hands.copies_of(&uid).await?.len() == 8);
    // The watch goes on too.
    hands
        .force_away(&organisation.namespace("speech-1"), "faces")
        .await?;
    let since = Instant::now();
    while !hands
        .is_bound(&organisation.namespace("speech-1"), "faces")
        .await?
    {
        ensure!(
            since.elapsed() < Duration::from_secs(30),
            "nobody watches any more"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

pub(crate) async fn a_receiving_namespace_that_is_deleted_is_made_anew(
    place: Arc<Place>,
) -> Result<()> {
    let Shared {
        organisation,
        console,
        hands,
        volume,
    } = shared(&place).await?;
    let vision = organisation.namespace("vision");
    let receiver = organisation.namespace("speech-1");
    let before = hands.uid(&receiver, "faces").await?;
    hands
        .namespaces()
        .delete(&receiver, &DeleteParams::default())
        .await?;
    console
        .until(&volume, "without its mount", |view| !are_mounted(view, 1))
        .await?;
    console.until_mounted(&volume, 1).await?;
    ensure!(hands.uid(&receiver, "faces").await? != before);
    ensure!(
        hands
            .copies_of(&hands.uid(&vision, "data").await?)
            .await?
            .len()
            == 1
    );
    Ok(())
}

pub(crate) async fn a_namespace_that_is_deleted_under_a_shared_volume_keeps_the_bytes(
    place: Arc<Place>,
) -> Result<()> {
    let Shared {
        organisation,
        console,
        hands,
        volume,
    } = shared(&place).await?;
    let vision = organisation.namespace("vision");
    hands
        .namespaces()
        .delete(&vision, &DeleteParams::default())
        .await?;
    let told = console
        .until(&volume, "told of", |view| view.phase == Phase::NotReady)
        .await?;
    let why = &told.conditions[0].message;
    ensure!(why.contains("being deleted"), "{why}");
    // The share holds the claim, and the receiver still reads.
    ensure!(
        hands
            .is_bound(&organisation.namespace("speech-1"), "faces")
            .await?
    );
    let policy = hands.reclaim_policy(&format!("{vision}-data")).await?;
    ensure!(policy.as_deref() == Some("Retain"), "{policy:?}");
    Ok(())
}

pub(crate) async fn a_claim_that_does_not_go_is_told_and_goes_when_it_can(
    place: Arc<Place>,
) -> Result<()> {
    let Shared {
        organisation,
        console,
        hands,
        volume,
    } = shared(&place).await?;
    let receiver = organisation.namespace("speech-1");
    hands
        .set_finalizers(&receiver, "faces", &["example.com/backup"])
        .await?;
    console.unshare_all(&volume).await?;
    console
        .until(&volume, "being revoked", |view| {
            view.mounts
                .iter()
                .any(|mount| mount.phase == MountPhase::Revoking)
        })
        .await?;
    // Nobody takes the finalizer of another away.
    let claim = hands.claims(&receiver).get(&volume.name).await?;
    ensure!(claim.metadata.finalizers == Some(vec!["example.com/backup".to_owned()]));
    hands.set_finalizers(&receiver, "faces", &[]).await?;
    console.until_mounted(&volume, 0).await?;
    Ok(())
}

pub(crate) async fn a_quota_stops_one_project_and_no_other(place: Arc<Place>) -> Result<()> {
    let organisation = Organisation::on_sqlite(&place).await?;
    let (console, hands) = (
        organisation.console(&place.kubeconfig).await?,
        place.hands().await?,
    );
    hands
        .make_claim(&organisation.namespace("vision"), "data")
        .await?;
    let poor = organisation.namespace("speech-3");
    let quota =
        json!({"metadata": {"name": "small"}, "spec": {"hard": {"persistentvolumeclaims": "0"}}});
    let _: ResourceQuota = hands.put(&poor, quota).await?;
    let quotas: Api<ResourceQuota> = Api::namespaced(hands.0.clone(), &poor);
    while quotas
        .get("small")
        .await?
        .status
        .and_then(|status| status.hard)
        .is_none()
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let volume = console.volume("faces", "data").await?;
    console.share(&volume, "Speech").await?;
    let view = console
        .until(&volume, "mounted seven times", |view| {
            let ready = view
                .mounts
                .iter()
                .filter(|mount| mount.phase == MountPhase::Ready);
            ready.count() == 7
        })
        .await?;
    let refused = view
        .mounts
        .iter()
        .find(|mount| mount.phase != MountPhase::Ready);
    let why = refused
        .map(|mount| mount.message.as_str())
        .unwrap_or_default();
    ensure!(why.contains("exceeded quota: small"), "{why}");
    quotas.delete("small", &DeleteParams::default()).await?;
    console.until_mounted(&volume, 8).await?;
    Ok(())
}

pub(crate) async fn one_console_of_two_reconciles_and_the_other_takes_over(
    place: Arc<Place>,
) -> Result<()> {
    let organisation = Organisation::on_postgres(&place).await?;
    let hands = place.hands().await?;
    let vision = organisation.namespace("vision");
    hands.make_claim(&vision, "one").await?;
    hands.make_claim(&vision, "two").await?;
    let first = organisation.console(&place.kubeconfig).await?;
    let one = first.volume("one", "one").await?;
    // What is asked of the second console is done by the first.
    let relay = Relay::new(&place.kubeconfig).await?;
    let second = organisation.console(&relay.kubeconfig()).await?;
    second.share(&one, "Speech").await?;
    relay.set_there(false);
    second.until_mounted(&one, 8).await?;
    relay.set_there(true);
    first.kill().await;
    second.volume("two", "two").await?;
    second.unshare_all(&one).await?;
    second.until_mounted(&one, 0).await?;
    ensure!(
        hands
            .copies_of(&hands.uid(&vision, "one").await?)
            .await?
            .is_empty()
    );
    Ok(())
}
