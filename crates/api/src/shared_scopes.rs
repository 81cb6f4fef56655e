//! The scopes that a data volume is shared with, as Run:ai's API has them.

use axum::extract::State;
use axum::{Extension, Json};
use domain::{ScopeType, ShareMode, VolumePath};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::{Service, ShareChanges};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{NewShare, Problem, ShareView};

use crate::Refused;
use crate::data_volumes::Asking;
use crate::read::{Sent, VolumeId};

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_shared_scopes, change_shared_scopes))
        // Run:ai's own client writes it with a hyphen.
        .routes(routes!(
            list_shared_scopes_hyphen,
            change_shared_scopes_hyphen
        ))
}

/// A scope that a data volume is shared with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharedScope {
    /// `cluster`, `department` or `project` (or `tenant`, which Run:ai does not have here).
    scope_type: &'static str,
    /// The scope's id.
    scope_id: String,
    /// Its name.
    scope_name: String,
    /// When it was shared.
    created_at: Timestamp,
    /// Who shared it.
    created_by: String,
    /// `readOnly` or `readWrite`.
    mode: &'static str,
    /// The folder that they get; absent for all of the volume.
    #[serde(skip_serializing_if = "String::is_empty")]
    sub_path: String,
    /// Why, in the words of who shared it.
    reason: String,
    /// When it ends by itself; absent if never.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// Scopes to share with and to take it back from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedScopesPatch {
    /// At most 50; what it is shared with already stays as it is.
    #[schema(max_items = 50)]
    add: Option<Vec<AddedScope>>,
    /// At most 50; what it is not shared with is passed over.
    #[schema(max_items = 50)]
    remove: Option<Vec<RemovedScope>>,
}

/// A scope to share with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AddedScope {
    scope_type: SharedScopeType,
    /// The scope's id.
    scope_id: String,
    /// What they may do; reading alone unless told otherwise.
    #[schema(value_type = Option<String>)]
    mode: Option<ShareMode>,
    /// The folder to share, relative to the volume's root; all of the volume, if absent.
    #[schema(value_type = Option<String>)]
    sub_path: Option<VolumePath>,
    /// Why; at most 255 characters.
    reason: Option<String>,
    /// When it ends by itself; never, if absent.
    expires_at: Option<Timestamp>,
}

/// A scope to take it back from.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RemovedScope {
    scope_type: SharedScopeType,
    /// The scope's id.
    scope_id: String,
}

/// What kind of scope.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SharedScopeType {
    /// A cluster, with all its departments.
    Cluster,
    /// A department, with all its projects.
    Department,
    /// A project.
    Project,
}

impl From<SharedScopeType> for ScopeType {
    fn from(scope_type: SharedScopeType) -> Self {
        match scope_type {
            SharedScopeType::Cluster => Self::Cluster,
            SharedScopeType::Department => Self::Department,
            SharedScopeType::Project => Self::Project,
        }
    }
}

impl From<ShareView> for SharedScope {
    fn from(share: ShareView) -> Self {
        Self {
            scope_type: share.scope_type.as_str(),
            scope_id: share.scope_id.0,
            scope_name: share.scope_name,
            created_at: share.created_at,
            created_by: share.created_by,
            mode: share.mode.as_str(),
            sub_path: share.sub_path.into(),
            reason: share.reason,
            expires_at: share.expires_at,
        }
    }
}

impl From<SharedScopesPatch> for ShareChanges {
    fn from(patch: SharedScopesPatch) -> Self {
        let added = |scope: AddedScope| {
            let new = NewShare {
                scope_id: scope.scope_id.as_str().into(),
                mode: scope.mode.unwrap_or_default(),
                sub_path: scope.sub_path.unwrap_or_default(),
                reason: scope.reason.unwrap_or_default(),
                expires_at: scope.expires_at,
            };
            (scope.scope_type.into(), new)
        };
        let removed =
            |scope: RemovedScope| (scope.scope_type.into(), scope.scope_id.as_str().into());
        Self {
            add: patch.add.into_iter().flatten().map(added).collect(),
            remove: patch.remove.into_iter().flatten().map(removed).collect(),
        }
    }
}

/// The scopes that a data volume is shared with, as far as the caller may see them.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/sharedScopes", operation_id = "list_shared_scopes",
    tag = "Sharing",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    responses(
        (status = 200, description = "The scopes.", body = Vec<SharedScope>),
        (status = 404, description = "There is no such data volume here.", body = Problem),
    ),
)]
async fn list_shared_scopes(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
) -> Result<Json<Vec<SharedScope>>, Refused> {
    let shares = service.list_shares(&caller, id).await?;
    Ok(Json(shares.into_iter().map(SharedScope::from).collect()))
}

/// Shares a data volume with scopes and takes it back from others: all of it, or nothing.
#[utoipa::path(
    patch, path = "/datavolumes/{data_volume_id}/sharedScopes", operation_id = "change_shared_scopes",
    tag = "Sharing",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    request_body = SharedScopesPatch,
    responses(
        (status = 200, description = "All scopes that it is shared with now.", body = Vec<SharedScope>),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume or scope here.", body = Problem),
        (status = 409, description = "It cannot be shared like this now.", body = Problem),
    ),
)]
async fn change_shared_scopes(
    (State(service), Extension(caller)): Asking,
    VolumeId(id): VolumeId,
    Sent(patch): Sent<SharedScopesPatch>,
) -> Result<Json<Vec<SharedScope>>, Refused> {
    let shares = service.change_shares(&caller, id, patch.into()).await?;
    Ok(Json(shares.into_iter().map(SharedScope::from).collect()))
}

/// The same as `list_shared_scopes`, at the address that Run:ai's client knows.
#[utoipa::path(
    get, path = "/datavolumes/{data_volume_id}/shared-scopes", operation_id = "list_shared_scopes_hyphen",
    tag = "Sharing",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    responses(
        (status = 200, description = "The scopes.", body = Vec<SharedScope>),
        (status = 404, description = "There is no such data volume here.", body = Problem),
    ),
)]
async fn list_shared_scopes_hyphen(
    asking: Asking,
    id: VolumeId,
) -> Result<Json<Vec<SharedScope>>, Refused> {
    list_shared_scopes(asking, id).await
}

/// The same as `change_shared_scopes`, at the address that Run:ai's client knows.
#[utoipa::path(
    patch, path = "/datavolumes/{data_volume_id}/shared-scopes", operation_id = "change_shared_scopes_hyphen",
    tag = "Sharing",
    params(("data_volume_id" = String, Path, description = "The data volume's id.")),
    request_body = SharedScopesPatch,
    responses(
        (status = 200, description = "All scopes that it is shared with now.", body = Vec<SharedScope>),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such data volume or scope here.", body = Problem),
        (status = 409, description = "It cannot be shared like this now.", body = Problem),
    ),
)]
async fn change_shared_scopes_hyphen(
    asking: Asking,
    id: VolumeId,
    patch: Sent<SharedScopesPatch>,
) -> Result<Json<Vec<SharedScope>>, Refused> {
    change_shared_scopes(asking, id, patch).await
}
