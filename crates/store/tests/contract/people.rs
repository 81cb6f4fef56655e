//! People.

use anyhow::Result;
use domain::UserId;
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, BEN, at};

contracts![
    a_person_keeps_the_id_of_their_first_sign_in,
    the_same_subject_at_another_issuer_is_somebody_else,
    names_are_those_of_the_last_sign_in_and_strangers_have_none,
    people_are_found_by_a_part_of_their_name_or_address,
];

async fn a_person_keeps_the_id_of_their_first_sign_in(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    let first = tx
        .remember_person(ADA, "https://id", "ada", "Ada", Some("ada@acme"), at(1))
        .await?;
    let again = tx
        .remember_person(BEN, "https://id", "ada", "Ada L.", None, at(2))
        .await?;
    assert_eq!((first, again), (ADA, ADA));
    Ok(())
}

async fn the_same_subject_at_another_issuer_is_somebody_else(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    tx.remember_person(ADA, "https://id", "ada", "Ada", None, at(1))
        .await?;
    let other = tx
        .remember_person(BEN, "https://other", "ada", "Ada", None, at(1))
        .await?;
    assert_eq!(other, BEN);
    Ok(())
}

async fn names_are_those_of_the_last_sign_in_and_strangers_have_none(
    database: Database,
) -> Result<()> {
    let stranger = UserId(Uuid::from_u128(7));
    let mut tx = database.store.begin().await?;
    tx.remember_person(ADA, "https://id", "ada", "Ada", None, at(1))
        .await?;
    tx.remember_person(ADA, "https://id", "ada", "Ada Lovelace", None, at(2))
        .await?;
    tx.remember_person(BEN, "https://id", "ben", "本", None, at(1))
        .await?;
    let names = tx.person_names(&[BEN, ADA, stranger, ADA]).await?;
    assert_eq!(names.len(), 2);
    assert_eq!(
        (names[&ADA].as_str(), names[&BEN].as_str()),
        ("Ada Lovelace", "本")
    );
    assert!(tx.person_names(&[]).await?.is_empty());
    Ok(())
}

async fn people_are_found_by_a_part_of_their_name_or_address(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    let people = [
        (
            ADA,
            "https://id",
            "ada",
            "Ada Lovelace",
            Some("countess@acme"),
        ),
        (BEN, "https://other", "ada", "Ben 100%", None),
    ];
    for (id, issuer, subject, name, email) in people {
        tx.remember_person(id, issuer, subject, name, email, at(1))
            .await?;
    }
    for (text, expected) in [
        ("LOVE", vec![ADA]),
        ("countess", vec![ADA]),
        ("", vec![ADA, BEN]),
        ("0%", vec![BEN]),
        ("a%e", vec![]),
    ] {
        let found = tx.find_people(text, 9).await?;
        let found: Vec<UserId> = found.iter().map(|person| person.id).collect();
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(tx.find_people("", 1).await?.len(), 1);
    assert_eq!(tx.people_by_subject(&["ada", "eve"]).await?.len(), 2);
    let ada = tx.person(ADA).await?.expect("she signed in");
    assert_eq!(ada.email.as_deref(), Some("countess@acme"));
    assert_eq!(tx.person(UserId(Uuid::from_u128(7))).await?, None);
    Ok(())
}
