//! Access rules: who has which role where. Made and removed, never edited.

mod subjects;

use authz::{Action, Caller, Grant, Principal};
use domain::{
    AccessRule, AccessRuleId, EventKind, ObjectType, Role, Scope, ScopeId, ScopeType, Subject,
};
use store::Tx;
use wire::{
    AccessRuleChoices, AccessRulePlan, AccessRuleView, ManagedScope, NewAccessRule, NewSubject,
    PersonChoice,
};

use crate::audit::Target;
use crate::changes::Heard;
use crate::error::Kind;
use crate::{Error, Result, Service};
use subjects::{group, known, known_application, object, people_of, refusal, view};

/// The most people that a search answers.
const FOUND: u32 = 20;
/// The longest search, in characters.
const MAX_SEARCH: usize = 200;

impl Service {
    /// The access rules within the scopes that the caller manages, or those of them at one scope and
    /// beneath; outermost scope first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when they manage none, [`Error::NotFound`] for a scope that is not theirs to know.
    pub async fn list_access_rules(
        &self,
        caller: &Caller,
        scope: Option<&ScopeId>,
    ) -> Result<Vec<AccessRuleView>> {
        let mut reach = caller.reach(Action::ManageAccessRules);
        if reach.is_empty() {
            return Err(Error::Forbidden(Action::ManageAccessRules));
        }
        let tree = self.tree().await?;
        if let Some(id) = scope {
            let seen = tree.get(id).filter(|scope| caller.sees_scope(&scope.path));
            let chosen = &seen.ok_or(Error::NotFound(Kind::Scope))?.path;
            if reach.iter().any(|outer| outer.covers(chosen)) {
                reach = vec![chosen.clone()];
            } else {
                reach.retain(|inner| chosen.covers(inner));
            }
        }
        let mut tx = self.0.store.read().await?;
        let mut rules = tx.list_access_rules(&reach).await?;
        rules.sort_by_cached_key(|rule| {
            let depth = rule.scope.ids().len();
            (depth, tree.full_name(&rule.scope), rule.role)
        });
        let people = people_of(&mut tx, &rules).await?;
        let administrators = tx.count_system_administrator_rules().await?;
        Ok(rules
            .iter()
            .map(|rule| {
                let refusal = refusal(caller, rule, administrators);
                view(rule, &tree, &people, refusal)
            })
            .collect())
    }

    /// The scopes whose access rules the caller manages, each before what lies beneath it, and the roles that they may give
    /// somewhere.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when there are none.
    pub async fn access_rule_choices(&self, caller: &Caller) -> Result<AccessRuleChoices> {
        let tree = self.tree().await?;
        let reach = caller.reach(Action::ManageAccessRules);
        if reach.is_empty() {
            return Err(Error::Forbidden(Action::ManageAccessRules));
        }
        let mut managed: Vec<&Scope> = tree
            .all()
            .iter()
            .filter(|scope| caller.may(Action::ManageAccessRules, *scope))
            .collect();
        // As the tree reads from top to bottom.
        managed.sort_by_cached_key(|scope| {
            let names = scope.path.ids().iter().map(|id| tree.name(id));
            names.collect::<Vec<String>>()
        });
        let scopes = managed
            .into_iter()
            .map(|scope| ManagedScope {
                id: scope.id().clone(),
                parent_id: scope.path.parent_id().cloned(),
                scope_type: scope.scope_type(),
                name: scope.name.clone(),
            })
            .collect();
        let roles = Role::ALL
            .into_iter()
            .filter(|role| reach.iter().any(|scope| caller.may_give(*role, scope)))
            .collect();
        Ok(AccessRuleChoices { scopes, roles })
    }

