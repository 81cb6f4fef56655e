//! Where the programs of a cluster run: on this machine as it is, or shut in with their node.

use std::path::Path;
use std::process::Command;

use super::namespaces::Namespaces;

pub(super) enum Place {
    Machine,
    Inside(Namespaces),
}

impl Place {
    /// A call of a program there. Its paths must be absolute.
    pub(super) fn command(&self, program: &Path) -> Command {
        match self {
            Self::Machine => Command::new(program),
            Self::Inside(namespaces) => namespaces.command(program),
        }
    }
}
