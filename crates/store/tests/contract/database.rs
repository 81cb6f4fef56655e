//! An empty database for each test, and the test as a trial on each engine.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use libtest_mimic::{Failed, Trial};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use store::Store;
use tempfile::TempDir;

type Test = fn(Database) -> Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A statement about the store, and the function that proves it.
pub(crate) struct Contract {
    pub(crate) name: &'static str,
    pub(crate) test: Test,
}

/// The contracts of a module. A function that is not in the list is unused, which the compiler tells.
macro_rules! contracts {
    ($($name:ident),+ $(,)?) => {
        pub(crate) fn contracts() -> Vec<crate::database::Contract> {
            vec![$(crate::database::Contract {
                name: concat!(module_path!(), "::", stringify!($name)),
                test: |database| Box::pin($name(database)),
            }),+]
        }
    };
}
pub(crate) use contracts;

impl Contract {
    pub(crate) fn trials(self, postgres: Option<&str>) -> Vec<Trial> {
        let Self { name, test } = self;
        let name = name.trim_start_matches("contract::");
        let mut trials = vec![Trial::test(format!("sqlite::{name}"), move || {
            on_sqlite(test)
        })];
        if let Some(url) = postgres.map(str::to_owned) {
            trials.push(Trial::test(format!("postgres::{name}"), move || {
                on_postgres(&url, test)
            }));
        }
        trials
    }
}

/// An empty database with all tables.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) url: String,
}

impl Database {
    async fn open(url: String) -> Result<Self> {
        let store = Store::connect(&url).await?;
        store.migrate().await?;
        Ok(Self { store, url })
    }

    /// Runs a statement past the store.
    pub(crate) async fn behind_its_back(&self, statement: &str) -> Result<()> {
        let mut connection = sqlx::AnyConnection::connect(&self.url).await?;
        connection
            .execute(AssertSqlSafe(statement.to_owned()))
            .await?;
        connection.close().await?;
        Ok(())
    }
}

fn on_sqlite(test: Test) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let url = format!("sqlite:{}", folder.path().join("stowage.db").display());
    runtime()?.block_on(run(url, test))
}

fn on_postgres(server: &str, test: Test) -> Result<(), Failed> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let schema = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let mark = if server.contains('?') { '&' } else { '?' };
    runtime()?.block_on(async {
        execute(server, format!("CREATE SCHEMA {schema}")).await?;
        run(format!("{server}{mark}options[search_path]={schema}"), test).await
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// In a task of its own, so that a panic does not keep the schema from being dropped.
async fn run(url: String, test: Test) -> Result<(), Failed> {
    let task = tokio::spawn(async move { test(Database::open(url).await?).await });
    match task.await {
        Ok(outcome) => outcome.map_err(|error| Failed::from(format!("{error:#}"))),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// The database in PostgreSQL that the tests of one run make their schemas in.
///
/// It sorts by language, not by bytes, as most do: an order that only holds where PostgreSQL was set
/// up with “C” would be found out.
pub(crate) struct Server {
    given: String,
    name: String,
    url: String,
}

impl Server {
    pub(crate) fn make(given: String) -> Result<Self> {
        let name = format!("stowage_test_{}", std::process::id());
        let mut url = url::Url::parse(&given)?;
        url.set_path(&name);
        runtime()?.block_on(execute(
            &given,
            format!(
                "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'
                 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
            ),
        ))?;
        Ok(Self {
            given,
            name,
            url: url.into(),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn drop(self) -> Result<()> {
        runtime()?.block_on(execute(
            &self.given,
            format!("DROP DATABASE {} WITH (FORCE)", self.name),
        ))
    }
}

async fn execute(url: &str, statement: String) -> Result<()> {
    let options: sqlx::postgres::PgConnectOptions = url.parse()?;
    let mut connection = options.connect().await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await?;
    Ok(())
}
