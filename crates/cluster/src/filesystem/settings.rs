//! What an administrator sets for a cluster of folders.
//!
//! A storage class without a path of its own keeps its volumes in the projects' folders themselves;
//! one with a path keeps them there and leaves a link in the project's folder.

use std::path::{Path, PathBuf};

use domain::Persistence;
use serde::Deserialize;

use crate::{Error, Result};

/// A file-system cluster, as the configuration describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The folder of the cluster; projects' folders live in `<root>/projects`.
    pub root: PathBuf,
    /// The storage classes on offer; none given means one, `standard`, in the projects' folders.
    #[serde(default)]
    pub storage_classes: Vec<StorageClassSettings>,
    /// How receiving projects get a volume.
    #[serde(default)]
    pub mounts: Mounts,
}

/// A storage class, as the configuration describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageClassSettings {
    /// Its name.
    pub name: String,
    /// One line about it.
    #[serde(default)]
    pub description: String,
    /// The folder in which its volumes live, as `<path>/<project>/<volume>`; absent: in the projects'
    /// folders. It must be there: a missing one means storage that is not mounted.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// Whether it is taken when nothing is chosen.
    #[serde(default)]
    pub is_default: bool,
    /// What becomes of the bytes, where the type of the file system would tell it wrongly.
    #[serde(default)]
    pub persistence: Option<Persistence>,
}

/// How receiving projects get a volume.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mounts {
    /// Bind mounts where this process may mount and the projects' folders lie on this machine's own
    /// disk; links otherwise, because a bind mount is seen on the machine that made it and nowhere else.
    #[default]
    Auto,
    /// Bind mounts; starting fails where this process may not mount.
    Bind,
    /// Links.
    Link,
}

/// A storage class with its places found.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) is_default: bool,
    pub(super) declared: Option<Persistence>,
    /// Where its volumes live, if not in the projects' folders.
    pub(super) base: Option<Base>,
}

/// The folder of a storage class that keeps its volumes outside the projects' folders.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// As the administrator wrote it, for people.
    pub(super) shown: PathBuf,
    /// Without links on the way, so that a relative link from elsewhere leads there.
    pub(super) real: PathBuf,
}

/// The storage classes of these settings; `root` is without links on the way.
pub(super) fn classes(settings: &Settings, root: &Path) -> Result<Vec<Class>> {
    if settings.storage_classes.is_empty() {
        return Ok(vec![Class {
            name: "standard".to_owned(),
            description: "A folder in the project's own folder".to_owned(),
            is_default: true,
            declared: None,
            base: None,
        }]);
    }
    let mut classes: Vec<Class> = Vec::new();
    for class in &settings.storage_classes {
        let base = class.path.as_deref().map(base).transpose()?;
        let taken = |other: &Class| match (&other.base, &base) {
            (Some(one), Some(two)) => one.real == two.real,
            _ => false,
        };
        let name = &class.name;
        if name.is_empty() {
            return Err(Error::Refused("a storage class needs a name".to_owned()));
        }
        if classes.iter().any(|other| other.name == *name) {
            return Err(Error::Refused(format!(
                "two storage classes are called “{name}”"
            )));
        }
        if let Some(other) = classes.iter().find(|other| taken(other)) {
            return Err(Error::Refused(format!(
                "the storage classes “{}” and “{name}” have the same folder",
                other.name
            )));
        }
        if class.is_default && classes.iter().any(|other| other.is_default) {
            return Err(Error::Refused(format!(
                "“{name}” is the second default storage class: there can be one"
            )));
        }
        if base
            .as_ref()
            .is_some_and(|base| base.real.starts_with(root.join("projects")))
        {
            return Err(Error::Refused(format!(
                "the folder of the storage class “{name}” lies in the projects' folders: leave “path” out, or choose a folder elsewhere"
            )));
        }
        classes.push(Class {
            name: name.clone(),
            description: class.description.clone(),
            is_default: class.is_default,
            declared: class.persistence.clone(),
            base,
        });
    }
    Ok(classes)
}

fn base(path: &Path) -> Result<Base> {
    let shown = std::path::absolute(path).map_err(|source| Error::Unavailable {
        doing: format!("finding the folder {}", path.display()),
        source: source.into(),
    })?;
    // Storage that is not mounted yet is reported when it is used; the start must not depend on it.
    let real = std::fs::canonicalize(&shown).unwrap_or_else(|_| shown.clone());
    Ok(Base { shown, real })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, path: Option<&str>) -> StorageClassSettings {
        StorageClassSettings {
            name: name.to_owned(),
            description: String::new(),
            path: path.map(PathBuf::from),
            is_default: false,
            persistence: None,
        }
    }

    fn refused(storage_classes: Vec<StorageClassSettings>) -> String {
        let settings = Settings {
            root: "/r".into(),
            storage_classes,
            mounts: Mounts::Auto,
        };
        classes(&settings, Path::new("/r")).unwrap_err().to_string()
    }

    #[test]
    fn without_classes_there_is_one() {
        let settings = Settings {
            root: "/r".into(),
            storage_classes: Vec::new(),
            mounts: Mounts::Auto,
        };
        let classes = classes(&settings, Path::new("/r")).unwrap();
        assert_eq!(classes.len(), 1);
        assert_eq!(classes[0].name, "standard");
        assert!(classes[0].is_default && classes[0].base.is_none());
    }

    #[test]
    fn classes_that_would_get_into_each_others_way_are_refused() {
        assert!(refused(vec![class("a", None), class("a", None)]).contains("two storage classes"));
        assert!(
            refused(vec![class("a", Some("/x")), class("b", Some("/x"))])
                .contains("the same folder")
        );
        assert!(
            refused(vec![class("a", Some("/r/projects/p"))])
                .contains("lies in the projects' folders")
        );
        let default = |name| StorageClassSettings {
            is_default: true,
            ..class(name, None)
        };
        assert!(refused(vec![default("a"), default("b")]).contains("second default"));
    }

    #[test]
    fn an_unknown_setting_is_an_error() {
        let text = r#"{"root": "/r", "storage_clases": []}"#;
        assert!(serde_json::from_str::<Settings>(text).is_err());
        let text = r#"{"root": "/r", "mounts": "link", "storage_classes": [{"name": "nvme", "path": "/n",
            "persistence": {"class": "node-local", "reason": "a scratch disk"}}]}"#;
        assert_eq!(
            serde_json::from_str::<Settings>(text).unwrap().mounts,
            Mounts::Link
        );
    }
}
