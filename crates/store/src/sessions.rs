//! Sessions. The key is a hash, so that nobody can sign in with what the database holds; what is in
//! them is the business of whoever keeps them.

use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::rows::{TableRow, micros};
use crate::{Result, Store, Tx};

const SAVE: &str = "
    INSERT INTO sessions (key_hash, content, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (key_hash) DO UPDATE SET content = excluded.content, expires_at = excluded.expires_at";

const INSERT: &str = "
    INSERT INTO sessions (key_hash, content, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (key_hash) DO NOTHING";

const ONE: &str = "
    SELECT key_hash, content, expires_at FROM sessions WHERE key_hash = $1 AND expires_at > $2";

const DELETE: &str = "DELETE FROM sessions WHERE key_hash = $1";

const DELETE_EXPIRED: &str = "DELETE FROM sessions WHERE expires_at <= $1";

impl Store {
    /// As [`Tx::session`], and nothing else.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn session(
        &self,
        key_hash: &str,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>> {
        let query = sqlx::query(ONE).bind(key_hash).bind(micros(now));
        self.row(query).await?.as_ref().map(session).transpose()
    }
}

impl Tx {
    /// Keeps a session, whether it was there or not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn save_session(
        &mut self,
        key_hash: &str,
        content: &str,
        expires_at: Timestamp,
    ) -> Result<()> {
        let query = sqlx::query(SAVE)
            .bind(key_hash)
            .bind(content)
            .bind(micros(expires_at));
        self.execute_of_callers(query).await?;
        Ok(())
    }

    /// Keeps a new session; `false` when the key is taken, also by one that has expired.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn insert_session(
        &mut self,
        key_hash: &str,
        content: &str,
        expires_at: Timestamp,
    ) -> Result<bool> {
        let query = sqlx::query(INSERT)
            .bind(key_hash)
            .bind(content)
            .bind(micros(expires_at));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// What is in a session and when it expires; `None` from that moment on.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn session(
        &mut self,
        key_hash: &str,
        now: Timestamp,
    ) -> Result<Option<(String, Timestamp)>> {
        let query = sqlx::query(ONE).bind(key_hash).bind(micros(now));
        self.row(query).await?.as_ref().map(session).transpose()
    }

    /// Ends a session, if it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_session(&mut self, key_hash: &str) -> Result<()> {
        self.execute_of_callers(sqlx::query(DELETE).bind(key_hash))
            .await?;
        Ok(())
    }

    /// Clears away what has expired; answers how many there were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_expired_sessions(&mut self, now: Timestamp) -> Result<u64> {
        self.execute_unlisted(sqlx::query(DELETE_EXPIRED).bind(micros(now)))
            .await
    }
}

fn session(row: &AnyRow) -> Result<(String, Timestamp)> {
    let row = TableRow::new("sessions", "key_hash", row);
    Ok((row.text("content")?, row.time("expires_at")?))
}
