//! Whether anything changed since an answer was made.
//!
//! A number in the database grows with every change, in the transaction of the change, so that all consoles of one
//! database know of it at once. A console of a version before this one changes things without it: what is kept may
//! not be kept for long.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::lock::Mutex;

use crate::rows::TableRow;
use crate::{Error, Result, Store, Tx};

const CURRENT: &str = "SELECT id, lists, access_rules, callers FROM generations WHERE id = 'all'";

const NEXT: &str = "
    UPDATE generations
    SET lists = lists + $1, access_rules = access_rules + $2, callers = callers + $3
    WHERE id = 'all'";

/// Two that are equal mean that nothing changed in between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Generations {
    /// Of what lists of data volumes and the scope tree show.
    pub lists: u64,
    /// Of the access rules.
    pub access_rules: u64,
    /// Of who callers are: of sessions, sign-ins, access keys, applications and people.
    pub callers: u64,
}

/// What a transaction changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) lists: bool,
    pub(crate) access_rules: bool,
    pub(crate) callers: bool,
}

/// The last look at the numbers, for all who asked before it began.
#[derive(Debug, Default)]
pub(crate) struct LastLook {
    asked: AtomicU64,
    /// The numbers, and how many had asked when they were about to be read.
    found: Mutex<(u64, Generations)>,
}

impl Store {
    /// The numbers at a moment after the call. Of many who ask at once, one looks for all.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn generations(&self) -> Result<Generations> {
        let last_look = self.last_look();
        let number = last_look.asked.fetch_add(1, Ordering::SeqCst);
        let mut found = last_look.found.lock().await;
        if number >= found.0 {
            let asked = last_look.asked.load(Ordering::SeqCst);
            *found = (asked, self.read_generations().await?);
        }
        Ok(found.1)
    }

    async fn read_generations(&self) -> Result<Generations> {
        let gone = || Error::Gone {
            table: "generations",
            id: "all".to_owned(),
        };
        let row = self.row(sqlx::query(CURRENT)).await?.ok_or_else(gone)?;
        let row = TableRow::new("generations", "id", &row);
        Ok(Generations {
            lists: row.count("lists")?,
            access_rules: row.count("access_rules")?,
            callers: row.count("callers")?,
        })
    }
}

impl Tx {
    pub(crate) async fn count_on(&mut self, changed: Changed) -> Result<()> {
        let query = sqlx::query(NEXT)
            .bind(i64::from(changed.lists))
            .bind(i64::from(changed.access_rules))
            .bind(i64::from(changed.callers));
        self.execute_unlisted(query).await?;
        Ok(())
    }
}