    /// What “Add rule” would do.
    ///
    /// # Errors
    /// As [`Service::add_access_rule`].
    pub async fn plan_access_rule(
        &self,
        caller: &Caller,
        new: NewAccessRule,
    ) -> Result<AccessRulePlan> {
        let mut tx = self.0.store.read().await?;
        let (rule, name, scope) = self.drafted_rule(&mut tx, caller, None, &new).await?;
        let projects = tx.projects_beneath(&rule.scope).await?.len() as u64;
        let counts = tx
            .count_by_scope(std::slice::from_ref(&rule.scope))
            .await?
            .into_iter();
        let originate = counts
            .filter(|(id, _)| id == scope.id())
            .map(|(_, count)| count)
            .sum();
        let who = match rule.subject {
            Subject::Group(_) => format!("Everybody in the group {name}"),
            Subject::User { .. } => name,
            Subject::Application(_) => format!("The application {name}"),
        };
        Ok(AccessRulePlan {
            summary: format!("{who} {} in {}.", rule.role.powers(), scope.name),
            project_count: projects,
            data_volume_count: originate,
        })
    }

    /// Gives somebody a role at a scope.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such scope, [`Error::Forbidden`] when they do not manage
    /// it, [`Error::StrongerRole`], [`Error::Invalid`] for a subject that is none, [`Error::Conflict`] when
    /// there is such a rule.
    pub async fn add_access_rule(
        &self,
        caller: &Caller,
        new: NewAccessRule,
    ) -> Result<AccessRuleView> {
        self.add_rule(caller, None, new).await
    }

    /// The same for who also says what kind of scope it is.
    ///
    /// # Errors
    /// As [`Service::add_access_rule`]; [`Error::NotFound`] when the scope is of another kind.
    pub async fn add_access_rule_at(
        &self,
        caller: &Caller,
        scope_type: ScopeType,
        new: NewAccessRule,
    ) -> Result<AccessRuleView> {
        self.add_rule(caller, Some(scope_type), new).await
    }

    async fn add_rule(
        &self,
        caller: &Caller,
        scope_type: Option<ScopeType>,
        new: NewAccessRule,
    ) -> Result<AccessRuleView> {
        let name = new.role.title().to_owned();
        let target = Target::New(ObjectType::AccessRule, name, new.scope_id.clone());
        let answer = self.make_access_rule(caller, scope_type, &new).await;
        self.noted(caller, EventKind::Created, target, answer).await
    }

    async fn make_access_rule(
        &self,
        caller: &Caller,
        scope_type: Option<ScopeType>,
        new: &NewAccessRule,
    ) -> Result<AccessRuleView> {
        let mut tx = self.0.store.begin().await?;
        let (rule, name, scope) = self.drafted_rule(&mut tx, caller, scope_type, new).await?;
        if !tx.add_access_rule(&rule).await? {
            return Err(Error::Conflict(format!(
                "{name} has this role in {} already.",
                scope.name
            )));
        }
        let people = people_of(&mut tx, std::slice::from_ref(&rule)).await?;
        let object = object(&rule, &people);
        tx.record(&self.event(Some(caller), EventKind::Created, object, &scope.name))
            .await?;
        tx.commit().await?;
        self.tell(Heard::AccessRules);
        let tree = self.tree().await?;
        Ok(view(&rule, &tree, &people, None))
    }

    /// One access rule.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a rule outside of what the caller manages.
    pub async fn show_access_rule(
        &self,
        caller: &Caller,
        id: AccessRuleId,
    ) -> Result<AccessRuleView> {
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let rule = managed_rule(&mut tx, caller, id).await?;
        let people = people_of(&mut tx, std::slice::from_ref(&rule)).await?;
        let administrators = tx.count_system_administrator_rules().await?;
        let refusal = refusal(caller, &rule, administrators);
        Ok(view(&rule, &tree, &people, refusal))
    }

    /// Takes a rule away. Who has the right by no other rule loses it now: open pages, streams and running
    /// transfers end.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a rule outside of what the caller manages, [`Error::StrongerRole`],
    /// [`Error::Conflict`] for the last system administrator of the organisation.
    pub async fn remove_access_rule(&self, caller: &Caller, id: AccessRuleId) -> Result<()> {
        let answer = self.drop_access_rule(caller, id).await;
        self.noted(caller, EventKind::Deleted, Target::AccessRule(id), answer)
            .await
    }

