//! Whom access rules name, and what a page or a program is told of a rule.

use std::collections::HashMap;

use authz::Caller;
use domain::{AccessRule, ApplicationId, EventObject, Role, ScopeType, Subject, UserId};
use store::{KnownPerson, Tx};
use wire::{AccessRuleView, SubjectType};

use crate::scope_tree::ScopeTree;
use crate::{Error, Result};

/// The longest name of a group, in characters.
const MAX_GROUP: usize = 1024;

/// The text of a group, exactly as it was given: providers send any.
pub(super) fn group(name: &str) -> Result<String> {
    let length = name.chars().count();
    if length == 0 || length > MAX_GROUP || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            "subject",
            "Write the group as the identity provider sends it: one line of at most 1024 characters.",
        ));
    }
    Ok(name.to_owned())
}

pub(super) async fn known(tx: &mut Tx, id: UserId) -> Result<(Subject, String)> {
    let person = tx.person(id).await?.ok_or_else(|| {
        Error::invalid(
            "subject",
            "This person has not signed in yet. Give the role to a group that they are in.",
        )
    })?;
    let subject = Subject::User {
        issuer: person.issuer,
        subject: person.subject,
    };
    Ok((subject, person.name))
}

pub(super) async fn known_application(tx: &mut Tx, id: ApplicationId) -> Result<(Subject, String)> {
    let name = tx
        .application_name(id)
        .await?
        .ok_or_else(|| Error::invalid("subject", "There is no such application here."))?;
    Ok((Subject::Application(id), name))
}

/// Whom rules name: people by issuer and subject, applications by no issuer and their id.
pub(super) type People = HashMap<(String, String), KnownPerson>;

pub(super) async fn people_of(tx: &mut Tx, rules: &[AccessRule]) -> Result<People> {
    let subjects: Vec<&str> = rules
        .iter()
        .filter_map(|rule| match &rule.subject {
            Subject::User { subject, .. } => Some(subject.as_str()),
            Subject::Group(_) | Subject::Application(_) => None,
        })
        .collect();
    let applications: Vec<UserId> = rules
        .iter()
        .filter_map(|rule| match rule.subject {
            Subject::Application(id) => Some(id.into()),
            _ => None,
        })
        .collect();
    let mut people = tx.people_by_subject(&subjects).await?;
    for (id, name) in tx.person_names(&applications).await? {
        people.push(KnownPerson {
            id,
            issuer: String::new(),
            subject: id.to_string(),
            name,
            email: None,
        });
    }
    Ok(people
        .into_iter()
        .map(|person| ((person.issuer.clone(), person.subject.clone()), person))
        .collect())
}

fn person<'a>(subject: &Subject, people: &'a People) -> Option<&'a KnownPerson> {
    match subject {
        Subject::User { issuer, subject } => people.get(&(issuer.clone(), subject.clone())),
        Subject::Application(id) => people.get(&(String::new(), id.to_string())),
        Subject::Group(_) => None,
    }
}

/// The rule as the log names it.
pub(super) fn object(rule: &AccessRule, people: &People) -> EventObject {
    let object = EventObject::from(rule);
    match person(&rule.subject, people) {
        Some(person) => EventObject {
            name: format!("{} for {}", rule.role, person.name),
            ..object
        },
        None => object,
    }
}

/// Why the caller, who manages the scope, cannot remove a rule; `None` if they can.
pub(super) fn refusal(caller: &Caller, rule: &AccessRule, administrators: u64) -> Option<String> {
    if !caller.may_give(rule.role, &rule.scope) {
        return Some(Error::StrongerRole(rule.role).to_string());
    }
    let is_last = rule.role == Role::SystemAdministrator
        && rule.scope.scope_type() == ScopeType::Tenant
        && administrators <= 1;
    is_last.then(|| {
        "It is the last rule that makes somebody system administrator of the organisation. Add another one first."
            .to_owned()
    })
}

pub(super) fn view(
    rule: &AccessRule,
    tree: &ScopeTree,
    people: &People,
    refusal: Option<String>,
) -> AccessRuleView {
    let (subject_type, subject_id, subject_name, subject_note) =
        match (&rule.subject, person(&rule.subject, people)) {
            (Subject::Group(name), _) => (
                SubjectType::Group,
                name.clone(),
                name.clone(),
                String::new(),
            ),
            (Subject::Application(id), known) => (
                SubjectType::Application,
                id.to_string(),
                known.map_or_else(|| id.to_string(), |known| known.name.clone()),
                String::new(),
            ),
            (Subject::User { issuer, .. }, Some(person)) => (
                SubjectType::User,
                person.id.to_string(),
                person.name.clone(),
                person.email.clone().unwrap_or_else(|| issuer.clone()),
            ),
            (Subject::User { issuer, subject }, None) => (
                SubjectType::User,
                subject.clone(),
                subject.clone(),
                issuer.clone(),
            ),
        };
    AccessRuleView {
        id: rule.id,
        subject_type,
        subject_id,
        subject_name,
        subject_note,
        role: rule.role,
        scope_type: rule.scope.scope_type(),
        scope_id: rule.scope.id().clone(),
        scope_name: tree.full_name(&rule.scope),
        refusal,
    }
}
