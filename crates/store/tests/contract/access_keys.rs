//! Applications, access keys, and the sign-ins that a person's keys live on.

use anyhow::Result;
use domain::{
    AccessKey, AccessKeyId, AccessRule, AccessRuleId, ApplicationId, KeyHolder, Role, SignInId,
    Subject,
};
use store::{SignIn, Store};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, BEN, VISION, at, path, plant};

contracts![
    an_application_comes_back_with_its_key_and_goes_with_its_rules,
    a_name_of_an_application_is_given_once,
    a_person_has_keys_of_different_names,
    a_key_keeps_what_changed_and_its_hash_comes_only_when_asked_for,
    applications_come_in_pages_by_name,
    a_sign_in_lasts_until_it_expires_and_the_one_read_last_comes_first,
    only_one_reads_groups_again_at_a_time,
    a_sign_in_that_ended_stays_ended,
    a_provider_ends_one_session_or_all_of_a_person,
];

pub(crate) fn key(number: u128, holder: KeyHolder, name: &str) -> AccessKey {
    AccessKey {
        id: AccessKeyId(Uuid::from_u128(number)),
        holder,
        name: name.parse().unwrap(),
        is_enabled: true,
        secret_number: 1,
        created_by: ADA,
        created_at: at(1),
        updated_at: at(1),
        expires_at: Some(at(100)),
        last_used_at: None,
    }
}

fn application(number: u128, name: &str) -> (ApplicationId, AccessKey) {
    let id = ApplicationId(Uuid::from_u128(number));
    (id, key(number, KeyHolder::Application(id), name))
}

async fn add_application(store: &Store, number: u128, name: &str) -> Result<AccessKey> {
    let (id, key) = application(number, name);
    let mut tx = store.begin().await?;
    assert!(tx.add_application(id, &key.name, ADA, at(1)).await?);
    assert!(tx.add_access_key(&key, "a hash").await?);
    tx.commit().await?;
    Ok(key)
}

async fn remember(store: &Store) -> Result<()> {
    let mut tx = store.begin().await?;
    for (id, subject) in [(ADA, "ada"), (BEN, "ben")] {
        tx.remember_person(id, "https://id", subject, subject, None, at(1))
            .await?;
    }
    Ok(tx.commit().await?)
}

async fn an_application_comes_back_with_its_key_and_goes_with_its_rules(
    database: Database,
) -> Result<()> {
    plant(&database.store).await?;
    let key = add_application(&database.store, 1, "nightly").await?;
    let (id, _) = application(1, "nightly");
    let rule = AccessRule {
        id: AccessRuleId(Uuid::from_u128(1)),
        subject: Subject::Application(id),
        role: Role::Editor,
        scope: path(VISION),
    };
    let mut tx = database.store.begin().await?;
    tx.add_access_rule(&rule).await?;
    assert_eq!(tx.application(id).await?, Some(key.clone()));
    assert_eq!(tx.application_name(id).await?.as_deref(), Some("nightly"));
    assert_eq!(tx.access_rules_for_application(id).await?, [rule]);
    assert_eq!(tx.person_names(&[id.into()]).await?[&id.into()], "nightly");
    let groups = [id.to_string()];
    assert!(
        tx.access_rules_for(&groups, "", &id.to_string())
            .await?
            .is_empty()
    );
    assert!(tx.delete_application(id).await?);
    assert!(!tx.delete_application(id).await?);
    assert_eq!(tx.application(id).await?, None);
    assert_eq!(tx.access_key(key.id).await?, None);
    assert!(tx.access_rules_for_application(id).await?.is_empty());
    Ok(())
}

async fn a_name_of_an_application_is_given_once(database: Database) -> Result<()> {
    add_application(&database.store, 1, "nightly").await?;
    let (id, key) = application(2, "nightly");
    let mut tx = database.store.begin().await?;
    assert!(!tx.add_application(id, &key.name, ADA, at(1)).await?);
    Ok(())
}

