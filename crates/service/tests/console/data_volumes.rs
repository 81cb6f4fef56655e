use std::time::Duration;

use anyhow::Result;
use domain::{OriginSource, Phase, Role, VolumePath};
use service::Error;
use wire::{DataVolumeEdit, DeleteDataVolume, NewShare, Problem};

use crate::fixture::Console;

#[tokio::test]
async fn a_new_volume_becomes_ready_and_is_a_folder_of_its_project() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let made = console
        .service
        .create_data_volume(&ada, console.new_volume("imagenet", "images"))
        .await?;
    assert_eq!(made.phase, Phase::Creating);
    console.service.reconcile_due().await?;
    let ready = console.service.show_data_volume(&ada, made.id).await?;
    assert_eq!(ready.phase, Phase::Ready, "{:?}", ready.conditions);
    assert!(ready.persistence.is_some() && ready.sharing.is_some());
    assert!(console.project_folder("imagenet").join("images").is_dir());
    let activity = console.service.list_activity(&ada, made.id).await?;
    assert_eq!(activity.last().unwrap().by.as_deref(), Some("ada"));
    Ok(())
}

#[tokio::test]
async fn a_foreign_volume_reads_exactly_like_one_that_is_not_there() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::Editor, "Speech").await?;
    let volume = console.volume(&ada, "imagenet", "images").await?;
    let missing = "00000000-0000-0000-0000-000000000000".parse()?;
    let of = |error: Error| Problem::from(&error);
    let foreign = of(console
        .service
        .show_data_volume(&grace, volume.id)
        .await
        .unwrap_err());
    assert_eq!(
        foreign,
        of(console
            .service
            .show_data_volume(&grace, missing)
            .await
            .unwrap_err())
    );
    assert_eq!(foreign.code, 404);
    let edit = DataVolumeEdit {
        description: "mine".into(),
        tags: vec![],
    };
    let edit = console
        .service
        .edit_data_volume(&grace, volume.id, edit)
        .await;
    assert_eq!(foreign, of(edit.unwrap_err()));
    assert_eq!(
        foreign,
        of(console
            .service
            .deletion_consequences(&grace, volume.id)
            .await
            .unwrap_err())
    );
    assert_eq!(
        foreign,
        of(console
            .service
            .list_activity(&grace, volume.id)
            .await
            .unwrap_err())
    );
    assert_eq!(
        foreign,
        of(console
            .service
            .share_targets(&grace, volume.id)
            .await
            .unwrap_err())
    );
    let there = console
        .service
        .create_data_volume(&grace, console.new_volume("imagenet", "x"))
        .await;
    assert_eq!(of(there.unwrap_err()).code, 404);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_new_volume_is_told_by_field() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    for name in [
        "",
        "Images",
        "images-",
        &"a".repeat(64),
        "数据",
        "../x",
        "a\0b",
    ] {
        let error = console
            .service
            .create_data_volume(&ada, console.new_volume("imagenet", name))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Invalid { field: "name", .. }),
            "{name:?}: {error:?}"
        );
    }
    let mut new = console.new_volume("imagenet", "images");
    new.storage = OriginSource::ExistingClaim {
        claim: "../asr".into(),
        sub_path: VolumePath::root(),
    };
    assert!(console.service.create_data_volume(&ada, new).await.is_err());
    let page = console
        .service
        .list_data_volumes(&ada, wire::CatalogueQuery::default())
        .await?;
    assert_eq!(page.total, 0);
    Ok(())
}

#[tokio::test]
async fn a_name_is_free_once_per_cluster() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::Editor, "Speech").await?;
    console.volume(&ada, "imagenet", "images").await?;
    let taken = console
        .service
        .create_data_volume(&grace, console.new_volume("asr", "images"))
        .await;
    assert!(matches!(taken.unwrap_err(), Error::Conflict(_)));
    Ok(())
}

#[tokio::test]
async fn a_reader_may_neither_edit_nor_delete() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let reader = console.person("mary", Role::L2Researcher, "Vision").await?;
    let volume = console.volume(&ada, "imagenet", "images").await?;
    let seen = console.service.show_data_volume(&reader, volume.id).await?;
    assert!(seen.may.read_files && !seen.may.write_files && !seen.may.delete && !seen.may.share);
    let confirmed = DeleteDataVolume {
        name: "images".into(),
        seen_mount_count: 0,
    };
    let refused = console
        .service
        .delete_data_volume(&reader, volume.id, confirmed)
        .await;
    assert!(matches!(refused.unwrap_err(), Error::Forbidden(_)));
    Ok(())
}

