//! Files of a data volume. Their bytes never pass through here: the caller gets the way to the data
//! agent, with a ticket for a short time. What the pages ask (a folder, a preview) is asked here.

use authz::{Action, Caller, Refusal};
use cluster::{ClaimKey, DataPath, ProjectFolder, Visit};
use domain::{DataVolume, DataVolumeId, EventKind, Phase, Placed, VolumePath};
use http::{Method, Request};
use http_body_util::BodyExt;
use jiff::SignedDuration;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::Tx;
use tower::ServiceExt;
use wire::{FileDetails, FolderView, NewFolder, PreviewView, Problem, RenameFile};

use crate::error::Kind;
use crate::{Error, Result, Service};

/// What stands between the two names in the log.
pub(crate) const RENAMED_TO: &str = " → ";
/// How soon after a change of files the usage is measured again: many changes, one walk.
pub(crate) const MEASURED_AFTER: SignedDuration = SignedDuration::from_secs(2);
/// How long a person may go on reading a file before the log says again that they do.
const READ_ONCE: SignedDuration = SignedDuration::from_mins(10);
/// The largest answer of the data agent that is read into memory, in bytes.
const MAX_ANSWER: usize = 8 << 20;

/// Whether files are only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAccess {
    /// Browse and download.
    Read,
    /// Change as well.
    Write,
}

impl FileAccess {
    fn action(self) -> Action {
        match self {
            Self::Read => Action::ReadFiles,
            Self::Write => Action::WriteFiles,
        }
    }
}

impl Service {
    /// The way to the files of a data volume, for this caller. Rights hold for a few seconds only: ask
    /// again with [`Service::may_still_access`] while a long body streams.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] while its storage is not there.
    pub async fn data_path(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        access: FileAccess,
    ) -> Result<DataPath> {
        let kind = match access {
            FileAccess::Read => EventKind::FileRead,
            FileAccess::Write => EventKind::FileStored,
        };
        let answer = self.open_files(caller, id, access).await;
        self.noted(caller, kind, id, answer).await
    }

    async fn open_files(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        access: FileAccess,
    ) -> Result<DataPath> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, access.action(), id).await?;
        let claim = claim_key(&mut tx, &volume).await?;
        drop(tx);
        if volume.thing.phase == Phase::Deleting {
            return Err(Error::Conflict("This data volume is being deleted.".into()));
        }
        let visit = Visit {
            subject: caller.id().to_string(),
            may_write: access == FileAccess::Write,
            folders: caller.folders(access.action(), &volume),
            may_wait: true,
            credential: None,
        };
        Ok(self
            .cluster_at(&volume.place)?
            .data_path(&claim, &visit)
            .await?)
    }

    /// Whether a transfer that was allowed when it began may go on, with the rights that access rules and
    /// shares give the caller by now, at this path or somewhere beneath it.
    ///
    /// # Errors
    /// As [`Service::data_path`].
    pub async fn may_still_access(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        access: FileAccess,
        path: &VolumePath,
    ) -> Result<()> {
        let mut tx = self.0.store.read().await?;
        let caller = self.renewed(&mut tx, caller).await?;
        let action = access.action();
        let volume = Self::authorized_volume(&mut tx, &caller, action, id).await?;
        let folders = caller.folders(action, &volume);
        let is_left = |folder: &VolumePath| path.is_within(folder) || folder.is_within(path);
        if folders.iter().any(is_left) {
            return Ok(());
        }
        Err(Error::refused(Refusal::Forbidden(action), Kind::DataVolume))
    }

    /// One folder, from `offset` on.
    ///
    /// # Errors
    /// As [`Service::data_path`], and what the data agent says.
    pub async fn list_folder(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        path: VolumePath,
        offset: u64,
    ) -> Result<FolderView> {
        let agent = self.data_path(caller, id, FileAccess::Read).await?;
        ask(
            agent,
            Method::GET,
            &format!("/files?path={}&offset={offset}", encoded(&path)),
            None::<&()>,
        )
        .await
    }

    /// The beginning of a file, ready to be shown.
    ///
    /// # Errors
    /// As [`Service::data_path`], and what the data agent says.
    pub async fn preview_file(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        path: VolumePath,
    ) -> Result<PreviewView> {
        let agent = self.data_path(caller, id, FileAccess::Read).await?;
        let preview = ask(
            agent,
            Method::GET,
            &format!("/files/preview?path={}", encoded(&path)),
            None::<&()>,
        )
        .await?;
        self.file_read(caller, id, path.as_str()).await?;
        Ok(preview)
    }

    /// What is known of one file: its size, its time, and its hashes if it was uploaded.
    ///
    /// # Errors
    /// As [`Service::data_path`], and what the data agent says.
    pub async fn show_file_details(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        path: VolumePath,
    ) -> Result<FileDetails> {
        let agent = self.data_path(caller, id, FileAccess::Read).await?;
        let address = format!("/files/details?path={}", encoded(&path));
        ask(agent, Method::GET, &address, None::<&()>).await
    }

    /// Makes a folder, and those on the way to it.
    ///
    /// # Errors
    /// As [`Service::data_path`], and what the data agent says.
    pub async fn make_folder(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        new: NewFolder,
    ) -> Result<()> {
        let answer = self.open_files(caller, id, FileAccess::Write).await;
        let agent = self
            .noted(caller, EventKind::FolderMade, id, answer)
            .await?;
        order(agent, Method::POST, "/files/folder", Some(&new)).await?;
        self.files_changed(caller, id, EventKind::FolderMade, new.path.as_str())
            .await
    }

    /// Gives a file or folder another name or place; nothing is replaced.
    ///
    /// # Errors
    /// As [`Service::data_path`], and what the data agent says.
    pub async fn rename_file(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        rename: RenameFile,
    ) -> Result<()> {
        let answer = self.open_files(caller, id, FileAccess::Write).await;
        let agent = self.noted(caller, EventKind::Renamed, id, answer).await?;
        order(agent, Method::POST, "/files/rename", Some(&rename)).await?;
        let subject = format!("{}{RENAMED_TO}{}", rename.from, rename.to);
        self.files_changed(caller, id, EventKind::Renamed, &subject)
            .await
    }

    /// Deletes a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// As [`Service::data_path`], and what the data agent says.
    pub async fn delete_file(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        path: VolumePath,
    ) -> Result<()> {
        let answer = self.open_files(caller, id, FileAccess::Write).await;
        let agent = self
            .noted(caller, EventKind::FileDeleted, id, answer)
            .await?;
        order(
            agent,
            Method::DELETE,
            &format!("/files?path={}", encoded(&path)),
            None::<&()>,
        )
        .await?;
        self.files_changed(caller, id, EventKind::FileDeleted, path.as_str())
            .await
    }

    /// Notes that the data agent stored a file for this caller.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn file_stored(&self, caller: &Caller, id: DataVolumeId, path: &str) -> Result<()> {
        self.files_changed(caller, id, EventKind::FileStored, path)
            .await
    }

    /// Notes that this caller reads a file, before they get its bytes. One file is read in many requests
    /// and looked at again: within [`READ_ONCE`] that is one entry.
    ///
    /// # Errors
    /// When the database fails; then nothing may be read.
    pub async fn file_read(&self, caller: &Caller, id: DataVolumeId, path: &str) -> Result<()> {
        let since = self.0.clock.now() - READ_ONCE;
        let mut tx = self.0.store.read().await?;
        let reader = caller.id();
        if tx.was_read_since(id, path, reader, since).await? {
            return Ok(());
        }
        let volume = Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        drop(tx);
        let mut tx = self.0.store.begin().await?;
        // The page and the browser may have asked at the same time.
        if tx.was_read_since(id, path, reader, since).await? {
            return Ok(());
        }
        tx.record(&self.event(Some(caller), EventKind::FileRead, &volume, path))
            .await?;
        Ok(tx.commit().await?)
    }

    async fn files_changed(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        kind: EventKind,
        subject: &str,
    ) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::See, id).await?;
        tx.record(&self.event(Some(caller), kind, &volume, subject))
            .await?;
        let measure_at = self.0.clock.now() + MEASURED_AFTER;
        tx.reconcile_at(id, Some(measure_at)).await?;
        tx.commit().await?;
        self.announce(kind, &volume);
        self.wake();
        Ok(())
    }
}

