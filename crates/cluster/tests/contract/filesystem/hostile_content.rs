//! What people of a project plant in its folder leads nowhere.

use std::fs;
use std::os::unix::fs::symlink;

use cluster::{Cluster, Error, ProjectFolder, Removal, Visit};
use domain::{MountPhase, ShareMode, VolumePath};
use rustix::mount::mount_bind;

use super::folders::Folders;
use crate::harness::{Harness, existing_claim, filled_claim, key, mount, new_claim, volume};

#[tokio::test]
async fn a_link_is_no_project_and_no_claim() {
    let folders = Folders::with_links();
    folders.make_claim("vision", "imagenet", "a.txt", "a").await;
    folders.make_claim("speech", "words", "a.txt", "a").await;
    symlink("vision", folders.path("mallory", "")).unwrap_err();
    symlink("vision", folders.scene().join("root/projects/mallory")).unwrap();
    symlink("../vision/imagenet", folders.path("speech", "stolen")).unwrap();

    let mallory = ProjectFolder("mallory".to_owned());
    assert!(matches!(
        folders.cluster.ensure_project(&mallory).await,
        Err(Error::Refused(_))
    ));
    assert!(matches!(
        folders.cluster.existing_claims(&mallory).await,
        Err(Error::Refused(_))
    ));
    let stolen = existing_claim(volume(1), "stolen", "speech");
    assert!(matches!(
        folders.cluster.plan_claim(&stolen).await,
        Err(Error::Refused(_))
    ));
    assert!(matches!(
        folders.cluster.ensure_claim(&stolen).await,
        Err(Error::Refused(_))
    ));
    let names = folders
        .cluster
        .existing_claims(&ProjectFolder("speech".to_owned()))
        .await
        .unwrap();
    assert_eq!(names.len(), 1);
    assert!(!folders.path("vision", "imagenet/.stowage").exists());
}

#[tokio::test]
async fn a_claim_that_became_a_link_is_not_followed() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    fs::rename(
        folders.path("vision", "imagenet"),
        folders.path("vision", "moved"),
    )
    .unwrap();
    symlink("moved", folders.path("vision", "imagenet")).unwrap();

    let visit = Visit {
        subject: "ada".to_owned(),
        may_write: true,
        may_wait: true,
        credential: None,
        folders: vec![VolumePath::root()],
    };
    assert!(matches!(
        folders.cluster.data_path(&claim, &visit).await,
        Err(Error::NotFound(_))
    ));
    assert_eq!(
        folders.cluster.remove_claim(&claim).await.unwrap(),
        Removal::Done
    );
    assert!(folders.path("vision", "moved/labels.csv").exists());
}

