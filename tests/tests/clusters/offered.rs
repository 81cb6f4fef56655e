//! Static volumes: from the hands of the cluster's administrator to one project, and to no other.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use domain::{EventKind, OriginSource, Phase};
use k8s_openapi::api::core::v1::PersistentVolume;
use kube::api::PostParams;
use serde_json::json;
use service::Error;
use wire::{
    AuditQuery, DeleteDataVolume, NewDataVolume, NewVolumeOffer, StaticVolumeView, TakeBackVolume,
    VolumeOfferView,
};

use crate::fixture::{Console, Organisation, Place};
use crate::hands::Hands;

/// A volume that somebody made by hand.
async fn make_volume(hands: &Hands, name: &str) -> Result<()> {
    let volume = json!({
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteMany"],
            "nfs": {"server": "127.0.0.1", "path": format!("/srv/{name}")},
        },
    });
    let volume = serde_json::from_value(volume)?;
    hands
        .volumes()
        .create(&PostParams::default(), &volume)
        .await?;
    let is_free = |volume: &PersistentVolume| {
        let status = volume.status.as_ref();
        status.and_then(|status| status.phase.as_deref()) == Some("Available")
    };
    while !is_free(&hands.volumes().get(name).await?) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn listed(console: &Console, name: &str) -> Result<Option<StaticVolumeView>> {
    let caller = &console.administrator;
    let view = console.service.list_static_volumes(caller).await?;
    let mut volumes = view.static_volumes.into_iter();
    Ok(volumes.find(|volume| volume.volume_name == name))
}

async fn offer(
    console: &Console,
    volume: &StaticVolumeView,
    scope: &str,
) -> Result<VolumeOfferView, Error> {
    let new = NewVolumeOffer {
        cluster_id: volume.cluster_id.clone(),
        volume_name: volume.volume_name.clone(),
        volume_uid: volume.volume_uid.clone(),
        scope_id: console.scope(scope),
    };
    console
        .service
        .offer_static_volume(&console.administrator, new)
        .await
}

fn wish(console: &Console, volume: &StaticVolumeView, project: &str, name: &str) -> NewDataVolume {
    NewDataVolume {
        project_id: console.scope(project),
        name: name.into(),
        description: String::new(),
        tags: Vec::new(),
        storage: OriginSource::OfferedVolume {
            volume: volume.volume_name.clone(),
            volume_uid: volume.volume_uid.clone(),
        },
    }
}

async fn refused(console: &Console, new: NewDataVolume) -> Result<()> {
    let (service, caller) = (&console.service, &console.administrator);
    let planned = service.plan_data_volume(caller, new.clone()).await;
    let made = service.create_data_volume(caller, new).await;
    for refusal in [planned.err(), made.err()] {
        match refusal {
            Some(Error::Invalid { field, message }) => {
                ensure!(field == "storage.volume", "{field}");
                ensure!(message.contains("is offered to this project"), "{message}");
            }
            other => bail!("{other:?}"),
        }
    }
    Ok(())
}

