//! Which data volumes a claim on a cluster is about: the one that holds its bytes in it, and the one that a
//! project uses by it.

use domain::{DataVolumeId, ScopeId};

use crate::rows::TableRow;
use crate::{Result, Tx};

/// A receiving claim has the data volume's name. It is there a moment before its mount is written down, so
/// being shared is enough.
const CONCERNED: &str = "
    SELECT v.id FROM data_volumes v JOIN scopes p ON p.id = v.project_id
     WHERE v.cluster_id = $1 AND v.claim_name = $3 AND p.folder = $2
    UNION
    SELECT v.id FROM data_volumes v
     WHERE v.cluster_id = $1 AND v.name = $3
       AND (EXISTS (SELECT 1 FROM shares s WHERE s.data_volume_id = v.id)
         OR EXISTS (SELECT 1 FROM mounts m WHERE m.data_volume_id = v.id))";

impl Tx {
    /// The data volumes that the claim of that name, in a project's folder or namespace, is about.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn data_volumes_of_claim(
        &mut self,
        cluster: &ScopeId,
        folder: &str,
        claim: &str,
    ) -> Result<Vec<DataVolumeId>> {
        let query = sqlx::query(CONCERNED)
            .bind(cluster.as_str())
            .bind(folder)
            .bind(claim);
        let rows = self.rows(query).await?;
        rows.iter()
            .map(|row| TableRow::new("data_volumes", "id", row).parse("id"))
            .collect()
    }
}
