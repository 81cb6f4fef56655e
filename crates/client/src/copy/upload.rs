//! Up: the queue of the crate `uploader`, its commands carried out over HTTP.
//!
//! The queue asks the console first what an earlier run left unfinished, and goes on there.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use domain::{DataVolumeId, VolumePath};
use tokio::sync::mpsc::{self, Receiver, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;
use tokio::time::{Duration, Instant, sleep_until};
use uploader::{
    Choice, Command, Condition, Event, Filter, ItemId, ItemKind, Moment, Overview, Queue,
    RequestId, State, Target,
};

use super::gather::{Found, Walk};
use super::progress::Progress;
use super::requests::Requests;
use super::{How, LocalFile, OnConflict, Outcome, own_name};
use crate::clock::moment;
use crate::connection::Console;
use crate::location::InVolume;
use crate::{Error, list_files, volume};

/// So long the console may be away before the copy is given up; running it again goes on.
const PATIENCE_MS: u64 = 5 * 60_000;

pub(super) async fn upload(
    how: &How,
    sources: Vec<PathBuf>,
    to: &InVolume,
) -> Result<Outcome, Error> {
    let console = Arc::new(how.common.console()?);
    let volume_id = volume::id(&console, &to.volume).await?;
    let (folder, name) = place(&console, volume_id, to, sources.len()).await?;
    let target = Target {
        volume_id,
        volume_name: to.volume.clone(),
        folder,
    };
    let (found, receiver) = mpsc::channel(4);
    let mut named = Vec::new();
    for source in sources {
        let own = own_name(&source)?;
        named.push((source, name.clone().or(own).unwrap_or_default()));
    }
    // Ends by itself when nobody listens any more.
    drop(tokio::task::spawn_blocking(move || {
        let mut walk = Walk::new(found);
        for (source, name) in named {
            walk.source(&source, &name);
        }
    }));
    Upload::new(console, target, how).run(receiver).await
}

/// The folder to store in and, for a single source that is to be called otherwise, its new name.
async fn place(
    console: &Console,
    volume: DataVolumeId,
    to: &InVolume,
    sources: usize,
) -> Result<(VolumePath, Option<String>), Error> {
    let path = to.path()?;
    let name = path.file_name().map(str::to_owned);
    if to.is_folder() || sources > 1 {
        return Ok((path, None));
    }
    match (
        list_files::folder(console, volume, &path).await,
        path.parent(),
        name,
    ) {
        (Ok(_), ..) => Ok((path, None)),
        // There is no such folder: it is the name of what is copied.
        (Err(Error::Refused(problem)), Some(parent), Some(name))
            if matches!(problem.code, 400 | 404 | 409) =>
        {
            Ok((parent, Some(name)))
        }
        (Err(error), ..) => Err(error),
    }
}

struct Upload<'a> {
    console: Arc<Console>,
    target: Target,
    how: &'a How,
    queue: Queue,
    files: HashMap<ItemId, LocalFile>,
    running: HashMap<RequestId, AbortHandle>,
    sender: UnboundedSender<Event>,
    events: UnboundedReceiver<Event>,
    wake_at_ms: Option<u64>,
    away_since_ms: Option<u64>,
    outcome: Outcome,
}

