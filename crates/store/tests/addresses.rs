//! Where a database is, and what becomes of an address that is none.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::Result;
use store::{Error, Store};
use tempfile::TempDir;

#[tokio::test]
async fn a_missing_file_is_made_with_its_folder_and_for_nobody_else() -> Result<()> {
    let folder = TempDir::new()?;
    let path = folder.path().join("deep/er/stowage.db");
    let store = Store::connect(&format!("sqlite:{}", path.display())).await?;
    store.migrate().await?;
    for name in ["stowage.db", "stowage.db-wal"] {
        let mode = fs::metadata(path.with_file_name(name))?
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn any_path_will_do() -> Result<()> {
    let folder = TempDir::new()?;
    for name in ["a b.db", "100%25.db", "what?.db", "#1.db", "数据.db"] {
        let path = folder.path().join(name);
        let store = Store::connect(&format!("sqlite:{}", path.display())).await?;
        store.migrate().await?;
        assert!(
            fs::metadata(&path)?.len() > 0 || path.with_extension("db-wal").exists(),
            "{name}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_was_kept_is_there_after_a_restart() -> Result<()> {
    let folder = TempDir::new()?;
    let url = format!("sqlite://{}", folder.path().join("stowage.db").display());
    let store = Store::connect(&url).await?;
    store.migrate().await?;
    let mut tx = store.begin().await?;
    tx.put_secret_if_absent("tickets", b"hush").await?;
    tx.commit().await?;
    drop(store);
    let store = Store::connect(&url).await?;
    store.migrate().await?;
    assert_eq!(
        store.read().await?.secret("tickets").await?,
        Some(b"hush".to_vec())
    );
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_repeating_a_password() {
    for (url, shown) in [
        ("mysql://stowage:hush@host/db", "“mysql:…”"),
        ("stowage.db", "“stowage.db:…”"),
        ("postgres://stowage:hush@host:port/db", "“postgres://…”"),
        ("sqlite:", "“sqlite:”"),
        ("sqlite::memory:", "“sqlite::memory:”"),
    ] {
        let error = Store::connect(url).await.unwrap_err();
        assert!(matches!(error, Error::Address(_)), "{error:?}");
        assert!(error.to_string().starts_with(shown), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_named() {
    let error = Store::connect("sqlite:/proc/stowage.db").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database /proc/stowage.db cannot be opened"
    );
}
