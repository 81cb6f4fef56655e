use anyhow::Result;
use domain::{EventKind, Role, ShareMode, VolumePath};
use service::{Error, FileAccess};
use wire::{NewFolder, NewShare, PreviewView, RenameFile};

use crate::fixture::Console;

fn path(text: &str) -> VolumePath {
    text.parse().unwrap()
}

#[tokio::test]
async fn files_are_browsed_shown_renamed_and_deleted() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let id = console.volume(&ada, "imagenet", "images").await?.id;
    let root = console.project_folder("imagenet").join("images");
    let service = &console.service;
    service
        .make_folder(&ada, id, NewFolder { path: path("a/b") })
        .await?;
    std::fs::write(root.join("a/b/x.csv"), "n,m\n1,2\n")?;
    let folder = service.list_folder(&ada, id, path("a/b"), 0).await?;
    assert_eq!(folder.entries[0].name, "x.csv");
    let preview = service.preview_file(&ada, id, path("a/b/x.csv")).await?;
    assert!(matches!(preview, PreviewView::Table { header, .. } if header == ["n", "m"]));
    let details = service
        .show_file_details(&ada, id, path("a/b/x.csv"))
        .await?;
    assert_eq!((details.size_bytes.0, details.stored), (8, None));
    service
        .rename_file(
            &ada,
            id,
            RenameFile {
                from: path("a/b/x.csv"),
                to: path("a/y.csv"),
            },
        )
        .await?;
    assert!(root.join("a/y.csv").exists());
    let missing = service
        .delete_file(&ada, id, path("a/z.csv"))
        .await
        .unwrap_err();
    assert!(matches!(missing, Error::Agent(problem) if problem.code == 404));
    service.delete_file(&ada, id, path("a")).await?;
    assert!(!root.join("a").exists());
    Ok(())
}

#[tokio::test]
async fn the_usage_follows_the_files() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let id = console.volume(&ada, "imagenet", "images").await?.id;
    std::fs::write(
        console.project_folder("imagenet").join("images/a.bin"),
        vec![0; 1000],
    )?;
    console.service.file_stored(&ada, id, "a.bin").await?;
    console.settle().await?;
    let seen = console.service.show_data_volume(&ada, id).await?;
    assert_eq!(
        (seen.used_bytes.map(|b| b.0), seen.file_count),
        (Some(1000), Some(1))
    );
    Ok(())
}

#[tokio::test]
async fn receivers_read_and_viewers_do_not() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let viewer = console.person("victor", Role::Viewer, "Acme").await?;
    let id = console.volume(&root, "imagenet", "images").await?.id;
    let access = |caller: authz::Caller, access| {
        let service = console.service.clone();
        async move { service.data_path(&caller, id, access).await.map(drop) }
    };
    assert!(matches!(
        access(grace.clone(), FileAccess::Read).await,
        Err(Error::NotFound(_))
    ));
    let scope_id = console.scope("asr").id().clone();
    let new = NewShare {
        scope_id,
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: String::new(),
        expires_at: None,
    };
    let share = console.service.share_data_volume(&root, id, new).await?;
    access(grace.clone(), FileAccess::Read).await?;
    assert!(matches!(
        access(grace.clone(), FileAccess::Write).await,
        Err(Error::Forbidden(_))
    ));
    assert!(matches!(
        access(viewer, FileAccess::Read).await,
        Err(Error::Forbidden(_))
    ));
    console
        .service
        .may_still_access(&grace, id, FileAccess::Read, &VolumePath::root())
        .await?;
    console
        .service
        .unshare_data_volume(&root, id, share.id)
        .await?;
    assert!(
        console
            .service
            .may_still_access(&grace, id, FileAccess::Read, &VolumePath::root())
            .await
            .is_err()
    );
    Ok(())
}

#[tokio::test]
async fn who_was_given_a_folder_reads_that_folder_for_as_long_as_it_is_shared() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let service = &console.service;
    let id = console.volume(&root, "imagenet", "images").await?.id;
    for folder in ["train/images", "train/labels", "secret"] {
        let path = folder.parse()?;
        service.make_folder(&root, id, NewFolder { path }).await?;
    }
    let share = |sub_path: &str| -> Result<NewShare> {
        Ok(NewShare {
            scope_id: console.scope("asr").id().clone(),
            mode: ShareMode::ReadOnly,
            sub_path: sub_path.parse()?,
            reason: String::new(),
            expires_at: None,
        })
    };
    let given = service
        .share_data_volume(&root, id, share("train/images")?)
        .await?;
    let seen = async |path: &str| -> Result<Vec<String>> {
        let folder = service.list_folder(&grace, id, path.parse()?, 0).await?;
        Ok(folder.entries.into_iter().map(|entry| entry.name).collect())
    };
    assert_eq!(seen("").await?, ["train"]);
    assert_eq!(seen("train").await?, ["images"]);
    assert!(seen("train/images").await?.is_empty());
    let hidden = service.list_folder(&grace, id, "secret".parse()?, 0).await;
    let missing = service.list_folder(&grace, id, "nothing".parse()?, 0).await;
    assert_eq!(format!("{hidden:?}"), format!("{missing:?}"));

    let picture: VolumePath = "train/images/1.png".parse()?;
    let may_go_on = || service.may_still_access(&grace, id, FileAccess::Read, &picture);
    may_go_on().await?;
    service.unshare_data_volume(&root, id, given.id).await?;
    service
        .share_data_volume(&root, id, share("train/labels")?)
        .await?;
    assert!(matches!(may_go_on().await, Err(Error::Forbidden(_))));
    Ok(())
}

#[tokio::test]
async fn who_sees_one_folder_is_told_of_no_file_outside() -> Result<()> {
    let console = Console::start().await?;
    let ada = console
        .person("ada", Role::SystemAdministrator, "Acme")
        .await?;
    let grace = console.person("grace", Role::Editor, "asr").await?;
    let service = &console.service;
    let id = console.volume(&ada, "imagenet", "images").await?.id;
    for folder in ["in", "in → in", "in-other", "out"] {
        let path = path(folder);
        service.make_folder(&ada, id, NewFolder { path }).await?;
    }
    let root = console.project_folder("imagenet").join("images");
    for (from, to) in [
        ("in/a", "in/b"),
        ("out/secret", "in/c"),
        ("in → in/d", "out/d"),
    ] {
        std::fs::write(root.join(from), "")?;
        let (from, to) = (path(from), path(to));
        service
            .rename_file(&ada, id, RenameFile { from, to })
            .await?;
    }
    for file in ["in/b", "in-other/x", "out/d", "in"] {
        service.file_stored(&ada, id, file).await?;
        service.file_read(&ada, id, file).await?;
    }
    let new = NewShare {
        scope_id: console.scope("asr").id().clone(),
        mode: ShareMode::ReadWrite,
        sub_path: path("in"),
        reason: String::new(),
        expires_at: None,
    };
    service.share_data_volume(&ada, id, new).await?;
    let told = async |caller| -> Result<Vec<String>> {
        let entries = service.list_activity(caller, id).await?;
        let files = entries
            .into_iter()
            .filter(|entry| entry.kind.is_about_files());
        Ok(files.map(|entry| entry.subject).collect())
    };
    assert_eq!(
        told(&grace).await?,
        ["in", "in", "in/b", "in/b", "in/a → in/b", "in"]
    );
    assert_eq!(told(&ada).await?.len(), 15);
    let entries = service.list_activity(&grace, id).await?;
    assert_eq!(entries[0].kind, EventKind::Shared);
    Ok(())
}
