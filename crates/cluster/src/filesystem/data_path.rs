//! The way to the files: the data agent runs in this process, one per volume that is in use.
//!
//! A volume stays open between requests, because the agent remembers in it which uploads are running;
//! two of them on one folder would not know of each other. So a volume in use is never closed.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agent::{Figures, Limits, TicketKey, Volume};
use axum::Router;
use axum::body::Body;
use domain::Clock;
use http::{HeaderName, HeaderValue, Request};
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use super::folder::{Folder, FolderIdentity};
use crate::{DataPath, Error, Result, Visit};

const TICKET: HeaderName = HeaderName::from_static("stowage-ticket");
/// Volumes that nobody has visited for so long are closed.
const IDLE: SignedDuration = SignedDuration::from_mins(10);
/// Volumes that are kept open although nobody is using them.
const MOST_OPEN: usize = 64;

/// The volumes that are open in this process, by the UIDs of their claims.
pub(super) struct OpenVolumes {
    key: TicketKey,
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<String, OpenVolume>>,
    /// Of all volumes together, those included that are not open any more.
    figures: Arc<Figures>,
}

#[derive(Clone)]
struct OpenVolume {
    volume: Arc<Volume>,
    router: Router,
    folder: FolderIdentity,
    /// Held by every request that is running.
    in_use: Arc<()>,
    used_at: Timestamp,
}

impl OpenVolumes {
    pub(super) fn new(key: TicketKey, clock: Arc<dyn Clock>) -> Self {
        Self {
            key,
            clock,
            open: Mutex::new(HashMap::new()),
            figures: Arc::default(),
        }
    }

    /// The way to the files of a claim whose marker was checked.
    pub(super) fn data_path(
        &self,
        uid: &str,
        claim: &Folder,
        visit: &Visit,
    ) -> io::Result<DataPath> {
        let OpenVolume { router, in_use, .. } = self.enter(uid, claim)?;
        let (key, clock) = (self.key.clone(), Arc::clone(&self.clock));
        let (uid, visit) = (uid.to_owned(), visit.clone());
        Ok(BoxCloneSyncService::new(tower::service_fn(
            move |mut request: Request<Body>| {
                let ticket = signed(&key, clock.now(), &uid, &visit);
                let (router, in_use) = (router.clone(), Arc::clone(&in_use));
                async move {
                    request.headers_mut().insert(TICKET, ticket?);
                    let response = match router.oneshot(request).await {
                        Ok(response) => response,
                        Err(never) => {
                            let never: Infallible = never;
                            match never {}
                        }
                    };
                    drop(in_use);
                    Ok(response)
                }
            },
        )))
    }

    /// Gives up what nobody went on with in a claim, for as long as the agent's limits say.
    pub(super) fn sweep(&self, uid: &str, claim: &Folder) -> io::Result<usize> {
        let OpenVolume { volume, in_use, .. } = self.enter(uid, claim)?;
        let swept = volume.sweep(self.clock.now());
        drop(in_use);
        swept
    }

    pub(super) fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    /// Ends the requests that bring bytes to any volume; what arrived is kept.
    pub(super) fn stop(&self) {
        for entry in self.open().values() {
            entry.volume.stop();
        }
    }

    /// Closes a volume that goes out of use; requests that are running end by themselves, and imports are ended.
    pub(super) fn close(&self, uid: &str) {
        if let Some(entry) = self.open().remove(uid) {
            entry.volume.cancel_imports();
        }
    }

    fn enter(&self, uid: &str, claim: &Folder) -> io::Result<OpenVolume> {
        let (now, folder) = (self.clock.now(), claim.identity()?);
        let mut open = self.open();
        if let Some(entry) = open.get_mut(uid)
            && entry.folder == folder
        {
            entry.used_at = now;
            return Ok(entry.clone());
        }
        // By the open folder, so that a name that changed hands since the marker was read does not matter.
        let volume = Volume::open(uid, &claim.path(), Limits::default())?;
        let volume = Arc::new(volume.counting_into(Arc::clone(&self.figures)));
        let router = agent::router(
            Arc::clone(&volume),
            self.key.clone(),
            Arc::clone(&self.clock),
        );
        let entry = OpenVolume {
            volume,
            router,
            folder,
            in_use: Arc::new(()),
            used_at: now,
        };
        close_idle(&mut open, now);
        open.insert(uid.to_owned(), entry.clone());
        Ok(entry)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, OpenVolume>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes what nobody uses: for long, or the longest, if there are too many.
fn close_idle(open: &mut HashMap<String, OpenVolume>, now: Timestamp) {
    // An import lasts longer than the request that ordered it.
    let is_in_use =
        |entry: &OpenVolume| Arc::strong_count(&entry.in_use) > 1 || entry.volume.is_importing();
    open.retain(|_, entry| is_in_use(entry) || now.duration_since(entry.used_at) < IDLE);
    while open.len() >= MOST_OPEN {
        let longest = open
            .iter()
            .filter(|(_, entry)| !is_in_use(entry))
            .min_by_key(|(_, entry)| entry.used_at)
            .map(|(uid, _)| uid.clone());
        let Some(uid) = longest else { return };
        open.remove(&uid);
    }
}

fn signed(key: &TicketKey, now: Timestamp, uid: &str, visit: &Visit) -> Result<HeaderValue> {
    let text = key.sign(&visit.ticket(uid, now));
    HeaderValue::try_from(text).map_err(|source| Error::Unavailable {
        doing: "signing a ticket".to_owned(),
        source: source.into(),
    })
}
