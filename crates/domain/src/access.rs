//! Who has which role where.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{AccessRuleId, ApplicationId, ScopePath};

/// What somebody is at a scope. What a role may do stands in the table of the crate `authz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything, at all scopes.
    SystemAdministrator,
    /// Data volumes and the recovery of retained ones.
    DataVolumeAdministrator,
    /// Data volumes, projects and access rules of a department.
    DepartmentAdministrator,
    /// Creates, fills, shares and deletes.
    ResearchManager,
    /// Creates, fills, shares and deletes.
    Editor,
    /// Creates and fills; deletes what is their own; asks for shares.
    L1Researcher,
    /// Reads and downloads.
    L2Researcher,
    /// Reads and downloads.
    MlEngineer,
    /// Sees the catalogue, no contents.
    Viewer,
}

impl Role {
    /// All roles, strongest first.
    pub const ALL: [Self; 9] = [
        Self::SystemAdministrator,
        Self::DataVolumeAdministrator,
        Self::DepartmentAdministrator,
        Self::ResearchManager,
        Self::Editor,
        Self::L1Researcher,
        Self::L2Researcher,
        Self::MlEngineer,
        Self::Viewer,
    ];

    /// The word used in the configuration, the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SystemAdministrator => "system-administrator",
            Self::DataVolumeAdministrator => "data-volume-administrator",
            Self::DepartmentAdministrator => "department-administrator",
            Self::ResearchManager => "research-manager",
            Self::Editor => "editor",
            Self::L1Researcher => "l1-researcher",
            Self::L2Researcher => "l2-researcher",
            Self::MlEngineer => "ml-engineer",
            Self::Viewer => "viewer",
        }
    }

    /// The name on the pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::SystemAdministrator => "System administrator",
            Self::DataVolumeAdministrator => "Data volume administrator",
            Self::DepartmentAdministrator => "Department administrator",
            Self::ResearchManager => "Research manager",
            Self::Editor => "Editor",
            Self::L1Researcher => "L1 researcher",
            Self::L2Researcher => "L2 researcher",
            Self::MlEngineer => "ML engineer",
            Self::Viewer => "Viewer",
        }
    }

    /// What it lets somebody do, as words that finish “They …”.
    pub fn powers(self) -> &'static str {
        match self {
            Self::SystemAdministrator => "may do everything",
            Self::DataVolumeAdministrator | Self::ResearchManager | Self::Editor => {
                "may create, fill, share and delete data volumes"
            }
            Self::DepartmentAdministrator => {
                "may create, fill, share and delete data volumes and manage projects and access rules"
            }
            Self::L1Researcher => "may create and fill data volumes and delete their own",
            Self::L2Researcher | Self::MlEngineer => "may see data volumes and read their files",
            Self::Viewer => "may see that data volumes are there, but not what is in them,",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a role"))
    }
}

/// Who an access rule is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "name", rename_all = "lowercase")]
pub enum Subject {
    /// The members of a group, by the exact text that the identity provider sends.
    Group(String),
    /// One person: `sub` at the provider with that issuer.
    User {
        /// The issuer of the identity provider, byte for byte.
        issuer: String,
        /// The subject at that provider.
        subject: String,
    },
    /// An application.
    Application(ApplicationId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "the group {name}"),
            Self::User { issuer, subject } => write!(f, "{subject} of {issuer}"),
            Self::Application(id) => write!(f, "the application {id}"),
        }
    }
}

/// A role for a subject at a scope and everything beneath it. Never edited: removed and made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// Its id.
    pub id: AccessRuleId,
    /// Who gets the role.
    pub subject: Subject,
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub scope: ScopePath,
}
