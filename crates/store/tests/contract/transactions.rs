//! What a transaction is.

use anyhow::Result;
use store::Store;

use crate::database::{Database, contracts};
use crate::fixtures::{at, plant};

contracts![
    what_is_dropped_never_was,
    a_reader_sees_one_moment_and_holds_up_nobody,
    whoever_only_reads_cannot_change_anything,
    changes_run_one_after_another_even_from_two_consoles,
    migrating_again_changes_nothing,
    a_refused_statement_does_not_poison_the_next_transaction,
];

async fn what_is_dropped_never_was(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    tx.save_session("key", "{}", at(10)).await?;
    drop(tx);
    let mut tx = database.store.begin().await?;
    assert_eq!(tx.session("key", at(0)).await?, None);
    Ok(())
}

async fn a_reader_sees_one_moment_and_holds_up_nobody(database: Database) -> Result<()> {
    let mut reader = database.store.read().await?;
    assert!(reader.scopes().await?.is_empty());
    plant(&database.store).await?;
    assert!(reader.scopes().await?.is_empty());
    assert_eq!(database.store.read().await?.scopes().await?.len(), 10);
    Ok(())
}

async fn whoever_only_reads_cannot_change_anything(database: Database) -> Result<()> {
    let mut reader = database.store.read().await?;
    assert!(reader.save_session("key", "{}", at(10)).await.is_err());
    Ok(())
}

async fn changes_run_one_after_another_even_from_two_consoles(database: Database) -> Result<()> {
    async fn count_up(store: Store) -> Result<()> {
        let mut tx = store.begin().await?;
        let count = match tx.session("counter", at(0)).await? {
            Some((text, _)) => text.parse::<u32>()?,
            None => 0,
        };
        // Gives the others every chance to come in between.
        tokio::task::yield_now().await;
        tx.save_session("counter", &(count + 1).to_string(), at(10))
            .await?;
        Ok(tx.commit().await?)
    }
    let consoles = [database.store.clone(), Store::connect(&database.url).await?];
    let tasks: Vec<_> = (0..20)
        .map(|number| tokio::spawn(count_up(consoles[number % 2].clone())))
        .collect();
    for task in tasks {
        task.await??;
    }
    let counted = database
        .store
        .read()
        .await?
        .session("counter", at(0))
        .await?;
    assert_eq!(counted, Some(("20".to_owned(), at(10))));
    Ok(())
}

async fn migrating_again_changes_nothing(database: Database) -> Result<()> {
    plant(&database.store).await?;
    database.store.migrate().await?;
    assert_eq!(database.store.read().await?.scopes().await?.len(), 10);
    Ok(())
}

async fn a_refused_statement_does_not_poison_the_next_transaction(
    database: Database,
) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let root = tx.scope(&"acme".into()).await?.expect("it is planted");
    assert!(tx.add_scope(&root).await.is_err());
    drop(tx);
    let mut tx = database.store.begin().await?;
    tx.save_session("key", "{}", at(10)).await?;
    Ok(tx.commit().await?)
}
