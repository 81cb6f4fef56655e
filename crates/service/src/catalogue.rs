//! The page “Data volumes”.

use std::collections::HashMap;
use std::sync::Arc;

use authz::{Action, Caller};
use domain::{CatalogueFilter, DataVolumeId, SortOrder, UserId};
use futures::{Stream, StreamExt, stream};
use store::{Listing, Tx};
use wire::{CataloguePage, CatalogueQuery, CatalogueRow, DataVolumeView};

use crate::answers::{Answer, Question};
use crate::error::Kind;
use crate::scope_tree::ScopeTree;
use crate::views::Eyes;
use crate::{Error, Result, Service};

/// How many data volumes an export reads at a time.
const PART: usize = 500;

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
        let question = Question::page::<CataloguePage>(caller, &query, &[]);
        let page = self
            .kept_or_made(question, self.read_page(caller, query))
            .await?;
        Ok(Arc::unwrap_or_clone(page))
    }

    async fn read_page(&self, caller: &Caller, query: CatalogueQuery) -> Result<CataloguePage> {
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
    /// for its shares and mounts, and how many there are on all pages; as `convert` puts it. What it made is
    /// kept while nothing changes.
    ///
    /// # Errors
    /// As [`Service::list_data_volumes`].
    pub async fn page_of_data_volumes<T: Answer>(
        &self,
        caller: &Caller,
        query: CatalogueQuery,
        filters: Vec<CatalogueFilter>,
        convert: impl FnOnce(Vec<DataVolumeView>, u64) -> T + Send,
    ) -> Result<Arc<T>> {
        let question = Question::page::<T>(caller, &query, &filters);
        let make = async {
            let (volumes, total) = self.read_views(caller, query, filters).await?;
            Ok(convert(volumes, total))
        };
        self.kept_or_made(question, make).await
    }

    async fn read_views(
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

    /// Every row of a list, in its order, read bit by bit: of what is not on its way there is only the id.
    /// Offset, limit and columns do not count. What went away meanwhile, or out of the caller's sight, is
    /// left out.
    ///
    /// # Errors
    /// As [`Service::list_data_volumes`]; the stream ends with an error when the database fails.
    pub async fn export_data_volumes(
        &self,
        caller: &Caller,
        query: CatalogueQuery,
    ) -> Result<impl Stream<Item = Result<CatalogueRow>> + Send + use<>> {
        let query = CatalogueQuery {
            offset: 0,
            limit: CatalogueQuery::DEFAULT_LIMIT,
            ..query
        };
        let listing = self.listing(caller, query, Vec::new()).await?;
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let ids = tx.data_volume_ids(&listing).await?;
        let (service, caller) = (self.clone(), caller.clone());
        let parts = stream::try_unfold(0, move |from| {
            let part: Vec<DataVolumeId> = ids.iter().skip(from).take(PART).copied().collect();
            let (service, caller, tree) = (service.clone(), caller.clone(), tree.clone());
            async move {
                if part.is_empty() {
                    return Ok::<_, Error>(None);
                }
                let rows = service.rows_of(&caller, &tree, &part).await?;
                Ok(Some((rows, from + part.len())))
            }
        });
        Ok(parts.flat_map(|part| {
            let rows: Vec<Result<CatalogueRow>> = match part {
                Ok(rows) => rows.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            stream::iter(rows)
        }))
    }

    async fn rows_of(
        &self,
        caller: &Caller,
        tree: &ScopeTree,
        ids: &[DataVolumeId],
    ) -> Result<Vec<CatalogueRow>> {
        let mut tx = self.0.store.read().await?;
        let mut volumes = tx.data_volumes(ids).await?;
        volumes.retain(|volume| caller.may(Action::See, volume));
        let shares = tx.shares_of_many(ids).await?;
        let creators = volumes.iter().map(|volume| volume.thing.created_by);
        let people = names(&mut tx, creators).await?;
        let eyes = Eyes {
            caller,
            tree,
            people: &people,
        };
        let rows = volumes.iter().map(|volume| eyes.row(volume, &shares));
        Ok(rows.collect())
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
        let mut all_filters = query.filters;
        all_filters.extend(filters);
        if all_filters.len() > CatalogueQuery::MAX_FILTERS {
            return Err(Error::invalid(
                "filterBy",
                format!("At most {} filters fit.", CatalogueQuery::MAX_FILTERS),
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
            filters: all_filters,
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
