//! Small named secrets that every console on this database has to agree on, such as signing keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::rows::TableRow;
use crate::{Error, Result, Tx};

const ONE: &str = "SELECT name, value FROM secrets WHERE name = $1";

const PUT: &str = "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

impl Tx {
    /// One secret.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn secret(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(row) = self.row(sqlx::query(ONE).bind(name)).await? else {
            return Ok(None);
        };
        let row = TableRow::new("secrets", "name", &row);
        // The text is left out of the error: errors are logged.
        let value = STANDARD.decode(row.text("value")?);
        value
            .map(Some)
            .map_err(|_| row.unreadable("value", "it is not Base64"))
    }

    /// Keeps a secret unless one of that name is there; answers the one that holds.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn put_secret_if_absent(&mut self, name: &str, value: &[u8]) -> Result<Vec<u8>> {
        self.execute_unlisted(sqlx::query(PUT).bind(name).bind(STANDARD.encode(value)))
            .await?;
        let gone = || Error::Gone {
            table: "secrets",
            id: name.to_owned(),
        };
        self.secret(name).await?.ok_or_else(gone)
    }
}
