//! What consoles that share a database tell each other, beside what stands in it.
//!
//! Nothing is kept: who was away has missed it, and knows that something was missed. A file of SQLite has one
//! console, which has nobody to tell.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use sqlx::Row as _;
use sqlx::postgres::PgListener;

use crate::{Result, Store};

/// Consoles on other schemas of the database hear it too, and pass over it.
const TELL: &str = "SELECT pg_notify('stowage', current_schema() || ' ' || $1)";
const CHANNEL: &str = "stowage";
const SCHEMA: &str = "SELECT current_schema() AS schema";
/// How soon a database that is away is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Something that a console said, this one too.
    Said(String),
    /// The connection was cut or is new: something may have been said that nobody heard.
    Missed,
}

impl Store {
    /// Says something to all consoles that share the database, at most 7,900 bytes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tell_others(&self, text: &str) -> Result<()> {
        if self.is_shared() {
            self.row(sqlx::query(TELL).bind(text)).await?;
        }
        Ok(())
    }

    /// What consoles say from now on, for ever. The first that is heard is [`Told::Missed`].
    pub fn told(&self) -> BoxStream<'static, Told> {
        if !self.is_shared() {
            return stream::pending().boxed();
        }
        let store = self.clone();
        stream::unfold(None, move |listening| {
            let store = store.clone();
            async move {
                if let Some(mut ear) = listening
                    && let Some(text) = Ear::next(&mut ear).await
                {
                    return Some((Told::Said(text), Some(ear)));
                }
                Some((Told::Missed, Some(store.listen().await)))
            }
        })
        .boxed()
    }

    /// Asks until the database is there.
    async fn listen(&self) -> Ear {
        loop {
            match self.try_to_listen().await {
                Ok(ear) => return ear,
                Err(error) => {
                    tracing::warn!(%error, "nothing is heard of other consoles");
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
        }
    }

    async fn try_to_listen(&self) -> Result<Ear> {
        let url = self.readers.connect_options().database_url.clone();
        let mut listener = PgListener::connect(url.as_str()).await?;
        listener.listen(CHANNEL).await?;
        let row = sqlx::query(SCHEMA).fetch_one(&mut listener).await?;
        let schema: String = row.try_get("schema")?;
        Ok(Ear { listener, schema })
    }
}

/// A connection that hears.
struct Ear {
    listener: PgListener,
    schema: String,
}

impl Ear {
    /// The next that is for this schema; `None` when the connection was cut.
    async fn next(&mut self) -> Option<String> {
        loop {
            let heard = self.listener.try_recv().await.ok()??;
            let text = heard.payload().strip_prefix(&self.schema);
            if let Some(text) = text.and_then(|text| text.strip_prefix(' ')) {
                return Some(text.to_owned());
            }
        }
    }
}
