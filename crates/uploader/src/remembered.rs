//! What outlives the page: where files were going, and in some browsers the way to them.
//!
//! Where the browser keeps handles of files, one click goes on. Elsewhere a page cannot open a file again that was
//! chosen before a reload, so the person adds the same files once more. What the server has of them is not sent
//! again either way.

use domain::{DataVolumeId, VolumePath};
use serde::{Deserialize, Serialize};

use crate::queue::{Place, Survey};
use crate::{Command, Queue, Target};

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
    /// Whether the browser kept handles of all that was dropped or chosen, so that nothing has to be added again.
    #[serde(default)]
    pub has_handles: bool,
    /// What the person took out, relative to the volume: it is not to come back.
    #[serde(default)]
    pub left_out: Vec<String>,
}

impl Remembered {
    /// Where it was going.
    pub fn target(&self) -> Target {
        Target {
            volume_id: self.volume_id,
            volume_name: self.volume_name.clone(),
            folder: self.folder.clone(),
        }
    }

    fn of(place: &Place) -> Self {
        Self {
            volume_id: place.target.volume_id,
            volume_name: place.target.volume_name.clone(),
            folder: place.target.folder.clone(),
            file_count: place.unfinished_items,
            has_handles: place.has_handles,
            left_out: place.left_out.clone(),
        }
    }

    /// Whether it is of the same place.
    pub fn is_at(&self, target: &Target) -> bool {
        self.volume_id == target.volume_id && self.folder == target.folder
    }
}

impl Place {
    /// Whoever adds a file again that they took out wants it.
    pub(crate) fn take_in_again(&mut self, path: &str) {
        self.left_out.retain(|left_out| left_out != path);
    }
}

impl Queue {
    /// Takes over what earlier pages left behind, and asks what the server has of it.
    pub fn take_over(&mut self, left_behind: Vec<Remembered>) -> Vec<Command> {
        let mut commands = Vec::new();
        for left in left_behind {
            let volume = self.volume_index(left.volume_id, &left.volume_name);
            // Also when it was asked before: uploads of a page that was still there were left out of the answer.
            if self.volumes[volume].survey != Survey::Asking {
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
                Some(known) => {
                    known.file_count += left.file_count;
                    known.has_handles &= left.has_handles;
                    known.left_out.extend(left.left_out);
                }
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
        let unfinished = unfinished.map(Remembered::of);
        self.left_behind.iter().cloned().chain(unfinished).collect()
    }

    /// Whether whoever knows this knows each place that files are going to, but for numbers.
    pub fn is_known_by(&self, remembered: &[Remembered]) -> bool {
        let is_known = |place: &Place| {
            let mut remembered = remembered.iter();
            remembered
                .any(|left| left.is_at(&place.target) && left.has_handles == place.has_handles)
        };
        let mut places = self.places.iter();
        places.all(|place| place.unfinished_items == 0 || is_known(place))
    }

    /// Notes whether the browser keeps handles of what is being added there.
    pub fn note_handles(&mut self, target: &Target, are_kept: bool) {
        let place = self.place(target);
        let place = &mut self.places[place];
        place.has_handles = are_kept && (place.has_handles || place.unfinished_items == 0);
    }

    /// Prepares for the files of an earlier page that are added again: each folder is listed before something is
    /// sent to it, because much of it lies there already.
    pub fn begin_going_on(&mut self, left: &Remembered) {
        let place = self.place(&left.target());
        self.places[place].left_out.clone_from(&left.left_out);
        let volume = self.places[place].volume;
        self.volumes[volume].lists_first = true;
    }
}
