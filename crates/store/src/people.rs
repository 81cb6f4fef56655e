//! People, known by issuer and subject. An e-mail address identifies nobody: it is kept for display.
//!
//! Names are asked for by the id of whoever acted, and an application acts too.

use std::collections::HashMap;

use domain::UserId;
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::filter::pattern_as_written;
use crate::rows::{TableRow, micros};
use crate::statement::{BATCH, Values};
use crate::{Error, Result, Tx};

const REMEMBER: &str = "
    INSERT INTO people (id, issuer, subject, name, email, first_seen_at, last_seen_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (issuer, subject) DO UPDATE
    SET name = excluded.name, email = excluded.email, last_seen_at = excluded.last_seen_at
    RETURNING id";

const ONE: &str = "SELECT id, issuer, subject, name, email FROM people WHERE id = $1";

const NAMED: &str = "
    SELECT id, issuer, subject, name, email FROM people
    WHERE lower(name) LIKE $1 ESCAPE '\\' OR lower(email) LIKE $1 ESCAPE '\\'
    ORDER BY name, id LIMIT $2";

const BY_SUBJECT: &str = "SELECT id, issuer, subject, name, email FROM people WHERE subject IN ";

const NAMES_OF_PEOPLE: &str = "SELECT id, name FROM people WHERE id IN ";

const NAMES_OF_APPLICATIONS: &str = "UNION ALL SELECT id, name FROM applications WHERE id IN ";

/// Somebody who signed in at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPerson {
    /// Their id here.
    pub id: UserId,
    /// The issuer that vouched for them.
    pub issuer: String,
    /// Their subject at that issuer.
    pub subject: String,
    /// What to call them.
    pub name: String,
    /// For display only.
    pub email: Option<String>,
}

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
        // Lists name who made a data volume.
        self.lists_changed();
        self.callers_changed();
        TableRow::new("people", "id", &row).parse("id")
    }

    /// One person.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn person(&mut self, id: UserId) -> Result<Option<KnownPerson>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(known_person).transpose()
    }

    /// Those whose name or e-mail address holds the text, by name. Case counts for letters that are not
    /// ASCII.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn find_people(&mut self, text: &str, limit: u32) -> Result<Vec<KnownPerson>> {
        let query = sqlx::query(NAMED)
            .bind(pattern_as_written(&text.to_ascii_lowercase()))
            .bind(i64::from(limit));
        self.rows(query).await?.iter().map(known_person).collect()
    }

    /// Those with one of these subjects, at whatever issuer.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn people_by_subject(&mut self, subjects: &[&str]) -> Result<Vec<KnownPerson>> {
        let mut people = Vec::new();
        for some in subjects.chunks(BATCH) {
            let mut values = Values::default();
            let list = values.list(some.iter().copied());
            for row in self
                .rows(values.query(format!("{BY_SUBJECT}{list}")))
                .await?
            {
                people.push(known_person(&row)?);
            }
        }
        Ok(people)
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
            let text = format!("{NAMES_OF_PEOPLE}{list} {NAMES_OF_APPLICATIONS}{list}");
            for row in self.rows(values.query(text)).await? {
                let row = TableRow::new("people", "id", &row);
                names.insert(row.parse("id")?, row.text("name")?);
            }
        }
        Ok(names)
    }
}

fn known_person(row: &AnyRow) -> Result<KnownPerson> {
    let row = TableRow::new("people", "id", row);
    Ok(KnownPerson {
        id: row.parse("id")?,
        issuer: row.text("issuer")?,
        subject: row.text("subject")?,
        name: row.text("name")?,
        email: row.optional_text("email")?,
    })
}
