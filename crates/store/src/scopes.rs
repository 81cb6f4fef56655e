//! The scope tree.

use domain::{ClusterKind, Scope, ScopeId, ScopePath, ScopeType};
use sqlx::any::AnyRow;

use crate::rows::{TableRow, columns};
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO scopes (id, parent_id, scope_type, name, folder, cluster_kind,
                        tenant_id, cluster_id, department_id, project_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const ONE: &str = "SELECT * FROM scopes WHERE id = $1";

const ALL: &str = "
    SELECT * FROM scopes
    ORDER BY CASE scope_type WHEN 'tenant' THEN 0 WHEN 'cluster' THEN 1 WHEN 'department' THEN 2 ELSE 3 END,
             name, id";

const PROJECTS_BENEATH: &str = "
    SELECT * FROM scopes
    WHERE scope_type = 'project' AND $1 IN (tenant_id, cluster_id, department_id, project_id)
    ORDER BY name, id";

impl Tx {
    /// Adds a node beneath one that is there.
    ///
    /// # Errors
    /// [`crate::Error::Database`] when the id is taken, the parent is missing, or another project of
    /// the cluster has the folder.
    pub async fn add_scope(&mut self, scope: &Scope) -> Result<()> {
        let ids = scope.path.ids();
        let parent = ids.len().checked_sub(2).map(|index| ids[index].as_str());
        let [tenant, cluster, department, project] = columns(&scope.path);
        let query = sqlx::query(ADD)
            .bind(scope.id().as_str())
            .bind(parent)
            .bind(scope.scope_type().as_str())
            .bind(&scope.name)
            .bind(scope.folder.as_deref())
            .bind(scope.cluster_kind.map(ClusterKind::as_str))
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project);
        self.execute(query).await?;
        Ok(())
    }

    /// One node.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn scope(&mut self, id: &ScopeId) -> Result<Option<Scope>> {
        let row = self.row(sqlx::query(ONE).bind(id.as_str())).await?;
        row.as_ref().map(scope).transpose()
    }

    /// The whole tree: the organisation, then clusters, departments, projects, each by name.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn scopes(&mut self) -> Result<Vec<Scope>> {
        self.rows(sqlx::query(ALL))
            .await?
            .iter()
            .map(scope)
            .collect()
    }

    /// The projects at or beneath a scope, by name.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn projects_beneath(&mut self, path: &ScopePath) -> Result<Vec<Scope>> {
        let query = sqlx::query(PROJECTS_BENEATH).bind(path.id().as_str());
        self.rows(query).await?.iter().map(scope).collect()
    }
}

fn scope(row: &AnyRow) -> Result<Scope> {
    let row = TableRow::new("scopes", "id", row);
    let scope = Scope {
        path: row.path()?,
        name: row.text("name")?,
        folder: row.optional_text("folder")?,
        cluster_kind: row.optional_parse("cluster_kind")?,
    };
    if row.text("id")? != scope.id().as_str() {
        return Err(row.unreadable("id", "the path ends elsewhere"));
    }
    if row.parse::<ScopeType>("scope_type")? != scope.scope_type() {
        return Err(row.unreadable("scope_type", "the path has another length"));
    }
    Ok(scope)
}
