//! Access keys. Of a secret there is only a hash, and it is asked for by the one function that compares it.

use domain::{AccessKey, AccessKeyId, KeyHolder, UserId};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::rows::{TableRow, micros};
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO access_keys (id, application_id, person_id, name, secret_hash, secret_number, is_enabled,
                             created_by, created_at, updated_at, expires_at, last_used_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (person_id, name) DO NOTHING";

const ONE: &str = "SELECT * FROM access_keys WHERE id = $1";

const OF_PERSON: &str = "SELECT * FROM access_keys WHERE person_id = $1 ORDER BY name";

const SAVE: &str = "
    UPDATE access_keys SET secret_number = $2, is_enabled = $3, updated_at = $4, expires_at = $5
    WHERE id = $1";

const SAVE_HASH: &str = "UPDATE access_keys SET secret_hash = $2 WHERE id = $1";

const USED: &str = "UPDATE access_keys SET last_used_at = $2 WHERE id = $1";

const DELETE: &str = "DELETE FROM access_keys WHERE id = $1";

impl Tx {
    /// Adds a key with the hash of its secret; `false` when its person has another one of that name.
    ///
    /// # Errors
    /// When the database does not answer, the id is taken, or there is no such holder.
    pub async fn add_access_key(&mut self, key: &AccessKey, secret_hash: &str) -> Result<bool> {
        let (application, person) = match key.holder {
            KeyHolder::Application(id) => (Some(id.to_string()), None),
            KeyHolder::Person(id) => (None, Some(id.to_string())),
        };
        let query = sqlx::query(ADD)
            .bind(key.id.to_string())
            .bind(application)
            .bind(person)
            .bind(key.name.as_str())
            .bind(secret_hash)
            .bind(i64::from(key.secret_number))
            .bind(i64::from(key.is_enabled))
            .bind(key.created_by.to_string())
            .bind(micros(key.created_at))
            .bind(micros(key.updated_at))
            .bind(key.expires_at.map(micros))
            .bind(key.last_used_at.map(micros));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// One key.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn access_key(&mut self, id: AccessKeyId) -> Result<Option<AccessKey>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(access_key).transpose()
    }

    /// One key with the hash of its secret, to compare it with what somebody sent.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn access_key_to_check(
        &mut self,
        id: AccessKeyId,
    ) -> Result<Option<(AccessKey, String)>> {
        let Some(row) = self.row(sqlx::query(ONE).bind(id.to_string())).await? else {
            return Ok(None);
        };
        let hash = TableRow::new("access_keys", "id", &row).text("secret_hash")?;
        Ok(Some((access_key(&row)?, hash)))
    }

    /// The keys of a person, by name.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn access_keys_of(&mut self, person: UserId) -> Result<Vec<AccessKey>> {
        let query = sqlx::query(OF_PERSON).bind(person.to_string());
        self.rows(query).await?.iter().map(access_key).collect()
    }

    /// Keeps what changed in a key; its holder, its name and who made it never do.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn save_access_key(&mut self, key: &AccessKey) -> Result<()> {
        let query = sqlx::query(SAVE)
            .bind(key.id.to_string())
            .bind(i64::from(key.secret_number))
            .bind(i64::from(key.is_enabled))
            .bind(micros(key.updated_at))
            .bind(key.expires_at.map(micros));
        self.execute_of_callers(query).await?;
        Ok(())
    }

    /// Keeps the hash of another secret.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn save_secret_hash(&mut self, id: AccessKeyId, secret_hash: &str) -> Result<()> {
        let query = sqlx::query(SAVE_HASH)
            .bind(id.to_string())
            .bind(secret_hash);
        self.execute_of_callers(query).await?;
        Ok(())
    }

    /// Takes note that a key was used.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn access_key_was_used(&mut self, id: AccessKeyId, at: Timestamp) -> Result<()> {
        self.execute_unlisted(sqlx::query(USED).bind(id.to_string()).bind(micros(at)))
            .await?;
        Ok(())
    }

    /// Removes a key; `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_access_key(&mut self, id: AccessKeyId) -> Result<bool> {
        Ok(self
            .execute_of_callers(sqlx::query(DELETE).bind(id.to_string()))
            .await?
            == 1)
    }
}

pub(crate) fn access_key(row: &AnyRow) -> Result<AccessKey> {
    let row = TableRow::new("access_keys", "id", row);
    let application = row
        .optional_parse("application_id")?
        .map(KeyHolder::Application);
    let holder = match application {
        Some(application) => application,
        None => KeyHolder::Person(row.parse("person_id")?),
    };
    Ok(AccessKey {
        id: row.parse("id")?,
        holder,
        name: row.parse("name")?,
        is_enabled: row.flag("is_enabled")?,
        secret_number: u32::try_from(row.count("secret_number")?)
            .map_err(|error| row.unreadable("secret_number", error))?,
        created_by: row.parse("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        expires_at: row.optional_time("expires_at")?,
        last_used_at: row.optional_time("last_used_at")?,
    })
}
