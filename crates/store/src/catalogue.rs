//! Lists of data volumes: filtered, sorted and counted in the database, never fetched and thinned.
//!
//! What is visible here has to be exactly what `authz` lets a caller see: a volume whose origin lies
//! beneath one of the scopes they reach, or that is shared with a scope that has a project in common
//! with one of those.

use std::collections::BTreeMap;

use domain::{
    CatalogueFilter, CatalogueView, DataVolume, DataVolumeId, PersistenceClass, Phase, Placed,
    ScopeId, ScopePath, SortBy, VolumeName,
};

use crate::filter::{CREATOR, Filter};
use crate::rows::{TableRow, signed};
use crate::statement::Values;
use crate::{Result, Tx};

/// Up to here it is quicker to gather all hits and sort them than to walk the index of the order.
const SORTED_HITS: u64 = 20_000;
/// So few are quicker gathered than looked for at the beginning of the order.
const FEW_HITS: u64 = 2_000;
/// From here on a page is deep: the index would be walked for long.
const DEEP: u64 = 1_000;
/// How many rows at the beginning of the order are looked at before all are.
const PEEKED_ROWS: u64 = 4_000;
/// The last row that they are likely to hold, if every tenth belongs to the list.
const PEEKED_HITS: u64 = 400;

const IS_NAME_TAKEN: &str = "
    SELECT id FROM data_volumes WHERE cluster_id = $1 AND name = $2";

/// What a list is asked for, already checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Listing {
    /// The outermost scopes that the caller reaches; nobody sees anything without one.
    pub reach: Vec<ScopePath>,
    /// Which part.
    pub view: CatalogueView,
    /// The chosen scope; `None` is the organisation.
    pub scope: Option<ScopePath>,
    /// Each has to occur in the name, the description or a tag, in whatever case.
    pub words: Vec<String>,
    /// Only these; empty: all.
    pub phases: Vec<Phase>,
    /// Only these; empty: all.
    pub persistence: Vec<PersistenceClass>,
    /// Only what meets each of these.
    pub filters: Vec<CatalogueFilter>,
    /// Sorted by.
    pub sort: SortBy,
    /// Largest first.
    pub descending: bool,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to answer.
    pub limit: u64,
}

/// What an order is read off.
struct Order {
    /// The expression that rows are compared by.
    key: &'static str,
    /// Whether a row can be without one; such rows come last both ways.
    may_be_missing: bool,
    /// Whether there is an index for exactly this order.
    has_index: bool,
}

fn order_by(sort: SortBy) -> Order {
    let (key, may_be_missing, has_index) = match sort {
        SortBy::Name => ("name", false, true),
        SortBy::Status => ("phase", false, true),
        SortBy::Size => ("capacity_bytes", true, true),
        SortBy::Used => ("used_bytes", true, true),
        SortBy::Files => ("file_count", true, true),
        SortBy::Project => ("project_name", false, true),
        SortBy::Created => ("created_at", false, true),
        SortBy::Updated => ("updated_at", false, true),
        SortBy::ProjectId => ("project_id", false, false),
        SortBy::DepartmentId => ("department_id", false, false),
        SortBy::ClusterId => ("cluster_id", false, false),
        SortBy::Creator => (CREATOR, false, false),
    };
    Order {
        key,
        may_be_missing,
        has_index,
    }
}

impl Order {
    /// What `ORDER BY` says; the indexes of the migration are made for exactly these.
    fn clause(&self, key: &str, descending: bool) -> String {
        let way = if descending { "DESC" } else { "ASC" };
        if self.may_be_missing {
            format!("({key} IS NULL), {key} {way}, id {way}")
        } else {
            format!("{key} {way}, id {way}")
        }
    }
}

