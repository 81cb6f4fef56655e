//! Access rules: those of one caller, and for those who manage them all at and beneath some scopes.

use std::collections::BTreeSet;

use domain::{AccessRule, AccessRuleId, ApplicationId, ScopePath, Subject};
use sqlx::any::AnyRow;

use crate::events::within;
use crate::rows::{TableRow, columns};
use crate::statement::{BATCH, Values};
use crate::{Result, Tx};

const APPLICATION: &str = "application";
const GROUP: &str = "group";
const USER: &str = "user";

const ADD: &str = "
    INSERT INTO access_rules (id, subject_type, issuer, subject, role, scope_id,
                              tenant_id, cluster_id, department_id, project_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING";

const OF_USER: &str = "
    SELECT * FROM access_rules
    WHERE subject_type = 'user' AND subject = $1 AND issuer = $2
    ORDER BY id";

const OF_APPLICATION: &str = "
    SELECT * FROM access_rules
    WHERE subject_type = 'application' AND subject = $1
    ORDER BY id";

const OF_GROUPS: &str = "
    SELECT * FROM access_rules WHERE subject_type = 'group' AND subject IN ";

const MAPPED_GROUPS: &str = "
    SELECT DISTINCT subject FROM access_rules WHERE subject_type = 'group' AND subject IN ";

const ONE: &str = "SELECT * FROM access_rules WHERE id = $1";

const REMOVE: &str = "DELETE FROM access_rules WHERE id = $1";

const SYSTEM_ADMINISTRATORS: &str = "
    SELECT count(*) AS total FROM access_rules
    WHERE role = 'system-administrator' AND cluster_id IS NULL";

impl Tx {
    /// Adds a rule. One that says the same, or that has this id, is there already: nothing happens then, and
    /// the answer is `false`.
    ///
    /// # Errors
    /// [`crate::Error::Database`] when there is no such scope.
    pub async fn add_access_rule(&mut self, rule: &AccessRule) -> Result<bool> {
        let (subject_type, issuer, subject) = match &rule.subject {
            Subject::Group(name) => (GROUP, "", name.clone()),
            Subject::User { issuer, subject } => (USER, issuer.as_str(), subject.clone()),
            Subject::Application(id) => (APPLICATION, "", id.to_string()),
        };
        let [tenant, cluster, department, project] = columns(&rule.scope);
        let query = sqlx::query(ADD)
            .bind(rule.id.to_string())
            .bind(subject_type)
            .bind(issuer)
            .bind(subject)
            .bind(rule.role.as_str())
            .bind(rule.scope.id().as_str())
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project);
        self.access_rules_changed();
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// One rule.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn access_rule(&mut self, id: AccessRuleId) -> Result<Option<AccessRule>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(access_rule).transpose()
    }

    /// The rules whose scope is one of these or lies beneath one, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn list_access_rules(&mut self, reach: &[ScopePath]) -> Result<Vec<AccessRule>> {
        let mut values = Values::default();
        let Some(condition) = within(reach, &mut values) else {
            return Ok(Vec::new());
        };
        let query = values.query(format!(
            "SELECT * FROM access_rules WHERE {condition} ORDER BY id"
        ));
        self.rows(query).await?.iter().map(access_rule).collect()
    }

    /// Takes a rule away, if it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_access_rule(&mut self, id: AccessRuleId) -> Result<()> {
        self.access_rules_changed();
        self.execute_unlisted(sqlx::query(REMOVE).bind(id.to_string()))
            .await?;
        Ok(())
    }

    /// How many rules make somebody system administrator of the whole organisation.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_system_administrator_rules(&mut self) -> Result<u64> {
        let row = self.row(sqlx::query(SYSTEM_ADMINISTRATORS)).await?;
        row.map_or(Ok(0), |row| {
            TableRow::new("access_rules", "total", &row).count("total")
        })
    }

    /// The rules that name one of these groups, or this person at this issuer; by id. Texts are
    /// compared byte for byte.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn access_rules_for(
        &mut self,
        groups: &[String],
        issuer: &str,
        subject: &str,
    ) -> Result<Vec<AccessRule>> {
        let mut rows = self
            .rows(sqlx::query(OF_USER).bind(subject).bind(issuer))
            .await?;
        let groups: BTreeSet<&str> = groups.iter().map(String::as_str).collect();
        let groups: Vec<&str> = groups.into_iter().collect();
        for some in groups.chunks(BATCH) {
            let mut values = Values::default();
            let list = values.list(some.iter().copied());
            rows.extend(
                self.rows(values.query(format!("{OF_GROUPS}{list}")))
                    .await?,
            );
        }
        let mut rules = rows.iter().map(access_rule).collect::<Result<Vec<_>>>()?;
        rules.sort_by_key(|rule| rule.id);
        Ok(rules)
    }

    /// The rules that name this application; by id.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn access_rules_for_application(
        &mut self,
        id: ApplicationId,
    ) -> Result<Vec<AccessRule>> {
        let query = sqlx::query(OF_APPLICATION).bind(id.to_string());
        self.rows(query).await?.iter().map(access_rule).collect()
    }

    /// Those of the groups that some rule names, sorted. The others give nothing and need not be kept.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn mapped_groups(&mut self, groups: &[String]) -> Result<Vec<String>> {
        let mut mapped = BTreeSet::new();
        for some in groups.chunks(BATCH) {
            let mut values = Values::default();
            let list = values.list(some.iter().map(String::as_str));
            for row in self
                .rows(values.query(format!("{MAPPED_GROUPS}{list}")))
                .await?
            {
                mapped.insert(TableRow::new("access_rules", "subject", &row).text("subject")?);
            }
        }
        Ok(mapped.into_iter().collect())
    }
}

fn access_rule(row: &AnyRow) -> Result<AccessRule> {
    let row = TableRow::new("access_rules", "id", row);
    let subject = row.text("subject")?;
    Ok(AccessRule {
        id: row.parse("id")?,
        subject: match row.text("subject_type")?.as_str() {
            GROUP => Subject::Group(subject),
            USER => Subject::User {
                issuer: row.text("issuer")?,
                subject,
            },
            APPLICATION => Subject::Application(row.parse("subject")?),
            other => {
                return Err(
                    row.unreadable("subject_type", format!("“{other}” is no kind of subject"))
                );
            }
        },
        role: row.parse("role")?,
        scope: row.path()?,
    })
}
