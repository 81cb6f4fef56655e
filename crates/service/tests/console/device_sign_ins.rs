//! Programs without a browser: who may let them in, and what they get.

use anyhow::Result;
use authz::Caller;
use domain::{Clock as _, Role};
use jiff::SignedDuration;
use service::{Error, Kind};
use store::DeviceSignIn;
use wire::DeviceAnswer;

use crate::fixture::Console;

async fn wait(console: &Console, user_code: &str) -> Result<()> {
    let now = console.clock.now();
    let waiting = DeviceSignIn {
        user_code: user_code.into(),
        device_name: "Ada's Laptop".into(),
        address: None,
        access_key_id: None,
        is_refused: false,
        begun_at: now,
        asked_at: None,
        expires_at: now + SignedDuration::from_mins(10),
    };
    let mut tx = console.store.begin().await?;
    assert!(tx.add_device_sign_in(&waiting, user_code).await?);
    Ok(tx.commit().await?)
}

fn answer(user_code: &str, is_approved: bool) -> DeviceAnswer {
    DeviceAnswer {
        user_code: user_code.into(),
        is_approved,
    }
}

async fn key_names(console: &Console, person: &Caller) -> Result<Vec<String>> {
    let page = console.service.list_access_keys(person).await?;
    let names = page.access_keys.into_iter().map(|key| key.name);
    let mut names: Vec<_> = names.collect();
    names.sort();
    Ok(names)
}

#[tokio::test]
async fn a_person_lets_a_program_in_and_it_gets_a_key_of_theirs() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Viewer, "Vision").await?;
    let service = &console.service;
    for code in ["BCDFGHJK", "LMNPQRST"] {
        wait(&console, code).await?;
        let shown = service
            .show_device_sign_in(&ada, &code.to_lowercase())
            .await?;
        assert_eq!(shown.device_name, "Ada's Laptop");
        service
            .answer_device_sign_in(&ada, answer(&shown.user_code, true))
            .await?;
        let again = service
            .answer_device_sign_in(&ada, answer(code, true))
            .await;
        assert!(matches!(again, Err(Error::NotFound(Kind::DeviceSignIn))));
    }
    assert_eq!(
        key_names(&console, &ada).await?,
        ["cli-ada-s-laptop", "cli-ada-s-laptop-2"]
    );
    Ok(())
}

#[tokio::test]
async fn no_program_lets_another_in() -> Result<()> {
    let console = Console::start().await?;
    let ada = console
        .person("ada", Role::SystemAdministrator, "Acme")
        .await?;
    let program = ada
        .clone()
        .with_access_key(domain::AccessKeyId(uuid::Uuid::from_u128(1)));
    wait(&console, "BCDFGHJK").await?;
    let service = &console.service;
    let shown = service.show_device_sign_in(&program, "BCDFGHJK").await;
    assert!(matches!(shown, Err(Error::ForPeople)));
    let answered = service
        .answer_device_sign_in(&program, answer("BCDFGHJK", true))
        .await;
    assert!(matches!(answered, Err(Error::ForPeople)));
    assert!(service.show_device_sign_in(&ada, "BCDFGHJK").await.is_ok());
    assert!(key_names(&console, &ada).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_refusal_and_a_code_that_ended_make_no_key() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Viewer, "Vision").await?;
    let service = &console.service;
    wait(&console, "BCDFGHJK").await?;
    service
        .answer_device_sign_in(&ada, answer("BCDF-GHJK", false))
        .await?;
    wait(&console, "LMNPQRST").await?;
    console.clock.advance(SignedDuration::from_mins(10));
    for code in ["BCDFGHJK", "LMNPQRST", "ZZZZZZZZ", ""] {
        let missing = service
            .answer_device_sign_in(&ada, answer(code, true))
            .await;
        assert!(
            matches!(missing, Err(Error::NotFound(Kind::DeviceSignIn))),
            "{code}"
        );
    }
    assert!(key_names(&console, &ada).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_key_that_its_program_does_not_fetch_goes_with_the_code() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Viewer, "Vision").await?;
    let service = &console.service;
    for code in ["BCDFGHJK", "LMNPQRST"] {
        wait(&console, code).await?;
        service
            .answer_device_sign_in(&ada, answer(code, true))
            .await?;
    }
    let mut tx = console.store.begin().await?;
    assert!(
        tx.remove_device_sign_in("LMNPQRST").await?,
        "it was fetched"
    );
    tx.commit().await?;
    assert_eq!(key_names(&console, &ada).await?.len(), 2);
    console.clock.advance(SignedDuration::from_mins(11));
    wait(&console, "VWXZBCDF").await?;
    assert_eq!(key_names(&console, &ada).await?, ["cli-ada-s-laptop-2"]);
    Ok(())
}