impl Tx {
    /// One page of a list, and how many rows all pages have.
    ///
    /// There are two ways to a page, and which is quicker depends on how many volumes belong to the
    /// list: to gather and sort them, or to walk the index of the order until the page is full. How many
    /// they are is found in the indexes at once, but not what a search hits.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn list_data_volumes(
        &mut self,
        listing: &Listing,
    ) -> Result<(Vec<Placed<DataVolume>>, u64)> {
        let Some(filter) = Filter::of(listing) else {
            return Ok((Vec::new(), 0));
        };
        let (ids, total) = if filter.is_searched() {
            self.searched_page(listing, &filter).await?
        } else {
            self.page(listing, &filter).await?
        };
        Ok((self.data_volumes(&ids).await?, total))
    }

    /// The page of a list that is not searched.
    async fn page(
        &mut self,
        listing: &Listing,
        filter: &Filter<'_>,
    ) -> Result<(Vec<DataVolumeId>, u64)> {
        let total = self.total(filter).await?;
        if listing.offset >= total {
            return Ok((Vec::new(), total));
        }
        let has_index = order_by(listing.sort).has_index;
        let ids = if !has_index || total <= FEW_HITS {
            self.gather(listing, filter, total).await?.0
        } else if total > SORTED_HITS {
            self.walk(listing, filter, None).await?
        } else {
            match self.peek(listing, filter).await? {
                Some(ids) => ids,
                None => self.gather(listing, filter, total).await?.0,
            }
        };
        Ok((ids, total))
    }

    async fn searched_page(
        &mut self,
        listing: &Listing,
        filter: &Filter<'_>,
    ) -> Result<(Vec<DataVolumeId>, u64)> {
        // A search with many hits fills its first page at once.
        if !filter.is_narrow()
            && listing.filters.is_empty()
            && let Some(ids) = self.peek(listing, filter).await?
        {
            return Ok((ids, self.total(filter).await?));
        }
        let (ids, total) = self.gather(listing, filter, SORTED_HITS).await?;
        // An empty page does not tell how many rows the others have.
        if total <= SORTED_HITS && (total > 0 || listing.offset == 0) {
            return Ok((ids, total));
        }
        let total = self.total(filter).await?;
        let has_index = order_by(listing.sort).has_index;
        let ids = if listing.offset >= total {
            Vec::new()
        } else if !has_index || (total <= SORTED_HITS && listing.offset >= DEEP) {
            self.gather(listing, filter, total).await?.0
        } else {
            self.walk(listing, filter, None).await?
        };
        Ok((ids, total))
    }

    /// The page, if it is full within the first rows of the order.
    async fn peek(
        &mut self,
        listing: &Listing,
        filter: &Filter<'_>,
    ) -> Result<Option<Vec<DataVolumeId>>> {
        let last = listing.offset.saturating_add(listing.limit);
        if last > PEEKED_HITS || !order_by(listing.sort).has_index {
            return Ok(None);
        }
        let ids = self.walk(listing, filter, Some(PEEKED_ROWS)).await?;
        Ok((ids.len() as u64 == listing.limit).then_some(ids))
    }

    /// All of a list in its order, by their ids: of an export no more is known at once. Offset and limit
    /// do not count.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn data_volume_ids(&mut self, listing: &Listing) -> Result<Vec<DataVolumeId>> {
        let Some(filter) = Filter::of(listing) else {
            return Ok(Vec::new());
        };
        let mut values = Values::default();
        let condition = filter.condition(&mut values);
        let order = order_by(listing.sort);
        let order = order.clause(order.key, listing.descending);
        let query = values.query(format!(
            "SELECT v.id FROM data_volumes v WHERE {condition} ORDER BY {order}"
        ));
        let mut ids = Vec::new();
        self.each_row(query, |row| {
            ids.push(TableRow::new("data_volumes", "id", row).parse("id")?);
            Ok(())
        })
        .await?;
        Ok(ids)
    }

    /// Whether a data volume of the cluster has the name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_name_taken(&mut self, cluster: &ScopeId, name: &VolumeName) -> Result<bool> {
        let query = sqlx::query(IS_NAME_TAKEN)
            .bind(cluster.as_str())
            .bind(name.as_str());
        Ok(self.row(query).await?.is_some())
    }

    /// Gathers what belongs to the list, but at most one more than `most`, and sorts it. Answers the
    /// page and how many were gathered, or 0 for an empty page.
    async fn gather(
        &mut self,
        listing: &Listing,
        filter: &Filter<'_>,
        most: u64,
    ) -> Result<(Vec<DataVolumeId>, u64)> {
        let mut values = Values::default();
        let order = order_by(listing.sort);
        let key = order.key;
        let hits: Vec<String> = filter
            .parts(&mut values)
            .iter()
            .map(|part| format!("SELECT v.id, {key} AS sort_key FROM data_volumes v WHERE {part}"))
            .collect();
        let hits = hits.join(" UNION ALL ");
        let most = values.number(signed(most)?.saturating_add(1));
        let order = order.clause("sort_key", listing.descending);
        let limit = values.number(signed(listing.limit)?);
        let offset = values.number(signed(listing.offset)?);
        let query = values.query(format!(
            "WITH hits AS MATERIALIZED ({hits} LIMIT {most})
             SELECT id, (SELECT count(*) FROM hits) AS total FROM hits
             ORDER BY {order} LIMIT {limit} OFFSET {offset}"
        ));
        let mut ids = Vec::new();
        let mut total = 0;
        for row in &self.rows(query).await? {
            let row = TableRow::new("data_volumes", "id", row);
            ids.push(row.parse("id")?);
            total = row.count("total")?;
        }
        Ok((ids, total))
    }

    /// Walks the index of the order until the page is full, or only its first rows.
    async fn walk(
        &mut self,
        listing: &Listing,
        filter: &Filter<'_>,
        rows: Option<u64>,
    ) -> Result<Vec<DataVolumeId>> {
        let mut values = Values::default();
        let condition = filter.condition(&mut values);
        let order = order_by(listing.sort);
        let column = order.key;
        let order = order.clause(column, listing.descending);
        let source = match rows {
            Some(rows) => {
                let rows = values.number(signed(rows)?);
                let filtered =
                    "id, department_id, project_id, search_text, phase, persistence_class";
                let sorted = if column == "phase" {
                    String::new()
                } else {
                    format!(", {column}")
                };
                format!(
                    "(SELECT {filtered}{sorted} FROM data_volumes ORDER BY {order} LIMIT {rows})"
                )
            }
            None => "data_volumes".to_owned(),
        };
        let limit = values.number(signed(listing.limit)?);
        let offset = values.number(signed(listing.offset)?);
        let query = values.query(format!(
            "SELECT v.id FROM {source} v WHERE {condition}
             ORDER BY {order} LIMIT {limit} OFFSET {offset}"
        ));
        let rows = self.rows(query).await?;
        rows.iter()
            .map(|row| TableRow::new("data_volumes", "id", row).parse("id"))
            .collect()
    }

    async fn total(&mut self, filter: &Filter<'_>) -> Result<u64> {
        let mut values = Values::default();
        let counts = if filter.is_searched() {
            let parts = filter.parts(&mut values).into_iter();
            parts
                .map(|part| format!("SELECT count(*) FROM data_volumes v WHERE {part}"))
                .collect()
        } else {
            filter.counts(&mut values)
        };
        if counts.is_empty() {
            return Ok(0);
        }
        let query = values.query(format!("SELECT ({}) AS total", counts.join(") + (")));
        let row = self.row(query).await?;
        row.map_or(Ok(0), |row| {
            TableRow::new("data_volumes", "total", &row).count("total")
        })
    }

    /// How many visible data volumes originate at and beneath each scope, by the scope's id. Scopes
    /// without any are left out.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn count_by_scope(&mut self, reach: &[ScopePath]) -> Result<Vec<(ScopeId, u64)>> {
        let listing = Listing {
            reach: reach.to_vec(),
            ..Listing::default()
        };
        let Some(filter) = Filter::of(&listing) else {
            return Ok(Vec::new());
        };
        let mut values = Values::default();
        let counts: Vec<String> = filter
            .parts(&mut values)
            .iter()
            .map(|part| {
                format!(
                    "SELECT v.project_id, count(*) AS volume_count FROM data_volumes v
                     WHERE {part} GROUP BY v.project_id"
                )
            })
            .collect();
        let query = values.query(format!(
            "SELECT tenant_id, cluster_id, department_id, scopes.project_id, volume_count AS total
             FROM ({}) AS counted JOIN scopes ON scopes.id = counted.project_id",
            counts.join(" UNION ALL ")
        ));
        let mut counts: BTreeMap<ScopeId, u64> = BTreeMap::new();
        for row in &self.rows(query).await? {
            let row = TableRow::new("data_volumes", "project_id", row);
            let total = row.count("total")?;
            for id in row.path()?.ids() {
                *counts.entry(id.clone()).or_default() += total;
            }
        }
        Ok(counts.into_iter().collect())
    }
}
