//! The page “Data volumes”.

use std::collections::HashMap;

use authz::{Action, Caller};
use domain::{DataVolumeId, UserId};
use store::{ListView, Listing, Sort, Tx};
use wire::{CataloguePage, CatalogueQuery, CatalogueView, SortBy, SortOrder};

use crate::error::Kind;
use crate::views::Eyes;
use crate::{Error, Result, Service};

impl Service {
    /// One page of the data volumes that the caller may see.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a limit or a search out of bounds, [`Error::NotFound`] for a scope that is
    /// not the caller's to know.
    pub async fn list_data_volumes(
        &self,
        caller: &Caller,
        query: CatalogueQuery,
    ) -> Result<CataloguePage> {
        let listing = self.listing(caller, query).await?;
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let (volumes, total) = tx.list_data_volumes(&listing).await?;
        let ids: Vec<DataVolumeId> = volumes.iter().map(|volume| volume.thing.id).collect();
        let shares = tx.shares_of_many(&ids).await?;
        let people = names(
            &mut tx,
            volumes.iter().map(|volume| volume.thing.created_by),
        )
        .await?;
        let eyes = Eyes {
            caller,
            tree: &tree,
            people: &people,
        };
        Ok(CataloguePage {
            rows: volumes
                .iter()
                .map(|volume| eyes.row(volume, &shares))
                .collect(),
            total,
            may_create: !caller.reach(Action::Create).is_empty(),
        })
    }

    async fn listing(&self, caller: &Caller, query: CatalogueQuery) -> Result<Listing> {
        if !(1..=CatalogueQuery::MAX_LIMIT).contains(&query.limit) {
            return Err(Error::invalid("limit", "A page has 1 to 500 rows."));
        }
        if query.search.chars().count() > CatalogueQuery::MAX_SEARCH {
            return Err(Error::invalid(
                "search",
                "A search has at most 200 characters.",
            ));
        }
        let scope = match query.scope {
            None => None,
            Some(id) => {
                let tree = self.tree().await?;
                let scope = tree.get(&id).filter(|scope| caller.sees_scope(&scope.path));
                Some(scope.ok_or(Error::NotFound(Kind::Scope))?.path.clone())
            }
        };
        Ok(Listing {
            reach: caller.reach(Action::See),
            view: match query.view {
                CatalogueView::All => ListView::All,
                CatalogueView::Originated => ListView::Originated,
                CatalogueView::Usable => ListView::Usable,
            },
            scope,
            words: query.search.split_whitespace().map(str::to_owned).collect(),
            phases: query.phases,
            persistence: query.persistence,
            sort: match query.sort {
                SortBy::Name => Sort::Name,
                SortBy::Status => Sort::Status,
                SortBy::Size => Sort::Size,
                SortBy::Used => Sort::Used,
                SortBy::Files => Sort::Files,
                SortBy::Project => Sort::Project,
                SortBy::Created => Sort::Created,
                SortBy::Updated => Sort::Updated,
            },
            descending: query.order == SortOrder::Desc,
            offset: u64::from(query.offset),
            limit: u64::from(query.limit),
        })
    }
}

/// The names of people, each once.
pub(crate) async fn names(
    tx: &mut Tx,
    ids: impl Iterator<Item = UserId>,
) -> Result<HashMap<UserId, String>> {
    let mut ids: Vec<UserId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(tx.person_names(&ids).await?)
}
