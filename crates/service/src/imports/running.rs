//! Has data agents do the imports, and writes down how far they are.
//!
//! A data agent knows an import by its id and run, and forgets it when it is started anew. It is told again then,
//! and passes over what it stored before.

use std::collections::HashSet;
use std::time::Duration;

use authz::{Action, Application, Caller, Person, Principal};
use cluster::{DataPath, Visit};
use domain::{
    ApplicationId, DataVolume, EventKind, Import, ImportId, ImportProgress, ImportState, Phase,
    Placed, UserId, VolumePath,
};
use futures::StreamExt as _;
use futures::stream;
use http::Method;
use tokio::task::JoinSet;
use wire::{ImportOrder, ImportStanding};

use super::is_in;
use crate::error::chain;
use crate::files::{MEASURED_AFTER, ask, claim_key, order};
use crate::reconciler::resume;
use crate::{Error, Result, Service};

/// How often a data agent is asked how far an import is.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How long the console sleeps at most when no import is known to run.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
/// How many imports are looked after side by side.
const AT_ONCE: u32 = 200;
/// What an import waits for when nobody vouches for its person.
const NOBODY_SIGNED_IN: &str = "It goes on as soon as whoever asked for it signs in again: nothing is done for people who are signed out.";

impl Service {
    /// Looks after imports for ever.
    pub(crate) async fn import_for_ever(&self) {
        // Tasks of their own: one that holds a connection goes on while this one waits for another.
        let mut running = JoinSet::new();
        let mut ids = HashSet::new();
        loop {
            match self.unfinished_imports().await {
                Ok(imports) => {
                    for import in imports {
                        if ids.insert(import.id) {
                            running.spawn(self.clone().look_after_for_a_while(import));
                        }
                    }
                }
                Err(error) => tracing::error!(
                    error = chain(&error),
                    "imports could not be read from the database"
                ),
            }
            tokio::select! {
                Some(ended) = running.join_next() => match ended {
                    Ok(id) => { ids.remove(&id); }
                    Err(error) => resume(error),
                },
                () = tokio::time::sleep(LONGEST_SLEEP) => {}
                () = self.0.wake_imports.notified() => {}
            }
        }
    }

    async fn unfinished_imports(&self) -> Result<Vec<Import>> {
        let mut tx = self.0.store.read().await?;
        Ok(tx.unfinished_imports(AT_ONCE).await?)
    }

    async fn look_after_for_a_while(self, import: Import) -> ImportId {
        let id = import.id;
        self.look_after(import).await;
        tokio::time::sleep(ASKED_EVERY).await;
        id
    }

    /// Looks once after every import that is not over.
    ///
    /// # Errors
    /// When the database fails. What is wrong with single imports is theirs to tell.
    pub async fn look_after_imports(&self) -> Result<()> {
        let imports = stream::iter(self.unfinished_imports().await?);
        imports
            .for_each_concurrent(AT_ONCE as usize, |import| self.look_after(import))
            .await;
        Ok(())
    }

    async fn look_after(&self, import: Import) {
        let id = import.id;
        if let Err(error) = self.look_at_import(import).await {
            tracing::warn!(import = %id, error = chain(&error), "an import could not be looked after");
        }
    }

    async fn look_at_import(&self, import: Import) -> Result<()> {
        let mut tx = self.0.store.read().await?;
        let volume = tx.data_volume(import.data_volume_id).await?;
        drop(tx);
        // Where there is none any more, there is no such import either.
        let Some(volume) = volume else {
            return Ok(());
        };
        if import.state.is_over() {
            return self.have_stopped(import, &volume).await;
        }
        let standing = match self.standing(&import, &volume).await {
            Ok(standing) => standing,
            Err(Error::Store(error)) => return Err(error.into()),
            Err(error) => ImportStanding {
                state: if volume.thing.phase == Phase::Deleting || is_final(&error) {
                    ImportState::Failed
                } else {
                    import.state
                },
                progress: ImportProgress {
                    message: error.to_string(),
                    ..import.progress.clone()
                },
            },
        };
        self.note_standing(import, &volume, standing).await
    }

    /// How far the data agent is, after it was told what to do if it did not know.
    async fn standing(
        &self,
        import: &Import,
        volume: &Placed<DataVolume>,
    ) -> Result<ImportStanding> {
        if volume.thing.phase == Phase::Deleting {
            return Err(Error::Conflict("The data volume is being deleted.".into()));
        }
        let mut visit = self.visit_of(import, volume).await?;
        let credential = match &import.credential {
            Some(name) => Some(self.import_credential(&volume.place, name).await?),
            None => None,
        };
        let address = address(import);
        let agent = self.way_of(volume, &visit).await?;
        match ask(agent, Method::GET, &address, None::<&()>).await {
            Err(Error::Agent(problem)) if problem.code == 404 => {}
            known => return known,
        }
        if let Some(credential) = credential {
            visit.credential = Some(credential.read().await?);
        }
        let told = ImportOrder {
            source: import.source.clone(),
            into: import.into.clone(),
            existing: import.existing,
            permitted_networks: self.0.imports.permitted_networks.clone(),
        };
        let agent = self.way_of(volume, &visit).await?;
        ask(agent, Method::PUT, &address, Some(&told)).await
    }

