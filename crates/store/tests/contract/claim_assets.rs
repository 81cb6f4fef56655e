//! Claims that programs know by an id.

use anyhow::Result;
use domain::{Bytes, ClaimAsset, ClaimAssetId, MadeClaim, Placed};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{
    ACME, ADA, ARMS, EAST, IMAGES, SPEECH, VIDEO, VISION, VOICES, WEST, at, fill, path, plant,
    volume,
};

contracts![
    an_asset_comes_back_as_it_was_added,
    a_name_and_a_claim_are_taken_once_in_a_project,
    assets_are_listed_within_scopes_by_name,
    a_removed_asset_is_gone,
    a_name_of_a_data_volume_is_taken_in_its_cluster_alone,
];

fn asset(number: u128, name: &str, project: &[&str]) -> Placed<ClaimAsset> {
    Placed {
        thing: ClaimAsset {
            id: ClaimAssetId(Uuid::from_u128(0xa55e_0000 + number)),
            name: name.parse().unwrap(),
            description: "数据 'quoted'".parse().unwrap(),
            claim_name: format!("Claim of {name}"),
            made: None,
            path: "/data".to_owned(),
            is_read_only: number.is_multiple_of(2),
            created_by: ADA,
            created_at: at(3),
        },
        place: path(project),
        reaches: vec![],
    }
}

async fn an_asset_comes_back_as_it_was_added(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let plain = asset(1, "a", IMAGES);
    let mut made = asset(2, "b", IMAGES);
    made.thing.made = Some(MadeClaim {
        storage_class: "fast".to_owned(),
        size: Bytes(1 << 40),
    });
    let mut tx = database.store.begin().await?;
    for asset in [&plain, &made] {
        assert!(tx.add_claim_asset(asset).await?);
    }
    tx.commit().await?;
    let mut tx = database.store.read().await?;
    for asset in [plain, made] {
        assert_eq!(tx.claim_asset(asset.thing.id).await?, Some(asset));
    }
    assert_eq!(tx.claim_asset(ClaimAssetId(Uuid::nil())).await?, None);
    Ok(())
}

async fn a_name_and_a_claim_are_taken_once_in_a_project(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    assert!(tx.add_claim_asset(&asset(1, "a", IMAGES)).await?);
    assert!(!tx.add_claim_asset(&asset(2, "a", IMAGES)).await?);
    let mut same_claim = asset(3, "b", IMAGES);
    same_claim.thing.claim_name = String::from("Claim of a");
    assert!(!tx.add_claim_asset(&same_claim).await?);
    assert!(tx.add_claim_asset(&asset(4, "a", VIDEO)).await?);
    Ok(())
}

async fn assets_are_listed_within_scopes_by_name(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    for (number, (name, project)) in
        (1..).zip([("d", IMAGES), ("c", VIDEO), ("b", VOICES), ("a", ARMS)])
    {
        assert!(tx.add_claim_asset(&asset(number, name, project)).await?);
    }
    for (within, limit, expected) in [
        (vec![ACME], 10, "abcd"),
        (vec![ACME], 2, "ab"),
        (vec![VISION, ARMS], 10, "acd"),
        (vec![EAST], 10, "bcd"),
        (vec![WEST, VIDEO], 10, "ac"),
        (vec![SPEECH], 10, "b"),
        (vec![], 10, ""),
    ] {
        let within: Vec<_> = within.into_iter().map(path).collect();
        let found = tx.claim_assets(&within, limit).await?;
        let names: String = found
            .iter()
            .map(|asset| asset.thing.name.as_str())
            .collect();
        assert_eq!(names, expected, "{within:?}");
    }
    Ok(())
}

async fn a_removed_asset_is_gone(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let asset = asset(1, "a", IMAGES);
    assert!(tx.add_claim_asset(&asset).await?);
    for _ in 0..2 {
        tx.remove_claim_asset(asset.thing.id).await?;
        assert_eq!(tx.claim_asset(asset.thing.id).await?, None);
    }
    Ok(())
}

async fn a_name_of_a_data_volume_is_taken_in_its_cluster_alone(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.read().await?;
    for (cluster, name, is_taken) in [
        ("east", "faces", true),
        ("east", "face", false),
        ("west", "faces", false),
    ] {
        let name = name.parse()?;
        assert_eq!(tx.is_name_taken(&cluster.into(), &name).await?, is_taken);
    }
    Ok(())
}
