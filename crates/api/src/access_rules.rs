//! Access rules, as Run:ai's API has them: who has which role where.

use axum::extract::State;
use axum::{Extension, Json};
use domain::ScopeType;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use service::Service;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{AccessRuleView, NewAccessRule, NewSubject, Problem, SubjectType};

use crate::Refused;
use crate::authorization::{role_number, role_of};
use crate::data_volumes::Asking;
use crate::problem::bad_request;
use crate::read::{Asked, RuleId, Sent};

const MOST_LISTED: usize = 500;

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_access_rules, add_access_rule))
        .routes(routes!(show_access_rule, remove_access_rule))
}

/// Which access rules.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RulesQuery {
    /// Only those about this kind of subject.
    #[param(inline)]
    subject_type: Option<RuleSubjectType>,
    /// Only those with this in their subject's id.
    subject_id_filter: Option<String>,
    /// Only those of this role.
    role_id: Option<usize>,
    /// Only those at this kind of scope.
    #[param(value_type = Option<String>)]
    scope_type: Option<ScopeType>,
    /// Only those at this scope.
    scope_id: Option<String>,
    /// Entries to pass over.
    offset: Option<usize>,
    /// Entries to answer.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<usize>,
}

/// What kind of subject; `app` and `service-account` are the same.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum RuleSubjectType {
    /// A person.
    User,
    /// A group of the identity provider.
    Group,
    /// A program.
    App,
    /// A program.
    ServiceAccount,
}

/// Who gets which role where.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccessRuleCreation {
    subject_type: RuleSubjectType,
    /// The id of a person or an application; the text of a group, as the identity provider sends it.
    subject_id: String,
    /// The role's number.
    role_id: usize,
    /// `tenant`, `cluster`, `department` or `project`.
    #[schema(value_type = String)]
    scope_type: ScopeType,
    /// The scope's id.
    scope_id: String,
    /// Known, without effect: a scope lies in one cluster.
    #[serde(rename = "clusterId")]
    _cluster_id: Option<String>,
}

/// An access rule.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccessRule {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    subject_type: RuleSubjectType,
    /// The id of a person or an application, or the text of a group.
    subject_id: String,
    /// What to call them.
    subject_name: String,
    /// The role's number.
    role_id: usize,
    /// The role's name.
    role_name: &'static str,
    /// `tenant`, `cluster`, `department` or `project`.
    scope_type: &'static str,
    /// The scope's id.
    scope_id: String,
    /// The names from the organisation down to it.
    scope_name: String,
}

/// One page of access rules.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccessRules {
    /// How many there are on all pages.
    total_records: usize,
    /// How many are on this one.
    display_records: usize,
    /// Outermost scope first.
    #[serde(rename = "accessRules")]
    entries: Vec<AccessRule>,
    /// The offset of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<usize>,
}

impl From<AccessRuleView> for AccessRule {
    fn from(rule: AccessRuleView) -> Self {
        Self {
            id: rule.id.to_string(),
            subject_type: match rule.subject_type {
                SubjectType::User => RuleSubjectType::User,
                SubjectType::Group => RuleSubjectType::Group,
                SubjectType::Application => RuleSubjectType::App,
            },
            subject_id: rule.subject_id,
            subject_name: rule.subject_name,
            role_id: role_number(rule.role),
            role_name: rule.role.title(),
            scope_type: rule.scope_type.as_str(),
            scope_id: rule.scope_id.0,
            scope_name: rule.scope_name,
        }
    }
}

impl RulesQuery {
    fn fits(&self, rule: &AccessRule) -> bool {
        let part = self.subject_id_filter.as_deref().unwrap_or_default();
        self.subject_type
            .is_none_or(|wanted| wanted.as_app() == rule.subject_type)
            && rule.subject_id.contains(part)
            && self.role_id.is_none_or(|wanted| wanted == rule.role_id)
            && self
                .scope_type
                .is_none_or(|wanted| wanted.as_str() == rule.scope_type)
            && self
                .scope_id
                .as_ref()
                .is_none_or(|wanted| *wanted == rule.scope_id)
    }
}

impl RuleSubjectType {
    /// The one word for programs that is answered.
    fn as_app(self) -> Self {
        match self {
            Self::ServiceAccount => Self::App,
            other => other,
        }
    }
}

