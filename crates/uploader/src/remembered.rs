//! What outlives the page: where files were going, not the files themselves.
//!
//! A browser does not let a page open a file again that was chosen before a reload. So the person adds
//! the same files once more, and what the server has of them is not sent again.

use domain::{DataVolumeId, VolumePath};
use serde::{Deserialize, Serialize};

use crate::queue::Survey;
use crate::{Command, Queue};

/// A place that files were going to when the page went away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remembered {
    /// The data volume.
    pub volume_id: DataVolumeId,
    /// Its name, for people.
    pub volume_name: String,
    /// The folder in it.
    pub folder: VolumePath,
    /// How many files were not finished.
    pub file_count: u32,
}

impl Queue {
    /// Takes over what earlier pages left behind, and asks what the server has of it.
    pub fn take_over(&mut self, left_behind: Vec<Remembered>) -> Vec<Command> {
        let mut commands = Vec::new();
        for left in left_behind {
            let volume = self.volume_index(left.volume_id, &left.volume_name);
            if self.volumes[volume].survey == Survey::Unasked {
                self.volumes[volume].survey = Survey::Asking;
                commands.push(Command::AskUnfinished {
                    volume: left.volume_id,
                });
            }
            let known = self
                .left_behind
                .iter_mut()
                .find(|known| known.volume_id == left.volume_id && known.folder == left.folder);
            match known {
                Some(known) => known.file_count += left.file_count,
                None => self.left_behind.push(left),
            }
        }
        commands
    }

    /// What an earlier page left behind and nobody has gone on with.
    pub fn left_behind(&self) -> &[Remembered] {
        &self.left_behind
    }

    /// Gives up what was left behind in one place: the server throws away what it has of it.
    pub fn discard(&mut self, left: &Remembered) -> Vec<Command> {
        self.left_behind.retain(|other| other != left);
        let Some(volume) = self
            .volumes
            .iter_mut()
            .find(|volume| volume.id == left.volume_id)
        else {
            return Vec::new();
        };
        let (gone, kept) = std::mem::take(&mut volume.earlier_uploads)
            .into_iter()
            .partition(|(_, upload)| upload.path.is_within(&left.folder));
        volume.earlier_uploads = kept;
        let gone: std::collections::HashMap<_, _> = gone;
        gone.into_values()
            .map(|upload| Command::Delete {
                volume: left.volume_id,
                upload: upload.id,
            })
            .collect()
    }

    /// What the next page has to know if this one goes away now.
    pub fn to_remember(&self) -> Vec<Remembered> {
        let unfinished = self
            .places
            .iter()
            .filter(|place| place.unfinished_items > 0);
        let unfinished = unfinished.map(|place| Remembered {
            volume_id: place.target.volume_id,
            volume_name: place.target.volume_name.clone(),
            folder: place.target.folder.clone(),
            file_count: place.unfinished_items,
        });
        self.left_behind.iter().cloned().chain(unfinished).collect()
    }
}
