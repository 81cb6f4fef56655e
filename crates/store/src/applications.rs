//! Applications: programs that are subjects of access rules. Their keys are in `access_keys`.

use domain::{AccessKey, ApplicationId, KeyName, UserId};
use sqlx::any::AnyRow;

use crate::access_keys::access_key;
use crate::rows::{TableRow, micros};
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO applications (id, name, created_by, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (name) DO NOTHING";

const ONE: &str = "
    SELECT k.* FROM applications a JOIN access_keys k ON k.application_id = a.id WHERE a.id = $1";

const PAGE: &str = "
    SELECT k.* FROM applications a JOIN access_keys k ON k.application_id = a.id
    ORDER BY a.name LIMIT $1 OFFSET $2";

const NAME: &str = "SELECT id, name FROM applications WHERE id = $1";

const DELETE_RULES: &str = "
    DELETE FROM access_rules WHERE subject_type = 'application' AND subject = $1";

const DELETE: &str = "DELETE FROM applications WHERE id = $1";

impl Tx {
    /// Adds an application without its key; `false` when the name is taken.
    ///
    /// # Errors
    /// When the database does not answer, or the id is taken.
    pub async fn add_application(
        &mut self,
        id: ApplicationId,
        name: &KeyName,
        created_by: UserId,
        created_at: jiff::Timestamp,
    ) -> Result<bool> {
        let query = sqlx::query(ADD)
            .bind(id.to_string())
            .bind(name.as_str())
            .bind(created_by.to_string())
            .bind(micros(created_at));
        Ok(self.execute(query).await? == 1)
    }

    /// The key of an application, which says all that is known of it.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn application(&mut self, id: ApplicationId) -> Result<Option<AccessKey>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(access_key).transpose()
    }

    /// What to call an application.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn application_name(&mut self, id: ApplicationId) -> Result<Option<String>> {
        let row: Option<AnyRow> = self.row(sqlx::query(NAME).bind(id.to_string())).await?;
        row.map(|row| TableRow::new("applications", "id", &row).text("name"))
            .transpose()
    }

    /// Applications by name.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn applications(&mut self, offset: u32, limit: u32) -> Result<Vec<AccessKey>> {
        let query = sqlx::query(PAGE)
            .bind(i64::from(limit))
            .bind(i64::from(offset));
        self.rows(query).await?.iter().map(access_key).collect()
    }

    /// Removes an application with its key and the access rules that name it; `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_application(&mut self, id: ApplicationId) -> Result<bool> {
        self.access_rules_changed();
        self.execute_of_callers(sqlx::query(DELETE_RULES).bind(id.to_string()))
            .await?;
        Ok(self
            .execute(sqlx::query(DELETE).bind(id.to_string()))
            .await?
            == 1)
    }
}
