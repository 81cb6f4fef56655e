//! Names of projects' folders and of claims: one component of a path, never more.
//!
//! A name that passes here is opened beneath an open folder with `O_NOFOLLOW`, so the check keeps
//! names readable and unambiguous; it is not what keeps a planted link from leading out.

use uuid::Uuid;

use crate::{Error, ProjectFolder, Result};

/// The folder of a project in which it finds what others share with it.
pub(super) const SHARED: &str = "shared";

/// The folder's name, if it can be one.
pub(super) fn project_name(project: &ProjectFolder) -> Result<&str> {
    component(&project.0).map_err(|why| {
        Error::Refused(format!(
            "“{}” cannot be a project's folder: {why}",
            project.0
        ))
    })
}

/// The claim's name, if it can be one.
pub(super) fn claim_name(name: &str) -> Result<&str> {
    if name == SHARED {
        return Err(Error::Refused(format!(
            "“{SHARED}” is the folder in which a project finds what others share with it: choose another name"
        )));
    }
    component(name)
        .map_err(|why| Error::Refused(format!("“{name}” cannot be a data volume's folder: {why}")))
}

/// Text that nothing else is called, whoever else works on the same storage.
#[expect(
    clippy::disallowed_methods,
    reason = "two consoles on one storage must not choose the same text"
)]
pub(super) fn unique() -> Uuid {
    Uuid::new_v4()
}

fn component(name: &str) -> std::result::Result<&str, &'static str> {
    if name.is_empty() {
        return Err("it has no name");
    }
    if name.starts_with('.') {
        return Err("a name that begins with a dot is hidden");
    }
    if name.contains(['/', '\\']) || name.contains(char::is_control) {
        return Err("a name has no “/”, no “\\” and no control characters");
    }
    if name.len() > 255 {
        return Err("a name has at most 255 bytes");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_single_visible_name_is_refused() {
        let long = "a".repeat(256);
        for name in [
            "",
            ".",
            "..",
            ".ssh",
            "a/b",
            "../a",
            "/a",
            "a\\b",
            "a\0b",
            "a\nb",
            long.as_str(),
        ] {
            assert!(claim_name(name).is_err(), "{name:?}");
            assert!(
                project_name(&ProjectFolder(name.to_owned())).is_err(),
                "{name:?}"
            );
        }
        assert!(claim_name(SHARED).is_err());
    }

    #[test]
    fn ordinary_folders_of_any_script_are_taken() {
        for name in ["imagenet", "ImageNet 2012", "数据", "a..b", "v1.2"] {
            assert!(claim_name(name).is_ok(), "{name}");
        }
    }
}