pub(crate) async fn a_static_volume_goes_to_the_scope_that_it_was_offered_to_and_to_no_other(
    place: Arc<Place>,
) -> Result<()> {
    let organisation = Organisation::on_sqlite(&place).await?;
    let (console, hands) = (
        organisation.console(&place.kubeconfig).await?,
        place.hands().await?,
    );
    let (service, caller) = (&console.service, &console.administrator);
    let name = organisation.namespace("archive");
    make_volume(&hands, &name).await?;
    let volume = listed(&console, &name).await?.context("it is free")?;
    ensure!(volume.is_shareable, "{}", volume.sharing);

    // Offered to nobody, to somebody else, made anew.
    refused(&console, wish(&console, &volume, "vision", "archive")).await?;
    let speech = offer(&console, &volume, "Speech").await?;
    refused(&console, wish(&console, &volume, "vision", "archive")).await?;
    let again = offer(&console, &volume, "Vision").await;
    ensure!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    let of = |project: &str| console.scope(project);
    let choices = service.storage_choices(caller, of("vision")).await?;
    ensure!(choices.offered_volumes.is_empty(), "{choices:?}");
    let choices = service.storage_choices(caller, of("speech-1")).await?;
    ensure!(choices.offered_volumes == [volume.clone()], "{choices:?}");
    service.withdraw_volume_offer(caller, speech.id).await?;
    let gone = service.withdraw_volume_offer(caller, speech.id).await;
    ensure!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    offer(&console, &volume, "vision").await?;
    let mut anew = volume.clone();
    anew.volume_uid = "another".into();
    refused(&console, wish(&console, &anew, "vision", "archive")).await?;
    let unknown = offer(&console, &anew, "vision").await;
    ensure!(matches!(unknown, Err(Error::Conflict(_))), "{unknown:?}");

    // The project takes it; then it is nobody's to take.
    let new = wish(&console, &volume, "vision", "archive");
    let plan = service.plan_data_volume(caller, new.clone()).await?;
    ensure!(plan.deletion.contains("are kept"), "{}", plan.deletion);
    let made = service.create_data_volume(caller, new).await?;
    let ready = console
        .until(&made, "ready", |view| view.phase == Phase::Ready)
        .await?;
    ensure!(!ready.claim_is_existing && ready.capacity_bytes == Some(volume.capacity_bytes));
    ensure!(listed(&console, &name).await?.is_none());
    let offers = service.list_static_volumes(caller).await?.offers;
    ensure!(offers.is_empty(), "the offer ends with its use: {offers:?}");
    refused(&console, wish(&console, &volume, "vision", "other")).await?;

    let log = service
        .list_audit_entries(caller, AuditQuery::default())
        .await?;
    let about: Vec<_> = log
        .entries
        .iter()
        .filter(|entry| entry.object_name == name)
        .map(|entry| entry.kind)
        .collect();
    ensure!(
        about
            == [
                EventKind::VolumeOffered,
                EventKind::OfferWithdrawn,
                EventKind::VolumeOffered
            ],
        "{about:?}"
    );

    // What a deletion leaves behind is found again.
    let consequences = service.deletion_consequences(caller, made.id).await?;
    ensure!(!consequences.destroys_bytes, "{consequences:?}");
    let confirmed = DeleteDataVolume {
        name: "archive".into(),
        seen_mount_count: 0,
    };
    service
        .delete_data_volume(caller, made.id, confirmed)
        .await?;
    until_retained(&console, &volume.volume_uid).await
}

async fn until_retained(console: &Console, uid: &str) -> Result<()> {
    let (service, caller) = (&console.service, &console.administrator);
    loop {
        let retained = service.list_retained_volumes(caller).await?;
        let mut retained = retained.retained_volumes.iter();
        if retained.any(|left| left.volume_uid == uid) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

pub(crate) async fn a_kept_volume_is_taken_into_use_on_another_cluster_that_mounts_the_storage(
    place: Arc<Place>,
) -> Result<()> {
    let organisation = Organisation::on_sqlite(&place).await?;
    let (console, hands) = (
        organisation.console(&place.kubeconfig).await?,
        place.hands().await?,
    );
    let (service, caller) = (&console.service, &console.administrator);
    let name = organisation.namespace("moving");
    make_volume(&hands, &name).await?;
    let volume = listed(&console, &name).await?.context("it is free")?;
    offer(&console, &volume, "vision").await?;
    let new = wish(&console, &volume, "vision", "archive");
    let made = service.create_data_volume(caller, new).await?;
    console
        .until(&made, "ready", |view| view.phase == Phase::Ready)
        .await?;
    let confirmed = DeleteDataVolume {
        name: "archive".into(),
        seen_mount_count: 0,
    };
    service
        .delete_data_volume(caller, made.id, confirmed)
        .await?;
    until_retained(&console, &volume.volume_uid).await?;

    let mut wish = TakeBackVolume {
        cluster_id: volume.cluster_id.clone(),
        volume_name: name.clone(),
        volume_uid: volume.volume_uid.clone(),
        project_id: console.scope("robots"),
        name: "archive-again".into(),
        is_same_storage: false,
    };
    let unconfirmed = service
        .take_retained_volume_back(caller, wish.clone())
        .await;
    ensure!(
        matches!(&unconfirmed, Err(Error::Invalid { field, .. }) if *field == "isSameStorage"),
        "{unconfirmed:?}"
    );
    wish.is_same_storage = true;
    let moved = service
        .take_retained_volume_back(caller, wish.clone())
        .await?;
    let ready = console
        .until(&moved, "ready", |view| view.phase == Phase::Ready)
        .await?;
    ensure!(ready.cluster.name == "gpu-b", "{ready:?}");
    // On the first cluster it is nobody's to take any more.
    let retained = service.list_retained_volumes(caller).await?;
    let is_left = |left: &wire::RetainedVolumeView| left.volume_uid == volume.volume_uid;
    ensure!(!retained.retained_volumes.iter().any(is_left));
    wish.project_id = console.scope("vision");
    let again = service.take_retained_volume_back(caller, wish).await;
    ensure!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    Ok(())
}
