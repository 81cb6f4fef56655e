//! The page “Data volumes”.

use std::collections::HashMap;

use authz::{Action, Caller};
use domain::{CatalogueFilter, DataVolumeId, SortOrder, UserId};
use store::{Listing, Tx};
use wire::{CataloguePage, CatalogueQuery, DataVolumeView};

use crate::error::Kind;
use crate::views::Eyes;
use crate::{Error, Result, Service};

/// The most filters of one list.
const MAX_FILTERS: usize = 20;

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
        let listing = self.listing(caller, query, Vec::new()).await?;
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

    /// One page of the data volumes that the caller may see and that meet every filter, each whole but
    /// for its shares and mounts; and how many there are on all pages.
    ///
    /// # Errors
    /// As [`Service::list_data_volumes`].
    pub async fn page_of_data_volumes(
        &self,
        caller: &Caller,
        query: CatalogueQuery,
        filters: Vec<CatalogueFilter>,
    ) -> Result<(Vec<DataVolumeView>, u64)> {
        let listing = self.listing(caller, query, filters).await?;
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let (volumes, total) = tx.list_data_volumes(&listing).await?;
        let creators = volumes.iter().map(|volume| volume.thing.created_by);
        let people = names(&mut tx, creators).await?;
        let eyes = Eyes {
            caller,
            tree: &tree,
            people: &people,
        };
        let views = volumes
            .iter()
            .map(|volume| eyes.data_volume(volume, &[], &[]));
        Ok((views.collect(), total))
    }

    async fn listing(
        &self,
        caller: &Caller,
        query: CatalogueQuery,
        filters: Vec<CatalogueFilter>,
    ) -> Result<Listing> {
        if !(1..=CatalogueQuery::MAX_LIMIT).contains(&query.limit) {
            return Err(Error::invalid("limit", "A page has 1 to 500 rows."));
        }
        if query.search.chars().count() > CatalogueQuery::MAX_SEARCH {
            return Err(Error::invalid(
                "search",
                "A search has at most 200 characters.",
            ));
        }
        if filters.len() > MAX_FILTERS {
            return Err(Error::invalid(
                "filterBy",
                format!("At most {MAX_FILTERS} filters fit."),
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
            view: query.view,
            scope,
            words: query.search.split_whitespace().map(str::to_owned).collect(),
            phases: query.phases,
            persistence: query.persistence,
            filters,
            sort: query.sort,
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
