//! The folders of a cluster: where projects, claims and Stowage's own records lie.
//!
//! A claim is found by its marker's UID, in the project's folder or in the folder of a storage class;
//! the link that people see in the project's folder is never followed.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use domain::{Clock, Persistence, VolumePath};

use super::bind::Mounting;
use super::file_system::FileSystem;
use super::folder::{Doing, Entry, Folder, is_no_folder};
use super::marker::Marker;
use super::names::project_name;
use super::settings::{Base, Class, Settings, classes};
use crate::{ClaimKey, Error, ProjectFolder, Result};

const PROJECTS: &str = "projects";
/// What the process' umask and the parent's set-group-ID bit make of it is the administrator's choice.
pub(super) const FOLDER_MODE: u32 = 0o777;

/// The folders of a cluster.
pub(super) struct Storage {
    shown: PathBuf,
    real: PathBuf,
    pub(super) classes: Vec<Class>,
    pub(super) mounting: Mounting,
    pub(super) clock: Arc<dyn Clock>,
}

/// A folder that is, or could be, a claim.
pub(super) struct Place {
    /// The folder itself.
    pub(super) claim: Folder,
    /// The folder that it stands in.
    pub(super) parent: Folder,
    /// Its marker, if it has one.
    pub(super) marker: Option<Marker>,
    /// Its path without links on the way.
    pub(super) real: PathBuf,
}

/// The folders in which claims of one project may stand.
pub(super) struct Parents<'a> {
    /// Those that are there, with the storage class that they belong to; none: the project's own folder.
    pub(super) found: Vec<(Folder, Option<&'a Base>)>,
    /// Why the folder of a storage class could not be looked into, if one could not.
    pub(super) missing: Option<Error>,
}

