//! Offers of static volumes.

use anyhow::Result;
use domain::{VolumeOffer, VolumeOfferId};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, ARMS, EAST, IMAGES, VIDEO, VISION, at, path, plant};

contracts![
    an_offer_comes_back_as_it_was_made,
    a_volume_is_offered_once,
    offers_are_listed_by_cluster_and_name,
    an_offer_is_taken_away_once,
    an_offer_goes_with_its_scope,
];

fn offer(number: u128, volume: &str, scope: &[&str]) -> VolumeOffer {
    VolumeOffer {
        id: VolumeOfferId(Uuid::from_u128(0x0ffe_0000 + number)),
        volume_name: volume.to_owned(),
        volume_uid: format!("uid of {volume}"),
        scope: path(scope),
        offered_by: ADA,
        offered_at: at(5),
    }
}

async fn an_offer_comes_back_as_it_was_made(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    for (number, (volume, scope)) in (1..).zip([("pv-1", EAST), ("pv-2", VISION), ("pv-3", IMAGES)])
    {
        let offer = offer(number, volume, scope);
        assert!(tx.add_volume_offer(&offer).await?);
        assert_eq!(tx.volume_offer(offer.id).await?, Some(offer));
    }
    assert_eq!(tx.volume_offer(VolumeOfferId(Uuid::nil())).await?, None);
    Ok(())
}

async fn a_volume_is_offered_once(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    assert!(tx.add_volume_offer(&offer(1, "pv-1", IMAGES)).await?);
    assert!(!tx.add_volume_offer(&offer(2, "pv-1", VISION)).await?);
    let mut anew = offer(3, "pv-1", IMAGES);
    "another uid".clone_into(&mut anew.volume_uid);
    assert!(tx.add_volume_offer(&anew).await?);
    assert!(tx.add_volume_offer(&offer(4, "pv-1", ARMS)).await?);
    Ok(())
}

async fn offers_are_listed_by_cluster_and_name(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    for (number, (volume, scope)) in (1..).zip([("pv-2", IMAGES), ("pv-1", EAST), ("pv-3", ARMS)]) {
        assert!(tx.add_volume_offer(&offer(number, volume, scope)).await?);
    }
    for (cluster, expected) in [("east", "pv-1 pv-2"), ("west", "pv-3"), ("north", "")] {
        let found = tx.volume_offers(&cluster.into()).await?;
        let names: Vec<&str> = found.iter().map(|offer| &*offer.volume_name).collect();
        assert_eq!(names.join(" "), expected, "{cluster}");
    }
    Ok(())
}

async fn an_offer_is_taken_away_once(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let offer = offer(1, "pv-1", IMAGES);
    assert!(tx.add_volume_offer(&offer).await?);
    assert!(tx.remove_volume_offer(offer.id).await?);
    assert!(!tx.remove_volume_offer(offer.id).await?);
    assert_eq!(tx.volume_offer(offer.id).await?, None);
    Ok(())
}

async fn an_offer_goes_with_its_scope(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let offer = offer(1, "pv-1", VIDEO);
    assert!(tx.add_volume_offer(&offer).await?);
    tx.leave_scope(&"102".into(), at(6)).await?;
    tx.remove_scope_if_left(&"102".into()).await?;
    assert_eq!(tx.volume_offer(offer.id).await?, None);
    Ok(())
}
