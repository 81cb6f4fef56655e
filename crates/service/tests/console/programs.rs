//! Applications and access keys: who may make and change them, and what the log says.

use anyhow::Result;
use authz::{Application, Caller, Grant};
use domain::{ApplicationId, Role};
use jiff::SignedDuration;
use service::{Error, Kind};
use wire::{KeyPatch, MadeKey, NewKey};

use crate::fixture::Console;

fn named(name: &str) -> NewKey {
    NewKey {
        name: name.into(),
        expires_at: None,
    }
}

fn application_id(made: &MadeKey) -> ApplicationId {
    ApplicationId(made.id.0)
}

#[tokio::test]
async fn a_system_administrator_makes_changes_and_removes_applications() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let service = &console.service;
    let made = service.create_application(&root, named("nightly")).await?;
    let id = application_id(&made);
    assert!(made.client_secret.starts_with("stowage_"));
    let shown = service.show_application(&root, id).await?;
    assert_eq!((shown.name.as_str(), shown.enabled), ("nightly", true));
    assert_eq!(shown.created_by, "katherine");
    let again = service.rotate_application_secret(&root, id).await?;
    assert_ne!(again.client_secret, made.client_secret);
    let patch = KeyPatch { enabled: false };
    assert!(!service.edit_application(&root, id, patch).await?.enabled);
    let page = service.list_applications(&root, 0, 50).await?;
    assert_eq!(page.applications.len(), 1);
    assert_eq!(page.next, None);
    let taken = service.create_application(&root, named("nightly")).await;
    assert!(matches!(taken, Err(Error::Conflict(_))));
    service.delete_application(&root, id).await?;
    let gone = service.show_application(&root, id).await;
    assert!(matches!(gone, Err(Error::NotFound(Kind::Application))));
    Ok(())
}

#[tokio::test]
async fn nobody_else_does_and_learns_of_none() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let service = &console.service;
    let made = service.create_application(&root, named("nightly")).await?;
    let there = application_id(&made);
    let missing = ApplicationId(uuid::Uuid::from_u128(1));
    for (name, role, scope) in [
        ("vera", Role::DepartmentAdministrator, "Vision"),
        ("dan", Role::DataVolumeAdministrator, "Acme"),
        ("ed", Role::Editor, "Acme"),
        ("paul", Role::SystemAdministrator, "imagenet"),
    ] {
        let caller = console.person(name, role, scope).await?;
        let refused = service.create_application(&caller, named("mine")).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{name}");
        let refused = service.list_applications(&caller, 0, 50).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{name}");
        for id in [there, missing] {
            let patch = KeyPatch { enabled: false };
            let refusals = [
                service.show_application(&caller, id).await.map(drop),
                service.edit_application(&caller, id, patch).await.map(drop),
                service
                    .rotate_application_secret(&caller, id)
                    .await
                    .map(drop),
                service.delete_application(&caller, id).await,
            ];
            for refusal in refusals {
                assert!(matches!(refusal, Err(Error::NotFound(Kind::Application))));
            }
        }
    }
    assert!(service.show_application(&root, there).await?.enabled);
    Ok(())
}

#[tokio::test]
async fn people_have_keys_of_their_own_and_see_no_others() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let ben = console
        .person("ben", Role::SystemAdministrator, "Acme")
        .await?;
    let service = &console.service;
    let made = service.create_access_key(&ada, named("laptop")).await?;
    assert_eq!(service.list_access_keys(&ada).await?.access_keys.len(), 1);
    assert!(service.list_access_keys(&ben).await?.access_keys.is_empty());
    let taken = service.create_access_key(&ada, named("laptop")).await;
    assert!(matches!(taken, Err(Error::Conflict(_))));
    let patch = KeyPatch { enabled: false };
    for refusal in [
        service.show_access_key(&ben, made.id).await.map(drop),
        service
            .edit_access_key(&ben, made.id, patch.clone())
            .await
            .map(drop),
        service
            .rotate_access_key_secret(&ben, made.id)
            .await
            .map(drop),
        service.delete_access_key(&ben, made.id).await,
    ] {
        assert!(matches!(refusal, Err(Error::NotFound(Kind::AccessKey))));
    }
    assert!(!service.edit_access_key(&ada, made.id, patch).await?.enabled);
    service.delete_access_key(&ada, made.id).await?;
    let gone = service.show_access_key(&ada, made.id).await;
    assert!(matches!(gone, Err(Error::NotFound(Kind::AccessKey))));
    Ok(())
}

#[tokio::test]
async fn a_program_makes_no_access_keys() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let made = console
        .service
        .create_access_key(&ada, named("laptop"))
        .await?;
    let with_a_key = ada.clone().with_access_key(made.id);
    let grant = Grant {
        role: Role::SystemAdministrator,
        scope: console.scope("Acme").clone(),
        through: "this application".into(),
    };
    let application = Application {
        id: ApplicationId(uuid::Uuid::from_u128(1)),
        name: "nightly".into(),
    };
    let application = Caller::new(application, vec![grant]);
    for program in [with_a_key, application] {
        let refused = console
            .service
            .create_access_key(&program, named("another"))
            .await;
        assert!(matches!(refused, Err(Error::ForPeople)));
        let refused = console.service.delete_access_key(&program, made.id).await;
        assert!(matches!(refused, Err(Error::ForPeople)));
    }
    Ok(())
}

#[tokio::test]
async fn names_and_ends_that_are_none_are_refused() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    for name in ["", "A", "a b", "<script>", "-a", &"a".repeat(64)] {
        let refused = console.service.create_access_key(&ada, named(name)).await;
        let Err(Error::Invalid { field, .. }) = refused else {
            panic!("{name}");
        };
        assert_eq!(field, "name");
    }
    let passed = domain::Clock::now(console.clock.as_ref()) - SignedDuration::from_secs(1);
    let late = NewKey {
        expires_at: Some(passed),
        ..named("laptop")
    };
    let refused = console.service.create_access_key(&ada, late).await;
    assert!(matches!(
        refused,
        Err(Error::Invalid {
            field: "expiresAt",
            ..
        })
    ));
    Ok(())
}
