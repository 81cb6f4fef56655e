//! People, known by issuer and subject. An e-mail address identifies nobody: it is kept for display.

use std::collections::HashMap;

use domain::UserId;
use jiff::Timestamp;

use crate::rows::{TableRow, micros};
use crate::statement::{BATCH, Values};
use crate::{Error, Result, Tx};

const REMEMBER: &str = "
    INSERT INTO people (id, issuer, subject, name, email, first_seen_at, last_seen_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (issuer, subject) DO UPDATE
    SET name = excluded.name, email = excluded.email, last_seen_at = excluded.last_seen_at
    RETURNING id";

const NAMES: &str = "SELECT id, name FROM people WHERE id IN ";

impl Tx {
    /// Keeps what the identity provider says about a person. Answers the id that they have had since
    /// they were first seen, which is `fresh_id` on the first time.
    ///
    /// # Errors
    /// When the database does not answer, or `fresh_id` is somebody else's.
    pub async fn remember_person(
        &mut self,
        fresh_id: UserId,
        issuer: &str,
        subject: &str,
        name: &str,
        email: Option<&str>,
        at: Timestamp,
    ) -> Result<UserId> {
        let query = sqlx::query(REMEMBER)
            .bind(fresh_id.to_string())
            .bind(issuer)
            .bind(subject)
            .bind(name)
            .bind(email)
            .bind(micros(at));
        let gone = || Error::Gone {
            table: "people",
            id: fresh_id.to_string(),
        };
        let row = self.row(query).await?.ok_or_else(gone)?;
        TableRow::new("people", "id", &row).parse("id")
    }

    /// What to call them. Whoever is not known is not in the answer.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn person_names(&mut self, ids: &[UserId]) -> Result<HashMap<UserId, String>> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut names = HashMap::with_capacity(ids.len());
        for some in ids.chunks(BATCH) {
            let texts: Vec<String> = some.iter().map(UserId::to_string).collect();
            let mut values = Values::default();
            let list = values.list(texts.iter().map(String::as_str));
            for row in self.rows(values.query(format!("{NAMES}{list}"))).await? {
                let row = TableRow::new("people", "id", &row);
                names.insert(row.parse("id")?, row.text("name")?);
            }
        }
        Ok(names)
    }
}
