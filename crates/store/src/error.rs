//! What can go wrong between here and the database.

use std::path::PathBuf;

use thiserror::Error;

/// Why the database did not do it. Not being there is no error but `None`.
#[derive(Debug, Error)]
pub enum Error {
    /// The address of the database is none.
    #[error("“{0}” is not the address of a database: write sqlite:PATH or postgres://…")]
    Address(String),
    /// The file of a SQLite database can neither be opened nor made.
    #[error("the database {} cannot be opened", path.display())]
    File {
        /// Where it should be.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The database does not answer or refuses.
    #[error("the database refused")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The schema cannot be brought to what this version needs.
    #[error("the database cannot be migrated")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row holds what no version of Stowage writes.
    #[error("{table}.{column} of {id} cannot be read: {reason}")]
    Row {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The id of the row.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something should be changed that is no longer there.
    #[error("{table} has no {id}")]
    Gone {
        /// The table.
        table: &'static str,
        /// The id that was looked for.
        id: String,
    },
    /// A number that the database's 64 bits with a sign do not hold.
    #[error("{0} is too large for the database")]
    TooLarge(u64),
}

/// What every function here answers.
pub type Result<T> = std::result::Result<T, Error>;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(Box::new(error))
    }
}
