use anyhow::{Context as _, Result};
use domain::{MountPhase, Role, ShareMode, VolumePath};
use futures::{FutureExt, StreamExt};
use jiff::{SignedDuration, Unit};
use service::Error;
use wire::{CatalogueQuery, CatalogueView, NewShare};

use crate::fixture::Console;

fn with(console: &Console, scope: &str) -> NewShare {
    NewShare {
        scope_id: console.scope(scope).id().clone(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: "for the paper".into(),
        expires_at: None,
    }
}

#[tokio::test]
async fn a_shared_department_gets_the_volume_in_each_project_and_loses_it_again() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let volume = console.volume(&root, "imagenet", "images").await?;
    std::fs::write(
        console.project_folder("imagenet").join("images/a.txt"),
        "hello",
    )?;
    let mut changes = Box::pin(console.service.changes(grace.clone()));

    let share = console
        .service
        .share_data_volume(&root, volume.id, with(&console, "Speech"))
        .await?;
    assert_eq!(
        changes
            .next()
            .now_or_never()
            .flatten()
            .map(|c| c.data_volume_id),
        Some(volume.id)
    );
    console.settle().await?;
    let seen = console.service.show_data_volume(&root, volume.id).await?;
    let projects: Vec<_> = seen
        .mounts
        .iter()
        .map(|m| (m.project_name.as_str(), m.phase))
        .collect();
    assert_eq!(
        projects,
        [("asr", MountPhase::Ready), ("tts", MountPhase::Ready)]
    );
    for project in ["asr", "tts"] {
        let file = console.project_folder(project).join("shared/images/a.txt");
        assert_eq!(std::fs::read_to_string(file)?, "hello");
    }
    let usable = CatalogueQuery {
        view: CatalogueView::Usable,
        scope: Some(console.scope("asr").id().clone()),
        ..CatalogueQuery::default()
    };
    let page = console.service.list_data_volumes(&grace, usable).await?;
    assert_eq!(page.rows[0].name, "images");
    let seen = console.service.show_data_volume(&grace, volume.id).await?;
    let receivers: Vec<_> = seen
        .mounts
        .iter()
        .map(|m| m.project_name.as_str())
        .collect();
    assert_eq!(
        receivers,
        ["asr"],
        "a receiver does not learn who else has it"
    );

    console
        .service
        .unshare_data_volume(&root, volume.id, share.id)
        .await?;
    console.settle().await?;
    for project in ["asr", "tts"] {
        assert!(
            !console
                .project_folder(project)
                .join("shared/images")
                .exists()
        );
    }
    assert!(matches!(
        console
            .service
            .show_data_volume(&grace, volume.id)
            .await
            .unwrap_err(),
        Error::NotFound(_)
    ));
    assert_eq!(
        std::fs::read_to_string(console.project_folder("imagenet").join("images/a.txt"))?,
        "hello"
    );
    Ok(())
}

#[tokio::test]
async fn sharing_needs_the_right_at_both_ends() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let researcher = console
        .person("rosalind", Role::L1Researcher, "Vision")
        .await?;
    let volume = console.volume(&ada, "imagenet", "images").await?;
    let foreign = console
        .service
        .share_data_volume(&ada, volume.id, with(&console, "Speech"))
        .await;
    assert!(matches!(foreign.unwrap_err(), Error::NotFound(_)));
    let asks = console
        .service
        .share_data_volume(&researcher, volume.id, with(&console, "segment"))
        .await;
    assert!(matches!(asks.unwrap_err(), Error::Forbidden(_)));
    let own = console
        .service
        .share_data_volume(&ada, volume.id, with(&console, "imagenet"))
        .await;
    assert!(matches!(own.unwrap_err(), Error::Conflict(_)));
    console
        .service
        .share_data_volume(&ada, volume.id, with(&console, "segment"))
        .await?;
    let again = console
        .service
        .share_data_volume(&ada, volume.id, with(&console, "segment"))
        .await;
    assert!(matches!(again.unwrap_err(), Error::Conflict(_)));
    Ok(())
}

#[tokio::test]
async fn nobody_shares_on_what_they_received() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let grace = console.person("grace", Role::Editor, "Speech").await?;
    let volume = console.volume(&root, "imagenet", "images").await?;
    console
        .service
        .share_data_volume(&root, volume.id, with(&console, "asr"))
        .await?;
    let on = console
        .service
        .share_data_volume(&grace, volume.id, with(&console, "tts"))
        .await;
    assert!(matches!(on.unwrap_err(), Error::Forbidden(_)));
    let targets = console.service.share_targets(&grace, volume.id).await?;
    assert!(targets.iter().all(|target| target.refusal.is_some()));
    Ok(())
}