impl Storage {
    /// Finds the folders, making those of a first start.
    pub(super) fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        let opening = || format!("opening the cluster's folder {}", settings.root.display());
        let shown = std::path::absolute(&settings.root).doing(opening)?;
        std::fs::create_dir_all(shown.join(PROJECTS)).doing(opening)?;
        let real = std::fs::canonicalize(&shown).doing(opening)?;
        let classes = classes(settings, &real)?;
        let root = Folder::open(&real).doing(opening)?;
        let own = root
            .child_or_make(VolumePath::STAGING, 0o700)
            .doing(opening)?;
        let projects = Folder::open(&real.join(PROJECTS)).doing(opening)?;
        let mounting = Mounting::probe(
            settings.mounts,
            &own,
            &real.join(VolumePath::STAGING),
            &projects,
        )?;
        Ok(Self {
            shown,
            real,
            classes,
            mounting,
            clock,
        })
    }

    /// The folder of all projects.
    pub(super) fn projects(&self) -> Result<Folder> {
        Folder::open(&self.real.join(PROJECTS))
            .doing(|| format!("opening {}", self.shown.join(PROJECTS).display()))
    }

    /// Stowage's own folder beneath the root.
    pub(super) fn own(&self) -> Result<Folder> {
        let opening = || format!("opening {}", self.shown.join(VolumePath::STAGING).display());
        Folder::open(&self.real)
            .and_then(|root| root.child_or_make(VolumePath::STAGING, 0o700))
            .doing(opening)
    }

    /// Where people find a project, or a claim in it.
    pub(super) fn shown(&self, project: &ProjectFolder, name: &str) -> String {
        self.shown
            .join(PROJECTS)
            .join(&project.0)
            .join(name)
            .display()
            .to_string()
    }

    /// A path of the cluster's folder without links on the way.
    pub(super) fn real(&self, project: &str, name: &str) -> PathBuf {
        self.real.join(PROJECTS).join(project).join(name)
    }

    /// The folder of a project, if it is there.
    pub(super) fn project(&self, project: &ProjectFolder) -> Result<Option<Folder>> {
        let name = project_name(project)?;
        match self.projects()?.child(name) {
            Err(error) if is_no_folder(&error) => Err(Error::Refused(format!(
                "{} is a link or a file: a project's folder must be a folder of its own",
                self.shown(project, "")
            ))),
            answer => answer.doing(|| format!("opening {}", self.shown(project, ""))),
        }
    }

    /// The folder of a project, made if nothing is there.
    pub(super) fn ensure_project(&self, project: &ProjectFolder) -> Result<Folder> {
        if let Some(folder) = self.project(project)? {
            return Ok(folder);
        }
        let making = || format!("making {}", self.shown(project, ""));
        let projects = self.projects()?;
        projects
            .child_or_make(project_name(project)?, FOLDER_MODE)
            .doing(making)?;
        projects.sync().doing(making)?;
        // Somebody may have been faster with a link.
        self.project(project)?
            .ok_or_else(|| Error::NotFound(format!("{} is gone", self.shown(project, ""))))
    }

    /// The folders in which claims of a project may stand.
    pub(super) fn parents(&self, project: &ProjectFolder) -> Result<Parents<'_>> {
        let name = project_name(project)?;
        let mut parents = Parents {
            found: Vec::new(),
            missing: None,
        };
        parents
            .found
            .extend(self.project(project)?.map(|folder| (folder, None)));
        for class in &self.classes {
            let Some(base) = &class.base else { continue };
            match Self::base(class, base).and_then(|folder| {
                folder
                    .child(name)
                    .doing(|| format!("opening {}", base.shown.join(name).display()))
            }) {
                Ok(folder) => parents
                    .found
                    .extend(folder.map(|folder| (folder, Some(base)))),
                Err(error) => parents.missing = Some(error),
            }
        }
        Ok(parents)
    }

    /// The folder of a storage class.
    pub(super) fn base(class: &Class, base: &Base) -> Result<Folder> {
        Folder::open(&base.real).doing(|| {
            format!(
                "opening {}, the folder of the storage class “{}” (is it mounted?)",
                base.shown.display(),
                class.name
            )
        })
    }

    /// The folders of that name in which a claim could be.
    pub(super) fn places(
        &self,
        project: &ProjectFolder,
        name: &str,
    ) -> Result<(Vec<Place>, Option<Error>)> {
        let parents = self.parents(project)?;
        let shown = self.shown(project, name);
        let mut places = Vec::new();
        for (parent, base) in parents.found {
            let claim = match parent.child(name) {
                Ok(Some(claim)) => claim,
                Ok(None) => continue,
                Err(error) if is_no_folder(&error) => continue,
                Err(error) => return Err(error).doing(|| format!("opening {shown}")),
            };
            let real = match base {
                Some(base) => base.real.join(&project.0).join(name),
                None => self.real(&project.0, name),
            };
            let marker = Marker::read(&claim, &shown)?;
            places.push(Place {
                claim,
                parent,
                marker,
                real,
            });
        }
        Ok((places, parents.missing))
    }

    /// The claim with that UID, if it is there.
    pub(super) fn find(
        &self,
        project: &ProjectFolder,
        name: &str,
        uid: &str,
    ) -> Result<Option<Place>> {
        let (places, missing) = self.places(project, name)?;
        let is_it = |place: &Place| {
            place
                .marker
                .as_ref()
                .is_some_and(|marker| marker.uid == uid)
        };
        match (places.into_iter().find(is_it), missing) {
            (None, Some(missing)) => Err(missing),
            (found, _) => Ok(found),
        }
    }

    /// The claim of a key.
    pub(super) fn find_key(&self, key: &ClaimKey) -> Result<Option<Place>> {
        self.find(&key.project, super::names::claim_name(&key.name)?, &key.uid)
    }

    /// The link in the project's folder to a claim that lies in the folder of a storage class.
    pub(super) fn link_target(&self, base: &Base, project: &str, name: &str) -> String {
        relative(&self.real(project, ""), &base.real.join(project).join(name))
    }

    /// Whether what stands at a name of a project's folder is the link to a claim elsewhere.
    pub(super) fn is_link_to_claim(
        &self,
        entry: Option<&Entry>,
        project: &str,
        name: &str,
    ) -> bool {
        let Some(Entry::Link(target)) = entry else {
            return false;
        };
        self.classes
            .iter()
            .filter_map(|class| class.base.as_ref())
            .any(|base| self.link_target(base, project, name) == *target)
    }

    /// What becomes of bytes in a folder of that storage class.
    pub(super) fn persistence(class: Option<&Class>, folder: &Folder) -> Result<Persistence> {
        if let Some(declared) = class.and_then(|class| class.declared.as_ref()) {
            let reason = format!("declared by the administrator: {}", declared.reason);
            return Ok(Persistence {
                class: declared.class,
                reason,
            });
        }
        Ok(FileSystem::of(folder)
            .doing(|| "reading the type of the file system".to_owned())?
            .persistence())
    }

    /// The storage class of that name.
    pub(super) fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }
}

/// The way from one folder to another, both without links on the way.
pub(super) fn relative(from: &Path, to: &Path) -> String {
    let from: Vec<Component<'_>> = from.components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let common = from
        .iter()
        .zip(&to)
        .take_while(|(one, other)| one == other)
        .count();
    let mut way = PathBuf::new();
    way.extend(std::iter::repeat_n(
        Component::ParentDir,
        from.len() - common,
    ));
    way.extend(&to[common..]);
    way.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_up_to_the_common_folder_and_down() {
        assert_eq!(
            relative(
                Path::new("/r/projects/b/shared"),
                Path::new("/r/projects/a/n")
            ),
            "../../a/n"
        );
        assert_eq!(
            relative(Path::new("/r/projects/a/"), Path::new("/mnt/x/a/n")),
            "../../../mnt/x/a/n"
        );
    }
}
