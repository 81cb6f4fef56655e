//! From an address to a database that answers.
//!
//! There are two pools, not one: a single connection that writes, and several that read. With one
//! pool, readers would wait behind writers that wait for each other.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::{Any, AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::query::Query;
use sqlx::{AnyPool, Executor, SqlSafeStr};

use crate::generations::LastLook;
use crate::{Error, Result, Tx, migrations};

/// How many can read at the same time.
const READERS: u32 = 8;

/// Answers survive a power cut (`FULL`); readers do not wait for writers (`WAL`). Searches read whole
/// tables, which takes a fifth less with larger pages; only a new database takes them. Readers see the file
/// through the system's own cache (`mmap_size`, in bytes): a list of 10,000 volumes takes a third less than
/// through copies, and no memory of ours. What they copy still, a cache per connection (in KiB), is what
/// was written last.
const SQLITE_WRITER: &str = "
    PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -8192";
const SQLITE_READER: &str = "
    PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048;
    PRAGMA mmap_size = 268435456; PRAGMA query_only = ON";

/// Lists of ids differ from call to call, and a plan made for one of them fits no other. Compiling a
/// query takes longer than any of ours runs. All that we ask for is in memory: with the costs of a disk,
/// PostgreSQL would read a whole index where it should look up a few thousand rows.
const POSTGRES: &str = "
    SET plan_cache_mode = force_custom_plan; SET jit = off;
    SET seq_page_cost = 0.1; SET random_page_cost = 0.1";
/// The same lock for every console on this schema, and another one in the schema beside it.
const POSTGRES_ONE_WRITER: &str =
    "SELECT pg_advisory_xact_lock(hashtext('stowage ' || current_schema()))";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) engine: Engine,
    writer: AnyPool,
    pub(crate) readers: AnyPool,
    last_look: Arc<LastLook>,
}

impl Store {
    /// Opens `sqlite:PATH`, which is made when missing, or `postgres://…`. Tables come with
    /// [`Store::migrate`].
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::File`] where there can be no such database, [`Error::Database`]
    /// where it does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (engine, options) = if let Some(path) = url.strip_prefix("sqlite:") {
            (
                Engine::Sqlite,
                sqlite_options(url, path.strip_prefix("//").unwrap_or(path))?,
            )
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // The address may hold a password: it is not repeated.
            let address = || Error::Address("postgres://…".to_owned());
            (Engine::Postgres, url.parse().map_err(|_| address())?)
        } else {
            let scheme = url.split(':').next().unwrap_or_default();
            return Err(Error::Address(format!("{scheme}:…")));
        };
        let (writing, reading) = match engine {
            Engine::Sqlite => (SQLITE_WRITER, SQLITE_READER),
            Engine::Postgres => (POSTGRES, POSTGRES),
        };
        Ok(Self {
            engine,
            // First the writer: it turns the file into one that can be read meanwhile.
            writer: pool(engine, 1, writing)
                .connect_with(options.clone())
                .await?,
            readers: pool(engine, READERS, reading).connect_with(options).await?,
            last_look: Arc::default(),
        })
    }

    /// Runs a query for at most one row by itself. One query sees one moment without a transaction, and takes a third
    /// of the time.
    pub(crate) async fn row(&self, query: Query<'_, Any, AnyArguments>) -> Result<Option<AnyRow>> {
        Ok(query.fetch_optional(&self.readers).await?)
    }

    pub(crate) fn last_look(&self) -> &LastLook {
        &self.last_look
    }

    /// Brings the tables to what this version needs. Doing it twice changes nothing.
    ///
    /// # Errors
    /// [`Error::Migration`] when the database was written by a newer version or a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        if self.engine == Engine::Postgres {
            let mut tx = self.begin().await?;
            migrations::prepare_postgres(&mut tx).await?;
            tx.commit().await?;
        }
        migrations::run(&self.writer).await
    }

    /// Begins to change things, after everybody who began before has ended.
    ///
    /// # Errors
    /// [`Error::Database`] when the turn does not come within half a minute or the database is away.
    pub async fn begin(&self) -> Result<Tx> {
        match self.engine {
            Engine::Sqlite => Tx::begin(&self.writer, "BEGIN IMMEDIATE").await,
            Engine::Postgres => {
                let mut tx = Tx::begin(&self.writer, "BEGIN").await?;
                tx.execute_unlisted(sqlx::query(POSTGRES_ONE_WRITER))
                    .await?;
                Ok(tx)
            }
        }
    }

    /// Begins to look: all that is read is of one moment, and nothing can be changed.
    ///
    /// # Errors
    /// [`Error::Database`] when the database is away or too many read at once.
    pub async fn read(&self) -> Result<Tx> {
        let statement = match self.engine {
            Engine::Sqlite => "BEGIN DEFERRED",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Tx::begin(&self.readers, statement).await
    }
}

fn pool(engine: Engine, connections: u32, settings: &'static str) -> AnyPoolOptions {
    let options = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(30))
        .after_connect(move |connection, _| {
            Box::pin(async move {
                connection
                    .execute(sqlx::raw_sql(settings.into_sql_str()))
                    .await?;
                Ok(())
            })
        });
    match engine {
        // A file does not go away, and what a connection has cached is worth keeping.
        Engine::Sqlite => options
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false),
        Engine::Postgres => options,
    }
}

fn sqlite_options(url: &str, path: &str) -> Result<AnyConnectOptions> {
    // Every connection of a pool would get an empty database of its own.
    if path.is_empty() || path.starts_with(":memory:") {
        return Err(Error::Address(url.to_owned()));
    }
    make_file(Path::new(path)).map_err(|source| Error::File {
        path: path.into(),
        source,
    })?;
    // The driver reads the path as a part of an address.
    let escaped = path
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite:{escaped}?mode=rw")
        .parse()
        .map_err(|_| Error::Address(url.to_owned()))
}

/// Makes the file before SQLite does, so that nobody else on the machine can read the secrets in it.
/// SQLite gives the files beside it the same permissions.
fn make_file(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
