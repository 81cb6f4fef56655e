//! What the queue does about each answer.

use domain::DataVolumeId;
use wire::{Problem, UnfinishedUpload};

use crate::pace::back_off_ms;
use crate::queue::{Folder, Survey};
use crate::requests::{InFlight, Work};
use crate::{Command, Event, ItemId, ItemKind, Moment, Queue, State};

/// After so many failures in a row without a byte of progress an item makes room for others.
const PATIENCE: u32 = 3;
/// After so many contradictions in a row (an upload that is gone as soon as it is made, a slice that changes
/// nothing) an item fails.
pub(crate) const MAX_CONTRADICTIONS: u32 = 6;

impl Queue {
    /// Takes note of what happened and answers what to do next. Late events of requests that were ended
    /// change nothing.
    pub fn handle(&mut self, event: Event, moment: Moment) -> Vec<Command> {
        let mut commands = Vec::new();
        match event {
            Event::Unfinished { volume, uploads } => self.survey_is_known(volume, uploads),
            Event::UnfinishedRefused { volume, problem } => {
                self.survey_is_refused(volume, &problem, moment, &mut commands);
            }
            Event::Listed {
                volume,
                folder,
                entries,
                next,
            } => {
                self.folder_is_listed(volume, folder, entries, next, &mut commands);
            }
            Event::ListRefused {
                volume,
                folder,
                problem,
            } => {
                self.list_is_refused(volume, &folder, &problem, moment, &mut commands);
            }
            Event::Progress {
                request,
                sent_bytes,
            } => {
                self.has_sent(request, sent_bytes);
                return commands;
            }
            Event::Returned => {
                self.is_signed_out = false;
                self.release_interrupted(u64::MAX);
                self.down_until_ms = None;
            }
            Event::Tick => {
                self.woken_at_ms = None;
                self.release_interrupted(moment.now_ms);
            }
            Event::FolderMade { request }
            | Event::Created { request, .. }
            | Event::BatchAnswered { request, .. }
            | Event::Acknowledged { request, .. }
            | Event::Refused { request, .. }
            | Event::FileChanged { request, .. } => {
                if let Some(request) = self.take_request(request) {
                    self.is_answered(&request, event, moment, &mut commands);
                }
            }
        }
        commands.extend(self.go_on(moment));
        commands
    }

    fn is_answered(
        &mut self,
        request: &InFlight,
        event: Event,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        if let Event::FileChanged { items, .. } = event {
            return self.files_changed(&request.work, &items, out);
        }
        let index = match &request.work {
            Work::Batch(items) => {
                return match event {
                    Event::BatchAnswered { results, .. } => {
                        self.batch_is_answered(items, results, moment, out);
                    }
                    Event::Refused {
                        problem,
                        retry_after_ms,
                        ..
                    } => self.batch_is_refused(items, &problem, retry_after_ms, moment, out),
                    _ => {}
                };
            }
            single => single.items().first().and_then(|id| self.index(*id)),
        };
        let Some(index) = index else {
            return;
        };
        match event {
            Event::FolderMade { .. } => self.is_stored(index, State::Done, out),
            Event::Created {
                upload,
                offset_bytes,
                stored_as,
                ..
            } => {
                self.items[index].upload = Some(upload.into_boxed_str());
                let is_empty = self.items[index].size_bytes == 0;
                match offset_bytes.or(is_empty.then_some(0)) {
                    Some(offset) => {
                        self.items[index].stored_as = stored_as.map(Box::new);
                        self.acknowledge(index, request, offset, None, moment, out);
                    }
                    None => self.send(Work::Head(self.items[index].id), moment, out),
                }
            }
            Event::Acknowledged {
                offset_bytes,
                extents,
                stored_as,
                ..
            } => {
                if let Some(stored_as) = stored_as {
                    self.items[index].stored_as = Some(Box::new(stored_as));
                }
                self.acknowledge(index, request, offset_bytes, extents, moment, out);
            }
            Event::Refused {
                problem,
                retry_after_ms,
                upload,
                ..
            } => {
                if let Some(upload) = upload {
                    self.items[index].upload = Some(upload.into_boxed_str());
                }
                self.is_refused(index, &request.work, problem, retry_after_ms, moment, out);
            }
            _ => {}
        }
    }

