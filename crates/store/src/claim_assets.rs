//! Claims that programs know by an id.

use domain::{ClaimAsset, ClaimAssetId, MadeClaim, Placed, ScopePath, ScopeType};
use sqlx::any::AnyRow;

use crate::rows::{TableRow, columns, micros, signed};
use crate::statement::Values;
use crate::{Result, Tx};

const TABLE: &str = "claim_assets";

const ADD: &str = "
    INSERT INTO claim_assets (id, name, description, tenant_id, cluster_id, department_id, project_id,
                              claim_name, storage_class, size_bytes, path, is_read_only, created_by,
                              created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    ON CONFLICT DO NOTHING";

const ONE: &str = "SELECT * FROM claim_assets WHERE id = $1";

const REMOVE: &str = "DELETE FROM claim_assets WHERE id = $1";

impl Tx {
    /// Adds an asset; `false` when another one of the project has its name or its claim.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such project.
    pub async fn add_claim_asset(&mut self, asset: &Placed<ClaimAsset>) -> Result<bool> {
        let thing = &asset.thing;
        let [tenant, cluster, department, project] = columns(&asset.place);
        let made = thing.made.as_ref();
        let query = sqlx::query(ADD)
            .bind(thing.id.to_string())
            .bind(thing.name.as_str())
            .bind(thing.description.as_str())
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project)
            .bind(&thing.claim_name)
            .bind(made.map(|made| made.storage_class.as_str()))
            .bind(made.map(|made| signed(made.size.0)).transpose()?)
            .bind(&thing.path)
            .bind(i64::from(thing.is_read_only))
            .bind(thing.created_by.to_string())
            .bind(micros(thing.created_at));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// One asset with its place.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn claim_asset(&mut self, id: ClaimAssetId) -> Result<Option<Placed<ClaimAsset>>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(claim_asset).transpose()
    }

    /// The assets at and beneath any of these scopes, by name; at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn claim_assets(
        &mut self,
        within: &[ScopePath],
        limit: u32,
    ) -> Result<Vec<Placed<ClaimAsset>>> {
        let mut values = Values::default();
        let mut conditions = Vec::new();
        for kind in ScopeType::ALL {
            let scopes = within.iter().filter(|scope| scope.scope_type() == kind);
            let ids: Vec<&str> = scopes.map(|scope| scope.id().as_str()).collect();
            if !ids.is_empty() {
                conditions.push(format!("{kind}_id IN {}", values.list(ids)));
            }
        }
        if conditions.is_empty() {
            return Ok(Vec::new());
        }
        let limit = values.number(i64::from(limit));
        let query = values.query(format!(
            "SELECT * FROM claim_assets WHERE {} ORDER BY name, id LIMIT {limit}",
            conditions.join(" OR ")
        ));
        self.rows(query).await?.iter().map(claim_asset).collect()
    }

    /// Forgets an asset, if it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_claim_asset(&mut self, id: ClaimAssetId) -> Result<()> {
        self.execute_unlisted(sqlx::query(REMOVE).bind(id.to_string()))
            .await?;
        Ok(())
    }
}

fn claim_asset(row: &AnyRow) -> Result<Placed<ClaimAsset>> {
    let row = TableRow::new(TABLE, "id", row);
    let made = match row.optional_text("storage_class")? {
        None => None,
        Some(storage_class) => Some(MadeClaim {
            storage_class,
            size: domain::Bytes(row.count("size_bytes")?),
        }),
    };
    let place = row.path()?;
    let thing = ClaimAsset {
        id: row.parse("id")?,
        name: row.parse("name")?,
        description: row.parse("description")?,
        claim_name: row.text("claim_name")?,
        made,
        path: row.text("path")?,
        is_read_only: row.flag("is_read_only")?,
        created_by: row.parse("created_by")?,
        created_at: row.time("created_at")?,
    };
    Ok(Placed {
        thing,
        place,
        reaches: Vec::new(),
    })
}
