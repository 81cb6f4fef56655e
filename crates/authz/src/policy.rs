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
    /// Be the scope that a share offers to.
    ReceiveShare,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 8] = [
        Self::See,
        Self::ReadFiles,
        Self::WriteFiles,
        Self::Create,
        Self::Edit,
        Self::Delete,
        Self::Share,
        Self::ReceiveShare,
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
            Self::ReceiveShare => "share with this scope",
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
    use Action::{Create, Delete, Edit, ReadFiles, ReceiveShare, See, Share, WriteFiles};
    use Role::{
        DataVolumeAdministrator, DepartmentAdministrator, Editor, L1Researcher, L2Researcher,
        MlEngineer, ResearchManager, SystemAdministrator, Viewer,
    };
    match (role, action) {
        (
            SystemAdministrator
            | DataVolumeAdministrator
            | DepartmentAdministrator
            | ResearchManager
            | Editor,
            _,
        )
        | (L1Researcher, See | ReadFiles | WriteFiles | Create | Edit)
        | (L2Researcher | MlEngineer, See | ReadFiles)
        | (Viewer, See) => Verdict::Yes,
        (L1Researcher, Delete) => Verdict::Own,
        (L1Researcher, Share | ReceiveShare)
        | (L2Researcher | MlEngineer, WriteFiles | Create | Edit | Delete | Share | ReceiveShare)
        | (Viewer, ReadFiles | WriteFiles | Create | Edit | Delete | Share | ReceiveShare) => {
            Verdict::No
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn the_whole_table_of_roles() {
        let mut table = format!("{:<26}", "role");
        for action in Action::ALL {
            write!(table, "{:<13}", format!("{action:?}")).unwrap();
        }
        for role in Role::ALL {
            write!(table, "\n{:<26}", role.as_str()).unwrap();
            for action in Action::ALL {
                write!(
                    table,
                    "{:<13}",
                    format!("{:?}", verdict(role, action)).to_lowercase()
                )
                .unwrap();
            }
        }
        let table: Vec<&str> = table.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        role                      See          ReadFiles    WriteFiles   Create       Edit         Delete       Share        ReceiveShare
        system-administrator      yes          yes          yes          yes          yes          yes          yes          yes
        data-volume-administrator yes          yes          yes          yes          yes          yes          yes          yes
        department-administrator  yes          yes          yes          yes          yes          yes          yes          yes
        research-manager          yes          yes          yes          yes          yes          yes          yes          yes
        editor                    yes          yes          yes          yes          yes          yes          yes          yes
        l1-researcher             yes          yes          yes          yes          yes          own          no           no
        l2-researcher             yes          yes          no           no           no           no           no           no
        ml-engineer               yes          yes          no           no           no           no           no           no
        viewer                    yes          no           no           no           no           no           no           no
        ");
    }
}
