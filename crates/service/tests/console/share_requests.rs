use anyhow::Result;
use authz::Caller;
use domain::{EventKind, MountPhase, Role, ShareMode, ShareRequestId, VolumePath};
use service::Error;
use wire::{AuditQuery, DataVolumeView, NewAnswer, NewShare, Problem};

use crate::fixture::Console;

/// A data volume of Ada's, and Rosalind, who may ask for shares of it but not share it.
struct Setting {
    console: Console,
    ada: Caller,
    rosalind: Caller,
    volume: DataVolumeView,
}

async fn setting() -> Result<Setting> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let rosalind = console
        .person("rosalind", Role::L1Researcher, "Vision")
        .await?;
    let volume = console.volume(&ada, "imagenet", "images").await?;
    Ok(Setting {
        console,
        ada,
        rosalind,
        volume,
    })
}

fn wish(console: &Console, scope: &str) -> NewShare {
    NewShare {
        scope_id: console.scope(scope).id().clone(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: "for the paper".into(),
        expires_at: None,
    }
}

fn answer(is_approved: bool, reason: &str) -> NewAnswer {
    NewAnswer {
        is_approved,
        reason: reason.into(),
    }
}

#[tokio::test]
async fn who_may_not_share_asks_and_who_may_approves() -> Result<()> {
    let Setting {
        console,
        ada,
        rosalind,
        volume,
    } = setting().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let service = &console.service;

    let asked = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await?;
    assert!(asked.answer.is_none() && !asked.may_answer);
    assert!(
        service
            .show_data_volume(&ada, volume.id)
            .await?
            .shares
            .is_empty(),
        "a request gives nothing"
    );
    let twice = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await;
    assert!(matches!(twice, Err(Error::Conflict(_))));

    let page = service.my_share_requests(&ada).await?;
    assert_eq!((page.waiting.len(), page.own.len()), (1, 0));
    assert!(page.waiting[0].may_answer);
    let page = service.my_share_requests(&rosalind).await?;
    assert_eq!((page.waiting.len(), page.own.len()), (0, 1));

    let by_herself = service
        .answer_share_request(&rosalind, asked.id, answer(true, ""))
        .await;
    assert!(matches!(by_herself, Err(Error::Forbidden(_))));
    let approved = service
        .answer_share_request(&ada, asked.id, answer(true, ""))
        .await?;
    assert!(approved.answer.is_some_and(|answer| answer.is_approved));
    let again = service
        .answer_share_request(&ada, asked.id, answer(false, "no"))
        .await;
    assert!(matches!(again, Err(Error::Conflict(_))));
    console.settle().await?;
    let seen = service.show_data_volume(&ada, volume.id).await?;
    assert_eq!(
        (seen.shares.len(), seen.mounts[0].phase),
        (1, MountPhase::Ready)
    );
    let log = service
        .list_audit_entries(&root, AuditQuery::default())
        .await?;
    let count = |kind| {
        log.entries
            .iter()
            .filter(|entry| entry.kind == kind)
            .count()
    };
    assert_eq!(
        (
            count(EventKind::ShareRequested),
            count(EventKind::ShareApproved),
            count(EventKind::Shared)
        ),
        (1, 2, 1),
        "the attempt that was refused is there too"
    );
    Ok(())
}

#[tokio::test]
async fn a_refusal_needs_a_reason_and_everyone_who_sees_the_volume_reads_it() -> Result<()> {
    let Setting {
        console,
        ada,
        rosalind,
        volume,
    } = setting().await?;
    let viewer = console.person("linus", Role::Viewer, "Vision").await?;
    let service = &console.service;
    let asked = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await?;
    let silent = service
        .answer_share_request(&ada, asked.id, answer(false, " "))
        .await;
    assert!(matches!(
        silent,
        Err(Error::Invalid {
            field: "reason",
            ..
        })
    ));
    service
        .answer_share_request(&ada, asked.id, answer(false, "it is not finished"))
        .await?;
    let seen = service.list_share_requests(&viewer, volume.id).await?;
    let told = seen[0].answer.as_ref().unwrap();
    assert_eq!(
        (told.is_approved, told.reason.as_str()),
        (false, "it is not finished")
    );
    let asks = service
        .ask_for_share(&viewer, volume.id, wish(&console, "segment"))
        .await;
    assert!(matches!(asks, Err(Error::Forbidden(_))));
    service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_stranger_finds_no_request_and_nobody_asks_for_scopes_out_of_sight() -> Result<()> {
    let Setting {
        console,
        rosalind,
        volume,
        ..
    } = setting().await?;
    let grace = console.person("grace", Role::Editor, "Speech").await?;
    let service = &console.service;
    let foreign = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "asr"))
        .await;
    assert!(matches!(foreign, Err(Error::NotFound(_))));
    let own = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "imagenet"))
        .await;
    assert!(matches!(own, Err(Error::Conflict(_))));
    let asked = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await?;
    let foreign = service
        .answer_share_request(&grace, asked.id, answer(true, ""))
        .await;
    let missing = service
        .answer_share_request(&grace, ShareRequestId(uuid::Uuid::nil()), answer(true, ""))
        .await;
    assert_eq!(
        Problem::from(&foreign.unwrap_err()),
        Problem::from(&missing.unwrap_err())
    );
    assert!(service.my_share_requests(&grace).await?.waiting.is_empty());
    assert!(matches!(
        service.list_share_requests(&grace, volume.id).await,
        Err(Error::NotFound(_))
    ));
    Ok(())
}

#[tokio::test]
async fn a_request_that_waits_goes_with_its_scope() -> Result<()> {
    let Setting {
        console,
        ada,
        rosalind,
        volume,
    } = setting().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let service = &console.service;
    let asked = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await?;
    let segment = console.scope("segment").id().clone();
    service.delete_project(&root, segment).await?;
    let page = service.my_share_requests(&ada).await?;
    assert!(page.waiting.is_empty());
    let page = service.my_share_requests(&rosalind).await?;
    assert!(page.own.is_empty());
    assert!(
        service
            .list_share_requests(&ada, volume.id)
            .await?
            .is_empty()
    );
    let answered = service
        .answer_share_request(&ada, asked.id, answer(true, ""))
        .await;
    assert!(matches!(answered, Err(Error::NotFound(_))));
    console.settle().await?;
    assert!(
        service
            .show_data_volume(&ada, volume.id)
            .await?
            .shares
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
async fn who_asked_takes_it_back_while_it_waits() -> Result<()> {
    let Setting {
        console,
        ada,
        rosalind,
        volume,
    } = setting().await?;
    let service = &console.service;
    let asked = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await?;
    assert!(asked.may_withdraw);
    assert!(!service.list_share_requests(&ada, volume.id).await?[0].may_withdraw);
    let by_another = service.withdraw_share_request(&ada, asked.id).await;
    let missing = ShareRequestId(uuid::Uuid::nil());
    let missing = service.withdraw_share_request(&ada, missing).await;
    assert_eq!(
        Problem::from(&by_another.unwrap_err()),
        Problem::from(&missing.unwrap_err())
    );
    service.withdraw_share_request(&rosalind, asked.id).await?;
    assert!(
        service
            .list_share_requests(&ada, volume.id)
            .await?
            .is_empty()
    );

    let asked = service
        .ask_for_share(&rosalind, volume.id, wish(&console, "segment"))
        .await?;
    service
        .answer_share_request(&ada, asked.id, answer(true, ""))
        .await?;
    let late = service.withdraw_share_request(&rosalind, asked.id).await;
    assert!(matches!(late, Err(Error::Conflict(_))));
    Ok(())
}
