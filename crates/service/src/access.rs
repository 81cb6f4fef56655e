//! “My access” and the scope tree, as far as the caller may see them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use authz::{Action, Caller, Principal};
use domain::ScopeId;
use wire::{AdministrationView, GrantView, MeView, PersonView, ScopeNode};

use crate::answers::Question;
use crate::{Result, Service};

impl Service {
    /// Who I am here: my groups, and the roles that follow from them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn me(&self, caller: &Caller) -> Result<MeView> {
        let tree = self.tree().await?;
        let (email, groups) = match caller.principal() {
            Principal::Person(person) => (person.email.clone(), person.groups.clone()),
            Principal::Application(_) => (None, Vec::new()),
        };
        let mapped: HashSet<String> = self
            .0
            .store
            .read()
            .await?
            .mapped_groups(&groups)
            .await?
            .into_iter()
            .collect();
        Ok(MeView {
            person: PersonView {
                name: caller.principal().name().to_owned(),
                email,
            },
            administration: self.administration(caller),
            unmapped_groups: groups
                .iter()
                .filter(|group| !mapped.contains(*group))
                .cloned()
                .collect(),
            groups,
            grants: caller
                .grants()
                .iter()
                .map(|grant| GrantView {
                    role: grant.role.title().to_owned(),
                    scope_type: grant.scope.scope_type(),
                    scope_name: tree.full_name(&grant.scope),
                    through: grant.through.clone(),
                })
                .collect(),
        })
    }

    /// Which pages of the administration are the caller's.
    pub fn administration(&self, caller: &Caller) -> AdministrationView {
        let reaches = |action| !caller.reach(action).is_empty();
        AdministrationView {
            access_rules: reaches(Action::ManageAccessRules),
            projects: reaches(Action::ManageProjects),
            departments: reaches(Action::ManageDepartments),
            applications: reaches(Action::ManageApplications),
            audit_log: reaches(Action::ReadAuditLog),
        }
    }

    /// The scopes that the caller's rights reach and those on the way to them, with the number of data
    /// volumes that originate in each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scope_tree(&self, caller: &Caller) -> Result<Vec<ScopeNode>> {
        let question = Question::tree::<Vec<ScopeNode>>(caller);
        let nodes = self
            .kept_or_made(question, self.read_scope_tree(caller))
            .await?;
        Ok(Arc::unwrap_or_clone(nodes))
    }

    async fn read_scope_tree(&self, caller: &Caller) -> Result<Vec<ScopeNode>> {
        let tree = self.tree().await?;
        let counts: HashMap<ScopeId, u64> = self
            .0
            .store
            .read()
            .await?
            .count_by_scope(&caller.reach(Action::See))
            .await?
            .into_iter()
            .collect();
        Ok(tree
            .all()
            .iter()
            .filter(|scope| caller.sees_scope(&scope.path))
            .map(|scope| ScopeNode {
                id: scope.id().clone(),
                parent_id: scope.path.parent_id().cloned(),
                scope_type: scope.scope_type(),
                name: scope.name.clone(),
                cluster_kind: scope.cluster_kind,
                volume_count: counts.get(scope.id()).copied().unwrap_or(0),
            })
            .collect())
    }
}
