//! Programs that wait for a person.

use anyhow::Result;
use domain::{AccessKey, AccessKeyId, KeyHolder};
use store::DeviceSignIn;
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, BEN, at};

contracts![
    a_program_waits_until_it_is_answered_once,
    a_program_that_waited_too_long_is_not_there,
];

fn waiting() -> DeviceSignIn {
    DeviceSignIn {
        user_code: "BCDFGHJK".into(),
        device_name: "laptop".into(),
        address: Some("192.0.2.7".into()),
        access_key_id: None,
        is_refused: false,
        begun_at: at(100),
        asked_at: None,
        expires_at: at(110),
    }
}

async fn a_program_waits_until_it_is_answered_once(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    tx.remember_person(ADA, "https://id", "ada", "Ada", None, at(1))
        .await?;
    let key = AccessKey {
        id: AccessKeyId(Uuid::from_u128(9)),
        holder: KeyHolder::Person(ADA),
        name: "laptop".parse()?,
        is_enabled: true,
        secret_number: 1,
        created_by: ADA,
        created_at: at(1),
        updated_at: at(1),
        expires_at: None,
        last_used_at: None,
    };
    assert!(tx.add_access_key(&key, "hash").await?);
    assert!(tx.add_device_sign_in(&waiting(), "one").await?);
    assert!(
        !tx.add_device_sign_in(&waiting(), "two").await?,
        "the user code is taken"
    );
    assert_eq!(
        tx.waiting_device("BCDFGHJK", at(109)).await?,
        Some(waiting())
    );
    tx.note_device_asked("one", at(101)).await?;
    tx.note_device_asked("two", at(102)).await?;
    assert!(tx.answer_device("BCDFGHJK", Some(key.id)).await?);
    assert!(!tx.answer_device("BCDFGHJK", None).await?);
    assert_eq!(tx.waiting_device("BCDFGHJK", at(101)).await?, None);
    let answered = DeviceSignIn {
        access_key_id: Some(key.id),
        asked_at: Some(at(101)),
        ..waiting()
    };
    assert_eq!(tx.device_sign_in("one", at(101)).await?, Some(answered));
    assert!(tx.unfetched_keys_of(ADA, at(109)).await?.is_empty());
    assert_eq!(tx.unfetched_keys_of(ADA, at(110)).await?, [key]);
    let another = DeviceSignIn {
        user_code: "LMNPQRST".into(),
        begun_at: at(120),
        expires_at: at(130),
        ..waiting()
    };
    assert!(tx.add_device_sign_in(&another, "three").await?);
    assert_eq!(tx.unfetched_keys_of(ADA, at(121)).await?.len(), 1);
    assert!(tx.unfetched_keys_of(BEN, at(121)).await?.is_empty());
    assert!(tx.remove_device_sign_in("one").await?);
    assert!(!tx.remove_device_sign_in("one").await?);
    Ok(())
}

async fn a_program_that_waited_too_long_is_not_there(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    assert!(tx.add_device_sign_in(&waiting(), "one").await?);
    assert_eq!(tx.waiting_device("BCDFGHJK", at(110)).await?, None);
    assert_eq!(tx.device_sign_in("one", at(110)).await?, None);
    let later = DeviceSignIn {
        begun_at: at(110),
        expires_at: at(120),
        ..waiting()
    };
    assert!(tx.add_device_sign_in(&later, "two").await?);
    assert!(tx.answer_device("BCDFGHJK", None).await?);
    let refused = tx.device_sign_in("two", at(111)).await?;
    assert!(refused.is_some_and(|refused| refused.is_refused));
    Ok(())
}
