//! Offers of static volumes.

use domain::{ScopeId, VolumeOffer, VolumeOfferId};
use sqlx::any::AnyRow;

use crate::rows::{TableRow, columns, micros};
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO volume_offers (id, volume_name, volume_uid, scope_id, tenant_id, cluster_id, department_id,
                               project_id, offered_by, offered_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (cluster_id, volume_uid) DO NOTHING";

const ONE: &str = "SELECT * FROM volume_offers WHERE id = $1";

const ON_CLUSTER: &str =
    "SELECT * FROM volume_offers WHERE cluster_id = $1 ORDER BY volume_name, id";

const REMOVE: &str = "DELETE FROM volume_offers WHERE id = $1";

impl Tx {
    /// Adds an offer; `false` when the volume is offered already, to whomever.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such scope.
    pub async fn add_volume_offer(&mut self, offer: &VolumeOffer) -> Result<bool> {
        let [tenant, cluster, department, project] = columns(&offer.scope);
        let query = sqlx::query(ADD)
            .bind(offer.id.to_string())
            .bind(&offer.volume_name)
            .bind(&offer.volume_uid)
            .bind(offer.scope.id().as_str())
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project)
            .bind(offer.offered_by.to_string())
            .bind(micros(offer.offered_at));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// One offer.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn volume_offer(&mut self, id: VolumeOfferId) -> Result<Option<VolumeOffer>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(volume_offer).transpose()
    }

    /// The offers of a cluster's volumes, by the volume's name.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn volume_offers(&mut self, cluster: &ScopeId) -> Result<Vec<VolumeOffer>> {
        let rows = self
            .rows(sqlx::query(ON_CLUSTER).bind(cluster.as_str()))
            .await?;
        rows.iter().map(volume_offer).collect()
    }

    /// Takes an offer away; `false` when somebody else did before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_volume_offer(&mut self, id: VolumeOfferId) -> Result<bool> {
        let query = sqlx::query(REMOVE).bind(id.to_string());
        Ok(self.execute_unlisted(query).await? == 1)
    }
}

fn volume_offer(row: &AnyRow) -> Result<VolumeOffer> {
    let row = TableRow::new("volume_offers", "id", row);
    Ok(VolumeOffer {
        id: row.parse("id")?,
        volume_name: row.text("volume_name")?,
        volume_uid: row.text("volume_uid")?,
        scope: row.path()?,
        offered_by: row.parse("offered_by")?,
        offered_at: row.time("offered_at")?,
    })
}
