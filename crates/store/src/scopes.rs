//! The scope tree. A project that is leaving is in it for nobody but [`Tx::project_folder`].

use domain::{ClusterKind, Scope, ScopeId, ScopePath, ScopeType};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::rows::{TableRow, columns, micros, signed};
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO scopes (id, parent_id, scope_type, name, folder, cluster_kind,
                        tenant_id, cluster_id, department_id, project_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

const ONE: &str = "SELECT * FROM scopes WHERE id = $1 AND leaving_at IS NULL";

const FOLDER: &str = "SELECT id, folder FROM scopes WHERE id = $1";

const ALL: &str = "
    SELECT * FROM scopes WHERE leaving_at IS NULL
    ORDER BY CASE scope_type WHEN 'tenant' THEN 0 WHEN 'cluster' THEN 1 WHEN 'department' THEN 2 ELSE 3 END,
             name, id";

const PROJECTS_BENEATH: &str = "
    SELECT * FROM scopes
    WHERE scope_type = 'project' AND leaving_at IS NULL
          AND $1 IN (tenant_id, cluster_id, department_id, project_id)
    ORDER BY name, id";

const CONTENTS: &str = "
    SELECT $1 AS id,
           (SELECT count(*) FROM scopes WHERE parent_id = $1) AS scope_count,
           (SELECT count(*) FROM data_volumes WHERE project_id = $1) AS data_volume_count,
           (SELECT count(*) FROM shares WHERE scope_id = $1) AS share_count,
           (SELECT count(*) FROM access_rules WHERE scope_id = $1) AS access_rule_count,
           (SELECT count(*) FROM mounts WHERE project_id = $1) AS mount_count";

const RENAME: &str = "UPDATE scopes SET name = $2 WHERE id = $1";

const RENAME_PROJECT: &str = "UPDATE data_volumes SET project_name = $2 WHERE project_id = $1";

const LEAVE: &str = "UPDATE scopes SET leaving_at = $2 WHERE id = $1";

const REMOVE_IF_LEFT: &str = "
    DELETE FROM scopes
    WHERE id = $1 AND leaving_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM mounts WHERE mounts.project_id = $1)";

const NEXT_NUMBER: &str = "
    INSERT INTO scope_numbers (id, last_number) VALUES ('all', $1)
    ON CONFLICT (id) DO UPDATE
    SET last_number = CASE WHEN scope_numbers.last_number < excluded.last_number
                           THEN excluded.last_number ELSE scope_numbers.last_number + 1 END
    RETURNING id, last_number";

const FOLDER_OWNER: &str = "SELECT id FROM scopes WHERE cluster_id = $1 AND folder = $2";

const RECONCILE_SHARED_WITH: &str = "
    UPDATE data_volumes SET reconcile_at = $3
    WHERE id IN (SELECT data_volume_id FROM shares WHERE scope_id IN ($1, $2))";

const RECONCILE_MOUNTED_IN: &str = "
    UPDATE data_volumes SET reconcile_at = $2
    WHERE id IN (SELECT data_volume_id FROM mounts WHERE project_id = $1)";

/// What stands in the way of removing a scope.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScopeContents {
    /// Scopes directly beneath it, leaving ones too.
    pub scopes: u64,
    /// Data volumes that originate in it.
    pub data_volumes: u64,
    /// Shares with exactly this scope.
    pub shares: u64,
    /// Access rules at exactly this scope.
    pub access_rules: u64,
    /// Data volumes that are mounted in it.
    pub mounts: u64,
}

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

    /// The namespace or folder of a project, of one that is leaving too.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn project_folder(&mut self, id: &ScopeId) -> Result<Option<String>> {
        let row = self.row(sqlx::query(FOLDER).bind(id.as_str())).await?;
        row.map_or(Ok(None), |row| {
            TableRow::new("scopes", "id", &row).optional_text("folder")
        })
    }

    /// What is in a scope.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn scope_contents(&mut self, id: &ScopeId) -> Result<ScopeContents> {
        let Some(row) = self.row(sqlx::query(CONTENTS).bind(id.as_str())).await? else {
            return Ok(ScopeContents::default());
        };
        let row = TableRow::new("scopes", "id", &row);
        Ok(ScopeContents {
            scopes: row.count("scope_count")?,
            data_volumes: row.count("data_volume_count")?,
            shares: row.count("share_count")?,
            access_rules: row.count("access_rule_count")?,
            mounts: row.count("mount_count")?,
        })
    }

    /// Gives a scope another name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rename_scope(&mut self, id: &ScopeId, name: &str) -> Result<()> {
        for text in [RENAME, RENAME_PROJECT] {
            self.execute(sqlx::query(text).bind(id.as_str()).bind(name))
                .await?;
        }
        Ok(())
    }

    /// Removes a scope: from now on it is nowhere to be seen, and it goes for good with
    /// [`Tx::remove_scope_if_left`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn leave_scope(&mut self, id: &ScopeId, at: Timestamp) -> Result<()> {
        let query = sqlx::query(LEAVE).bind(id.as_str()).bind(micros(at));
        self.execute(query).await?;
        Ok(())
    }

    /// Forgets a scope that is leaving and in which nothing is mounted any more.
    ///
    /// # Errors
    /// [`crate::Error::Database`] when something else still lies in it.
    pub async fn remove_scope_if_left(&mut self, id: &ScopeId) -> Result<()> {
        self.execute(sqlx::query(REMOVE_IF_LEFT).bind(id.as_str()))
            .await?;
        Ok(())
    }

    /// A number that no department or project has or had, `at_least` or more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next_scope_number(&mut self, at_least: u64) -> Result<u64> {
        let query = sqlx::query(NEXT_NUMBER).bind(signed(at_least)?);
        let row = self.row(query).await?;
        row.map_or(Ok(at_least), |row| {
            TableRow::new("scope_numbers", "id", &row).count("last_number")
        })
    }

    /// Whether a project of the cluster has the folder, be it one that is leaving.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_folder_taken(&mut self, cluster: &ScopeId, folder: &str) -> Result<bool> {
        let query = sqlx::query(FOLDER_OWNER)
            .bind(cluster.as_str())
            .bind(folder);
        Ok(self.row(query).await?.is_some())
    }

    /// Makes the data volumes due that are shared with the department or the cluster of a project: it
    /// gets its mounts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reconcile_shared_with(
        &mut self,
        project: &ScopePath,
        at: Timestamp,
    ) -> Result<()> {
        let above = |kind| project.at(kind).map_or("", ScopeId::as_str);
        let query = sqlx::query(RECONCILE_SHARED_WITH)
            .bind(above(ScopeType::Cluster))
            .bind(above(ScopeType::Department))
            .bind(micros(at));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// Makes the data volumes due that are mounted in a project.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reconcile_mounted_in(&mut self, project: &ScopeId, at: Timestamp) -> Result<()> {
        let query = sqlx::query(RECONCILE_MOUNTED_IN)
            .bind(project.as_str())
            .bind(micros(at));
        self.execute_unlisted(query).await?;
        Ok(())
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
