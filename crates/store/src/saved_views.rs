//! Views of the catalogue that people saved.

use domain::{SavedView, SavedViewId, UserId};
use sqlx::any::AnyRow;

use crate::rows::{TableRow, micros};
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO saved_views (id, person_id, name, query, created_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (person_id, name) DO NOTHING";

const OF_PERSON: &str = "SELECT * FROM saved_views WHERE person_id = $1 ORDER BY name";

const ONE: &str = "SELECT * FROM saved_views WHERE id = $1";

const REMOVE: &str = "DELETE FROM saved_views WHERE id = $1";

impl Tx {
    /// Keeps a view; `false` when its person has another one of that name.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such person.
    pub async fn add_saved_view(&mut self, view: &SavedView) -> Result<bool> {
        let query = sqlx::query(ADD)
            .bind(view.id.to_string())
            .bind(view.person_id.to_string())
            .bind(view.name.as_str())
            .bind(&view.query)
            .bind(micros(view.created_at));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// The views of a person, by name.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn saved_views_of(&mut self, person: UserId) -> Result<Vec<SavedView>> {
        let query = sqlx::query(OF_PERSON).bind(person.to_string());
        self.rows(query).await?.iter().map(saved_view).collect()
    }

    /// One view.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn saved_view(&mut self, id: SavedViewId) -> Result<Option<SavedView>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(saved_view).transpose()
    }

    /// Forgets a view, if it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_saved_view(&mut self, id: SavedViewId) -> Result<()> {
        self.execute_unlisted(sqlx::query(REMOVE).bind(id.to_string()))
            .await?;
        Ok(())
    }
}

fn saved_view(row: &AnyRow) -> Result<SavedView> {
    let row = TableRow::new("saved_views", "id", row);
    Ok(SavedView {
        id: row.parse("id")?,
        person_id: row.parse("person_id")?,
        name: row.parse("name")?,
        query: row.text("query")?,
        created_at: row.time("created_at")?,
    })
}
