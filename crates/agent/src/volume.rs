//! One volume's folder, opened once and used through that handle ever after.
//!
//! Opening writes nothing, so that a volume that is mounted read-only can be browsed; the staging folder
//! is made when something is staged.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

use domain::VolumePath;
use jiff::Timestamp;
use rustix::fs::{self, Mode, OFlags};
use rustix::io::Errno;

use crate::beneath;
use crate::error::{Error, Result};
use crate::figures::Figures;
use crate::import::Imports;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::places::Places;
use crate::upload::{Roster, Sessions, Turns};
use tokio_util::sync::CancellationToken;

/// The folder in the staging folder in which uploads lie.
const UPLOADS: &str = "uploads";

/// One volume's folder, opened once.
#[derive(Debug)]
pub struct Volume {
    uid: String,
    root: OwnedFd,
    limits: Limits,
    turns: Turns,
    roster: Roster,
    sessions: Sessions,
    manifest: Manifest,
    imports: Imports,
    figures: Arc<Figures>,
    places: Places,
    stopping: CancellationToken,
}

impl Volume {
    /// Opens the folder at which a volume is mounted. `uid` is that of its claim: tickets name it.
    ///
    /// # Errors
    /// There is no such folder, or it may not be read.
    pub fn open(uid: impl Into<String>, root: &Path, limits: Limits) -> io::Result<Self> {
        Ok(Self::at(uid.into(), open_root(root)?, limits))
    }

    /// Opens one folder of the place at which a volume is mounted, made where it is missing. The way to it leads
    /// across no link, and nothing outside it is ever reached.
    ///
    /// # Errors
    /// There is no such place, something on the way is not a folder, or it may not be read or made.
    pub fn open_folder(
        uid: impl Into<String>,
        root: &Path,
        folder: &VolumePath,
        limits: Limits,
    ) -> io::Result<Self> {
        let folder = beneath::make_folders(open_root(root)?, folder).map_err(io_error)?;
        Ok(Self::at(uid.into(), folder, limits))
    }

    fn at(uid: String, root: OwnedFd, limits: Limits) -> Self {
        Self {
            uid,
            root,
            limits,
            turns: Turns::default(),
            roster: Roster::default(),
            sessions: Sessions::default(),
            manifest: Manifest::default(),
            imports: Imports::default(),
            figures: Arc::default(),
            places: Places::default(),
            stopping: CancellationToken::new(),
        }
    }

    /// The same volume, whose numbers are counted together with those of others.
    #[must_use]
    pub fn counting_into(self, figures: Arc<Figures>) -> Self {
        Self { figures, ..self }
    }

    /// Gives up what nobody went on with for longer than [`Limits::staging_age`], and forgets finished
    /// uploads. Blocks; requests that are running are left alone. Answers how many uploads went.
    ///
    /// # Errors
    /// The staging folder cannot be read; what was found before is swept.
    pub fn sweep(&self, now: Timestamp) -> io::Result<usize> {
        crate::upload::sweep(self, now).map_err(io_error)
    }

    /// The uid of the claim.
    pub(crate) fn uid(&self) -> &str {
        &self.uid
    }

    pub(crate) fn root(&self) -> &OwnedFd {
        &self.root
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(crate) fn roster(&self) -> &Roster {
        &self.roster
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn imports(&self) -> &Imports {
        &self.imports
    }

    /// Whether files are being imported at this moment: nobody asks for that with a request that lasts.
    pub fn is_importing(&self) -> bool {
        self.imports.are_running()
    }

    /// Ends the imports that run. What they stored stays, what they staged goes.
    pub fn cancel_imports(&self) {
        self.imports.cancel_all();
    }

    /// What happened here since it was opened, in numbers.
    pub fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Ends the requests that bring bytes, for good: what arrived is kept, and clients are told to come again.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Stowage's own folder in the volume, if there is one.
    pub(crate) fn own_folder(&self) -> Result<Option<OwnedFd>> {
        self.open_own(VolumePath::STAGING)
    }

    /// The folder of staged uploads, if there is one.
    pub(crate) fn staging(&self) -> Result<Option<OwnedFd>> {
        self.open_own(&format!("{}/{UPLOADS}", VolumePath::STAGING))
    }

    fn open_own(&self, path: &str) -> Result<Option<OwnedFd>> {
        match beneath::open_folder(&self.root, path) {
            Ok(folder) => Ok(Some(folder)),
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOENT) => Ok(None),
            Err(error) => Err(beneath::in_the_way(error, VolumePath::STAGING)),
        }
    }

    /// Stowage's own folder, made where it is missing. Only the agent may look into it.
    pub(crate) fn make_own_folder(&self) -> Result<OwnedFd> {
        match self.own_folder()? {
            Some(folder) => Ok(folder),
            None => make_within(&self.root, VolumePath::STAGING),
        }
    }

    /// The folder of staged uploads, made where it is missing.
    pub(crate) fn make_staging(&self) -> Result<OwnedFd> {
        match self.staging()? {
            Some(folder) => Ok(folder),
            None => make_within(&self.make_own_folder()?, UPLOADS),
        }
    }

    /// Bytes that may still be written.
    pub(crate) fn available_bytes(&self) -> io::Result<u64> {
        let space = fs::fstatvfs(&self.root)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }
}

fn open_root(root: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(fs::open(root, flags, Mode::empty())?)
}

fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

fn make_within(folder: &OwnedFd, name: &str) -> Result<OwnedFd> {
    match fs::mkdirat(folder, name, Mode::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(other) => return Err(other.into()),
    }
    let made =
        beneath::open_folder(folder, name).map_err(|error| beneath::in_the_way(error, name))?;
    beneath::sync_folder(folder)?;
    Ok(made)
}
