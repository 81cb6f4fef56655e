//! Secrets.

use anyhow::Result;

use crate::database::{Database, contracts};

contracts![
    the_first_secret_of_a_name_holds,
    an_unreadable_secret_is_an_error_that_does_not_tell_it
];

async fn the_first_secret_of_a_name_holds(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    assert_eq!(tx.secret("tickets").await?, None);
    assert_eq!(
        tx.put_secret_if_absent("tickets", &[0, 255, 7]).await?,
        [0, 255, 7]
    );
    assert_eq!(tx.put_secret_if_absent("tickets", &[1]).await?, [0, 255, 7]);
    assert_eq!(tx.put_secret_if_absent("cookies", b"").await?, b"");
    tx.commit().await?;
    let mut tx = database.store.read().await?;
    assert_eq!(tx.secret("tickets").await?, Some(vec![0, 255, 7]));
    Ok(())
}

async fn an_unreadable_secret_is_an_error_that_does_not_tell_it(database: Database) -> Result<()> {
    database
        .behind_its_back("INSERT INTO secrets (name, value) VALUES ('tickets', 'hush!')")
        .await?;
    let error = database
        .store
        .read()
        .await?
        .secret("tickets")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "secrets.value of tickets cannot be read: it is not Base64"
    );
    Ok(())
}