    pub(crate) fn volume_by_id(&self, id: DataVolumeId) -> Option<usize> {
        self.volumes.iter().position(|volume| volume.id == id)
    }

    fn survey_is_known(&mut self, id: DataVolumeId, uploads: Vec<UnfinishedUpload>) {
        let Some(volume) = self.volume_by_id(id) else {
            return;
        };
        // An upload of this page is not an earlier one.
        let ours: Vec<&str> = self
            .items
            .iter()
            .filter_map(|item| item.upload.as_deref())
            .collect();
        let earlier = uploads
            .into_iter()
            .filter(|upload| !ours.contains(&upload.id.as_str()));
        let earlier = earlier
            .map(|upload| (upload.path.to_string(), upload))
            .collect();
        self.volumes[volume].earlier_uploads = earlier;
        self.volumes[volume].survey = Survey::Known;
    }

    fn survey_is_refused(
        &mut self,
        id: DataVolumeId,
        problem: &Problem,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        let Some(volume) = self.volume_by_id(id) else {
            return;
        };
        if problem.code == 401 {
            self.volumes[volume].survey = Survey::Unasked;
            self.sign_out(out);
        } else if problem.is_temporary() {
            self.volumes[volume].survey = Survey::Unasked;
            self.down_until_ms = Some(moment.now_ms + back_off_ms(PATIENCE, moment.jitter));
            self.said = said(problem);
        } else {
            self.volumes[volume].survey = Survey::Unasked;
            self.left_behind.retain(|left| left.volume_id != id);
            self.fail_volume(volume, &problem.message, out);
        }
    }

    pub(crate) fn is_stored(&mut self, index: usize, state: State, out: &mut Vec<Command>) {
        let volume = self.volume_of(index);
        if state == State::Done {
            self.down_until_ms = None;
            let item = &self.items[index];
            let volume = &mut self.volumes[volume];
            volume.stored_files += u64::from(item.kind == ItemKind::File);
            volume.stored_bytes += item.size_bytes;
            self.stored_count += 1;
        }
        self.change(index, |item| {
            item.state = state;
            item.acknowledged_bytes = item.size_bytes;
            item.upload = None;
        });
        out.push(Command::Release {
            item: self.items[index].id,
        });
    }

    pub(crate) fn fail(&mut self, index: usize, message: impl Into<String>) {
        let message = message.into();
        self.change(index, |item| {
            item.state = State::Failed(message);
            item.is_offset_known = false;
        });
    }

    fn is_refused(
        &mut self,
        index: usize,
        work: &Work,
        problem: Problem,
        retry_after_ms: Option<u64>,
        moment: Moment,
        out: &mut Vec<Command>,
    ) {
        let is_transfer = matches!(work, Work::Head(_) | Work::Patch(..));
        self.end_requests_of(index, out);
        self.items[index].is_offset_known = false;
        match problem.code {
            401 => {
                self.put_first(index);
                self.sign_out(out);
            }
            404 | 410 if is_transfer => self.upload_is_gone(index, &problem),
            403 | 404 => {
                // Is it this path or the whole volume? Asked before the next thousand are refused one by one.
                let volume = self.volume_of(index);
                self.volumes[volume].survey = Survey::Unasked;
                self.fail(index, problem.message);
            }
            // What went wrong is no field: the body was cut on its way.
            400 if problem.details.is_empty() => self.contradict(index, &problem),
            409 => self.does_not_fit(index, work, problem, moment, out),
            423 => self.interrupt(index, &problem, retry_after_ms, moment),
            460 => self.contradict(index, &problem),
            507 => {
                let volume = self.volume_of(index);
                self.volumes[volume].no_room = Some(problem.message);
                self.put_first(index);
            }
            _ if problem.is_temporary() => {
                self.items[index].may_be_stored |=
                    problem.code == 0 && !matches!(work, Work::Head(_));
                self.interrupt(index, &problem, retry_after_ms, moment);
            }
            _ => self.fail(index, problem.message),
        }
    }

