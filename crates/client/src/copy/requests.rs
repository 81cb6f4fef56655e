//! One request for one command of the queue.
//!
//! Files are read while they are sent. One that is not as it was found any more is not sent: the other end would
//! get a mixture.

use std::fs;
use std::io::SeekFrom;
use std::sync::Arc;

use domain::DataVolumeId;
use futures::TryStreamExt as _;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, RequestBuilder};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::io::ReaderStream;
use uploader::protocol::{self, Answer as _};
use uploader::{BatchedFile, Command, Event, ItemId, RequestId};
use wire::{FolderView, Problem};

use super::LocalFile;
use super::answer::HttpAnswer;
use super::gather::modified_ms;
use crate::Error;
use crate::connection::Console;

const STEP_BYTES: usize = 256 << 10;

/// What a command is carried out with.
pub(super) struct Requests {
    pub(super) console: Arc<Console>,
    /// The files of its items, in their order.
    pub(super) files: Vec<LocalFile>,
    pub(super) sender: UnboundedSender<Event>,
}

impl Requests {
    pub(super) async fn carry_out(self, command: Command) {
        let event = match command {
            Command::AskUnfinished { volume } => Some(self.ask_unfinished(volume).await),
            Command::List {
                volume,
                folder,
                offset,
            } => Some(self.list(volume, folder, offset).await),
            Command::MakeFolder {
                request,
                volume,
                path,
                ..
            } => Some(self.make_folder(request, volume, &path).await),
            Command::Head {
                request,
                volume,
                upload,
                ..
            } => {
                let answer = self.tus(Method::HEAD, format!("{volume}/uploads/{upload}"), |call| {
                    call
                });
                Some(answer.await.acknowledged(request))
            }
            Command::Delete { volume, upload } => {
                self.tus(
                    Method::DELETE,
                    format!("{volume}/uploads/{upload}"),
                    |call| call,
                )
                .await;
                None
            }
            Command::SendBatch {
                request,
                volume,
                files,
            } => Some(self.send_batch(request, volume, &files).await),
            create @ Command::Create { .. } => self.create(create).await,
            patch @ Command::Patch { .. } => self.send_slice(patch).await,
            Command::Abort { .. } | Command::Release { .. } | Command::WakeAt { .. } => None,
        };
        if let Some(event) = event {
            // Whoever does not listen any more has ended with an error.
            let _ = self.sender.send(event);
        }
    }

    async fn ask_unfinished(&self, volume: DataVolumeId) -> Event {
        match self
            .console
            .get(&format!("datavolumes/{volume}/uploads"), &[])
            .await
        {
            Ok(uploads) => Event::Unfinished { volume, uploads },
            Err(error) => Event::UnfinishedRefused {
                volume,
                problem: problem_of(&error),
            },
        }
    }

    async fn list(&self, volume: DataVolumeId, folder: String, offset: u64) -> Event {
        let address = format!("datavolumes/{volume}/files");
        let begin = offset.to_string();
        let query = [("path", folder.as_str()), ("offset", begin.as_str())];
        match self.console.get::<FolderView>(&address, &query).await {
            Ok(view) => Event::Listed {
                volume,
                folder,
                entries: view.entries,
                next: view.next,
            },
            Err(error) => Event::ListRefused {
                volume,
                folder,
                problem: problem_of(&error),
            },
        }
    }

    async fn make_folder(&self, request: RequestId, volume: DataVolumeId, path: &str) -> Event {
        let address = format!("datavolumes/{volume}/files/folder");
        let body = serde_json::json!({ "path": path });
        match self
            .console
            .change(Method::POST, &address, Some(&body))
            .await
        {
            Ok(_) => Event::FolderMade { request },
            Err(error) => Event::Refused {
                request,
                problem: problem_of(&error),
                retry_after_ms: None,
                upload: None,
            },
        }
    }

    async fn create(&self, command: Command) -> Option<Event> {
        let Command::Create {
            request,
            item,
            volume,
            path,
            size_bytes,
            modified_ms,
            when_present,
            is_with_content,
            takes_lanes,
        } = command
        else {
            return None;
        };
        let file = self.files.first()?;
        if is_changed(file) {
            return Some(file_changed(request, item));
        }
        let metadata = protocol::upload_metadata(&path, modified_ms, when_present);
        let length = if is_with_content { size_bytes } else { 0 };
        let Some(body) = self.body(file, 0, length, request).await else {
            return Some(file_changed(request, item));
        };
        let call = self.tus(Method::POST, format!("{volume}/uploads"), |call| {
            let call = call
                .header("Upload-Length", size_bytes)
                .header("Upload-Metadata", metadata)
                .header(CONTENT_LENGTH, length);
            if takes_lanes {
                call.header("Stowage-Lanes", "1")
            } else if is_with_content {
                call.header(CONTENT_TYPE, protocol::BYTES).body(body)
            } else {
                call
            }
        });
        let answer = call.await;
        if answer.status() == 0 && is_changed(file) {
            return Some(file_changed(request, item));
        }
        Some(answer.created(request))
    }

