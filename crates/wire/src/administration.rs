//! The pages under “Administration”: access rules, departments and projects.

use domain::{AccessRuleId, ApplicationId, Role, ScopeId, ScopeType, UserId};
use serde::{Deserialize, Serialize};

/// Which of the pages are the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether one page is offered"
)]
pub struct AdministrationView {
    /// Access rules.
    pub access_rules: bool,
    /// Departments and projects: the projects.
    pub projects: bool,
    /// Departments and projects: the departments.
    pub departments: bool,
    /// Applications.
    #[serde(default)]
    pub applications: bool,
    /// Audit log.
    pub audit_log: bool,
}

impl AdministrationView {
    /// Whether any of them is.
    pub fn is_any(self) -> bool {
        self.access_rules
            || self.projects
            || self.departments
            || self.applications
            || self.audit_log
    }
}

/// Who an access rule is about, as a form or a program names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type", deny_unknown_fields)]
pub enum NewSubject {
    /// The members of a group, by the exact text that the identity provider sends.
    Group {
        /// The text.
        name: String,
    },
    /// Somebody who signed in at least once.
    User {
        /// Their id here.
        id: UserId,
    },
    /// A program.
    Application {
        /// Its id.
        id: ApplicationId,
    },
}

/// A rule to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAccessRule {
    /// Who gets the role.
    pub subject: NewSubject,
    /// The role.
    pub role: Role,
    /// Where it holds, and beneath.
    pub scope_id: ScopeId,
}

/// What kind of subject an access rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SubjectType {
    /// A group of the identity provider.
    Group,
    /// A person.
    User,
    /// A program.
    Application,
}

/// One access rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRuleView {
    /// Its id.
    pub id: AccessRuleId,
    /// What kind of subject.
    pub subject_type: SubjectType,
    /// The group's text, or the person's id here; the provider's subject of a person who never signed in.
    pub subject_id: String,
    /// What to call them.
    pub subject_name: String,
    /// What tells two people of one name apart: an e-mail address, or the issuer; empty for groups.
    pub subject_note: String,
    /// The role.
    pub role: Role,
    /// What kind of scope.
    pub scope_type: ScopeType,
    /// The scope.
    pub scope_id: ScopeId,
    /// The names from the organisation down to it.
    pub scope_name: String,
    /// Why the caller cannot remove it; `None` if they can.
    pub refusal: Option<String>,
}

/// A scope whose access rules the caller manages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedScope {
    /// Its id.
    pub id: ScopeId,
    /// The node above, which need not be managed.
    pub parent_id: Option<ScopeId>,
    /// What kind of node.
    pub scope_type: ScopeType,
    /// Its name.
    pub name: String,
}

/// What an access rule can be made of by this caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRuleChoices {
    /// Parents before their children.
    pub scopes: Vec<ManagedScope>,
    /// Strongest first.
    pub roles: Vec<Role>,
}

/// What a rule would change, before it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRulePlan {
    /// One sentence: who gets what where.
    pub summary: String,
    /// How many projects it holds in.
    pub project_count: u64,
    /// How many data volumes originate in them.
    pub data_volume_count: u64,
}

/// A person to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonChoice {
    /// Their id.
    pub id: UserId,
    /// What to call them.
    pub name: String,
    /// Where the provider verified it.
    pub email: Option<String>,
}

/// A department to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDepartment {
    /// The cluster that it belongs to.
    pub cluster_id: ScopeId,
    /// Its name; no other department of the cluster has it.
    pub name: String,
}

/// A project to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewProject {
    /// The department that it belongs to.
    pub department_id: ScopeId,
    /// Its name; no other project of the department has it.
    pub name: String,
    /// Its namespace or folder, where one is there already. Only who manages the cluster's departments may
    /// choose it; otherwise one is made from the name and a number that no other has.
    #[serde(default)]
    pub folder: Option<String>,
}

/// A department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepartmentView {
    /// Its id.
    pub id: ScopeId,
    /// Its name.
    pub name: String,
    /// The cluster.
    pub cluster_id: ScopeId,
    /// The cluster's name.
    pub cluster_name: String,
    /// How many of its projects the caller may see.
    pub project_count: u64,
    /// Whether the caller may rename and remove it.
    pub may_manage: bool,
    /// Whether the caller may make projects in it.
    pub may_add_projects: bool,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectView {
    /// Its id.
    pub id: ScopeId,
    /// Its name.
    pub name: String,
    /// Its namespace or folder.
    pub folder: String,
    /// The department.
    pub department_id: ScopeId,
    /// The department's name.
    pub department_name: String,
    /// The cluster.
    pub cluster_id: ScopeId,
    /// The cluster's name.
    pub cluster_name: String,
    /// How many data volumes that the caller may see originate in it.
    pub data_volume_count: u64,
    /// Whether the caller may rename and remove it.
    pub may_manage: bool,
}
