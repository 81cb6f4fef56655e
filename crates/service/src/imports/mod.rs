//! Imports: the data agent of a volume pulls files into it, with the rights of whoever asked for that.
//!
//! What is asked for lies in the database, and [`running`] has data agents do it. A person has to stay signed in for
//! that: an import has no rights of its own.

mod credentials;
mod running;
mod sources;

use authz::{Action, Caller};
use domain::{
    DataVolume, DataVolumeId, EventKind, Import, ImportId, ImportProgress, ImportState, Phase,
    Placed, UserId, VolumePath,
};
use store::Tx;
use wire::{ImportView, ImportsView, NewImport};

use crate::catalogue::names;
use crate::error::Kind;
use crate::{Error, Result, Service};

pub use credentials::{ImportCredential, ImportSecret, ImportSettings};

/// How many imports of a data volume are shown.
const SHOWN: u32 = 100;
/// How many a data volume may have that are not over.
const UNFINISHED: u64 = 20;

impl Service {
    /// The imports into a data volume, newest first, and what a new one may name.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] when the caller may not read its files.
    pub async fn list_imports(&self, caller: &Caller, id: DataVolumeId) -> Result<ImportsView> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::ReadFiles, id).await?;
        let folders = caller.folders(Action::ReadFiles, &volume);
        let mut imports = tx.imports_of(id, SHOWN).await?;
        imports.retain(|import| is_in(&folders, &import.into));
        let people = names(&mut tx, imports.iter().map(|import| import.asked_by)).await?;
        drop(tx);
        let credentials = if caller.may(Action::WriteFiles, &volume) {
            self.import_credentials(&volume.place).await?
        } else {
            Vec::new()
        };
        let name = |id: UserId| people.get(&id).cloned();
        Ok(ImportsView {
            imports: imports
                .into_iter()
                .map(|import| shown(name(import.asked_by), import))
                .collect(),
            credentials: credentials
                .into_iter()
                .map(ImportCredential::shown)
                .collect(),
        })
    }

    /// One import.
    ///
    /// # Errors
    /// As [`Service::list_imports`]; [`Error::NotFound`] when the data volume has no such import.
    pub async fn show_import(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        import: ImportId,
    ) -> Result<ImportView> {
        let mut tx = self.0.store.read().await?;
        let (_, import) = authorized_import(&mut tx, caller, Action::ReadFiles, id, import).await?;
        named(&mut tx, import).await
    }

    /// Has files pulled into a data volume.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`] when the caller may not change files of that folder;
    /// [`Error::Invalid`] for a source that makes no sense or a credential that is not for it; [`Error::Conflict`]
    /// when the data volume has no storage or too many imports.
    pub async fn start_import(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        new: NewImport,
    ) -> Result<ImportView> {
        let answer = self.ask_for_import(caller, id, new).await;
        self.noted(caller, EventKind::ImportStarted, id, answer)
            .await
    }

    async fn ask_for_import(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        new: NewImport,
    ) -> Result<ImportView> {
        let mut tx = self.0.store.read().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::WriteFiles, id).await?;
        drop(tx);
        if !is_in(&caller.folders(Action::WriteFiles, &volume), &new.into) {
            return Err(Error::Forbidden(Action::WriteFiles));
        }
        let origins = sources::checked(&new.source)?;
        if let Some(name) = &new.credential {
            let credential = self.import_credential(&volume.place, name).await?;
            credential.refuse_elsewhere(&origins)?;
        }
        let import = Import {
            id: ImportId(self.0.ids.fresh()),
            data_volume_id: id,
            source: new.source,
            into: new.into,
            existing: new.existing,
            credential: new.credential,
            asked_by: caller.id(),
            asked_at: self.0.clock.now(),
            state: ImportState::Waiting,
            runs: 1,
            progress: ImportProgress::default(),
            started_at: Some(self.0.clock.now()),
            ended_at: None,
        };
        let mut tx = self.0.store.begin().await?;
        let volume = Self::authorized_volume(&mut tx, caller, Action::WriteFiles, id).await?;
        refuse_more(&mut tx, &volume).await?;
        tx.add_import(&import).await?;
        self.commit_import(tx, caller, EventKind::ImportStarted, &volume, &import)
            .await?;
        Ok(shown(Some(caller.principal().name().to_owned()), import))
    }

    /// Begins an import anew, with the rights of the caller: it fetches what is new or changed at the source.
    ///
    /// # Errors
    /// As [`Service::start_import`]; [`Error::Conflict`] while it is not over.
    pub async fn run_import_again(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        import: ImportId,
    ) -> Result<ImportView> {
        let answer = self.begin_anew(caller, id, import).await;
        self.noted(caller, EventKind::ImportStarted, id, answer)
            .await
    }

    async fn begin_anew(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        import: ImportId,
    ) -> Result<ImportView> {
        let mut tx = self.0.store.begin().await?;
        let (volume, before) =
            authorized_import(&mut tx, caller, Action::WriteFiles, id, import).await?;
        if before.ended_at.is_none() {
            return Err(Error::Conflict(
                "This import is not over yet. Cancel it first, or wait for its end.".into(),
            ));
        }
        if let Some(name) = &before.credential {
            self.import_credential(&volume.place, name).await?;
        }
        refuse_more(&mut tx, &volume).await?;
        let (state, run) = (before.state, before.runs);
        let import = Import {
            state: ImportState::Waiting,
            runs: run.saturating_add(1),
            progress: ImportProgress::default(),
            asked_by: caller.id(),
            started_at: Some(self.0.clock.now()),
            ended_at: None,
            ..before
        };
        if !tx.save_import(&import, state, run).await? {
            return Err(Error::Changed);
        }
        self.commit_import(tx, caller, EventKind::ImportStarted, &volume, &import)
            .await?;
        Ok(shown(Some(caller.principal().name().to_owned()), import))
    }

    /// Stops an import. What it stored stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] when it is over.
    pub async fn cancel_import(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        import: ImportId,
    ) -> Result<ImportView> {
        let answer = self.stop_import(caller, id, import).await;
        self.noted(caller, EventKind::ImportCanceled, id, answer)
            .await
    }

    async fn stop_import(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        import: ImportId,
    ) -> Result<ImportView> {
        let mut tx = self.0.store.begin().await?;
        let (volume, mut import) =
            authorized_import(&mut tx, caller, Action::WriteFiles, id, import).await?;
        if import.state.is_over() {
            return Err(Error::Conflict("This import is over already.".into()));
        }
        let state = std::mem::replace(&mut import.state, ImportState::Canceled);
        import.progress.current.clear();
        if !tx.save_import(&import, state, import.runs).await? {
            return Err(Error::Changed);
        }
        self.commit_import(tx, caller, EventKind::ImportCanceled, &volume, &import)
            .await?;
        named(&mut self.0.store.read().await?, import).await
    }

    /// Takes an import that is over off the list. Files stay.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] while it is not over.
    pub async fn remove_import(
        &self,
        caller: &Caller,
        id: DataVolumeId,
        import: ImportId,
    ) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let (volume, import) =
            authorized_import(&mut tx, caller, Action::WriteFiles, id, import).await?;
        if !tx.remove_import(import.id).await? {
            return Err(Error::Conflict(
                "This import is not over yet. Cancel it first.".into(),
            ));
        }
        tx.commit().await?;
        self.announce(EventKind::ImportEnded, &volume);
        Ok(())
    }

    async fn commit_import(
        &self,
        mut tx: Tx,
        caller: &Caller,
        kind: EventKind,
        volume: &Placed<DataVolume>,
        import: &Import,
    ) -> Result<()> {
        let subject = import.source.to_string();
        tx.record(&self.event(Some(caller), kind, volume, subject))
            .await?;
        tx.commit().await?;
        self.announce(kind, volume);
        self.0.wake_imports.notify_one();
        Ok(())
    }
}

