//! A cluster of folders in a temporary place, and people's hands on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::TicketKey;
use async_trait::async_trait;
use cluster::filesystem::{FilesystemCluster, Mounts, Settings, StorageClassSettings};
use cluster::{Cluster, Error};
use rustix::mount::{UnmountFlags, mount_bind, unmount};
use tempfile::TempDir;

use crate::harness::{Harness, Stopped};

/// A cluster of folders that takes its mounts and files with it when it goes.
pub(crate) struct Folders {
    pub(crate) cluster: FilesystemCluster,
    pub(crate) clock: Arc<Stopped>,
    pub(crate) settings: Settings,
    scene: TempDir,
}

impl Folders {
    /// With bind mounts; `None` where this process may not mount.
    pub(crate) fn with_bind_mounts() -> Option<Self> {
        let scene = tempfile::tempdir().unwrap();
        // Asked of the system and not of the cluster: one that wrongly thinks that it may not is a failure.
        let (source, target) = (scene.path().join("source"), scene.path().join("target"));
        fs::create_dir(&source).unwrap();
        fs::create_dir(&target).unwrap();
        mount_bind(&source, &target).ok()?;
        unmount(&target, UnmountFlags::empty()).unwrap();
        fs::remove_dir(&source).unwrap();
        fs::remove_dir(&target).unwrap();
        let settings = settings(&scene, Mounts::Bind);
        Some(Self::start(scene, settings).unwrap())
    }

    /// With links.
    pub(crate) fn with_links() -> Self {
        let scene = tempfile::tempdir().unwrap();
        let settings = settings(&scene, Mounts::Link);
        Self::start(scene, settings).unwrap()
    }

    /// With links, and one storage class that keeps its volumes outside the projects' folders.
    pub(crate) fn with_a_class_elsewhere() -> Self {
        let scene = tempfile::tempdir().unwrap();
        fs::create_dir(scene.path().join("elsewhere")).unwrap();
        let class = StorageClassSettings {
            name: "scratch".to_owned(),
            description: "Fast and small".to_owned(),
            path: Some(scene.path().join("elsewhere")),
            is_default: true,
            persistence: None,
        };
        let settings = Settings {
            storage_classes: vec![class],
            ..settings(&scene, Mounts::Link)
        };
        Self::start(scene, settings).unwrap()
    }

    /// With settings of one's own, beneath a temporary folder.
    pub(crate) fn start(scene: TempDir, settings: Settings) -> Result<Self, Error> {
        let clock = Arc::new(Stopped::new());
        let cluster = FilesystemCluster::new(&settings, TicketKey::new([7; 32]), clock.clone())?;
        Ok(Self {
            cluster,
            clock,
            settings,
            scene,
        })
    }

    /// The same folders after the console was started anew.
    pub(crate) fn restarted(&self, mounts: Mounts) -> FilesystemCluster {
        let settings = Settings {
            mounts,
            ..self.settings.clone()
        };
        FilesystemCluster::new(&settings, TicketKey::new([7; 32]), self.clock.clone()).unwrap()
    }

    /// A path of a project's folder.
    pub(crate) fn path(&self, project: &str, path: &str) -> PathBuf {
        self.scene
            .path()
            .join("root/projects")
            .join(project)
            .join(path)
    }

    /// The temporary folder that everything lies in.
    pub(crate) fn scene(&self) -> &Path {
        self.scene.path()
    }

    /// What is mounted in it, the last first.
    pub(crate) fn mounts(&self) -> Vec<PathBuf> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let points = mounts
            .lines()
            .filter_map(|line| line.split(' ').nth(4).map(PathBuf::from));
        let mut points: Vec<PathBuf> = points
            .filter(|point| point.starts_with(self.scene.path()))
            .collect();
        points.reverse();
        points
    }

    /// Takes off every mount, as a restart of the machine does.
    pub(crate) fn restart_machine(&self) {
        for point in self.mounts() {
            unmount(&point, UnmountFlags::DETACH).unwrap();
        }
    }

    fn claim(&self, project: &str, name: &str) -> PathBuf {
        let elsewhere = self.scene.path().join("elsewhere").join(project).join(name);
        if elsewhere.exists() {
            elsewhere
        } else {
            self.path(project, name)
        }
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        self.restart_machine();
    }
}

/// Settings with `root` in the temporary folder.
pub(crate) fn settings(scene: &TempDir, mounts: Mounts) -> Settings {
    Settings {
        root: scene.path().join("root"),
        storage_classes: Vec::new(),
        mounts,
    }
}

#[async_trait]
impl Harness for Folders {
    fn cluster(&self) -> &dyn Cluster {
        &self.cluster
    }

    fn storage_class(&self) -> &str {
        self.settings
            .storage_classes
            .first()
            .map_or("standard", |class| &class.name)
    }

    async fn make_claim(&self, project: &str, name: &str, file: &str, text: &str) {
        fs::create_dir_all(self.path(project, name)).unwrap();
        fs::write(self.path(project, name).join(file), text).unwrap();
    }

    async fn delete_claim(&self, project: &str, name: &str) {
        fs::remove_dir_all(self.claim(project, name)).unwrap();
        if self.path(project, name).is_symlink() {
            fs::remove_file(self.path(project, name)).unwrap();
        }
    }

    async fn write(&self, project: &str, claim: &str, file: &str, text: &str) {
        fs::write(self.claim(project, claim).join(file), text).unwrap();
    }

    async fn read(&self, project: &str, claim: &str, file: &str) -> Option<String> {
        fs::read_to_string(self.path(project, claim).join(file)).ok()
    }

    async fn read_mounted(&self, project: &str, volume: &str, file: &str) -> Option<String> {
        fs::read_to_string(self.path(project, "shared").join(volume).join(file)).ok()
    }

    async fn everything(&self) -> String {
        let mut lines = Vec::new();
        describe(self.scene.path(), &mut lines);
        lines.sort();
        lines.push(format!("{:?}", self.mounts()));
        lines.join("\n")
    }
}

fn describe(path: &Path, lines: &mut Vec<String>) {
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        lines.push(format!(
            "{} {kind:?} {:?}",
            entry.path().display(),
            fs::read_link(entry.path()).ok()
        ));
        if kind.is_dir() {
            describe(&entry.path(), lines);
        }
    }
}
