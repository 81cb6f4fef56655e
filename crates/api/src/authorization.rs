//! What roles there are, and what the caller may do where.

use authz::{Caller, Verdict, verdict};
use axum::{Extension, Json};
use domain::{Role, ScopeId};
use serde::{Deserialize, Serialize};
use service::{PermittedScopes, Service};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Problem;

use crate::read::Sent;

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_roles))
        .routes(routes!(list_permissions))
        .routes(routes!(list_permitted_scopes))
}

/// A role.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RoleAnswer {
    /// Its number in access rules.
    id: usize,
    /// Its word in the configuration.
    key: &'static str,
    /// Its name.
    name: &'static str,
    /// Whether somebody made it here: never.
    custom: bool,
    /// Whether it can be given: always.
    enabled: bool,
    /// What it may do within its scope.
    permissions: Vec<Permission>,
}

/// What may be done to a kind of thing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Permission {
    /// The kind of thing.
    resource_type: &'static str,
    /// What people call it.
    display_name: &'static str,
    /// The group of kinds that it belongs to.
    group_id: &'static str,
    /// `create`, `read`, `update`, `delete`.
    actions: Vec<&'static str>,
}

/// What to do to which kind of thing.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PermittedScopesRequest {
    /// The kind of thing; one that does not exist here is permitted nowhere.
    resource_type: String,
    /// Without it, all four.
    action: Option<PermittedAction>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PermittedAction {
    Create,
    Read,
    Update,
    Delete,
}

/// Where each action is permitted.
#[derive(Serialize, ToSchema)]
struct PermittedScopesAnswer {
    create: Scopes,
    read: Scopes,
    update: Scopes,
    delete: Scopes,
}

/// The outermost scopes, by their type.
#[derive(Default, Serialize, ToSchema)]
struct Scopes {
    /// Always `false`.
    system: bool,
    /// The organisation, where it is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// Clusters.
    clusters: Vec<String>,
    /// Departments.
    departments: Vec<String>,
    /// Projects.
    projects: Vec<String>,
}

impl From<PermittedScopes> for Scopes {
    fn from(scopes: PermittedScopes) -> Self {
        let texts = |ids: Vec<ScopeId>| ids.into_iter().map(|id| id.0).collect();
        Self {
            system: false,
            tenant: scopes.tenant.map(|id| id.0),
            clusters: texts(scopes.clusters),
            departments: texts(scopes.departments),
            projects: texts(scopes.projects),
        }
    }
}

fn permission(of: &service::Permission, actions: Vec<&'static str>) -> Permission {
    Permission {
        resource_type: of.resource_type,
        display_name: of.title,
        group_id: of.group,
        actions,
    }
}

/// By which number access rules name a role.
pub(crate) fn role_number(role: Role) -> usize {
    1 + Role::ALL
        .into_iter()
        .take_while(|each| *each != role)
        .count()
}

/// The role with that number.
pub(crate) fn role_of(number: usize) -> Option<Role> {
    Role::ALL
        .into_iter()
        .find(|role| role_number(*role) == number)
}

fn answer(role: Role) -> RoleAnswer {
    let permissions = Service::all_permissions().iter().map(|of| {
        let may = |action| verdict(role, action) != Verdict::No;
        let words = of.actions.iter().filter(|(_, action)| may(*action));
        permission(of, words.map(|(word, _)| *word).collect())
    });
    RoleAnswer {
        id: role_number(role),
        key: role.as_str(),
        name: role.title(),
        custom: false,
        enabled: true,
        permissions: permissions.collect(),
    }
}

/// Every role, strongest first.
#[utoipa::path(
    get, path = "/authorization/roles", operation_id = "list_roles", tag = "Rights",
    responses((status = 200, description = "The roles.", body = Vec<RoleAnswer>)),
)]
async fn list_roles() -> Json<Vec<RoleAnswer>> {
    Json(Role::ALL.into_iter().map(answer).collect())
}

/// What the caller may do somewhere.
#[utoipa::path(
    get, path = "/authorization/permissions", operation_id = "list_permissions", tag = "Rights",
    responses((status = 200, description = "The permissions.", body = Vec<Permission>)),
)]
async fn list_permissions(Extension(caller): Extension<Caller>) -> Json<Vec<Permission>> {
    let permitted = Service::permissions(&caller).into_iter();
    Json(
        permitted
            .map(|(of, words)| permission(&of, words))
            .collect(),
    )
}

/// Where the caller may do something.
#[utoipa::path(
    post, path = "/authorization/permitted-scopes", operation_id = "list_permitted_scopes", tag = "Rights",
    request_body = PermittedScopesRequest,
    responses(
        (status = 200, description = "The scopes.", body = PermittedScopesAnswer),
        (status = 400, description = "A field is wrong.", body = Problem),
    ),
)]
async fn list_permitted_scopes(
    Extension(caller): Extension<Caller>,
    Sent(asked): Sent<PermittedScopesRequest>,
) -> Json<PermittedScopesAnswer> {
    let scopes = |action: PermittedAction, word| match asked.action {
        Some(only) if only != action => Scopes::default(),
        _ => Service::permitted_scopes(&caller, &asked.resource_type, word).into(),
    };
    Json(PermittedScopesAnswer {
        create: scopes(PermittedAction::Create, "create"),
        read: scopes(PermittedAction::Read, "read"),
        update: scopes(PermittedAction::Update, "update"),
        delete: scopes(PermittedAction::Delete, "delete"),
    })
}
