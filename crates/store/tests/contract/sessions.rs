//! Sessions.

use anyhow::Result;

use crate::database::{Database, contracts};
use crate::fixtures::at;

contracts![
    a_saved_session_holds_what_was_saved_last,
    a_session_is_gone_from_the_moment_it_expires,
    a_taken_key_is_not_taken_over,
    a_deleted_session_is_gone,
    only_expired_sessions_are_cleared_away,
];

async fn a_saved_session_holds_what_was_saved_last(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    tx.save_session("key", "{}", at(10)).await?;
    tx.save_session("key", "{\"name\":\"本\"}", at(20)).await?;
    tx.commit().await?;
    let mut tx = database.store.read().await?;
    assert_eq!(
        tx.session("key", at(0)).await?,
        Some(("{\"name\":\"本\"}".to_owned(), at(20)))
    );
    assert_eq!(tx.session("KEY", at(0)).await?, None);
    Ok(())
}

async fn a_session_is_gone_from_the_moment_it_expires(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    tx.save_session("key", "{}", at(10)).await?;
    assert!(tx.session("key", at(9)).await?.is_some());
    assert!(tx.session("key", at(10)).await?.is_none());
    Ok(())
}

async fn a_taken_key_is_not_taken_over(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    assert!(tx.insert_session("key", "mine", at(10)).await?);
    assert!(!tx.insert_session("key", "yours", at(20)).await?);
    assert_eq!(
        tx.session("key", at(0)).await?,
        Some(("mine".to_owned(), at(10)))
    );
    Ok(())
}

async fn a_deleted_session_is_gone(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    tx.save_session("key", "{}", at(10)).await?;
    tx.delete_session("key").await?;
    tx.delete_session("key").await?;
    assert_eq!(tx.session("key", at(0)).await?, None);
    Ok(())
}

async fn only_expired_sessions_are_cleared_away(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    for (key, minute) in [("a", 1), ("b", 2), ("c", 3)] {
        tx.save_session(key, "{}", at(minute)).await?;
    }
    assert_eq!(tx.delete_expired_sessions(at(2)).await?, 2);
    assert!(tx.session("c", at(0)).await?.is_some());
    assert!(tx.session("b", at(0)).await?.is_none());
    Ok(())
}