#[tokio::test]
async fn an_existing_folder_survives_its_data_volume() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let folder = console.project_folder("imagenet").join("old-data");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("a.txt"), "kept")?;
    let choices = console
        .service
        .storage_choices(&ada, console.scope("imagenet").id().clone())
        .await?;
    assert_eq!(choices.existing_claims.len(), 1);
    let mut new = console.new_volume("imagenet", "old");
    new.storage = OriginSource::ExistingClaim {
        claim: "old-data".into(),
        sub_path: VolumePath::root(),
    };
    let volume = console.service.create_data_volume(&ada, new).await?;
    console.service.reconcile_due().await?;
    let consequences = console
        .service
        .deletion_consequences(&ada, volume.id)
        .await?;
    assert!(!consequences.destroys_bytes);
    let confirmed = DeleteDataVolume {
        name: "old".into(),
        seen_mount_count: 0,
    };
    console
        .service
        .delete_data_volume(&ada, volume.id, confirmed)
        .await?;
    console.settle().await?;
    assert!(
        console
            .service
            .show_data_volume(&ada, volume.id)
            .await
            .is_err()
    );
    assert_eq!(std::fs::read_to_string(folder.join("a.txt"))?, "kept");
    assert!(!folder.join(".stowage").exists());
    Ok(())
}

#[tokio::test]
async fn a_deletion_wants_the_name_and_knowledge_of_who_loses_it() -> Result<()> {
    let console = Console::start().await?;
    let ada = console
        .person("ada", Role::SystemAdministrator, "Acme")
        .await?;
    let volume = console.volume(&ada, "imagenet", "images").await?;
    let new = NewShare {
        scope_id: console.scope("Speech").id().clone(),
        mode: domain::ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: String::new(),
        expires_at: None,
    };
    console
        .service
        .share_data_volume(&ada, volume.id, new)
        .await?;
    console.settle().await?;
    let delete = |name: &str, seen_mount_count| {
        let confirmed = DeleteDataVolume {
            name: name.into(),
            seen_mount_count,
        };
        console
            .service
            .delete_data_volume(&ada, volume.id, confirmed)
    };
    assert!(matches!(
        delete("image", 2).await.unwrap_err(),
        Error::Invalid { field: "name", .. }
    ));
    assert!(matches!(
        delete("images", 0).await.unwrap_err(),
        Error::Conflict(_)
    ));
    let consequences = console
        .service
        .deletion_consequences(&ada, volume.id)
        .await?;
    assert_eq!(
        (consequences.mount_count(), consequences.destroys_bytes),
        (2, true)
    );
    delete("images", 2).await?;
    console.settle().await?;
    assert!(!console.project_folder("imagenet").join("images").exists());
    assert!(!console.project_folder("asr").join("shared/images").exists());
    Ok(())
}

#[tokio::test]
async fn many_that_are_due_at_once_never_wait_for_each_other() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let mut made = Vec::new();
    for number in 0..200 {
        let new = console.new_volume("imagenet", &format!("images-{number}"));
        made.push(console.service.create_data_volume(&ada, new).await?.id);
    }
    let reconciling = tokio::spawn(console.service.clone().reconcile_for_ever());
    // Waiting for a connection that another one holds would take half a minute.
    let all_are_ready = async {
        for id in made {
            while console.service.show_data_volume(&ada, id).await?.phase != Phase::Ready {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(25), all_are_ready).await??;
    reconciling.abort();
    Ok(())
}

#[tokio::test]
async fn many_who_look_at_once_never_wait_for_each_other() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let id = console.volume(&ada, "imagenet", "images").await?.id;
    // What is kept of the scope tree is too old by then: everybody asks for it.
    console.settle().await?;
    let service = &console.service;
    let looks = (0..64).map(|_| service.show_data_volume(&ada, id));
    let looks = futures::future::try_join_all(looks);
    // Waiting for a connection that another one holds would take half a minute.
    tokio::time::timeout(Duration::from_secs(10), looks).await??;
    Ok(())
}