    async fn drop_access_rule(&self, caller: &Caller, id: AccessRuleId) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let rule = managed_rule(&mut tx, caller, id).await?;
        if !caller.may_give(rule.role, &rule.scope) {
            return Err(Error::StrongerRole(rule.role));
        }
        // Changes run one after another, so what is counted here is so until the commit.
        let administrators = tx.count_system_administrator_rules().await?;
        if let Some(why) = refusal(caller, &rule, administrators) {
            return Err(Error::Conflict(why));
        }
        tx.remove_access_rule(id).await?;
        let people = people_of(&mut tx, std::slice::from_ref(&rule)).await?;
        let scope = self.tree().await?.name(rule.scope.id());
        let object = object(&rule, &people);
        tx.record(&self.event(Some(caller), EventKind::Deleted, object, scope))
            .await?;
        tx.commit().await?;
        self.tell(Heard::AccessRules);
        Ok(())
    }

    /// People who signed in at least once, by a part of their name or e-mail address.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the caller manages no access rules, [`Error::Invalid`] for a long search.
    pub async fn find_people(&self, caller: &Caller, search: &str) -> Result<Vec<PersonChoice>> {
        if caller.reach(Action::ManageAccessRules).is_empty() {
            return Err(Error::Forbidden(Action::ManageAccessRules));
        }
        if search.chars().count() > MAX_SEARCH {
            return Err(Error::invalid(
                "search",
                "A search has at most 200 characters.",
            ));
        }
        let mut tx = self.0.store.read().await?;
        let people = tx.find_people(search.trim(), FOUND).await?;
        Ok(people
            .into_iter()
            .map(|person| PersonChoice {
                id: person.id,
                name: person.name,
                email: person.email,
            })
            .collect())
    }

    /// The same caller with the rights that the access rules give them now: who asked a while ago may have
    /// lost some.
    pub(crate) async fn renewed(&self, tx: &mut Tx, caller: &Caller) -> Result<Caller> {
        let rules = match caller.principal() {
            Principal::Person(person) => {
                tx.access_rules_for(&person.groups, &person.issuer, &person.subject)
                    .await?
            }
            Principal::Application(application) => {
                tx.access_rules_for_application(application.id).await?
            }
        };
        let grants: Vec<Grant> = rules.into_iter().map(Grant::from).collect();
        Ok(caller.clone().with_grants(grants))
    }

    /// The rule that a request describes, what its subject is called, and its scope.
    async fn drafted_rule(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        scope_type: Option<ScopeType>,
        new: &NewAccessRule,
    ) -> Result<(AccessRule, String, Scope)> {
        let scope = tx
            .scope(&new.scope_id)
            .await?
            .filter(|scope| scope_type.is_none_or(|wanted| scope.scope_type() == wanted))
            .ok_or(Error::NotFound(Kind::Scope))?;
        caller
            .authorize(Action::ManageAccessRules, &scope)
            .map_err(|refusal| Error::refused(refusal, Kind::Scope))?;
        if !caller.may_give(new.role, &scope.path) {
            return Err(Error::StrongerRole(new.role));
        }
        let (subject, name) = match &new.subject {
            NewSubject::Group { name } => (Subject::Group(group(name)?), name.clone()),
            NewSubject::User { id } => known(tx, *id).await?,
            NewSubject::Application { id } => known_application(tx, *id).await?,
        };
        let rule = AccessRule {
            id: AccessRuleId(self.0.ids.fresh()),
            subject,
            role: new.role,
            scope: scope.path.clone(),
        };
        Ok((rule, name, scope))
    }
}

/// A rule at a scope that the caller manages.
async fn managed_rule(tx: &mut Tx, caller: &Caller, id: AccessRuleId) -> Result<AccessRule> {
    tx.access_rule(id)
        .await?
        .filter(|rule| caller.may(Action::ManageAccessRules, &rule.scope))
        .ok_or(Error::NotFound(Kind::AccessRule))
}
