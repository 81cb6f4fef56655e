//! Data volumes, one by one. Lists of them are in [`crate::catalogue`].

use std::collections::HashMap;

use domain::{
    DataVolume, DataVolumeId, OriginClaim, Persistence, PersistenceClass, Placed, ScopeId,
    ScopeType, Tag, Usage,
};
use jiff::Timestamp;
use sqlx::any::{Any, AnyArguments, AnyRow};
use sqlx::query::Query;

use crate::filter::lower_case;
use crate::rows::{TableRow, columns, json, micros, signed};
use crate::statement::{BATCH, Values};
use crate::{Error, Result, Tx};

const TABLE: &str = "data_volumes";

const ADD: &str = "
    INSERT INTO data_volumes (
        id, name, search_text, phase, persistence_class, claim_name, capacity_bytes, used_bytes,
        file_count, measured_at, created_by, created_at, updated_at, tenant_id, cluster_id,
        department_id, project_id, reconcile_at, project_name)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, scopes.name
    FROM scopes WHERE scopes.id = $17 AND scopes.leaving_at IS NULL
    ON CONFLICT DO NOTHING";

const UPDATE: &str = "
    UPDATE data_volumes SET
        name = $2, search_text = $3, phase = $4, persistence_class = $5, claim_name = $6,
        capacity_bytes = $7, used_bytes = $8, file_count = $9, measured_at = $10, created_by = $11,
        created_at = $12, updated_at = $13
    WHERE id = $1";

const SAVE_DETAILS: &str = "
    INSERT INTO data_volume_details (
        data_volume_id, description, tags, claim_uid, claim_source, storage_class, access_modes,
        location, persistence_reason, sharing, conditions)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (data_volume_id) DO UPDATE
    SET description = excluded.description, tags = excluded.tags, claim_uid = excluded.claim_uid,
        claim_source = excluded.claim_source, storage_class = excluded.storage_class,
        access_modes = excluded.access_modes, location = excluded.location,
        persistence_reason = excluded.persistence_reason, sharing = excluded.sharing,
        conditions = excluded.conditions";

const WHY_NOT_ADDED: &str = "
    SELECT CASE WHEN name = $2 THEN 'name' ELSE 'claim' END AS what
    FROM data_volumes
    WHERE (cluster_id = $1 AND name = $2) OR (project_id = $3 AND claim_name = $4)
    ORDER BY what DESC LIMIT 1";

const MANY: &str = "
    SELECT * FROM data_volumes JOIN data_volume_details ON data_volume_id = id WHERE id IN ";

const REMOVE: &str = "DELETE FROM data_volumes WHERE id = $1";

const CLAIMS_IN_USE: &str = "
    SELECT id, claim_name FROM data_volumes WHERE project_id = $1 ORDER BY claim_name";

const SET_USAGE: &str = "
    UPDATE data_volumes SET used_bytes = $2, file_count = $3, measured_at = $4 WHERE id = $1";

const RECONCILE_AT: &str = "UPDATE data_volumes SET reconcile_at = $2 WHERE id = $1";

const RECONCILE_ALL_AT: &str = "UPDATE data_volumes SET reconcile_at = $2 WHERE cluster_id = $1";

const RECONCILE_LATER: &str = "
    UPDATE data_volumes SET reconcile_at = $3 WHERE id = $1 AND reconcile_at <= $2";

const DUE: &str = "
    SELECT id FROM data_volumes WHERE reconcile_at <= $1 ORDER BY reconcile_at, id LIMIT $2";

const NEXT: &str = "
    SELECT id, reconcile_at FROM data_volumes WHERE reconcile_at IS NOT NULL
    ORDER BY reconcile_at, id LIMIT 1";

/// Whether a data volume was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It was.
    Yes,
    /// Another one in the cluster has the name.
    NameTaken,
    /// Another one in the project holds its bytes in that claim.
    ClaimTaken,
}