/// An import of a data volume that the caller may do `action` to.
async fn authorized_import(
    tx: &mut Tx,
    caller: &Caller,
    action: Action,
    id: DataVolumeId,
    import: ImportId,
) -> Result<(Placed<DataVolume>, Import)> {
    let volume = Service::authorized_volume(tx, caller, action, id).await?;
    let folders = caller.folders(action, &volume);
    let import = tx
        .import(import)
        .await?
        .filter(|import| import.data_volume_id == id && is_in(&folders, &import.into));
    let import = import.ok_or(Error::NotFound(Kind::Import))?;
    Ok((volume, import))
}

/// What cannot be now, however good the order is.
async fn refuse_more(tx: &mut Tx, volume: &Placed<DataVolume>) -> Result<()> {
    if volume.thing.phase == Phase::Deleting {
        return Err(Error::Conflict("This data volume is being deleted.".into()));
    }
    if tx.count_unfinished_imports(volume.thing.id).await? >= UNFINISHED {
        return Err(Error::Conflict(format!(
            "{UNFINISHED} imports into this data volume are not over yet. Wait for one of them, or cancel it."
        )));
    }
    Ok(())
}

fn is_in(folders: &[VolumePath], path: &VolumePath) -> bool {
    folders.iter().any(|folder| path.is_within(folder))
}

async fn named(tx: &mut Tx, import: Import) -> Result<ImportView> {
    let people = names(tx, std::iter::once(import.asked_by)).await?;
    Ok(shown(people.get(&import.asked_by).cloned(), import))
}

fn shown(asked_by: Option<String>, import: Import) -> ImportView {
    ImportView {
        id: import.id,
        data_volume_id: import.data_volume_id,
        source_name: import.source.to_string(),
        source: import.source,
        into: import.into,
        existing: import.existing,
        credential: import.credential,
        asked_by: asked_by.unwrap_or_else(|| "somebody who left".to_owned()),
        asked_at: import.asked_at,
        state: import.state,
        progress: import.progress,
        started_at: import.started_at,
        ended_at: import.ended_at,
    }
}
