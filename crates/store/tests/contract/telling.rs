//! What consoles tell each other.

use std::time::Duration;

use anyhow::{Context, Result};
use futures::StreamExt as _;
use store::{Store, Told};

use crate::database::{Database, contracts};

contracts![
    what_one_console_says_every_console_of_the_database_hears,
    who_begins_to_listen_knows_that_something_may_have_been_missed,
];

const SOON: Duration = Duration::from_secs(10);

async fn next(heard: &mut (impl futures::Stream<Item = Told> + Unpin)) -> Result<Told> {
    let told = tokio::time::timeout(SOON, heard.next()).await?;
    told.context("the end of what is told")
}

async fn what_one_console_says_every_console_of_the_database_hears(
    database: Database,
) -> Result<()> {
    let other = Store::connect(&database.url).await?;
    let (mut here, mut there) = (database.store.told(), other.told());
    if !database.store.is_shared() {
        // Nobody else is there to be told.
        other.tell_others("anything").await?;
        assert!(
            tokio::time::timeout(Duration::from_millis(50), here.next())
                .await
                .is_err()
        );
        return Ok(());
    }
    assert_eq!(next(&mut here).await?, Told::Missed);
    assert_eq!(next(&mut there).await?, Told::Missed);
    let long = "“ü” ".repeat(800);
    for text in ["first", &long, ""] {
        other.tell_others(text).await?;
        assert_eq!(next(&mut here).await?, Told::Said(text.to_owned()));
        assert_eq!(next(&mut there).await?, Told::Said(text.to_owned()));
    }
    Ok(())
}

async fn who_begins_to_listen_knows_that_something_may_have_been_missed(
    database: Database,
) -> Result<()> {
    if !database.store.is_shared() {
        return Ok(());
    }
    database.store.tell_others("too early").await?;
    let mut heard = database.store.told();
    assert_eq!(next(&mut heard).await?, Told::Missed);
    database.store.tell_others("heard").await?;
    assert_eq!(next(&mut heard).await?, Told::Said("heard".to_owned()));
    Ok(())
}
