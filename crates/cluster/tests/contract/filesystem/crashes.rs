//! After a crash at any point the next call comes to the same end.

use std::fs;
use std::os::unix::fs::symlink;

use cluster::filesystem::Mounts;
use cluster::{Cluster, Removal};
use domain::{MountPhase, ShareMode};

use super::folders::Folders;
use crate::harness::{
    Harness, existing_claim, filled_claim, key, knowing, mount, new_claim, volume,
};

#[tokio::test]
async fn a_claim_whose_making_was_cut_is_made_by_the_next_call() {
    let folders = Folders::with_links();
    let draft = folders.path("vision", &format!(".stowage-new-{}", volume(1)));
    let order = new_claim(volume(1), "imagenet", "vision", "standard");

    // Cut after the folder and before its marker.
    fs::create_dir_all(draft.join(".stowage")).unwrap();
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    assert!(state.is_ready && !draft.exists());

    // Cut after the marker and before its name: the same claim comes out.
    fs::rename(folders.path("vision", "imagenet"), &draft).unwrap();
    let again = folders.cluster.ensure_claim(&order).await.unwrap();
    assert_eq!(again.uid, state.uid);
    assert!(!draft.exists());
}

#[tokio::test]
async fn a_claim_whose_making_was_cut_can_be_removed() {
    let folders = Folders::with_links();
    let order = new_claim(volume(1), "imagenet", "vision", "standard");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    let draft = folders.path("vision", &format!(".stowage-new-{}", volume(1)));
    fs::rename(folders.path("vision", "imagenet"), &draft).unwrap();

    assert_eq!(
        folders
            .cluster
            .remove_claim(&key(&order, &state))
            .await
            .unwrap(),
        Removal::Done
    );
    assert!(!draft.exists());
}

#[tokio::test]
async fn trash_that_a_crash_left_is_emptied_by_the_next_call() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    let trash = folders.path("vision", &format!(".stowage-trash-{}", claim.uid));
    fs::rename(folders.path("vision", "imagenet"), &trash).unwrap();
    // The marker may be deleted already.
    fs::remove_dir_all(trash.join(".stowage")).unwrap();

    assert_eq!(
        folders.cluster.remove_claim(&claim).await.unwrap(),
        Removal::Done
    );
    assert!(!trash.exists());
}

#[tokio::test]
async fn a_large_claim_is_deleted_in_several_calls_and_is_out_of_sight_from_the_first() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    for number in 0..21_000 {
        fs::write(folders.path("vision", &format!("imagenet/{number}")), "").unwrap();
    }
    let first = folders.cluster.remove_claim(&claim).await.unwrap();
    assert!(matches!(first, Removal::Waiting(_)), "{first:?}");
    assert!(!folders.path("vision", "imagenet").exists());
    assert_eq!(
        folders.cluster.remove_claim(&claim).await.unwrap(),
        Removal::Done
    );
    assert_eq!(fs::read_dir(folders.path("vision", "")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_release_that_was_cut_is_ended_by_the_next_call() {
    let folders = Folders::with_links();
    folders.make_claim("vision", "old-data", "a.txt", "a").await;
    let order = existing_claim(volume(1), "old-data", "vision");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    fs::remove_file(folders.path("vision", "old-data/.stowage/claim.json")).unwrap();

    assert_eq!(
        folders
            .cluster
            .remove_claim(&key(&order, &state))
            .await
            .unwrap(),
        Removal::Done
    );
    assert!(!folders.path("vision", "old-data/.stowage").exists());
    assert!(folders.path("vision", "old-data/a.txt").exists());
}

#[tokio::test]
async fn a_missing_link_to_a_claim_elsewhere_is_made_again() {
    let folders = Folders::with_a_class_elsewhere();
    let order = new_claim(volume(1), "imagenet", "vision", "scratch");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    fs::remove_file(folders.path("vision", "imagenet")).unwrap();

    assert_eq!(
        folders
            .cluster
            .ensure_claim(&knowing(&order, state.uid.clone()))
            .await
            .unwrap(),
        state
    );
    folders.write("vision", "imagenet", "a.txt", "a").await;
    assert_eq!(
        folders.read("vision", "imagenet", "a.txt").await.as_deref(),
        Some("a")
    );
}

#[tokio::test]
async fn mounts_are_made_again_after_a_restart_of_the_machine() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    folders.cluster.ensure_mount(&order).await.unwrap();
    folders.restart_machine();
    assert_eq!(
        folders
            .read_mounted("speech", "imagenet", "labels.csv")
            .await,
        None
    );

    let state = folders
        .restarted(Mounts::Bind)
        .ensure_mount(&order)
        .await
        .unwrap();
    assert_eq!(state.phase, MountPhase::Ready);
    assert_eq!(
        folders
            .read_mounted("speech", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
    assert_eq!(folders.mounts().len(), 1);
}

#[tokio::test]
async fn a_mount_that_was_recorded_and_not_made_is_made_or_removed() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    folders.cluster.ensure_mount(&order).await.unwrap();
    let record = folders
        .scene()
        .join("root/.stowage/mounts/speech/imagenet.json");
    assert!(record.exists());

    fs::remove_file(folders.path("speech", "shared/imagenet")).unwrap();
    assert_eq!(
        folders.cluster.ensure_mount(&order).await.unwrap().phase,
        MountPhase::Ready
    );
    fs::remove_file(folders.path("speech", "shared/imagenet")).unwrap();
    assert_eq!(
        folders.cluster.remove_mount(&order).await.unwrap(),
        Removal::Done
    );
    assert!(!record.exists());
}

#[tokio::test]
async fn a_mount_whose_record_was_lost_is_known_again() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    folders.cluster.ensure_mount(&order).await.unwrap();
    fs::remove_dir_all(folders.scene().join("root/.stowage/mounts")).unwrap();
    assert_eq!(
        folders.cluster.ensure_mount(&order).await.unwrap().phase,
        MountPhase::Ready
    );

    fs::remove_dir_all(folders.scene().join("root/.stowage/mounts")).unwrap();
    assert_eq!(
        folders.cluster.remove_mount(&order).await.unwrap(),
        Removal::Done
    );
    assert!(!folders.path("speech", "shared/imagenet").is_symlink());
}

#[tokio::test]
async fn a_wrong_link_of_ours_is_repaired() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    folders.cluster.ensure_mount(&order).await.unwrap();
    fs::remove_file(folders.path("speech", "shared/imagenet")).unwrap();
    symlink("../../elsewhere", folders.path("speech", "shared/imagenet")).unwrap();

    assert_eq!(
        folders.cluster.ensure_mount(&order).await.unwrap().phase,
        MountPhase::Ready
    );
    assert_eq!(
        folders
            .read_mounted("speech", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,1")
    );
}

#[tokio::test]
async fn links_become_mounts_and_mounts_links_when_the_setting_changes() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    for (mounts, is_link) in [
        (Mounts::Bind, false),
        (Mounts::Link, true),
        (Mounts::Bind, false),
    ] {
        let state = folders
            .restarted(mounts)
            .ensure_mount(&order)
            .await
            .unwrap();
        assert_eq!(state.phase, MountPhase::Ready);
        assert_eq!(
            folders.path("speech", "shared/imagenet").is_symlink(),
            is_link
        );
        assert_eq!(
            folders
                .read_mounted("speech", "imagenet", "labels.csv")
                .await
                .as_deref(),
            Some("cat,1")
        );
        assert_eq!(folders.mounts().len(), usize::from(!is_link));
    }
}
