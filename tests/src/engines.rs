//! The databases that measurements run on.

use std::env;

use anyhow::Result;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use tempfile::TempDir;

use crate::selection::Selection;

/// What to select one of them with.
pub const ENGINES: &[&str] = &["sqlite", "postgresql"];

/// Measures on a new SQLite database, and on a new one of the PostgreSQL that `STOWAGE_TEST_POSTGRES` names; without
/// it, PostgreSQL is left out. Both databases are deleted at the end. Engines that are not selected are left out.
///
/// # Errors
/// When a database cannot be made, or the measurement fails.
pub async fn on_each(
    selection: &Selection,
    measure: impl AsyncFn(&str, &str) -> Result<()>,
) -> Result<()> {
    if selection.has("sqlite", ENGINES) {
        let folder = TempDir::new()?;
        let sqlite = format!("sqlite:{}", folder.path().join("stowage.db").display());
        measure("SQLite", &sqlite).await?;
    }
    if !selection.has("postgresql", ENGINES) {
        return Ok(());
    }
    match env::var("STOWAGE_TEST_POSTGRES") {
        Ok(server) if !server.is_empty() => {
            let name = format!("stowage_bench_{}", std::process::id());
            execute(&server, format!("CREATE DATABASE {name}")).await?;
            let mut url = url::Url::parse(&server)?;
            url.set_path(&name);
            let outcome = measure("PostgreSQL", url.as_str()).await;
            execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await?;
            outcome
        }
        _ => {
            println!("\nSTOWAGE_TEST_POSTGRES is not set: PostgreSQL is left out");
            Ok(())
        }
    }
}

/// What PostgreSQL does by itself within a minute of a large change.
///
/// # Errors
/// When the database does not answer.
pub async fn settle(url: &str) -> Result<()> {
    if url.starts_with("postgres") {
        execute(url, "VACUUM ANALYZE".to_owned()).await?;
    }
    Ok(())
}

async fn execute(url: &str, statement: String) -> Result<()> {
    let options: sqlx::postgres::PgConnectOptions = url.parse()?;
    options
        .connect()
        .await?
        .execute(AssertSqlSafe(statement))
        .await?;
    Ok(())
}
