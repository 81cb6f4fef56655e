//! The table of roles and what each may do. It is the whole policy; the test prints it.

use domain::Role;

/// What can be done to a data volume or a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See that it exists, and its metadata.
    See,
    /// Browse, preview and download files.
    ReadFiles,
    /// Upload, rename and delete files.
    WriteFiles,
    /// Make a data volume in a project.
    Create,
    /// Change description and tags.
    Edit,
    /// Delete a data volume.
    Delete,
    /// Offer a data volume to a scope, or take the offer back.
    Share,
    /// Ask those who may share it to share a data volume.
    AskForShare,
    /// Be the scope that a share offers to.
    ReceiveShare,
    /// List, add and remove access rules.
    ManageAccessRules,
    /// Add, rename and remove projects.
    ManageProjects,
    /// Add, rename and remove departments, and choose the folders of projects.
    ManageDepartments,
    /// Read the audit log.
    ReadAuditLog,
    /// Make, change and remove applications, and see their client ids.
    ManageApplications,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 14] = [
        Self::See,
        Self::ReadFiles,
        Self::WriteFiles,
        Self::Create,
        Self::Edit,
        Self::Delete,
        Self::Share,
        Self::AskForShare,
        Self::ReceiveShare,
        Self::ManageAccessRules,
        Self::ManageProjects,
        Self::ManageDepartments,
        Self::ReadAuditLog,
        Self::ManageApplications,
    ];

    /// The words that finish “you may not …”.
    pub fn as_words(self) -> &'static str {
        match self {
            Self::See => "see this",
            Self::ReadFiles => "read the files of this data volume",
            Self::WriteFiles => "change the files of this data volume",
            Self::Create => "create data volumes in this project",
            Self::Edit => "edit this data volume",
            Self::Delete => "delete this data volume",
            Self::Share => "share this data volume",
            Self::AskForShare => "ask for this data volume to be shared",
            Self::ReceiveShare => "share with this scope",
            Self::ManageAccessRules => "manage access rules here",
            Self::ManageProjects => "manage projects here",
            Self::ManageDepartments => "manage departments here",
            Self::ReadAuditLog => "read the audit log",
            Self::ManageApplications => "manage applications",
        }
    }

    /// Who can, where the caller cannot.
    pub fn who_can(self) -> &'static str {
        match self {
            Self::ManageAccessRules | Self::ManageProjects | Self::ReadAuditLog => {
                "A department or system administrator can."
            }
            Self::ManageDepartments | Self::ManageApplications => "A system administrator can.",
            _ => "An editor or administrator of the project can.",
        }
    }
}

/// What the table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Yes,
    /// Only what the caller made themselves.
    Own,
    /// No.
    No,
}

/// What a role may do within its scope (product.md, “What a role may do with data volumes”).
pub fn verdict(role: Role, action: Action) -> Verdict {
    use Action::{
        AskForShare, Create, Delete, Edit, ManageAccessRules, ManageProjects, ReadAuditLog,
        ReadFiles, ReceiveShare, See, Share, WriteFiles,
    };
    use Role::{
        DataVolumeAdministrator, DepartmentAdministrator, Editor, L1Researcher, L2Researcher,
        MlEngineer, ResearchManager, SystemAdministrator, Viewer,
    };
    match (role, action) {
        (SystemAdministrator, _)
        | (DepartmentAdministrator, ManageAccessRules | ManageProjects | ReadAuditLog)
        | (
            DataVolumeAdministrator | DepartmentAdministrator | ResearchManager | Editor,
            See | ReadFiles | WriteFiles | Create | Edit | Delete | Share | AskForShare
            | ReceiveShare,
        )
        | (L1Researcher, See | ReadFiles | WriteFiles | Create | Edit | AskForShare)
        | (L2Researcher | MlEngineer, See | ReadFiles)
        | (Viewer, See) => Verdict::Yes,
        (L1Researcher, Delete) => Verdict::Own,
        _ => Verdict::No,
    }
}

/// Whether `role` may nothing that `other` may not.
pub fn is_within(role: Role, other: Role) -> bool {
    Action::ALL
        .into_iter()
        .all(|action| strength(verdict(role, action)) <= strength(verdict(other, action)))
}

fn strength(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::No => 0,
        Verdict::Own => 1,
        Verdict::Yes => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn width(action: Action) -> usize {
        format!("{action:?}").len().max(4) + 1
    }

    #[test]
    fn the_whole_table_of_roles() {
        let mut table = format!("{:<26}", "role");
        for action in Action::ALL {
            write!(
                table,
                "{:<width$}",
                format!("{action:?}"),
                width = width(action)
            )
            .unwrap();
        }
        for role in Role::ALL {
            write!(table, "\n{:<26}", role.as_str()).unwrap();
            for action in Action::ALL {
                let verdict = format!("{:?}", verdict(role, action)).to_lowercase();
                write!(table, "{verdict:<width$}", width = width(action)).unwrap();
            }
        }
        let table: Vec<&str> = table.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        role                      See  ReadFiles WriteFiles Create Edit Delete Share AskForShare ReceiveShare ManageAccessRules ManageProjects ManageDepartments ReadAuditLog ManageApplications
        system-administrator      yes  yes       yes        yes    yes  yes    yes   yes         yes          yes               yes            yes               yes          yes
        data-volume-administrator yes  yes       yes        yes    yes  yes    yes   yes         yes          no                no             no                no           no
        department-administrator  yes  yes       yes        yes    yes  yes    yes   yes         yes          yes               yes            no                yes          no
        research-manager          yes  yes       yes        yes    yes  yes    yes   yes         yes          no                no             no                no           no
        editor                    yes  yes       yes        yes    yes  yes    yes   yes         yes          no                no             no                no           no
        l1-researcher             yes  yes       yes        yes    yes  own    no    yes         no           no                no             no                no           no
        l2-researcher             yes  yes       no         no     no   no     no    no          no           no                no             no                no           no
        ml-engineer               yes  yes       no         no     no   no     no    no          no           no                no             no                no           no
        viewer                    yes  no        no         no     no   no     no    no          no           no                no             no                no           no
        ");
    }
}
