//! The numbered files of the folder `migrations`, embedded.
//!
//! A file is never edited once released: the database remembers a checksum of each and refuses.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr};

use crate::{Result, Tx};

/// Name and text of a file.
macro_rules! file {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../migrations/", $name, ".sql")),
        )
    };
}

/// In their order. Listed and not looked for, because the compiler then knows what it has read: two checkouts that
/// share a target folder must not take each other's.
const FILES: &[(&str, &str)] = &[
    file!("0001_catalogue"),
    file!("0002_audit_log"),
    file!("0003_organisation"),
    file!("0004_programs"),
    file!("0005_claim_assets"),
    file!("0007_saved_views"),
    file!("0008_share_expiry"),
    file!("0009_covering_indexes"),
    file!("0010_share_requests"),
    file!("0011_idempotency_keys"),
    file!("0014_device_sign_ins"),
    file!("0015_share_folders"),
    file!("0016_generations"),
    file!("0017_volume_offers"),
    file!("0018_imports"),
    file!("0020_callers"),
];

/// `NNNN_title`, in its parts.
fn parts(name: &str) -> Option<(i64, &str)> {
    let (number, title) = name.split_once('_')?;
    Some((number.parse().ok()?, title))
}

/// PostgreSQL's “C” under the name that SQLite has for the same: order by bytes.
const BYTEWISE_ORDER: &str = "CREATE COLLATION IF NOT EXISTS \"binary\" (LOCALE = 'C')";

/// Makes what the migrations need and PostgreSQL lacks.
pub(crate) async fn prepare_postgres(tx: &mut Tx) -> Result<()> {
    tx.execute_unlisted(sqlx::query(BYTEWISE_ORDER)).await?;
    Ok(())
}

/// Runs those that have not run.
pub(crate) async fn run(pool: &AnyPool) -> Result<()> {
    let migrations = FILES.iter().filter_map(|(name, text)| {
        let (number, title) = parts(name)?;
        let kind = MigrationType::Simple;
        let text = text.into_sql_str();
        Some(Migration::new(
            number,
            Cow::Borrowed(title),
            kind,
            text,
            false,
        ))
    });
    Migrator::with_migrations(migrations.collect())
        .run(pool)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_listed_in_its_order() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let listed: Vec<String> = FILES
            .iter()
            .map(|(name, _)| format!("{name}.sql"))
            .collect();
        assert_eq!(listed, there);
        assert!(FILES.iter().all(|(name, _)| parts(name).is_some()));
    }
}
