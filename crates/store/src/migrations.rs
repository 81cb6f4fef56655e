//! The numbered files of the folder `migrations`, embedded.
//!
//! A file is never edited once released: the database remembers a checksum of each and refuses.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr};

use crate::{Result, Tx};

const FILES: &[(i64, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// PostgreSQL's “C” under the name that SQLite has for the same: order by bytes.
const BYTEWISE_ORDER: &str = "CREATE COLLATION IF NOT EXISTS \"binary\" (LOCALE = 'C')";

/// Makes what the migrations need and PostgreSQL lacks.
pub(crate) async fn prepare_postgres(tx: &mut Tx) -> Result<()> {
    tx.execute_unlisted(sqlx::query(BYTEWISE_ORDER)).await?;
    Ok(())
}

/// Runs those that have not run.
pub(crate) async fn run(pool: &AnyPool) -> Result<()> {
    let migrations = FILES.iter().map(|(number, title, text)| {
        Migration::new(
            *number,
            Cow::Borrowed(title),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
        .run(pool)
        .await?;
    Ok(())
}