impl AccessRuleCreation {
    fn checked(self) -> Result<(ScopeType, NewAccessRule), Refused> {
        let unknown = || bad_request("subjectId", "There is nobody with this id here.");
        let subject = match self.subject_type {
            RuleSubjectType::Group => NewSubject::Group {
                name: self.subject_id,
            },
            RuleSubjectType::User => NewSubject::User {
                id: self.subject_id.parse().map_err(|_| unknown())?,
            },
            RuleSubjectType::App | RuleSubjectType::ServiceAccount => NewSubject::Application {
                id: self.subject_id.parse().map_err(|_| unknown())?,
            },
        };
        let role = role_of(self.role_id)
            .ok_or_else(|| bad_request("roleId", "There is no role with this number."))?;
        let new = NewAccessRule {
            subject,
            role,
            scope_id: self.scope_id.as_str().into(),
        };
        Ok((self.scope_type, new))
    }
}

/// The access rules within the scopes that the caller manages.
#[utoipa::path(
    get, path = "/authorization/access-rules", operation_id = "list_access_rules", tag = "Rights",
    params(RulesQuery),
    responses(
        (status = 200, description = "One page.", body = AccessRules),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 403, description = "The caller manages none.", body = Problem),
    ),
)]
async fn list_access_rules(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<RulesQuery>,
) -> Result<Json<AccessRules>, Refused> {
    let (offset, limit) = (query.offset.unwrap_or_default(), query.limit.unwrap_or(50));
    if !(1..=MOST_LISTED).contains(&limit) {
        return Err(bad_request("limit", "The limit is a number from 1 to 500."));
    }
    let rules = service.list_access_rules(&caller, None).await?;
    let rules = rules.into_iter().map(AccessRule::from);
    let rules: Vec<_> = rules.filter(|rule| query.fits(rule)).collect();
    let total = rules.len();
    let page: Vec<_> = rules.into_iter().skip(offset).take(limit).collect();
    let read = offset.saturating_add(limit);
    Ok(Json(AccessRules {
        total_records: total,
        display_records: page.len(),
        entries: page,
        next: (read < total).then_some(read),
    }))
}

/// Gives somebody a role at a scope.
#[utoipa::path(
    post, path = "/authorization/access-rules", operation_id = "add_access_rule", tag = "Rights",
    request_body = AccessRuleCreation,
    responses(
        (status = 201, description = "The access rule.", body = AccessRule),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such scope here.", body = Problem),
        (status = 409, description = "There is such a rule.", body = Problem),
    ),
)]
async fn add_access_rule(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<AccessRuleCreation>,
) -> Result<(StatusCode, Json<AccessRule>), Refused> {
    let (scope_type, new) = new.checked()?;
    let made = service.add_access_rule_at(&caller, scope_type, new).await;
    let made = made.map_err(|error| Refused::from(error).renamed("subject", "subjectId"))?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// One access rule.
#[utoipa::path(
    get, path = "/authorization/access-rules/{access_rule_id}", operation_id = "show_access_rule", tag = "Rights",
    params(("access_rule_id" = String, Path, description = "The access rule's id.")),
    responses(
        (status = 200, description = "The access rule.", body = AccessRule),
        (status = 404, description = "There is no such access rule here.", body = Problem),
    ),
)]
async fn show_access_rule(
    (State(service), Extension(caller)): Asking,
    RuleId(id): RuleId,
) -> Result<Json<AccessRule>, Refused> {
    let rule = service.show_access_rule(&caller, id).await?;
    Ok(Json(rule.into()))
}

/// Takes an access rule away. Who has the right by no other rule loses it now.
#[utoipa::path(
    delete, path = "/authorization/access-rules/{access_rule_id}", operation_id = "remove_access_rule",
    tag = "Rights",
    params(("access_rule_id" = String, Path, description = "The access rule's id.")),
    responses(
        (status = 204, description = "Gone."),
        (status = 403, description = "The role may more than the caller's own.", body = Problem),
        (status = 404, description = "There is no such access rule here.", body = Problem),
        (status = 409, description = "It is the last one of a system administrator.", body = Problem),
    ),
)]
async fn remove_access_rule(
    (State(service), Extension(caller)): Asking,
    RuleId(id): RuleId,
) -> Result<StatusCode, Refused> {
    service.remove_access_rule(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