    /// What the data agent is shown: the rights that whoever asked has now, and no credential.
    async fn visit_of(&self, import: &Import, volume: &Placed<DataVolume>) -> Result<Visit> {
        let asker = self.asker(import.asked_by).await?;
        let asker = asker.ok_or_else(|| Error::Conflict(NOBODY_SIGNED_IN.to_owned()))?;
        asker
            .authorize(Action::WriteFiles, volume)
            .map_err(|refusal| Error::refused(refusal, crate::Kind::DataVolume))?;
        let folders = asker.folders(Action::WriteFiles, volume);
        if !is_in(&folders, &import.into) {
            return Err(Error::Forbidden(Action::WriteFiles));
        }
        Ok(Visit {
            subject: asker.id().to_string(),
            may_write: true,
            folders,
            may_wait: true,
            credential: None,
        })
    }

    async fn way_of(&self, volume: &Placed<DataVolume>, visit: &Visit) -> Result<DataPath> {
        let claim = claim_key(&mut self.0.store.read().await?, volume).await?;
        Ok(self
            .cluster_at(&volume.place)?
            .data_path(&claim, visit)
            .await?)
    }

    /// Whoever asked, with the rights of now; `None` for a person for whom no provider vouches any more.
    async fn asker(&self, id: UserId) -> Result<Option<Caller>> {
        let mut tx = self.0.store.read().await?;
        let application = ApplicationId(id.0);
        let principal = if let Some(name) = tx.application_name(application).await? {
            let id = application;
            Principal::Application(Application { id, name })
        } else {
            let sign_ins = tx.sign_ins_of(id, self.0.clock.now(), 1).await?;
            let Some((person, sign_in)) = tx.person(id).await?.zip(sign_ins.into_iter().next())
            else {
                return Ok(None);
            };
            Principal::Person(Person {
                id,
                issuer: person.issuer,
                subject: person.subject,
                name: person.name,
                email: person.email,
                groups: sign_in.groups,
            })
        };
        let caller = Caller::new(principal, Vec::new());
        Ok(Some(self.renewed(&mut tx, &caller).await?))
    }

    async fn note_standing(
        &self,
        before: Import,
        volume: &Placed<DataVolume>,
        standing: ImportStanding,
    ) -> Result<()> {
        let (state, run) = (before.state, before.runs);
        if state == standing.state && before.progress == standing.progress {
            return Ok(());
        }
        let has_stored = before.progress.files.stored != standing.progress.files.stored;
        let import = Import {
            state: standing.state,
            progress: standing.progress,
            ..before
        };
        let mut tx = self.0.store.begin().await?;
        if !tx.save_import(&import, state, run).await? {
            return Ok(());
        }
        let is_over = import.state.is_over();
        if is_over {
            let event = self.event(None, EventKind::ImportEnded, volume, result(&import));
            tx.record(&event).await?;
            let measure_at = self.0.clock.now() + MEASURED_AFTER;
            tx.reconcile_at(volume.thing.id, Some(measure_at)).await?;
        }
        tx.commit().await?;
        if has_stored {
            self.announce(EventKind::FileStored, volume);
        }
        self.announce(EventKind::ImportEnded, volume);
        if is_over {
            self.wake();
            self.have_stopped(import, volume).await?;
        }
        Ok(())
    }

    /// Has the data agent forget an import that is over, and writes down that it has ended.
    async fn have_stopped(&self, import: Import, volume: &Placed<DataVolume>) -> Result<()> {
        let visit = Visit {
            subject: "stowage".into(),
            may_write: true,
            folders: vec![VolumePath::root()],
            // An agent that does not run imports nothing.
            may_wait: false,
            credential: None,
        };
        match self.way_of(volume, &visit).await {
            Ok(agent) => {
                order(agent, Method::DELETE, &address(&import), None::<&()>).await?;
            }
            Err(Error::Conflict(why)) => {
                tracing::debug!(import = %import.id, why, "no data agent has to be told");
            }
            Err(error) => return Err(error),
        }
        let (state, run) = (import.state, import.runs);
        let ended_at = Some(self.0.clock.now());
        let mut tx = self.0.store.begin().await?;
        tx.save_import(&Import { ended_at, ..import }, state, run)
            .await?;
        tx.commit().await?;
        self.announce(EventKind::ImportEnded, volume);
        Ok(())
    }
}

/// Whether trying again would come to the same: nobody may do that any more, or the order makes no sense.
fn is_final(error: &Error) -> bool {
    match error {
        Error::NotFound(_) | Error::Forbidden(_) | Error::Invalid { .. } => true,
        Error::Agent(problem) => matches!(problem.code, 400..=422),
        _ => false,
    }
}

/// Where the data agent has this run of an import.
fn address(import: &Import) -> String {
    format!("/imports/{}-{}", import.id, import.runs)
}

/// What the log says of one that is over.
fn result(import: &Import) -> String {
    let files = import.progress.files;
    let mut text = format!("{}: {} stored", import.source, files.stored);
    for (number, word) in [(files.unchanged, "unchanged"), (files.failed, "failed")] {
        if number > 0 {
            text = format!("{text}, {number} {word}");
        }
    }
    if !import.progress.message.is_empty() {
        text = format!("{text}. {}", import.progress.message);
    }
    text
}