impl<'a> Upload<'a> {
    fn new(console: Arc<Console>, target: Target, how: &'a How) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        Self {
            console,
            target,
            how,
            queue: Queue::in_order(),
            files: HashMap::new(),
            running: HashMap::new(),
            sender,
            events,
            wake_at_ms: None,
            away_since_ms: None,
            outcome: Outcome::default(),
        }
    }

    async fn run(mut self, mut found: Receiver<Vec<Found>>) -> Result<Outcome, Error> {
        let progress = Progress::begin(self.how.is_quiet);
        self.queue.begin_reading(moment());
        let mut is_reading = true;
        loop {
            let wake_at = self.wake_at_ms.map(|at_ms| {
                Instant::now() + Duration::from_millis(at_ms.saturating_sub(moment().now_ms))
            });
            let commands = tokio::select! {
                Some(event) = self.events.recv() => self.queue.handle(event, moment()),
                chunk = found.recv(), if is_reading => if let Some(chunk) = chunk {
                    self.take_in(chunk)
                } else {
                    is_reading = false;
                    self.queue.end_reading();
                    Vec::new()
                },
                () = sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => {
                    self.wake_at_ms = None;
                    self.queue.handle(Event::Tick, moment())
                }
            };
            self.carry_out(commands);
            if self.is_over(&progress)? {
                break;
            }
        }
        drop(progress);
        Ok(self.end())
    }

    fn take_in(&mut self, chunk: Vec<Found>) -> Vec<Command> {
        let (mut added, mut files) = (Vec::new(), Vec::new());
        for found in chunk {
            match found {
                Found::Item(item, file) => {
                    added.push(item);
                    files.push(file);
                }
                Found::Unfit(path, reason) => {
                    self.outcome
                        .failed
                        .push((path.display().to_string(), reason));
                }
            }
        }
        let (first, commands) = self.queue.add(&self.target, added, moment());
        let ids = (first.0..).map(ItemId);
        self.files.extend(ids.zip(files));
        commands
    }

    fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Abort { request } => {
                    if let Some(task) = self.running.remove(&request) {
                        task.abort();
                    }
                }
                Command::Release { item } => {
                    self.files.remove(&item);
                }
                Command::WakeAt { at_ms } => self.wake_at_ms = Some(at_ms),
                sent => self.send(sent),
            }
        }
    }

    fn send(&mut self, command: Command) {
        let id = command.request();
        let items: Vec<ItemId> = match &command {
            Command::SendBatch { files, .. } => files.iter().map(|file| file.item).collect(),
            Command::Create { item, .. } | Command::Patch { item, .. } => vec![*item],
            _ => Vec::new(),
        };
        let files = items
            .iter()
            .filter_map(|item| self.files.get(item).cloned());
        let requests = Requests {
            console: Arc::clone(&self.console),
            files: files.collect(),
            sender: self.sender.clone(),
        };
        let task = tokio::spawn(requests.carry_out(command)).abort_handle();
        self.running.retain(|_, task| !task.is_finished());
        if let Some(id) = id {
            self.running.insert(id, task);
        }
    }

    /// Whether nothing is left to do; decides about names that are taken, as it was told to.
    fn is_over(&mut self, progress: &Progress) -> Result<bool, Error> {
        let now = moment();
        let mut overview = self.queue.overview(now.now_ms);
        if overview.conflicts > 0 {
            self.decide(now);
            overview = self.queue.overview(now.now_ms);
        }
        progress.show(
            overview.acknowledged_bytes + overview.in_flight_bytes,
            overview.bytes,
            message(&overview),
        );
        if !matches!(overview.condition, Condition::Unreachable { .. })
            && overview.in_flight_bytes > 0
        {
            self.away_since_ms = None;
        }
        match overview.condition {
            Condition::Finished => return Ok(true),
            Condition::SignedOut => {
                return Err(Error::Unfit(
                    "the console does not take the access key any more: run `stowage login`, then the same copy again"
                        .to_owned(),
                ));
            }
            Condition::NoRoom => {
                let words = overview.no_room.into_iter().map(|(_, words)| words).next();
                return Err(Error::Unfit(format!(
                    "{} Make room and run the same copy again: it goes on where it stopped.",
                    words.unwrap_or_default()
                )));
            }
            Condition::Unreachable { said, .. } => {
                let since = *self.away_since_ms.get_or_insert(now.now_ms);
                if now.now_ms - since > PATIENCE_MS {
                    let what = said.unwrap_or_else(|| "The console cannot be reached.".to_owned());
                    return Err(Error::Unfit(format!(
                        "{what} Run the same copy again later: it goes on where it stopped."
                    )));
                }
            }
            Condition::Running | Condition::Paused | Condition::Undecided => {}
        }
        Ok(false)
    }

    fn decide(&mut self, now: Moment) {
        let choice = match self.how.on_conflict {
            OnConflict::Fail | OnConflict::Skip => Choice::Skip,
            OnConflict::Replace => Choice::Replace,
            OnConflict::Rename => Choice::KeepBoth,
        };
        if let Some(id) = self.queue.first_conflict().map(|item| item.id) {
            let commands = self.queue.decide(id, choice, true, now);
            self.carry_out(commands);
        }
    }

    fn end(mut self) -> Outcome {
        for item in self.queue.rows(Filter::All, 0, usize::MAX) {
            match &item.state {
                State::Done => {
                    self.outcome.copied_files += u64::from(item.kind == ItemKind::File);
                    self.outcome.copied_bytes += item.size_bytes;
                }
                State::AlreadyThere => {
                    self.outcome.present_files += u64::from(item.kind == ItemKind::File);
                }
                State::Cancelled if self.how.on_conflict == OnConflict::Skip => {
                    self.outcome.present_files += 1;
                }
                State::Cancelled => {
                    let reason = "another file of this name is there: use --on-conflict to say what to do with it";
                    self.outcome
                        .failed
                        .push((item.path.to_string(), reason.to_owned()));
                }
                State::Failed(reason) => self
                    .outcome
                    .failed
                    .push((item.path.to_string(), reason.clone())),
                _ => {}
            }
        }
        self.outcome
    }
}

fn message(overview: &Overview) -> String {
    match overview.condition {
        Condition::Unreachable { .. } => "the console does not answer; trying again".to_owned(),
        _ => format!("{} of {} files", overview.stored_items, overview.items),
    }
}
