//! A share of one folder: the project finds that folder and not the rest of the volume.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;

use cluster::{Cluster, MountOrder};
use domain::{MountPhase, ShareMode};

use super::folders::Folders;
use crate::harness::{Harness, filled_claim, mount};

/// A volume with a folder `train`, and the order that brings it to another project.
async fn with_a_folder(folders: &Folders) -> MountOrder {
    let claim = filled_claim(folders, "imagenet").await;
    fs::create_dir(folders.path("vision", "imagenet/train")).unwrap();
    folders
        .write("vision", "imagenet", "train/1.txt", "one")
        .await;
    MountOrder {
        sub_path: "train".parse().unwrap(),
        ..mount(&claim, "imagenet", "speech", ShareMode::ReadOnly)
    }
}

async fn a_folder_is_all_that_is_found(folders: Folders) {
    let order = with_a_folder(&folders).await;
    let seen = folders.path("speech", "shared/imagenet");
    let whole = MountOrder {
        sub_path: domain::VolumePath::root(),
        ..order.clone()
    };
    for (order, is_there) in [(&order, "1.txt"), (&whole, "labels.csv"), (&order, "1.txt")] {
        let state = folders.cluster.ensure_mount(order).await.unwrap();
        assert_eq!(state.phase, MountPhase::Ready, "{state:?}");
        assert!(fs::exists(seen.join(is_there)).unwrap(), "{is_there}");
    }
    assert!(!fs::exists(seen.join("labels.csv")).unwrap());
    folders.cluster.remove_mount(&order).await.unwrap();
    assert!(!fs::exists(&seen).unwrap());
}

#[tokio::test]
async fn a_mounted_folder_is_all_that_is_found() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let order = with_a_folder(&folders).await;
    folders.cluster.ensure_mount(&order).await.unwrap();
    let seen = folders.path("speech", "shared/imagenet");
    let refused = fs::write(seen.join("2.txt"), "two").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ReadOnlyFilesystem);
    assert!(!fs::exists(seen.join("../labels.csv")).unwrap());
    folders.cluster.remove_mount(&order).await.unwrap();
    a_folder_is_all_that_is_found(Folders::with_bind_mounts().unwrap()).await;
}

#[tokio::test]
async fn a_linked_folder_is_all_that_is_found() {
    a_folder_is_all_that_is_found(Folders::with_links()).await;
}

#[tokio::test]
async fn a_folder_that_is_gone_is_taken_away_and_comes_back_with_the_folder() {
    let folders = Folders::with_links();
    let order = with_a_folder(&folders).await;
    folders.cluster.ensure_mount(&order).await.unwrap();
    let (train, kept) = (
        folders.path("vision", "imagenet/train"),
        folders.path("vision", "imagenet/kept"),
    );
    fs::rename(&train, &kept).unwrap();
    let state = folders.cluster.ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, MountPhase::Failed);
    assert!(state.message.contains("“train”"), "{}", state.message);
    let seen = folders.path("speech", "shared/imagenet");
    assert!(fs::symlink_metadata(&seen).is_err());

    fs::rename(&kept, &train).unwrap();
    let state = folders.cluster.ensure_mount(&order).await.unwrap();
    assert_eq!(state.phase, MountPhase::Ready);
    assert_eq!(fs::read(seen.join("1.txt")).unwrap(), b"one");
}

#[tokio::test]
async fn a_link_in_place_of_the_folder_leads_nobody_out_of_the_volume() {
    for folders in [Some(Folders::with_links()), Folders::with_bind_mounts()] {
        let Some(folders) = folders else { continue };
        let order = with_a_folder(&folders).await;
        let train = folders.path("vision", "imagenet/train");
        fs::remove_dir_all(&train).unwrap();
        symlink("/etc", &train).unwrap();
        let state = folders.cluster.ensure_mount(&order).await.unwrap();
        assert_eq!(state.phase, MountPhase::Failed, "{state:?}");
        assert!(!fs::exists(folders.path("speech", "shared/imagenet/passwd")).unwrap());
    }
}
