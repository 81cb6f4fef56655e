//! Imports into data volumes.

use domain::{DataVolumeId, Import, ImportId, ImportState};
use sqlx::any::AnyRow;

use crate::rows::{TableRow, json, micros};
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO imports (id, data_volume_id, source, into_folder, existing, credential, asked_by, asked_at, state,
                         runs, progress, started_at, ended_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const ONE: &str = "SELECT * FROM imports WHERE id = $1";

const OF_VOLUME: &str = "
    SELECT * FROM imports WHERE data_volume_id = $1 ORDER BY asked_at DESC, id LIMIT $2";

const UNFINISHED: &str = "
    SELECT * FROM imports WHERE ended_at IS NULL ORDER BY asked_at, id LIMIT $1";

const UNFINISHED_OF_VOLUME: &str = "
    SELECT COUNT(*) AS count FROM imports WHERE data_volume_id = $1 AND ended_at IS NULL";

// Whoever stopped it or began it anew meanwhile is right.
const SAVE: &str = "
    UPDATE imports
    SET state = $4, runs = $5, progress = $6, started_at = $7, ended_at = $8, asked_by = $9
    WHERE id = $1 AND state = $2 AND runs = $3";

const REMOVE: &str = "DELETE FROM imports WHERE id = $1 AND ended_at IS NOT NULL";

impl Tx {
    /// Adds an import.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such data volume.
    pub async fn add_import(&mut self, import: &Import) -> Result<()> {
        let query = sqlx::query(ADD)
            .bind(import.id.to_string())
            .bind(import.data_volume_id.to_string())
            .bind(json(&import.source))
            .bind(import.into.as_str())
            .bind(json(&import.existing))
            .bind(import.credential.as_deref())
            .bind(import.asked_by.to_string())
            .bind(micros(import.asked_at))
            .bind(import.state.as_str())
            .bind(i64::from(import.runs))
            .bind(json(&import.progress))
            .bind(import.started_at.map(micros))
            .bind(import.ended_at.map(micros));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// One import.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn import(&mut self, id: ImportId) -> Result<Option<Import>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(import).transpose()
    }

    /// The imports of a data volume, newest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn imports_of(&mut self, volume: DataVolumeId, limit: u32) -> Result<Vec<Import>> {
        let query = sqlx::query(OF_VOLUME)
            .bind(volume.to_string())
            .bind(i64::from(limit));
        self.rows(query).await?.iter().map(import).collect()
    }

    /// The imports that a data agent works on, is to work on or is to stop, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn unfinished_imports(&mut self, limit: u32) -> Result<Vec<Import>> {
        let query = sqlx::query(UNFINISHED).bind(i64::from(limit));
        self.rows(query).await?.iter().map(import).collect()
    }

    /// How many of these there are for a data volume.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn count_unfinished_imports(&mut self, volume: DataVolumeId) -> Result<u64> {
        let query = sqlx::query(UNFINISHED_OF_VOLUME).bind(volume.to_string());
        match self.row(query).await? {
            Some(row) => TableRow::new("imports", "count", &row).count("count"),
            None => Ok(0),
        }
    }

    /// Keeps how an import stands, for whom and how often it was begun, if it still is in `state` and at `run`;
    /// `false` when somebody was faster.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn save_import(
        &mut self,
        import: &Import,
        state: ImportState,
        run: u32,
    ) -> Result<bool> {
        let query = sqlx::query(SAVE)
            .bind(import.id.to_string())
            .bind(state.as_str())
            .bind(i64::from(run))
            .bind(import.state.as_str())
            .bind(i64::from(import.runs))
            .bind(json(&import.progress))
            .bind(import.started_at.map(micros))
            .bind(import.ended_at.map(micros))
            .bind(import.asked_by.to_string());
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// Forgets an import that has ended; `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_import(&mut self, id: ImportId) -> Result<bool> {
        let query = sqlx::query(REMOVE).bind(id.to_string());
        Ok(self.execute_unlisted(query).await? == 1)
    }
}

fn import(row: &AnyRow) -> Result<Import> {
    let row = TableRow::new("imports", "id", row);
    let runs = row.count("runs")?;
    Ok(Import {
        id: row.parse("id")?,
        data_volume_id: row.parse("data_volume_id")?,
        source: row.json("source")?,
        into: row.parse("into_folder")?,
        existing: row.json("existing")?,
        credential: row.optional_text("credential")?,
        asked_by: row.parse("asked_by")?,
        asked_at: row.time("asked_at")?,
        state: row.parse("state")?,
        runs: u32::try_from(runs).map_err(|error| row.unreadable("runs", error))?,
        progress: row.json("progress")?,
        started_at: row.optional_time("started_at")?,
        ended_at: row.optional_time("ended_at")?,
    })
}