impl Tx {
    /// Adds a data volume to a project, due for reconciliation at a time or not at all. Its shares are
    /// added one by one afterwards.
    ///
    /// # Errors
    /// [`Error::Gone`] when there is no such project, or `place` is none.
    pub async fn add_data_volume(
        &mut self,
        volume: &Placed<DataVolume>,
        reconcile_at: Option<Timestamp>,
    ) -> Result<Added> {
        let [tenant, cluster, department, project] = columns(&volume.place);
        let query = bind(sqlx::query(ADD), &volume.thing)?
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project)
            .bind(reconcile_at.map(micros));
        if self.execute(query).await? == 1 {
            self.save_details(&volume.thing).await?;
            return Ok(Added::Yes);
        }
        let query = sqlx::query(WHY_NOT_ADDED)
            .bind(cluster)
            .bind(volume.thing.name.as_str())
            .bind(project)
            .bind(&volume.thing.origin.name);
        let gone = || Error::Gone {
            table: "scopes",
            id: volume.place.id().to_string(),
        };
        let row = self.row(query).await?.ok_or_else(gone)?;
        match TableRow::new(TABLE, "what", &row).text("what")?.as_str() {
            "name" => Ok(Added::NameTaken),
            _ => Ok(Added::ClaimTaken),
        }
    }

    /// One data volume with its place and the scopes that it is shared with.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn data_volume(&mut self, id: DataVolumeId) -> Result<Option<Placed<DataVolume>>> {
        Ok(self.data_volumes(&[id]).await?.pop())
    }

    /// Keeps a changed data volume; its place and its shares stay.
    ///
    /// # Errors
    /// [`Error::Gone`] when it is no longer there, [`Error::Database`] when its new name is taken.
    pub async fn save_data_volume(&mut self, volume: &DataVolume) -> Result<()> {
        match self.execute(bind(sqlx::query(UPDATE), volume)?).await? {
            0 => Err(Error::Gone {
                table: TABLE,
                id: volume.id.to_string(),
            }),
            _ => self.save_details(volume).await,
        }
    }

    /// Forgets a data volume with its shares and mounts, if it is there. Its events stay.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_data_volume(&mut self, id: DataVolumeId) -> Result<()> {
        self.execute(sqlx::query(REMOVE).bind(id.to_string()))
            .await?;
        Ok(())
    }

    /// The names of the claims in a project that hold the bytes of a data volume.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn claims_in_use(&mut self, project: &ScopeId) -> Result<Vec<String>> {
        let rows = self
            .rows(sqlx::query(CLAIMS_IN_USE).bind(project.as_str()))
            .await?;
        rows.iter()
            .map(|row| TableRow::new(TABLE, "id", row).text("claim_name"))
            .collect()
    }

    /// Keeps what was measured; nothing happens when the data volume is gone meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_usage(&mut self, id: DataVolumeId, usage: Usage) -> Result<()> {
        let query = sqlx::query(SET_USAGE)
            .bind(id.to_string())
            .bind(signed(usage.used_bytes.0)?)
            .bind(signed(usage.file_count)?)
            .bind(micros(usage.measured_at));
        self.execute(query).await?;
        Ok(())
    }

    /// When a data volume is to be looked after next; `None`: not until somebody asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reconcile_at(&mut self, id: DataVolumeId, at: Option<Timestamp>) -> Result<()> {
        let query = sqlx::query(RECONCILE_AT)
            .bind(id.to_string())
            .bind(at.map(micros));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// Makes every data volume of a cluster due at a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reconcile_all_at(&mut self, cluster: &ScopeId, at: Timestamp) -> Result<()> {
        let query = sqlx::query(RECONCILE_ALL_AT)
            .bind(cluster.as_str())
            .bind(micros(at));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// Puts a data volume off until `next`, unless somebody made it due after `seen_at`: what was asked
    /// for while the work was done is not lost.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reconcile_later(
        &mut self,
        id: DataVolumeId,
        seen_at: Timestamp,
        next: Timestamp,
    ) -> Result<()> {
        let query = sqlx::query(RECONCILE_LATER)
            .bind(id.to_string())
            .bind(micros(seen_at))
            .bind(micros(next));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// Those that are due, longest overdue first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn due_for_reconciliation(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DataVolumeId>> {
        let query = sqlx::query(DUE).bind(micros(now)).bind(i64::from(limit));
        let rows = self.rows(query).await?;
        rows.iter()
            .map(|row| TableRow::new(TABLE, "id", row).parse("id"))
            .collect()
    }

    /// When the next one is due; it may be in the past.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn next_reconciliation(&mut self) -> Result<Option<Timestamp>> {
        let row = self.row(sqlx::query(NEXT)).await?;
        row.map(|row| TableRow::new(TABLE, "id", &row).time("reconcile_at"))
            .transpose()
    }

    /// Those of the data volumes that are there, in the order of the ids, and what they are shared with.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn data_volumes(&mut self, ids: &[DataVolumeId]) -> Result<Vec<Placed<DataVolume>>> {
        let mut found: HashMap<DataVolumeId, Placed<DataVolume>> =
            HashMap::with_capacity(ids.len());
        for some in ids.chunks(BATCH) {
            let texts: Vec<String> = some.iter().map(DataVolumeId::to_string).collect();
            let mut values = Values::default();
            let list = values.list(texts.iter().map(String::as_str));
            for row in &self.rows(values.query(format!("{MANY}{list}"))).await? {
                let volume = data_volume(row)?;
                found.insert(volume.thing.id, volume);
            }
        }
        for share in self.shares_of_many(ids).await? {
            if let Some(volume) = found.get_mut(&share.data_volume_id) {
                volume.reaches.push(share.reach());
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    async fn save_details(&mut self, volume: &DataVolume) -> Result<()> {
        let origin = &volume.origin;
        let query = sqlx::query(SAVE_DETAILS)
            .bind(volume.id.to_string())
            .bind(volume.description.as_str())
            .bind(json(&volume.tags))
            .bind(origin.uid.as_deref())
            .bind(json(&origin.source))
            .bind(&origin.storage_class)
            .bind(json(&origin.access_modes))
            .bind(&origin.location)
            .bind(
                origin
                    .persistence
                    .as_ref()
                    .map(|persistence| persistence.reason.as_str()),
            )
            .bind(origin.sharing.as_ref().map(json))
            .bind(json(&volume.conditions));
        self.execute(query).await?;
        Ok(())
    }
}

/// Binds `$1` to `$13` of [`ADD`] and [`UPDATE`].
fn bind<'q>(
    query: Query<'q, Any, AnyArguments>,
    volume: &DataVolume,
) -> Result<Query<'q, Any, AnyArguments>> {
    let origin = &volume.origin;
    let usage = volume.usage.as_ref();
    let persistence = origin.persistence.as_ref();
    Ok(query
        .bind(volume.id.to_string())
        .bind(volume.name.to_string())
        .bind(search_text(volume))
        .bind(volume.phase.as_str())
        .bind(persistence.map(|persistence| persistence.class.as_str()))
        .bind(origin.name.clone())
        .bind(
            origin
                .capacity
                .map(|capacity| signed(capacity.0))
                .transpose()?,
        )
        .bind(usage.map(|usage| signed(usage.used_bytes.0)).transpose()?)
        .bind(usage.map(|usage| signed(usage.file_count)).transpose()?)
        .bind(usage.map(|usage| micros(usage.measured_at)))
        .bind(volume.created_by.to_string())
        .bind(micros(volume.created_at))
        .bind(micros(volume.updated_at)))
}

