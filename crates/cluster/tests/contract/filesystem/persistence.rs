//! What becomes of the bytes is read from the storage, or declared, and always said with its reason.

use std::fs;

use cluster::Cluster;
use cluster::filesystem::{Mounts, Settings, StorageClassSettings};
use domain::{Bytes, OriginSource, Persistence, PersistenceClass};
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};

use super::folders::{Folders, settings};
use crate::harness::{Harness, existing_claim, new_claim, volume};

fn class(
    name: &str,
    path: Option<std::path::PathBuf>,
    persistence: Option<Persistence>,
) -> StorageClassSettings {
    StorageClassSettings {
        name: name.to_owned(),
        description: String::new(),
        path,
        is_default: false,
        persistence,
    }
}

/// A class in memory beside one on the disk, and one that is declared; `None` where nothing may be mounted.
fn with_memory() -> Option<Folders> {
    let scene = tempfile::tempdir().unwrap();
    let memory = scene.path().join("memory");
    fs::create_dir(&memory).unwrap();
    mount(
        "stowage-test",
        &memory,
        "tmpfs",
        MountFlags::empty(),
        c"size=1m",
    )
    .ok()?;
    let declared = Persistence {
        class: PersistenceClass::Durable,
        reason: "mirrored to the other hall every minute".to_owned(),
    };
    let storage_classes = vec![
        class("memory", Some(memory), None),
        class("disk", None, None),
        class("mirrored", None, Some(declared)),
        class("away", Some(scene.path().join("not mounted")), None),
    ];
    let settings = Settings {
        storage_classes,
        ..settings(&scene, Mounts::Link)
    };
    Some(Folders::start(scene, settings).unwrap())
}

#[tokio::test]
async fn memory_is_ephemeral_and_a_declaration_wins() {
    let Some(folders) = with_memory() else { return };
    let classes = folders.cluster.storage_classes().await.unwrap();
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!(
        names,
        ["memory", "disk", "mirrored"],
        "storage that is not mounted is not on offer"
    );

    assert_eq!(classes[0].persistence.class, PersistenceClass::Ephemeral);
    assert_eq!(
        classes[0].persistence.reason,
        "in this machine's memory (tmpfs): gone with the next restart"
    );
    assert_eq!(classes[0].available, Some(Bytes(1 << 20)));
    assert_eq!(classes[2].persistence.class, PersistenceClass::Durable);
    assert_eq!(
        classes[2].persistence.reason,
        "declared by the administrator: mirrored to the other hall every minute"
    );
}

#[tokio::test]
async fn a_claim_tells_the_persistence_of_the_storage_that_it_lies_on() {
    let Some(folders) = with_memory() else { return };
    let order = new_claim(volume(1), "imagenet", "vision", "memory");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    assert_eq!(
        state.persistence.unwrap().class,
        PersistenceClass::Ephemeral
    );
    assert_eq!(state.storage_class, "memory");
    assert!(folders.path("vision", "imagenet").is_symlink());

    let order = new_claim(volume(2), "mirrored", "vision", "mirrored");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    assert_eq!(state.persistence.unwrap().class, PersistenceClass::Durable);
    // The same disk, nothing declared about it: what is told follows from the file system.
    folders.make_claim("vision", "old-data", "a.txt", "a").await;
    let state = folders
        .cluster
        .ensure_claim(&existing_claim(volume(3), "old-data", "vision"))
        .await
        .unwrap();
    let disk = &folders.cluster.storage_classes().await.unwrap()[1];
    assert_eq!(state.persistence.unwrap(), disk.persistence);
}

/// Temporary folders lie on `ext4` where this is developed and tested; elsewhere their own type counts.
#[tokio::test]
async fn a_disk_of_this_machine_is_lost_with_it() {
    let Some(folders) = with_memory() else { return };
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let is_on_ext4 = |line: &str| line.contains(" / / ") && line.contains(" - ext4 ");
    let disk = &folders.cluster.storage_classes().await.unwrap()[1];
    if mounts.lines().any(is_on_ext4) && !mounts.contains(" /tmp ") {
        assert_eq!(disk.persistence.class, PersistenceClass::NodeLocal);
        assert_eq!(
            disk.persistence.reason,
            "on this machine's disk (ext4): lost with the machine"
        );
    } else {
        assert!(!disk.persistence.reason.is_empty());
    }
}

#[tokio::test]
async fn a_plan_warns_of_what_the_storage_does_not_do() {
    let Some(folders) = with_memory() else { return };
    let mut order = new_claim(volume(1), "imagenet", "vision", "memory");
    order.source = OriginSource::NewClaim {
        storage_class: "memory".to_owned(),
        size: Bytes(1 << 30),
    };
    let plan = folders.cluster.plan_claim(&order).await.unwrap();
    assert_eq!(plan.warnings.len(), 2, "{:?}", plan.warnings);
    assert!(plan.warnings[0].contains("not enforced"));
    assert_eq!(
        plan.warnings[1],
        "Only 1.00 MiB are free on this storage now, and 1.00 GiB are asked for."
    );

    folders.make_claim("vision", "old-data", "a.txt", "a").await;
    fs::create_dir(folders.path("vision", "old-data/b")).unwrap();
    let plan = folders
        .cluster
        .plan_claim(&existing_claim(volume(2), "old-data", "vision"))
        .await
        .unwrap();
    assert_eq!(
        plan.warnings,
        ["The folder is not empty: what lies in it becomes part of the data volume (2 entries)."]
    );
}

#[tokio::test]
async fn a_claim_on_storage_that_is_mounted_read_only_is_not_ready() {
    let Some(folders) = with_memory() else { return };
    let order = new_claim(volume(1), "imagenet", "vision", "memory");
    assert!(folders.cluster.ensure_claim(&order).await.unwrap().is_ready);
    mount_remount(folders.scene().join("memory"), MountFlags::RDONLY, c"").unwrap();
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    assert!(!state.is_ready);
    assert!(
        state
            .conditions
            .iter()
            .any(|condition| condition.reason == "ReadOnlyStorage")
    );
}

#[tokio::test]
async fn storage_that_is_away_is_not_taken_for_a_lost_claim() {
    let Some(folders) = with_memory() else { return };
    let order = new_claim(volume(1), "imagenet", "vision", "disk");
    let state = folders.cluster.ensure_claim(&order).await.unwrap();
    assert!(
        folders
            .cluster
            .ensure_claim(&crate::harness::knowing(&order, state.uid.clone()))
            .await
            .unwrap()
            .is_ready
    );
    folders.delete_claim("vision", "imagenet").await;
    let error = folders
        .cluster
        .ensure_claim(&crate::harness::knowing(&order, state.uid))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is it mounted?"), "{error}");
    unmount(folders.scene().join("memory"), UnmountFlags::empty()).unwrap();
}
