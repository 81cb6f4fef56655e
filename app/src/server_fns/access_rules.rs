//! Who has which role where.

use domain::{AccessRuleId, ScopeId};
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{
    AccessRuleChoices, AccessRulePlan, AccessRuleView, NewAccessRule, PersonChoice, Problem,
};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The access rules that the caller manages, or those of them at one scope and beneath.
///
/// # Errors
/// 403 when they manage none.
#[server(prefix = "/fn", endpoint = "access-rules/list", input = GetUrl, output = JsonText)]
pub async fn list_access_rules(scope: Option<ScopeId>) -> Result<Vec<AccessRuleView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_access_rules(&caller, scope.as_ref())
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// What the caller can make a rule of.
///
/// # Errors
/// 403 when they manage none.
#[server(name = AskAccessRuleChoices, prefix = "/fn", endpoint = "access-rules/choices", input = GetUrl, output = JsonText)]
pub async fn access_rule_choices() -> Result<AccessRuleChoices, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .access_rule_choices(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// People who signed in at least once, by a part of their name or e-mail address.
///
/// # Errors
/// 403 when the caller manages no access rules.
#[server(prefix = "/fn", endpoint = "people/find", input = GetUrl, output = JsonText)]
pub async fn find_people(search: String) -> Result<Vec<PersonChoice>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .find_people(&caller, &search)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// What “Add rule” would do.
///
/// # Errors
/// As [`add_access_rule`].
#[server(prefix = "/fn", endpoint = "access-rules/plan", input = Json, output = JsonText)]
pub async fn plan_access_rule(new: NewAccessRule) -> Result<AccessRulePlan, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .plan_access_rule(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Gives somebody a role at a scope.
///
/// # Errors
/// 403 for a role that may more than the caller's own, 409 when there is such a rule.
#[server(prefix = "/fn", endpoint = "access-rules/add", input = Json, output = JsonText)]
pub async fn add_access_rule(new: NewAccessRule) -> Result<AccessRuleView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .add_access_rule(&caller, new)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Takes a rule away.
///
/// # Errors
/// 403 for a role that may more than the caller's own, 409 for the last system administrator.
#[server(prefix = "/fn", endpoint = "access-rules/remove", output = JsonText)]
pub async fn remove_access_rule(id: AccessRuleId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .remove_access_rule(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}
