//! Requests that came with an `Idempotency-Key`, and their answers.

use domain::UserId;
use jiff::Timestamp;

use crate::rows::{TableRow, micros};
use crate::{Result, Tx};

const CLEAR: &str = "DELETE FROM idempotency_keys WHERE expires_at <= $1";

const GIVE_UP: &str = "
    DELETE FROM idempotency_keys
    WHERE caller_id = $1 AND key = $2 AND answer IS NULL AND begun_at <= $3";

const BEGIN: &str = "
    INSERT INTO idempotency_keys (caller_id, key, fingerprint, begun_at, expires_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (caller_id, key) DO NOTHING";

const ONE: &str = "SELECT * FROM idempotency_keys WHERE caller_id = $1 AND key = $2";

const ANSWER: &str = "
    UPDATE idempotency_keys SET answer = $3 WHERE caller_id = $1 AND key = $2";

const FORGET: &str = "
    DELETE FROM idempotency_keys WHERE caller_id = $1 AND key = $2 AND answer IS NULL";

/// A request that may come twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatableRequest<'a> {
    /// Who asks.
    pub caller_id: UserId,
    /// What they call the request.
    pub key: &'a str,
    /// What is asked for.
    pub fingerprint: &'a str,
}

/// What is known of an earlier request with the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRequest {
    /// What was asked for.
    pub fingerprint: String,
    /// What was answered, sealed; `None` while it is at work.
    pub answer: Option<String>,
}

impl Tx {
    /// Notes that a request is at work, until `expires_at` at the longest; answers the earlier one of that key, if
    /// there is one. One that is at work since `abandoned_at` or longer was given up.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn begin_request(
        &mut self,
        request: RepeatableRequest<'_>,
        now: Timestamp,
        abandoned_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Option<EarlierRequest>> {
        self.execute_unlisted(sqlx::query(CLEAR).bind(micros(now)))
            .await?;
        let given_up = sqlx::query(GIVE_UP)
            .bind(request.caller_id.to_string())
            .bind(request.key)
            .bind(micros(abandoned_at));
        self.execute_unlisted(given_up).await?;
        let begin = sqlx::query(BEGIN)
            .bind(request.caller_id.to_string())
            .bind(request.key)
            .bind(request.fingerprint)
            .bind(micros(now))
            .bind(micros(expires_at));
        if self.execute_unlisted(begin).await? == 1 {
            return Ok(None);
        }
        let one = sqlx::query(ONE)
            .bind(request.caller_id.to_string())
            .bind(request.key);
        let Some(row) = self.row(one).await? else {
            return Ok(None);
        };
        let row = TableRow::new("idempotency_keys", "key", &row);
        Ok(Some(EarlierRequest {
            fingerprint: row.text("fingerprint")?,
            answer: row.optional_text("answer")?,
        }))
    }

    /// Keeps the answer of a request.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_answer(
        &mut self,
        request: RepeatableRequest<'_>,
        sealed: &str,
    ) -> Result<()> {
        let query = sqlx::query(ANSWER)
            .bind(request.caller_id.to_string())
            .bind(request.key)
            .bind(sealed);
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// Forgets a request that came to nothing, so that it may come again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_request(&mut self, request: RepeatableRequest<'_>) -> Result<()> {
        let query = sqlx::query(FORGET)
            .bind(request.caller_id.to_string())
            .bind(request.key);
        self.execute_unlisted(query).await?;
        Ok(())
    }
}
