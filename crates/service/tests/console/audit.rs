use std::net::IpAddr;

use anyhow::Result;
use authz::Caller;
use domain::{EventKind, Origin, Role, VolumePath};
use futures::TryStreamExt;
use service::{Error, FileAccess};
use wire::{AuditEntryView, AuditQuery, AuditResult, DataVolumeEdit, DeleteDataVolume, NewFolder};

use crate::fixture::Console;

fn line(entry: &AuditEntryView) -> String {
    let result = match entry.result {
        AuditResult::Done => "",
        AuditResult::Refused => " refused",
    };
    format!(
        "{} {} {} {} [{}]{result}",
        entry.by.as_deref().unwrap_or("Stowage"),
        entry.kind.as_str(),
        entry.object_type.as_str(),
        entry.object_name,
        entry.subject,
    )
}

async fn log(console: &Console, caller: &Caller, query: AuditQuery) -> Result<Vec<String>> {
    let page = console.service.list_audit_entries(caller, query).await?;
    Ok(page.entries.iter().map(line).collect())
}

#[tokio::test]
async fn the_log_says_who_did_what_from_where() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let ada = ada.from_origin(Origin {
        address: Some(IpAddr::from([203, 0, 113, 9])),
        user_agent: "Firefox".into(),
    });
    let service = &console.service;
    let id = console.volume(&ada, "imagenet", "images").await?.id;
    let path: VolumePath = "a".parse().unwrap();
    service.make_folder(&ada, id, NewFolder { path }).await?;
    std::fs::write(
        console.project_folder("imagenet").join("images/a/x.txt"),
        "hi",
    )?;
    for _ in 0..2 {
        service
            .preview_file(&ada, id, "a/x.txt".parse().unwrap())
            .await?;
    }
    let edit = DataVolumeEdit {
        description: "new".into(),
        tags: vec![],
    };
    service.edit_data_volume(&ada, id, edit).await?;
    let page = service
        .list_audit_entries(&root, AuditQuery::default())
        .await?;
    let lines: Vec<String> = page.entries.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "ada edited data-volume images [description and tags]",
            "ada file-read data-volume images [a/x.txt]",
            "ada folder-made data-volume images [a]",
            "Stowage phase-changed data-volume images [Ready]",
            "ada created data-volume images [images]",
        ]
    );
    let first = &page.entries[0];
    assert_eq!(
        (
            first.address.as_str(),
            first.user_agent.as_str(),
            first.scope_name.as_str()
        ),
        ("203.0.113.9", "Firefox", "Acme / east / Vision / imagenet")
    );
    assert_eq!(first.by_id, Some(ada.id().to_string()));
    Ok(())
}

#[tokio::test]
async fn what_was_refused_is_in_the_log_and_nothing_else_of_it() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let viewer = console.person("victor", Role::Viewer, "Vision").await?;
    let stranger = console.person("grace", Role::Editor, "Speech").await?;
    let service = &console.service;
    let id = console.volume(&root, "imagenet", "images").await?.id;
    let confirmed = DeleteDataVolume {
        name: "images".into(),
        seen_mount_count: 0,
    };
    assert!(
        service
            .delete_data_volume(&viewer, id, confirmed.clone())
            .await
            .is_err()
    );
    assert!(
        service
            .data_path(&viewer, id, FileAccess::Read)
            .await
            .is_err()
    );
    assert!(
        service
            .delete_data_volume(&stranger, id, confirmed.clone())
            .await
            .is_err()
    );
    let nowhere = "00000000-0000-0000-0000-00000000dead".parse().unwrap();
    assert!(
        service
            .delete_data_volume(&stranger, nowhere, confirmed)
            .await
            .is_err()
    );
    let new = console.new_volume("asr", "voices");
    assert!(service.create_data_volume(&viewer, new).await.is_err());
    let refused = AuditQuery {
        result: Some(AuditResult::Refused),
        ..AuditQuery::default()
    };
    let page = service.list_audit_entries(&root, refused).await?;
    let lines: Vec<String> = page.entries.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "victor created data-volume voices [] refused",
            "grace deletion-requested data-volume  [] refused",
            "grace deletion-requested data-volume images [] refused",
            "victor file-read data-volume images [] refused",
            "victor deletion-requested data-volume images [] refused",
        ]
    );
    assert_eq!(
        page.entries[4].reason,
        "Your roles do not let you delete this data volume. An editor or administrator of the project can."
    );
    assert_eq!(page.entries[2].reason, "There is no such data volume here.");
    let activity = service.list_activity(&viewer, id).await?;
    assert!(
        activity
            .iter()
            .all(|entry| entry.by.as_deref() != Some("victor"))
    );
    Ok(())
}

#[tokio::test]
async fn an_administrator_reads_the_log_of_their_scopes() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let dora = console
        .person("dora", Role::DepartmentAdministrator, "Vision")
        .await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    console.volume(&root, "imagenet", "images").await?;
    console.volume(&root, "asr", "voices").await?;
    let created = AuditQuery {
        kinds: vec![EventKind::Created],
        ..AuditQuery::default()
    };
    assert_eq!(
        log(&console, &dora, created.clone()).await?,
        ["katherine created data-volume images [images]"]
    );
    assert_eq!(log(&console, &root, created.clone()).await?.len(), 2);
    let refused = console
        .service
        .list_audit_entries(&ada, created)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Your roles do not let you read the audit log. A department or system administrator can."
    );
    for query in [
        AuditQuery {
            limit: 0,
            ..AuditQuery::default()
        },
        AuditQuery {
            limit: 501,
            ..AuditQuery::default()
        },
        AuditQuery {
            person: "x".repeat(201),
            ..AuditQuery::default()
        },
    ] {
        let refused = console.service.list_audit_entries(&root, query).await;
        assert!(matches!(refused.unwrap_err(), Error::Invalid { .. }));
    }
    Ok(())
}

#[tokio::test]
async fn the_log_comes_in_pages_and_an_export_is_whole() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let id = console.volume(&root, "imagenet", "images").await?.id;
    for number in 0..600 {
        console
            .service
            .file_stored(&root, id, &format!("{number}.bin"))
            .await?;
    }
    let page = AuditQuery {
        limit: 2,
        offset: 599,
        ..AuditQuery::default()
    };
    let page = console.service.list_audit_entries(&root, page).await?;
    assert_eq!((page.entries.len(), page.next), (2, Some(601)));
    let last = AuditQuery {
        limit: 2,
        offset: 600,
        ..AuditQuery::default()
    };
    let last = console.service.list_audit_entries(&root, last).await?;
    assert_eq!((last.entries.len(), last.next), (2, None));
    let all = AuditQuery {
        offset: 7,
        ..AuditQuery::default()
    };
    let all = console.service.export_audit_entries(&root, all).await?;
    let all: Vec<AuditEntryView> = all.try_collect().await?;
    assert_eq!(all.len(), 602);
    assert_eq!(all[601].kind, EventKind::Created);
    let viewer = console.person("victor", Role::Viewer, "Vision").await?;
    let refused = console
        .service
        .export_audit_entries(&viewer, AuditQuery::default())
        .await;
    assert!(refused.is_err());
    Ok(())
}