async fn a_person_has_keys_of_different_names(database: Database) -> Result<()> {
    remember(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let (mine, his) = (KeyHolder::Person(ADA), KeyHolder::Person(BEN));
    assert!(tx.add_access_key(&key(1, mine, "laptop"), "h").await?);
    assert!(!tx.add_access_key(&key(2, mine, "laptop"), "h").await?);
    assert!(tx.add_access_key(&key(3, his, "laptop"), "h").await?);
    assert!(tx.add_access_key(&key(4, mine, "desk"), "h").await?);
    let names = |keys: Vec<AccessKey>| -> Vec<String> {
        keys.into_iter().map(|key| key.name.to_string()).collect()
    };
    assert_eq!(names(tx.access_keys_of(ADA).await?), ["desk", "laptop"]);
    assert!(tx.delete_access_key(key(4, mine, "desk").id).await?);
    assert!(!tx.delete_access_key(key(4, mine, "desk").id).await?);
    assert_eq!(names(tx.access_keys_of(ADA).await?), ["laptop"]);
    Ok(())
}

async fn a_key_keeps_what_changed_and_its_hash_comes_only_when_asked_for(
    database: Database,
) -> Result<()> {
    remember(&database.store).await?;
    let key = key(1, KeyHolder::Person(ADA), "laptop");
    let mut tx = database.store.begin().await?;
    tx.add_access_key(&key, "first").await?;
    let changed = key.clone().rotated(at(2)).enabled(false, at(3));
    tx.save_access_key(&changed).await?;
    tx.save_secret_hash(key.id, "second").await?;
    tx.access_key_was_used(key.id, at(4)).await?;
    let used = AccessKey {
        last_used_at: Some(at(4)),
        ..changed
    };
    assert_eq!(tx.access_key(key.id).await?, Some(used.clone()));
    assert_eq!(
        tx.access_key_to_check(key.id).await?,
        Some((used, "second".to_owned()))
    );
    Ok(())
}

async fn applications_come_in_pages_by_name(database: Database) -> Result<()> {
    for (number, name) in [(1, "b-2"), (2, "a-1"), (3, "c-3")] {
        add_application(&database.store, number, name).await?;
    }
    let mut tx = database.store.read().await?;
    let mut pages = Vec::new();
    for offset in [0, 2, 3] {
        let page = tx.applications(offset, 2).await?;
        pages.push(
            page.into_iter()
                .map(|key| key.name.to_string())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(pages, [vec!["a-1", "b-2"], vec!["c-3"], vec![]]);
    Ok(())
}

pub(crate) fn sign_in(number: u128, read_at: i64) -> SignIn {
    SignIn {
        id: SignInId(Uuid::from_u128(number)),
        person_id: ADA,
        provider_key: "company".to_owned(),
        provider_session: Some(format!("session-{number}")),
        groups: vec!["vision".to_owned(), "\"quoted\" 研究".to_owned()],
        groups_read_at: at(read_at),
        tokens: "sealed".to_owned(),
        began_at: at(0),
        expires_at: at(50),
    }
}

pub(crate) async fn add_sign_ins(store: &Store, sign_ins: &[SignIn]) -> Result<()> {
    remember(store).await?;
    let mut tx = store.begin().await?;
    for sign_in in sign_ins {
        tx.add_sign_in(sign_in).await?;
    }
    Ok(tx.commit().await?)
}

async fn a_sign_in_lasts_until_it_expires_and_the_one_read_last_comes_first(
    database: Database,
) -> Result<()> {
    let (old, new) = (sign_in(1, 1), sign_in(2, 2));
    add_sign_ins(&database.store, &[old.clone(), new.clone()]).await?;
    let mut tx = database.store.begin().await?;
    let store = &database.store;
    assert_eq!(store.sign_in(old.id, at(49)).await?, Some(old.clone()));
    assert_eq!(store.sign_in(old.id, at(50)).await?, None);
    assert_eq!(tx.sign_ins_of(ADA, at(49), 3).await?, [new, old.clone()]);
    assert!(tx.sign_ins_of(ADA, at(50), 3).await?.is_empty());
    assert!(tx.sign_ins_of(BEN, at(1), 3).await?.is_empty());
    assert_eq!(tx.delete_expired_sign_ins(at(49)).await?, 0);
    assert_eq!(tx.delete_expired_sign_ins(at(50)).await?, 2);
    Ok(())
}

async fn only_one_reads_groups_again_at_a_time(database: Database) -> Result<()> {
    let first = sign_in(1, 1);
    add_sign_ins(&database.store, std::slice::from_ref(&first)).await?;
    let mut tx = database.store.begin().await?;
    assert!(tx.claim_sign_in(first.id, at(5), at(6)).await?);
    assert!(!tx.claim_sign_in(first.id, at(5), at(6)).await?);
    assert!(tx.claim_sign_in(first.id, at(6), at(7)).await?);
    tx.unclaim_sign_in(first.id).await?;
    assert!(tx.claim_sign_in(first.id, at(6), at(7)).await?);
    let read = SignIn {
        groups: vec![],
        groups_read_at: at(6),
        tokens: "others".to_owned(),
        ..first
    };
    tx.save_sign_in(&read).await?;
    tx.commit().await?;
    let kept = database.store.sign_in(read.id, at(6)).await?;
    assert_eq!(kept.as_ref(), Some(&read));
    let mut tx = database.store.begin().await?;
    assert!(tx.claim_sign_in(read.id, at(6), at(7)).await?);
    Ok(())
}

async fn a_sign_in_that_ended_stays_ended(database: Database) -> Result<()> {
    let first = sign_in(1, 1);
    add_sign_ins(&database.store, std::slice::from_ref(&first)).await?;
    let mut tx = database.store.begin().await?;
    tx.end_sign_in(first.id).await?;
    tx.save_sign_in(&first).await?;
    tx.commit().await?;
    assert_eq!(database.store.sign_in(first.id, at(1)).await?, None);
    let mut tx = database.store.begin().await?;
    assert!(!tx.claim_sign_in(first.id, at(5), at(6)).await?);
    Ok(())
}

async fn a_provider_ends_one_session_or_all_of_a_person(database: Database) -> Result<()> {
    let elsewhere = SignIn {
        provider_key: "other".to_owned(),
        ..sign_in(4, 1)
    };
    let all = [
        sign_in(1, 1),
        sign_in(2, 1),
        sign_in(3, 1),
        elsewhere.clone(),
    ];
    add_sign_ins(&database.store, &all).await?;
    let mut tx = database.store.begin().await?;
    assert_eq!(tx.end_provider_session("other", "session-1").await?, []);
    assert_eq!(
        tx.end_provider_session("company", "session-1").await?,
        [ADA]
    );
    assert_eq!(
        tx.end_sign_ins_of("company", "https://id", "ben").await?,
        []
    );
    assert_eq!(
        tx.end_sign_ins_of("company", "https://other", "ada")
            .await?,
        []
    );
    assert_eq!(
        tx.end_sign_ins_of("company", "https://id", "ada").await?,
        [ADA, ADA]
    );
    assert_eq!(tx.sign_ins_of(ADA, at(1), 9).await?, [elsewhere]);
    Ok(())
}
