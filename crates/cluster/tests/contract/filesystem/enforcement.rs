//! Who enforces read-only, and what a mount in use means.

use std::fs::{self, File};
use std::io::ErrorKind;

use cluster::filesystem::Mounts;
use cluster::{Cluster, Removal};
use domain::{MountPhase, ShareMode, Sharing};

use super::folders::Folders;
use crate::harness::{Harness, filled_claim, mount};

#[tokio::test]
async fn the_file_system_refuses_writes_through_a_read_only_mount() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    let state = folders.cluster.ensure_mount(&order).await.unwrap();
    assert!(
        state.message.starts_with("Read-only bind mount"),
        "{}",
        state.message
    );

    let seen = folders.path("speech", "shared/imagenet");
    for error in [
        fs::write(seen.join("new.txt"), "x").unwrap_err(),
        fs::write(seen.join("labels.csv"), "x").unwrap_err(),
        fs::remove_file(seen.join("labels.csv")).unwrap_err(),
        fs::rename(seen.join("labels.csv"), seen.join("other")).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::ReadOnlyFilesystem);
    }
    folders
        .write("vision", "imagenet", "labels.csv", "cat,2")
        .await;
    assert_eq!(
        folders
            .read_mounted("speech", "imagenet", "labels.csv")
            .await
            .as_deref(),
        Some("cat,2")
    );
}

#[tokio::test]
async fn a_read_write_mount_can_be_written_and_becomes_read_only_when_the_share_does() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let claim = filled_claim(&folders, "imagenet").await;
    let seen = folders.path("speech", "shared/imagenet");
    folders
        .cluster
        .ensure_mount(&mount(&claim, "imagenet", "speech", ShareMode::ReadWrite))
        .await
        .unwrap();
    fs::write(seen.join("new.txt"), "new").unwrap();
    assert_eq!(
        folders
            .read("vision", "imagenet", "new.txt")
            .await
            .as_deref(),
        Some("new")
    );

    folders
        .cluster
        .ensure_mount(&mount(&claim, "imagenet", "speech", ShareMode::ReadOnly))
        .await
        .unwrap();
    assert_eq!(
        fs::write(seen.join("new.txt"), "x").unwrap_err().kind(),
        ErrorKind::ReadOnlyFilesystem
    );
    assert_eq!(folders.mounts().len(), 1);
}

#[tokio::test]
async fn a_mount_in_use_is_waited_for() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    folders.cluster.ensure_mount(&order).await.unwrap();

    let reader = File::open(folders.path("speech", "shared/imagenet/labels.csv")).unwrap();
    let waiting = folders.cluster.remove_mount(&order).await.unwrap();
    assert_eq!(
        waiting,
        Removal::Waiting("still in use by processes on this machine".to_owned())
    );
    let order_to_write = mount(&claim, "imagenet", "speech", ShareMode::ReadWrite);
    assert_eq!(
        folders
            .cluster
            .ensure_mount(&order_to_write)
            .await
            .unwrap()
            .phase,
        MountPhase::Pending
    );

    drop(reader);
    assert_eq!(
        folders.cluster.remove_mount(&order).await.unwrap(),
        Removal::Done
    );
    assert!(!folders.path("speech", "shared/imagenet").exists());
    assert_eq!(folders.mounts(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn a_link_says_that_the_console_enforces_read_only() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    let state = folders
        .cluster
        .ensure_mount(&mount(&claim, "imagenet", "speech", ShareMode::ReadOnly))
        .await
        .unwrap();
    assert_eq!(
        state.message,
        "Link; read-only is enforced by the console, not by the file system."
    );
    assert_eq!(
        fs::read_link(folders.path("speech", "shared/imagenet"))
            .unwrap()
            .to_str(),
        Some("../../vision/imagenet")
    );
    let class = &folders.cluster.storage_classes().await.unwrap()[0];
    assert!(matches!(&class.sharing, Sharing::Possible { how } if how.contains("as a link")));
}

#[tokio::test]
async fn left_to_itself_a_cluster_mounts_where_it_may() {
    let folders = Folders::with_links();
    let may_mount = Folders::with_bind_mounts().is_some();
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    let state = folders
        .restarted(Mounts::Auto)
        .ensure_mount(&order)
        .await
        .unwrap();
    assert_eq!(state.phase, MountPhase::Ready);
    assert_eq!(
        folders.path("speech", "shared/imagenet").is_symlink(),
        !may_mount
    );
}

#[tokio::test]
async fn nothing_can_be_left_beneath_a_mount_that_is_off() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let claim = filled_claim(&folders, "imagenet").await;
    let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    folders.cluster.ensure_mount(&order).await.unwrap();
    folders.restart_machine();
    // Root can write there all the same.
    fs::write(folders.path("speech", "shared/imagenet/mine.txt"), "mine").unwrap();

    let again = folders.restarted(Mounts::Bind);
    let state = again.ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, MountPhase::Failed);
    assert!(state.message.contains("move it away"), "{}", state.message);
    assert_eq!(again.remove_mount(&order).await.unwrap(), Removal::Done);
    assert_eq!(
        folders
            .read_mounted("speech", "imagenet", "mine.txt")
            .await
            .as_deref(),
        Some("mine")
    );
}
