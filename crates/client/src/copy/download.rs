//! Down: what there is to fetch, and where it goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{DataVolumeId, VolumePath};
use futures::StreamExt as _;
use wire::{FileKind, FileView};

use super::fetch::{Fetched, Fetching};
use super::progress::Progress;
use super::{How, OnConflict, Outcome, place_name};
use crate::connection::Console;
use crate::location::InVolume;
use crate::{Error, list_files, volume};

/// So many files are fetched at once.
const AT_ONCE: usize = 4;

/// A file to fetch.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) volume: DataVolumeId,
    pub(super) path: VolumePath,
    pub(super) size_bytes: u64,
    pub(super) modified_at: jiff::Timestamp,
    pub(super) to: PathBuf,
}

pub(super) async fn download(how: &How, from: &[InVolume], to: &Path) -> Result<Outcome, Error> {
    let console = Arc::new(how.common.console()?);
    let is_folder = to.is_dir() || to.as_os_str().to_string_lossy().ends_with('/');
    if from.len() > 1 && !is_folder {
        return Err(Error::Unfit(format!(
            "{} is no folder: several sources go into one",
            to.display()
        )));
    }
    let mut survey = Survey {
        console: &console,
        wanted: Vec::new(),
        outcome: Outcome::default(),
    };
    for place in from {
        survey.source(place, to, is_folder).await?;
    }
    let Survey {
        wanted,
        mut outcome,
        ..
    } = survey;
    let progress = Arc::new(Progress::begin(how.is_quiet));
    progress.show(
        0,
        wanted.iter().map(|file| file.size_bytes).sum(),
        String::new(),
    );
    let files = wanted.len();
    let fetching = wanted.into_iter().map(|file| {
        let fetching = Fetching {
            console: Arc::clone(&console),
            progress: Arc::clone(&progress),
            on_conflict: how.on_conflict,
        };
        async move {
            let fetched = fetching.fetch(&file).await;
            (file, fetched)
        }
    });
    let mut fetching = futures::stream::iter(fetching).buffer_unordered(AT_ONCE);
    let mut done = 0_usize;
    while let Some((file, fetched)) = fetching.next().await {
        done += 1;
        progress.say(format!("{done} of {files} files"));
        match fetched {
            Ok(Fetched::Whole) => {
                outcome.copied_files += 1;
                outcome.copied_bytes += file.size_bytes;
            }
            Ok(Fetched::Present) => outcome.present_files += 1,
            Err(Error::Refused(problem)) if problem.code == 401 => {
                return Err(Error::Refused(problem));
            }
            Err(error) => outcome
                .failed
                .push((file.path.to_string(), error.to_string())),
        }
    }
    Ok(outcome)
}

/// What is found in the folders of data volumes.
struct Survey<'a> {
    console: &'a Console,
    wanted: Vec<Wanted>,
    outcome: Outcome,
}

impl Survey<'_> {
    async fn source(&mut self, place: &InVolume, to: &Path, is_folder: bool) -> Result<(), Error> {
        let volume = volume::id(self.console, &place.volume).await?;
        let path = place.path()?;
        let own_name = path.file_name().unwrap_or(&place.volume).to_owned();
        let to = if is_folder {
            to.join(&own_name)
        } else {
            to.to_owned()
        };
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return self.folder(volume, path, to).await;
        };
        let entries = list_files::folder(self.console, volume, &parent).await?;
        let entry = entries.into_iter().find(|entry| entry.name == name);
        match entry {
            Some(entry) if entry.kind == FileKind::Folder => self.folder(volume, path, to).await,
            Some(entry) => {
                self.entry(volume, path, &entry, to);
                Ok(())
            }
            None => Err(Error::Unfit(format!("there is no {}", place_name(place)))),
        }
    }

    /// A folder with all that is in it, one after the other: folders may be deep.
    async fn folder(
        &mut self,
        volume: DataVolumeId,
        path: VolumePath,
        to: PathBuf,
    ) -> Result<(), Error> {
        let mut folders = vec![(path, to)];
        while let Some((path, to)) = folders.pop() {
            std::fs::create_dir_all(&to).map_err(|error| Error::file(&to, error))?;
            for entry in list_files::folder(self.console, volume, &path).await? {
                // A name is checked before it becomes a path here: the other end may be anybody.
                match path.join(&entry.name) {
                    Ok(path) if entry.kind == FileKind::Folder => {
                        folders.push((path, to.join(&entry.name)));
                    }
                    Ok(path) => self.entry(volume, path, &entry, to.join(&entry.name)),
                    Err(error) => self.outcome.failed.push((entry.name, error.to_string())),
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, volume: DataVolumeId, path: VolumePath, entry: &FileView, to: PathBuf) {
        if entry.kind != FileKind::File {
            let reason = "links, pipes and devices are not copied".to_owned();
            return self.outcome.failed.push((path.to_string(), reason));
        }
        self.wanted.push(Wanted {
            volume,
            path,
            size_bytes: entry.size_bytes.0,
            modified_at: entry.modified_at,
            to,
        });
    }
}

impl OnConflict {
    /// The path to fetch to when another file is at `to`; `None` when that one stays.
    pub(super) fn instead_of(self, to: &Path) -> Result<Option<PathBuf>, Error> {
        match self {
            Self::Fail => Err(Error::Unfit(
                "another file of this name is here: use --on-conflict to say what to do with it"
                    .to_owned(),
            )),
            Self::Skip => Ok(None),
            Self::Replace => Ok(Some(to.to_owned())),
            Self::Rename => Ok((2..1_000)
                .map(|number| numbered(to, number))
                .find(|path| !path.exists())),
        }
    }
}

/// `name (2).ext`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem} ({number}).{}", extension.to_string_lossy()),
        None => format!("{stem} ({number})"),
    };
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_kept_under_two_names() {
        assert_eq!(
            numbered(Path::new("a/b.tar.gz"), 2),
            Path::new("a/b.tar (2).gz")
        );
        assert_eq!(numbered(Path::new("a/b"), 3), Path::new("a/b (3)"));
    }
}