/// What a search looks at. The line ends keep a word from matching across two of the texts.
fn search_text(volume: &DataVolume) -> String {
    let texts = [volume.name.as_str(), volume.description.as_str()];
    let texts = texts.into_iter().chain(volume.tags.iter().map(Tag::as_str));
    lower_case(&texts.collect::<Vec<_>>().join("\n"))
}

fn data_volume(row: &AnyRow) -> Result<Placed<DataVolume>> {
    let details = TableRow::new("data_volume_details", "id", row);
    let row = TableRow::new(TABLE, "id", row);
    let place = row.path()?;
    if place.scope_type() != ScopeType::Project {
        return Err(row.unreadable("project_id", "it is NULL"));
    }
    let persistence = match row.optional_parse::<PersistenceClass>("persistence_class")? {
        Some(class) => Some(Persistence {
            class,
            reason: details.text("persistence_reason")?,
        }),
        None => None,
    };
    let thing = DataVolume {
        id: row.parse("id")?,
        name: row.parse("name")?,
        description: details.parse("description")?,
        tags: details.json("tags")?,
        origin: OriginClaim {
            source: details.json("claim_source")?,
            name: row.text("claim_name")?,
            uid: details.optional_text("claim_uid")?,
            capacity: row.optional_bytes("capacity_bytes")?,
            storage_class: details.text("storage_class")?,
            access_modes: details.json("access_modes")?,
            persistence,
            sharing: details.optional_json("sharing")?,
            location: details.text("location")?,
        },
        phase: row.parse("phase")?,
        conditions: details.json("conditions")?,
        usage: usage(&row)?,
        created_by: row.parse("created_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    };
    Ok(Placed {
        thing,
        place,
        reaches: Vec::new(),
    })
}

fn usage(row: &TableRow<'_>) -> Result<Option<Usage>> {
    let Some(measured_at) = row.optional_time("measured_at")? else {
        return Ok(None);
    };
    let used_bytes = domain::Bytes(row.count("used_bytes")?);
    Ok(Some(Usage {
        used_bytes,
        file_count: row.count("file_count")?,
        measured_at,
    }))
}
