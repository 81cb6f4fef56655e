//! Small files, whose bytes are all there, stored together: one sync for many of them.

use std::sync::Arc;
use std::time::Duration;

use domain::VolumePath;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use wire::WhenPresent;

use super::failure::Failure;
use super::job::Job;
use super::record::Imported;
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::upload::{Group, NewFile, Stored};

/// From this size on a file goes to the disk by itself.
pub(super) const MOST_BYTES: u64 = 1 << 20;
/// How much is stored together, and how long a file waits for others.
const GROUP_FILES: usize = 256;
const GROUP_BYTES: usize = 8 << 20;
const GROUP_TIME: Duration = Duration::from_millis(100);

/// A small file that is right and waits to be stored.
pub(super) struct Small {
    pub(super) path: VolumePath,
    pub(super) when_present: WhenPresent,
    pub(super) bytes: Vec<u8>,
    pub(super) imported: Imported,
}

/// Stores files as they come, until no more can come.
pub(super) async fn store_all(job: &Arc<Job>, mut files: mpsc::Receiver<Small>) {
    while let Some(first) = files.recv().await {
        let until = Instant::now() + GROUP_TIME;
        let mut size = first.bytes.len();
        let mut group = vec![first];
        while group.len() < GROUP_FILES && size < GROUP_BYTES {
            let Ok(Some(next)) = timeout_at(until, files.recv()).await else {
                break;
            };
            size += next.bytes.len();
            group.push(next);
        }
        let work = Arc::clone(job);
        let storing = move || {
            store(&work, group);
            Ok(())
        };
        if let Err(error) = blocking(storing).await {
            job.complain(error.into());
        }
    }
}

/// Stores a group and says on the board what became of each. Blocks.
fn store(job: &Job, files: Vec<Small>) {
    let labels: Vec<(VolumePath, u64)> = files
        .iter()
        .map(|file| (file.path.clone(), file.bytes.len() as u64))
        .collect();
    let (results, whole) = match stored(job, files) {
        Ok((results, whole)) => (results, whole),
        Err(error) => (Vec::new(), Err(error)),
    };
    // What ended all of them is told for each that has no reason of its own.
    let common = whole.err().map(Failure::from);
    let mut results = results.into_iter();
    for (path, size) in labels {
        let failure = match results.next() {
            Some(Ok(_)) => {
                job.stored(size);
                continue;
            }
            Some(Err(error)) if common.is_none() || !matches!(error, Error::Lost) => {
                Failure::from(error)
            }
            Some(Err(_)) | None => match &common {
                Some(Failure::Ended) => Failure::Ended,
                Some(Failure::Full(message)) => Failure::Full(message.clone()),
                Some(other) => Failure::Lasting(other.to_string()),
                None => Failure::from(Error::Lost),
            },
        };
        job.import.board.lost(size);
        job.failed(path.as_str(), failure);
    }
}

type Results = (Vec<Result<Stored>>, Result<()>);

fn stored(job: &Job, files: Vec<Small>) -> Result<Results> {
    let volume = &job.agent.volume;
    let mut group = Group::begin(volume)?;
    let mut notes = Vec::with_capacity(files.len());
    for file in files {
        let mut growing = group.grow(NewFile {
            path: file.path,
            when_present: file.when_present,
            modified_ms: Some(file.imported.modified_ms),
            checksum: None,
        });
        group.write(&mut growing, &file.bytes);
        group.finish(growing);
        notes.push(file.imported);
    }
    let whole = volume
        .imports()
        .record
        .note(volume, &notes)
        .and_then(|()| group.commit(job.agent.clock.now(), &|| job.refuse_canceled()));
    Ok((group.results(), whole))
}
