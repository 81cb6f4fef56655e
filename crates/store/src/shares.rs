//! Shares, which are rules, and mounts, which follow from them.

use domain::{DataVolumeId, Mount, ScopeId, Share, ShareId};
use sqlx::any::AnyRow;

use crate::rows::{TableRow, columns, micros};
use crate::statement::{BATCH, Values};
use crate::{Error, Result, Tx};

const ADD: &str = "
    INSERT INTO shares (id, data_volume_id, origin_claim_uid, scope_id, tenant_id, cluster_id,
                        department_id, project_id, mode, reason, created_by, created_at,
                        expires_at, sub_path, origin_cluster_id, origin_department_id, origin_project_id)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CAST($13 AS BIGINT), $14, v.cluster_id,
           v.department_id, v.project_id
    FROM data_volumes v WHERE v.id = $2
    ON CONFLICT (data_volume_id, scope_id) DO NOTHING";

const IS_SHARED: &str = "SELECT id FROM shares WHERE data_volume_id = $1 AND scope_id = $2";

const ONE: &str = "SELECT * FROM shares WHERE id = $1";

const OF_MANY: &str = "SELECT * FROM shares WHERE data_volume_id IN ";

const REMOVE: &str = "DELETE FROM shares WHERE id = $1";

const MOUNTS_OF: &str = "SELECT * FROM mounts WHERE data_volume_id = $1 ORDER BY project_id";

const SAVE_MOUNT: &str = "
    INSERT INTO mounts (data_volume_id, project_id, mode, phase, location, message, updated_at, sub_path)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (data_volume_id, project_id) DO UPDATE
    SET mode = excluded.mode, phase = excluded.phase, location = excluded.location,
        message = excluded.message, updated_at = excluded.updated_at, sub_path = excluded.sub_path";

const REMOVE_MOUNT: &str = "DELETE FROM mounts WHERE data_volume_id = $1 AND project_id = $2";

impl Tx {
    /// Adds a share; `false` when the volume is shared with this scope already.
    ///
    /// # Errors
    /// [`Error::Gone`] when there is no such volume, [`Error::Database`] when there is no such scope.
    pub async fn add_share(&mut self, share: &Share) -> Result<bool> {
        let [tenant, cluster, department, project] = columns(&share.scope);
        let query = sqlx::query(ADD)
            .bind(share.id.to_string())
            .bind(share.data_volume_id.to_string())
            .bind(&share.origin_claim_uid)
            .bind(share.scope.id().as_str())
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project)
            .bind(share.mode.as_str())
            .bind(&share.reason)
            .bind(share.created_by.to_string())
            .bind(micros(share.created_at))
            .bind(share.expires_at.map(micros))
            .bind(share.sub_path.as_str());
        if self.execute(query).await? == 1 {
            return Ok(true);
        }
        let id = share.data_volume_id.to_string();
        let query = sqlx::query(IS_SHARED)
            .bind(&id)
            .bind(share.scope.id().as_str());
        match self.row(query).await? {
            Some(_) => Ok(false),
            None => Err(Error::Gone {
                table: "data_volumes",
                id,
            }),
        }
    }

    /// One share.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn share(&mut self, id: ShareId) -> Result<Option<Share>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(share).transpose()
    }

    /// The shares of a data volume, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn shares_of(&mut self, id: DataVolumeId) -> Result<Vec<Share>> {
        self.shares_of_many(&[id]).await
    }

    /// The shares of several data volumes, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn shares_of_many(&mut self, ids: &[DataVolumeId]) -> Result<Vec<Share>> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut shares = Vec::new();
        for some in ids.chunks(BATCH) {
            let texts: Vec<String> = some.iter().map(DataVolumeId::to_string).collect();
            let mut values = Values::default();
            let list = values.list(texts.iter().map(String::as_str));
            let rows = self.rows(values.query(format!("{OF_MANY}{list}"))).await?;
            for row in &rows {
                shares.push(share(row)?);
            }
        }
        shares.sort_by_key(|share| (share.created_at, share.id));
        Ok(shares)
    }

    /// Takes a share away, if it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_share(&mut self, id: ShareId) -> Result<()> {
        self.execute(sqlx::query(REMOVE).bind(id.to_string()))
            .await?;
        Ok(())
    }

    /// The mounts of a data volume, by the project's id.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn mounts_of(&mut self, id: DataVolumeId) -> Result<Vec<Mount>> {
        self.rows(sqlx::query(MOUNTS_OF).bind(id.to_string()))
            .await?
            .iter()
            .map(mount)
            .collect()
    }

    /// Keeps a mount, whether it was there or not.
    ///
    /// # Errors
    /// [`crate::Error::Database`] when there is no such volume or project.
    pub async fn save_mount(&mut self, mount: &Mount) -> Result<()> {
        let query = sqlx::query(SAVE_MOUNT)
            .bind(mount.data_volume_id.to_string())
            .bind(mount.project_id.as_str())
            .bind(mount.mode.as_str())
            .bind(mount.phase.as_str())
            .bind(&mount.location)
            .bind(&mount.message)
            .bind(micros(mount.updated_at))
            .bind(mount.sub_path.as_str());
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// Forgets a mount, if it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_mount(&mut self, id: DataVolumeId, project_id: &ScopeId) -> Result<()> {
        let query = sqlx::query(REMOVE_MOUNT)
            .bind(id.to_string())
            .bind(project_id.as_str());
        self.execute_unlisted(query).await?;
        Ok(())
    }
}

fn share(row: &AnyRow) -> Result<Share> {
    let row = TableRow::new("shares", "id", row);
    Ok(Share {
        id: row.parse("id")?,
        data_volume_id: row.parse("data_volume_id")?,
        origin_claim_uid: row.text("origin_claim_uid")?,
        scope: row.path()?,
        mode: row.parse("mode")?,
        reason: row.text("reason")?,
        created_by: row.parse("created_by")?,
        created_at: row.time("created_at")?,
        expires_at: row.optional_time("expires_at")?,
        sub_path: row.parse("sub_path")?,
    })
}

fn mount(row: &AnyRow) -> Result<Mount> {
    let row = TableRow::new("mounts", "data_volume_id", row);
    Ok(Mount {
        data_volume_id: row.parse("data_volume_id")?,
        project_id: ScopeId(row.text("project_id")?),
        mode: row.parse("mode")?,
        phase: row.parse("phase")?,
        location: row.text("location")?,
        message: row.text("message")?,
        updated_at: row.time("updated_at")?,
        sub_path: row.parse("sub_path")?,
    })
}
