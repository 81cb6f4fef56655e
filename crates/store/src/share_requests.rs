//! Requests for shares, and the answers to them.

use domain::{
    CatalogueView, DataVolumeId, RequestAnswer, ScopePath, ShareRequest, ShareRequestId, UserId,
};
use sqlx::any::AnyRow;

use crate::catalogue::Listing;
use crate::filter::Filter;
use crate::rows::{TableRow, columns, micros};
use crate::statement::Values;
use crate::{Result, Tx};

const ADD: &str = "
    INSERT INTO share_requests (id, data_volume_id, scope_id, tenant_id, cluster_id, department_id,
                                project_id, mode, reason, expires_at, requested_by, requested_at, answer)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '')";

const ONE: &str = "SELECT * FROM share_requests WHERE id = $1";

const OF: &str = "
    SELECT * FROM share_requests WHERE data_volume_id = $1
    ORDER BY requested_at DESC, id DESC LIMIT $2";

const BY: &str = "
    SELECT * FROM share_requests WHERE requested_by = $1
    ORDER BY requested_at DESC, id DESC LIMIT $2";

const ANSWER: &str = "
    UPDATE share_requests SET is_approved = $2, answer = $3, answered_by = $4, answered_at = $5
    WHERE id = $1 AND is_approved IS NULL";

const WITHDRAW: &str = "DELETE FROM share_requests WHERE id = $1 AND is_approved IS NULL";

impl Tx {
    /// Forgets a request that waits; `false` when it does not, or is not there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn withdraw_share_request(&mut self, id: ShareRequestId) -> Result<bool> {
        let query = sqlx::query(WITHDRAW).bind(id.to_string());
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// Adds a request that waits.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such volume or scope.
    pub async fn add_share_request(&mut self, request: &ShareRequest) -> Result<()> {
        let [tenant, cluster, department, project] = columns(&request.scope);
        let query = sqlx::query(ADD)
            .bind(request.id.to_string())
            .bind(request.data_volume_id.to_string())
            .bind(request.scope.id().as_str())
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project)
            .bind(request.mode.as_str())
            .bind(&request.reason)
            .bind(request.expires_at.map(micros))
            .bind(request.requested_by.to_string())
            .bind(micros(request.requested_at));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// One request.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn share_request(&mut self, id: ShareRequestId) -> Result<Option<ShareRequest>> {
        let row = self.row(sqlx::query(ONE).bind(id.to_string())).await?;
        row.as_ref().map(share_request).transpose()
    }

    /// The latest requests for a data volume, newest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn share_requests_of(
        &mut self,
        id: DataVolumeId,
        limit: u32,
    ) -> Result<Vec<ShareRequest>> {
        let query = sqlx::query(OF).bind(id.to_string()).bind(i64::from(limit));
        self.rows(query).await?.iter().map(share_request).collect()
    }

    /// The latest requests that somebody made, newest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn share_requests_by(
        &mut self,
        person: UserId,
        limit: u32,
    ) -> Result<Vec<ShareRequest>> {
        let query = sqlx::query(BY)
            .bind(person.to_string())
            .bind(i64::from(limit));
        self.rows(query).await?.iter().map(share_request).collect()
    }

    /// Requests that wait, for data volumes that originate within the scopes, oldest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn share_requests_within(
        &mut self,
        reach: &[ScopePath],
        limit: u32,
    ) -> Result<Vec<ShareRequest>> {
        let listing = Listing {
            reach: reach.to_vec(),
            view: CatalogueView::Originated,
            ..Listing::default()
        };
        let Some(filter) = Filter::of(&listing) else {
            return Ok(Vec::new());
        };
        let mut values = Values::default();
        let condition = filter.condition(&mut values);
        let limit = values.number(limit.into());
        let query = values.query(format!(
            "SELECT r.* FROM share_requests r JOIN data_volumes v ON v.id = r.data_volume_id
             WHERE r.is_approved IS NULL AND {condition}
             ORDER BY r.requested_at, r.id LIMIT {limit}"
        ));
        self.rows(query).await?.iter().map(share_request).collect()
    }

    /// Answers a request; `false` when somebody has answered it already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answer_share_request(
        &mut self,
        id: ShareRequestId,
        answer: &RequestAnswer,
    ) -> Result<bool> {
        let query = sqlx::query(ANSWER)
            .bind(id.to_string())
            .bind(i64::from(answer.is_approved))
            .bind(&answer.reason)
            .bind(answer.answered_by.to_string())
            .bind(micros(answer.answered_at));
        Ok(self.execute_unlisted(query).await? == 1)
    }
}

fn share_request(row: &AnyRow) -> Result<ShareRequest> {
    let row = TableRow::new("share_requests", "id", row);
    let answer = match row.optional_count("is_approved")? {
        None => None,
        Some(is_approved) => Some(RequestAnswer {
            is_approved: is_approved != 0,
            reason: row.text("answer")?,
            answered_by: row.parse("answered_by")?,
            answered_at: row.time("answered_at")?,
        }),
    };
    Ok(ShareRequest {
        id: row.parse("id")?,
        data_volume_id: row.parse("data_volume_id")?,
        scope: row.path()?,
        mode: row.parse("mode")?,
        reason: row.text("reason")?,
        expires_at: row.optional_time("expires_at")?,
        requested_by: row.parse("requested_by")?,
        requested_at: row.time("requested_at")?,
        answer,
    })
}