#[tokio::test]
async fn a_staging_folder_that_is_a_link_is_refused() {
    let folders = Folders::with_links();
    folders.make_claim("vision", "old-data", "a.txt", "a").await;
    fs::create_dir(folders.scene().join("outside")).unwrap();
    symlink(
        folders.scene().join("outside"),
        folders.path("vision", "old-data/.stowage"),
    )
    .unwrap();

    let order = existing_claim(volume(1), "old-data", "vision");
    assert!(matches!(
        folders.cluster.ensure_claim(&order).await,
        Err(Error::Refused(_))
    ));
    assert_eq!(
        fs::read_dir(folders.scene().join("outside"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn a_marker_that_nobody_wrote_is_refused() {
    let folders = Folders::with_links();
    folders.make_claim("vision", "old-data", "a.txt", "a").await;
    fs::create_dir(folders.path("vision", "old-data/.stowage")).unwrap();
    fs::write(
        folders.path("vision", "old-data/.stowage/claim.json"),
        "{\"uid\":",
    )
    .unwrap();
    let order = existing_claim(volume(1), "old-data", "vision");
    assert!(matches!(
        folders.cluster.ensure_claim(&order).await,
        Err(Error::Refused(_))
    ));
}

#[tokio::test]
async fn a_marker_that_says_more_than_the_console_knows_destroys_nothing() {
    let folders = Folders::with_links();
    folders.make_claim("vision", "old-data", "a.txt", "a").await;
    let order = existing_claim(volume(1), "old-data", "vision");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    let marker = folders.path("vision", "old-data/.stowage/claim.json");
    let text = fs::read_to_string(&marker)
        .unwrap()
        .replace("\"isMadeHere\": false", "\"isMadeHere\": true");
    fs::write(&marker, text).unwrap();

    assert_eq!(
        folders
            .cluster
            .remove_claim(&key(&order, &state))
            .await
            .unwrap(),
        Removal::Done
    );
    assert!(folders.path("vision", "old-data/a.txt").exists());
    assert!(!folders.path("vision", "old-data/.stowage").exists());
}

#[tokio::test]
async fn deleting_follows_no_link_and_crosses_no_mount() {
    let Some(folders) = Folders::with_bind_mounts() else {
        return;
    };
    let claim = filled_claim(&folders, "imagenet").await;
    folders.make_claim("vision", "kept", "a.txt", "a").await;
    symlink("../kept", folders.path("vision", "imagenet/link")).unwrap();
    fs::create_dir(folders.path("vision", "imagenet/mounted")).unwrap();
    mount_bind(
        folders.path("vision", "kept"),
        folders.path("vision", "imagenet/mounted"),
    )
    .unwrap();

    let waiting = folders.cluster.remove_claim(&claim).await.unwrap();
    assert!(
        matches!(&waiting, Removal::Waiting(why) if why.contains("unmount")),
        "{waiting:?}"
    );
    assert!(folders.path("vision", "kept/a.txt").exists());

    folders.restart_machine();
    assert_eq!(
        folders.cluster.remove_claim(&claim).await.unwrap(),
        Removal::Done
    );
    assert!(folders.path("vision", "kept/a.txt").exists());
    assert_eq!(fs::read_dir(folders.path("vision", "")).unwrap().count(), 1);
}

#[tokio::test]
async fn what_stands_at_a_mounts_place_is_neither_covered_nor_removed() {
    for folders in Folders::with_bind_mounts()
        .into_iter()
        .chain([Folders::with_links()])
    {
        let claim = filled_claim(&folders, "imagenet").await;
        let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
        folders
            .make_claim("speech", "shared/imagenet", "mine.txt", "mine")
            .await;
        assert_eq!(
            folders.cluster.ensure_mount(&order).await.unwrap().phase,
            MountPhase::Failed
        );
        assert_eq!(
            folders.cluster.remove_mount(&order).await.unwrap(),
            Removal::Done
        );
        assert_eq!(
            folders
                .read_mounted("speech", "imagenet", "mine.txt")
                .await
                .as_deref(),
            Some("mine")
        );

        let link = mount(&claim, "elsewhere", "speech", ShareMode::ReadOnly);
        symlink("/etc", folders.path("speech", "shared/elsewhere")).unwrap();
        assert_eq!(
            folders.cluster.ensure_mount(&link).await.unwrap().phase,
            MountPhase::Failed
        );
        assert_eq!(
            folders.cluster.remove_mount(&link).await.unwrap(),
            Removal::Done
        );
        assert!(folders.path("speech", "shared/elsewhere").is_symlink());
    }
}

#[tokio::test]
async fn a_shared_folder_that_is_a_link_gets_no_mounts() {
    for folders in Folders::with_bind_mounts()
        .into_iter()
        .chain([Folders::with_links()])
    {
        let claim = filled_claim(&folders, "imagenet").await;
        fs::create_dir_all(folders.path("speech", "")).unwrap();
        fs::create_dir(folders.scene().join("outside")).unwrap();
        symlink(
            folders.scene().join("outside"),
            folders.path("speech", "shared"),
        )
        .unwrap();

        let order = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
        assert_eq!(
            folders.cluster.ensure_mount(&order).await.unwrap().phase,
            MountPhase::Failed
        );
        assert_eq!(
            folders.cluster.remove_mount(&order).await.unwrap(),
            Removal::Done
        );
        assert_eq!(
            fs::read_dir(folders.scene().join("outside"))
                .unwrap()
                .count(),
            0
        );
    }
}

#[tokio::test]
async fn another_volumes_mount_of_the_same_name_is_left_alone() {
    let folders = Folders::with_links();
    let claim = filled_claim(&folders, "imagenet").await;
    let first = mount(&claim, "imagenet", "speech", ShareMode::ReadOnly);
    folders.cluster.ensure_mount(&first).await.unwrap();
    let order = new_claim(volume(2), "other", "robots", "standard");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();

    let second = mount(
        &key(&order, &state),
        "imagenet",
        "speech",
        ShareMode::ReadOnly,
    );
    assert_eq!(
        folders.cluster.ensure_mount(&second).await.unwrap().phase,
        MountPhase::Failed
    );
    assert_eq!(
        folders.cluster.remove_mount(&second).await.unwrap(),
        Removal::Done
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
async fn one_volume_cannot_lie_inside_another() {
    let folders = Folders::with_links();
    folders.make_claim("vision", "old-data", "a.txt", "a").await;
    let order = existing_claim(volume(1), "old-data", "vision");
    folders.cluster.ensure_claim(&order).await.unwrap();
    // The project's folder itself is made to look like a volume.
    fs::create_dir(folders.path("vision", ".stowage")).unwrap();
    fs::copy(
        folders.path("vision", "old-data/.stowage/claim.json"),
        folders.path("vision", ".stowage/claim.json"),
    )
    .unwrap();
    let inside = new_claim(volume(2), "inside", "vision", "standard");
    assert!(matches!(
        folders.cluster.plan_claim(&inside).await,
        Err(Error::Refused(_))
    ));
    assert!(matches!(
        folders.cluster.ensure_claim(&inside).await,
        Err(Error::Refused(_))
    ));
}