    pub(crate) fn interrupt(
        &mut self,
        index: usize,
        problem: &Problem,
        retry_after_ms: Option<u64>,
        moment: Moment,
    ) {
        self.said = said(problem);
        self.items[index].setbacks += 1;
        let wait_ms = retry_after_ms
            .unwrap_or_else(|| back_off_ms(self.items[index].setbacks, moment.jitter));
        let retry_at_ms = moment.now_ms + wait_ms;
        self.change(index, |item| {
            item.state = State::Interrupted { retry_at_ms }
        });
        self.interrupted.push(self.items[index].id);
        self.down_until_ms = Some(
            self.down_until_ms
                .map_or(retry_at_ms, |until| until.max(retry_at_ms)),
        );
        if self.items[index].upload.is_none() {
            // The answer that named the upload may be the one that was lost, and the file may lie there already.
            let volume = self.volume_of(index);
            let folder = self.items[index].folder().to_owned();
            let volume = &mut self.volumes[volume];
            volume.survey = Survey::Unasked;
            if matches!(volume.folders.get(&folder), Some(Folder::Listed(_))) {
                volume.folders.remove(&folder);
            }
        }
    }

    /// Lets those go on whose time has come, the most patient ones behind all others.
    pub(crate) fn release_interrupted(&mut self, now_ms: u64) {
        for id in std::mem::take(&mut self.interrupted) {
            let Some(index) = self.index(id) else {
                continue;
            };
            match self.items[index].state {
                State::Interrupted { retry_at_ms } if retry_at_ms > now_ms => {
                    self.interrupted.push(id);
                }
                State::Interrupted { .. } if self.items[index].setbacks > PATIENCE => {
                    self.put_last(index);
                }
                State::Interrupted { .. } => self.put_first(index),
                _ => {}
            }
        }
    }

    pub(crate) fn sign_out(&mut self, out: &mut Vec<Command>) {
        self.is_signed_out = true;
        self.hold_sending(out);
    }

    fn fail_volume(&mut self, volume: usize, message: &str, out: &mut Vec<Command>) {
        self.volumes[volume].folders.clear();
        for index in 0..self.items.len() {
            if self.volume_of(index) == volume && !self.items[index].state.is_settled() {
                self.end_requests_of(index, out);
                self.fail(index, message);
            }
        }
        self.volumes[volume].ready.clear();
    }

    /// Swept away, or thrown away by somebody: sent again from its beginning.
    fn upload_is_gone(&mut self, index: usize, problem: &Problem) {
        self.change(index, |item| {
            item.upload = None;
            item.lanes = None;
            item.is_offset_known = true;
            item.acknowledged_bytes = 0;
        });
        self.contradict(index, problem);
    }

    pub(crate) fn contradict(&mut self, index: usize, problem: &Problem) {
        self.items[index].setbacks += 1;
        if self.items[index].setbacks > MAX_CONTRADICTIONS {
            self.fail(index, problem.message.clone());
        } else {
            self.put_first(index);
        }
    }

    /// Those that changed fail by their names; the others of a batch are sent again.
    fn files_changed(&mut self, work: &Work, changed: &[ItemId], out: &mut Vec<Command>) {
        for id in work.items().iter().rev() {
            match self.index(*id) {
                Some(index) if changed.contains(id) => self.file_changed(index, out),
                Some(index) => self.put_first(index),
                None => {}
            }
        }
    }

    fn file_changed(&mut self, index: usize, out: &mut Vec<Command>) {
        self.end_requests_of(index, out);
        self.throw_upload_away(index, out);
        self.fail(
            index,
            "The file changed on your disk, or cannot be read any more. Nothing of it was stored; add it again to \
             send what it is now.",
        );
        out.push(Command::Release {
            item: self.items[index].id,
        });
    }

    pub(crate) fn throw_upload_away(&mut self, index: usize, out: &mut Vec<Command>) {
        let volume = self.volumes[self.volume_of(index)].id;
        if let Some(upload) = self.items[index].upload.take() {
            out.push(Command::Delete {
                volume,
                upload: upload.into_string(),
            });
        }
        self.change(index, |item| {
            item.acknowledged_bytes = 0;
            item.lanes = None;
            item.is_offset_known = true;
        });
    }
}

/// The words of who answered; `None` where nobody did.
fn said(problem: &Problem) -> Option<String> {
    (problem.code != 0).then(|| problem.message.clone())
}