/// The claim of a data volume by name and UID, if its storage is there.
pub(crate) async fn claim_key(tx: &mut Tx, volume: &Placed<DataVolume>) -> Result<ClaimKey> {
    let project = tx
        .scope(volume.place.id())
        .await?
        .and_then(|scope| scope.folder);
    let project = project.ok_or(Error::NotFound(Kind::Scope))?;
    let origin = &volume.thing.origin;
    let uid = origin.uid.clone().ok_or_else(|| {
        Error::Conflict("Its storage is not there yet. Its status says how far it is.".into())
    })?;
    Ok(ClaimKey {
        data_volume_id: volume.thing.id,
        project: ProjectFolder(project),
        name: origin.name.clone(),
        uid,
        is_ours: origin.source.makes_claim(),
        sub_path: origin.source.sub_path(),
    })
}

fn encoded(path: &VolumePath) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(path.as_str(), NON_ALPHANUMERIC)
}

/// Asks the data agent and reads its JSON answer.
pub(crate) async fn ask<T: DeserializeOwned>(
    agent: DataPath,
    method: Method,
    address: &str,
    body: Option<&impl Serialize>,
) -> Result<T> {
    let answer = order(agent, method, address, body).await?;
    serde_json::from_slice(&answer).map_err(|error| Error::BadAnswer(error.into()))
}

/// Tells the data agent to do something; answers the body.
pub(crate) async fn order(
    agent: DataPath,
    method: Method,
    address: &str,
    body: Option<&impl Serialize>,
) -> Result<Vec<u8>> {
    let bad = |error: Box<dyn std::error::Error + Send + Sync>| Error::BadAnswer(error);
    let json = match body {
        Some(body) => serde_json::to_vec(body).map_err(|error| bad(error.into()))?,
        None => Vec::new(),
    };
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(json.into())
        .map_err(|error| bad(error.into()))?;
    let response = agent.oneshot(request).await?;
    let status = response.status();
    let body = http_body_util::Limited::new(response.into_body(), MAX_ANSWER);
    let bytes = body.collect().await.map_err(bad)?.to_bytes();
    if status.is_success() {
        return Ok(bytes.to_vec());
    }
    Err(Error::Agent(serde_json::from_slice(&bytes).unwrap_or_else(
        |_| Problem::new(status.as_u16(), "The data agent refused without a reason."),
    )))
}