#[tokio::test]
async fn a_restarted_console_brings_back_what_is_missing() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let volume = console.volume(&root, "imagenet", "images").await?;
    console
        .service
        .share_data_volume(&root, volume.id, with(&console, "asr"))
        .await?;
    console.settle().await?;
    let link = console.project_folder("asr").join("shared/images");
    std::fs::remove_file(&link)?;
    console.clock.advance(SignedDuration::from_mins(20));
    console.service.reconcile_due().await?;
    assert!(link.exists());
    Ok(())
}

#[tokio::test]
async fn a_share_ends_by_itself_when_its_time_is_over() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let volume = console.volume(&root, "imagenet", "images").await?;
    let now = domain::Clock::now(&*console.clock);
    let until = |hours: i64| NewShare {
        expires_at: Some(now + SignedDuration::from_hours(hours)),
        ..with(&console, "asr")
    };
    let past = console
        .service
        .share_data_volume(&root, volume.id, until(-1))
        .await;
    assert!(matches!(
        past.unwrap_err(),
        Error::Invalid {
            field: "expiresAt",
            ..
        }
    ));
    console
        .service
        .share_data_volume(&root, volume.id, until(2))
        .await?;
    console.settle().await?;
    let link = console.project_folder("asr").join("shared/images");
    assert!(link.exists());

    console.clock.advance(SignedDuration::from_mins(116));
    let sleep = console.service.reconcile_due().await?;
    assert!(link.exists());
    assert!(
        sleep <= std::time::Duration::from_secs(30),
        "it wakes in time: {sleep:?}"
    );
    console.clock.advance(SignedDuration::from_mins(3));
    console.service.reconcile_due().await?;
    assert!(!link.exists());
    let seen = console.service.show_data_volume(&root, volume.id).await?;
    assert!(seen.shares.is_empty() && seen.mounts.is_empty());
    let gone = console.service.show_data_volume(&grace, volume.id).await;
    assert!(matches!(gone.unwrap_err(), Error::NotFound(_)));
    let log = console
        .service
        .list_audit_entries(&root, wire::AuditQuery::default())
        .await?;
    let ended = log
        .entries
        .iter()
        .find(|entry| entry.kind == domain::EventKind::Unshared)
        .unwrap();
    assert_eq!(
        (ended.by.as_deref(), ended.subject.as_str()),
        (None, "asr, as its time was over")
    );
    Ok(())
}

/// How long a volume was left alone before each of so many looks at it, in seconds.
async fn waits(console: &Console, looks: usize) -> Result<Vec<i64>> {
    let mut waits = Vec::new();
    for _ in 0..looks {
        let due = console.store.read().await?.next_reconciliation().await?;
        let now = domain::Clock::now(&*console.clock);
        let wait = due.context("a volume")?.duration_since(now);
        console.clock.advance(wait.max(SignedDuration::ZERO));
        console.service.reconcile_due().await?;
        waits.push(wait.round(Unit::Second)?.as_secs());
    }
    Ok(waits)
}

#[tokio::test]
async fn a_share_that_cannot_be_given_is_looked_at_less_and_less_until_something_changes()
-> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let volume = console.volume(&root, "imagenet", "images").await?;
    let of_a_folder = |scope: &str| NewShare {
        sub_path: "train".parse().unwrap(),
        ..with(&console, scope)
    };
    console
        .service
        .share_data_volume(&root, volume.id, of_a_folder("asr"))
        .await?;
    assert_eq!(
        waits(&console, 11).await?,
        [0, 5, 5, 10, 20, 40, 80, 160, 320, 600, 600]
    );
    let seen = console.service.show_data_volume(&root, volume.id).await?;
    assert_eq!(seen.mounts[0].phase, MountPhase::Failed);

    console
        .service
        .share_data_volume(&root, volume.id, of_a_folder("tts"))
        .await?;
    assert_eq!(waits(&console, 5).await?, [0, 5, 5, 10, 20]);

    std::fs::create_dir(console.project_folder("imagenet").join("images/train"))?;
    assert_eq!(waits(&console, 2).await?, [40, 600]);
    let seen = console.service.show_data_volume(&root, volume.id).await?;
    assert!(
        seen.mounts
            .iter()
            .all(|mount| mount.phase == MountPhase::Ready)
    );
    Ok(())
}
