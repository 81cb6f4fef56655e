//! The log. It is written in the transaction of the change that it tells of and outlives the volume.

use domain::{DataVolumeId, Event, UserId};
use sqlx::any::AnyRow;

use crate::rows::{TableRow, micros};
use crate::{Result, Tx};

const RECORD: &str = "
    INSERT INTO events (id, data_volume_id, kind, user_id, subject, happened_at)
    VALUES ($1, $2, $3, $4, $5, $6)";

const OF: &str = "
    SELECT * FROM events WHERE data_volume_id = $1 ORDER BY happened_at DESC, id DESC LIMIT $2";

impl Tx {
    /// Writes down what happened.
    ///
    /// # Errors
    /// When the database does not answer; the change that it tells of must not be committed then.
    pub async fn record(&mut self, event: &Event) -> Result<()> {
        let query = sqlx::query(RECORD)
            .bind(event.id.to_string())
            .bind(event.data_volume_id.to_string())
            .bind(event.kind.as_str())
            .bind(event.user_id.as_ref().map(UserId::to_string))
            .bind(&event.subject)
            .bind(micros(event.happened_at));
        self.execute(query).await?;
        Ok(())
    }

    /// What happened to a data volume, newest first; what happened at the same time by id.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn events_of(&mut self, id: DataVolumeId, limit: u32) -> Result<Vec<Event>> {
        let query = sqlx::query(OF).bind(id.to_string()).bind(i64::from(limit));
        self.rows(query).await?.iter().map(event).collect()
    }
}

fn event(row: &AnyRow) -> Result<Event> {
    let row = TableRow::new("events", "id", row);
    Ok(Event {
        id: row.parse("id")?,
        kind: row.parse("kind")?,
        data_volume_id: row.parse("data_volume_id")?,
        user_id: row.optional_parse("user_id")?,
        subject: row.text("subject")?,
        happened_at: row.time("happened_at")?,
    })
}