    async fn send_slice(&self, command: Command) -> Option<Event> {
        let Command::Patch {
            request,
            item,
            volume,
            upload,
            offset_bytes,
            length_bytes,
        } = command
        else {
            return None;
        };
        let file = self.files.first()?;
        if is_changed(file) {
            return Some(file_changed(request, item));
        }
        let Some(body) = self.body(file, offset_bytes, length_bytes, request).await else {
            return Some(file_changed(request, item));
        };
        let call = self.tus(
            Method::PATCH,
            format!("{volume}/uploads/{upload}"),
            |call| {
                call.header("Upload-Offset", offset_bytes)
                    .header(CONTENT_TYPE, protocol::BYTES)
                    .header(CONTENT_LENGTH, length_bytes)
                    .body(body)
            },
        );
        let answer = call.await;
        if answer.status() == 0 && is_changed(file) {
            return Some(file_changed(request, item));
        }
        Some(answer.acknowledged(request))
    }

    /// A part of a file, read as it is sent; `None` when it cannot be read.
    async fn body(
        &self,
        file: &LocalFile,
        begin: u64,
        length: u64,
        request: RequestId,
    ) -> Option<Body> {
        let mut opened = File::open(&file.path).await.ok()?;
        opened.seek(SeekFrom::Start(begin)).await.ok()?;
        let sender = self.sender.clone();
        let mut sent_bytes = 0;
        let parts =
            ReaderStream::with_capacity(opened.take(length), STEP_BYTES).inspect_ok(move |part| {
                sent_bytes += part.len() as u64;
                let _ = sender.send(Event::Progress {
                    request,
                    sent_bytes,
                });
            });
        Some(Body::wrap_stream(parts))
    }

    async fn send_batch(
        &self,
        request: RequestId,
        volume: DataVolumeId,
        batched: &[BatchedFile],
    ) -> Event {
        let mut body = protocol::BATCH_BEGIN.to_vec();
        let mut changed = Vec::new();
        for (told, file) in batched.iter().zip(&self.files) {
            // At most 16 MiB in all.
            match tokio::fs::read(&file.path).await {
                Ok(bytes) if bytes.len() as u64 == told.size_bytes && !is_changed(file) => {
                    protocol::push_header(&mut body, told, &bytes);
                    body.extend_from_slice(&bytes);
                }
                _ => changed.push(told.item),
            }
        }
        if !changed.is_empty() {
            return Event::FileChanged {
                request,
                items: changed,
            };
        }
        body.extend(protocol::BATCH_END);
        let address = format!("{volume}/uploads/batch");
        let answer = self
            .call(Method::POST, address, |call| {
                call.header(CONTENT_TYPE, protocol::BATCH).body(body)
            })
            .await;
        answer.batch_answered(request)
    }

    async fn tus(
        &self,
        method: Method,
        address: String,
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> HttpAnswer {
        let complete = |call: RequestBuilder| complete(call.header("Tus-Resumable", "1.0.0"));
        self.call(method, address, complete).await
    }

    async fn call(
        &self,
        method: Method,
        address: String,
        complete: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> HttpAnswer {
        let address = format!("datavolumes/{address}");
        match self.console.request(method, &address, &[]).await {
            Ok(call) => HttpAnswer::of(complete(call)).await,
            Err(error) => HttpAnswer::none(&problem_of(&error)),
        }
    }
}

/// Whether a file is not as it was found any more.
fn is_changed(file: &LocalFile) -> bool {
    let same = |found: fs::Metadata| {
        found.len() == file.size_bytes && modified_ms(&found) == file.modified_ms
    };
    !fs::metadata(&file.path).is_ok_and(same)
}

fn file_changed(request: RequestId, item: ItemId) -> Event {
    Event::FileChanged {
        request,
        items: vec![item],
    }
}

/// Code 0 where the console did not answer, as the queue has it.
fn problem_of(error: &Error) -> Problem {
    match error {
        Error::Refused(problem) => problem.clone(),
        Error::Unreachable { .. } => Problem::new(0, error.to_string()),
        other => Problem::new(500, other.to_string()),
    }
}
