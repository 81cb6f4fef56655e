//! Mounts: the same bytes in other projects, and never at the price of the bytes.

use cluster::Removal;
use domain::{MountPhase, ShareMode};

use crate::harness::{Harness, filled_claim, knowing, mount, new_claim, volume};

pub(crate) async fn two_projects_read_the_same_bytes(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    for project in ["speech", "robots"] {
        let state = harness
            .cluster()
            .ensure_mount(&mount(&claim, "imagenet", project, ShareMode::ReadOnly))
            .await
            .unwrap();
        assert_eq!(state.phase, MountPhase::Ready, "{state:?}");
        assert!(!state.location.is_empty() && !state.message.is_empty());
    }
    harness.write("vision", &claim.name, "new.txt", "new").await;
    for project in ["speech", "robots"] {
        assert_eq!(
            harness
                .read_mounted(project, "imagenet", "labels.csv")
                .await
                .as_deref(),
            Some("cat,1")
        );
        assert_eq!(
            harness
                .read_mounted(project, "imagenet", "new.txt")
                .await
                .as_deref(),
            Some("new")
        );
    }
}

pub(crate) async fn mounting_again_changes_nothing(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    let first = harness.cluster().ensure_mount(&order).await.unwrap();
    let before = harness.everything().await;
    let second = harness.cluster().ensure_mount(&order).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(harness.everything().await, before);
}

pub(crate) async fn removing_a_mount_keeps_the_bytes_and_removing_again_is_done(
    harness: &dyn Harness,
) {
    let claim = filled_claim(harness, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadWrite);
    assert_eq!(
        harness.cluster().remove_mount(&order).await.unwrap(),
        Removal::Done,
        "before it was made"
    );
    harness.cluster().ensure_mount(&order).await.unwrap();

    assert_eq!(
        harness.cluster().remove_mount(&order).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        harness.cluster().remove_mount(&order).await.unwrap(),
        Removal::Done
    );

    assert_eq!(
        harness
            .read_mounted("speech", "imagenet", "labels.csv")
            .await,
        None
    );
    assert_eq!(
        harness
            .read("vision", &claim.name, "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
}

pub(crate) async fn one_projects_mount_goes_and_the_others_stay(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    let speech = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    let robots = mount(&claim, "imagenet", "robots", ShareMode::ReadOnly);
    harness.cluster().ensure_mount(&speech).await.unwrap();
    harness.cluster().ensure_mount(&robots).await.unwrap();

    assert_eq!(
        harness.cluster().remove_mount(&speech).await.unwrap(),
        Removal::Done
    );

    assert_eq!(
        harness
            .read_mounted("speech", "imagenet", "labels.csv")
            .await,
        None
    );
    assert_eq!(
        harness
            .read_mounted("robots", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
}

pub(crate) async fn a_mount_changes_its_mode(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    for mode in [
        ShareMode::ReadOnly,
        ShareMode::ReadWrite,
        ShareMode::ReadOnly,
    ] {
        let state = harness
            .cluster()
            .ensure_mount(&mount(&claim, "imagenet", "speech", mode))
            .await
            .unwrap();
        assert_eq!(state.phase, MountPhase::Ready, "{state:?}");
        assert_eq!(
            harness
                .read_mounted("speech", "imagenet", "labels.csv")
                .await
                .as_deref(),
            Some("cat,1")
        );
    }
}

pub(crate) async fn a_claim_made_anew_inherits_no_mounts(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    harness.cluster().ensure_mount(&order).await.unwrap();
    harness.delete_claim("vision", &claim.name).await;
    harness
        .make_claim("vision", &claim.name, "secret.txt", "secret")
        .await;

    let state = harness.cluster().ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, MountPhase::Failed);
    assert_eq!(
        harness
            .read_mounted("speech", "imagenet", "secret.txt")
            .await,
        None
    );
}

pub(crate) async fn the_origin_project_gets_no_mount(harness: &dyn Harness) {
    let claim = filled_claim(harness, "imagenet").await;
    let state = harness
        .cluster()
        .ensure_mount(&mount(&claim, "imagenet", "vision", ShareMode::ReadOnly))
        .await
        .unwrap();
    assert_eq!(state.phase, MountPhase::Failed);
    let order = new_claim(volume(1), "imagenet", "vision", harness.storage_class());
    assert!(
        harness
            .cluster()
            .ensure_claim(&knowing(&order, Some(claim.uid)))
            .await
            .unwrap()
            .is_ready
    );
}
