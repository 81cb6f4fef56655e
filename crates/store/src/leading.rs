//! Who reconciles: one console of all that share a database.
//!
//! The right is a lock of a session on PostgreSQL, so it ends with the console that holds it, however that
//! ends. A file of SQLite has one console.

use std::time::Duration;

use sqlx::{AnyConnection, Connection, Row};

use crate::connect::Engine;
use crate::{Result, Store};

/// The same lock for every console on this schema, and another one in the schema beside it.
const TAKE: &str =
    "SELECT pg_try_advisory_lock(hashtext('stowage leads ' || current_schema())) AS is_taken";
const STILL_THERE: &str = "SELECT 1";
/// How long the database may take to say that the session is still there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// The right to reconcile. Dropping it lets another console have it.
#[derive(Debug)]
pub struct Leadership(Option<AnyConnection>);

impl Store {
    /// Takes the right to reconcile; `None` while another console has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lead(&self) -> Result<Option<Leadership>> {
        if self.engine == Engine::Sqlite {
            return Ok(Some(Leadership(None)));
        }
        let options = self.readers.connect_options();
        let mut connection = AnyConnection::connect_with(&options).await?;
        let row = sqlx::query(TAKE).fetch_one(&mut connection).await?;
        Ok(row
            .try_get::<bool, _>("is_taken")?
            .then_some(Leadership(Some(connection))))
    }

    /// Whether other consoles may write to the database too.
    pub fn is_shared(&self) -> bool {
        self.engine == Engine::Postgres
    }
}

impl Leadership {
    /// Whether the right is still held. A database that was started anew gave it to whoever asked first.
    pub async fn is_held(&mut self) -> bool {
        let Some(connection) = &mut self.0 else {
            return true;
        };
        let asked = sqlx::query(STILL_THERE).execute(connection);
        matches!(tokio::time::timeout(ANSWERS_WITHIN, asked).await, Ok(Ok(_)))
    }
}
