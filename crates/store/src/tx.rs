//! A transaction.

use futures::TryStreamExt as _;
use sqlx::AnyPool;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;

use crate::Result;
use crate::generations::Changed;

/// One transaction. Everything that the store does is a method of it; see [`crate`].
#[derive(Debug)]
pub struct Tx {
    inner: sqlx::Transaction<'static, Any>,
    changed: Changed,
}

impl Tx {
    pub(crate) async fn begin(pool: &AnyPool, statement: &'static str) -> Result<Self> {
        Ok(Self {
            inner: pool.begin_with(statement).await?,
            changed: Changed::default(),
        })
    }

    /// Makes all changes last. Without it, they never were.
    ///
    /// # Errors
    /// [`crate::Error::Database`] when they could not be written; then none of them is.
    pub async fn commit(mut self) -> Result<()> {
        let changed = self.changed;
        if changed != Changed::default() {
            self.count_on(changed).await?;
        }
        Ok(self.inner.commit().await?)
    }

    /// Runs a statement; answers how many rows it touched. Whoever keeps a list makes it anew afterwards.
    pub(crate) async fn execute(&mut self, query: Query<'_, Any, AnyArguments>) -> Result<u64> {
        let touched = self.execute_unlisted(query).await?;
        if touched > 0 {
            self.lists_changed();
        }
        Ok(touched)
    }

    /// Runs a statement that changes nothing of what lists of data volumes and the scope tree show.
    pub(crate) async fn execute_unlisted(
        &mut self,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<u64> {
        Ok(query.execute(&mut *self.inner).await?.rows_affected())
    }

    /// Runs a statement that changes who callers are, and nothing that lists show.
    pub(crate) async fn execute_of_callers(
        &mut self,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<u64> {
        self.callers_changed();
        self.execute_unlisted(query).await
    }

    /// Notes a change of what lists of data volumes and the scope tree show.
    pub(crate) fn lists_changed(&mut self) {
        self.changed.lists = true;
    }

    /// Notes a change of the access rules.
    pub(crate) fn access_rules_changed(&mut self) {
        self.changed.access_rules = true;
    }

    /// Notes a change of who callers are.
    pub(crate) fn callers_changed(&mut self) {
        self.changed.callers = true;
    }

    /// Runs a query for at most one row.
    pub(crate) async fn row(
        &mut self,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<Option<AnyRow>> {
        Ok(query.fetch_optional(&mut *self.inner).await?)
    }

    /// Runs a query whose rows are too many to be held at once.
    pub(crate) async fn each_row(
        &mut self,
        query: Query<'_, Any, AnyArguments>,
        mut on_row: impl FnMut(&AnyRow) -> Result<()>,
    ) -> Result<()> {
        let mut rows = query.fetch(&mut *self.inner);
        while let Some(row) = rows.try_next().await? {
            on_row(&row)?;
        }
        Ok(())
    }

    /// Runs a query.
    pub(crate) async fn rows(
        &mut self,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<Vec<AnyRow>> {
        Ok(query.fetch_all(&mut *self.inner).await?)
    }
}
