//! One request for one command. `XMLHttpRequest`, because `fetch` tells nothing of an upload's progress.

use js_sys::{Promise, encode_uri_component};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, ProgressEvent, XmlHttpRequest};
use wire::{FolderView, NewFolder};

use super::{Uploader, batch, checksum};
use crate::protocol::{self, Answer};
use crate::{Command, Event, ItemId, RequestId};

/// Below this a file is gone before its progress could be seen.
const SHOWN_FROM_BYTES: u64 = 1 << 20;

/// Sends the request and reads its answer; `None` for commands that are not answered.
pub(super) async fn carry_out(
    uploader: &Uploader,
    request: &XmlHttpRequest,
    command: Command,
) -> Option<Event> {
    match command {
        Command::AskUnfinished { volume } => {
            let answer = Call::new(request, "GET", &format!("{volume}/uploads"))
                .send(None)
                .await;
            Some(match answer.json() {
                Ok(uploads) => Event::Unfinished {
                    volume,
                    uploads: uploader.inner.claims.unclaimed(uploads).await,
                },
                Err(problem) => Event::UnfinishedRefused { volume, problem },
            })
        }
        Command::List {
            volume,
            folder,
            offset,
        } => {
            let path = encode_uri_component(&folder);
            let address = format!("{volume}/files?path={path}&offset={offset}");
            let answer = Call::new(request, "GET", &address).send(None).await;
            Some(match answer.json::<FolderView>() {
                Ok(view) => Event::Listed {
                    volume,
                    folder,
                    entries: view.entries,
                    next: view.next,
                },
                Err(problem) => Event::ListRefused {
                    volume,
                    folder,
                    problem,
                },
            })
        }
        Command::MakeFolder {
            request: id,
            volume,
            path,
            ..
        } => {
            let body = path
                .parse()
                .ok()
                .and_then(|path| serde_json::to_string(&NewFolder { path }).ok())?;
            let call = Call::new(request, "POST", &format!("{volume}/files/folder"));
            let answer = call
                .header("Content-Type", "application/json")
                .send(Some(&body.into()))
                .await;
            Some(if answer.is_good() {
                Event::FolderMade { request: id }
            } else {
                answer.refused(id)
            })
        }
        Command::Head {
            request: id,
            volume,
            upload,
            ..
        } => {
            let answer = Call::tus(request, "HEAD", &format!("{volume}/uploads/{upload}"))
                .send(None)
                .await;
            Some(answer.acknowledged(id))
        }
        Command::Delete { volume, upload } => {
            Call::tus(request, "DELETE", &format!("{volume}/uploads/{upload}"))
                .send(None)
                .await;
            None
        }
        Command::SendBatch {
            request: id,
            volume,
            files,
        } => batch::send(uploader, request, id, volume, &files).await,
        create @ Command::Create { .. } => make_upload(uploader, request, create).await,
        patch @ Command::Patch { .. } => send_slice(uploader, request, patch).await,
        Command::Abort { .. } | Command::Release { .. } | Command::WakeAt { .. } => None,
    }
}

async fn make_upload(
    uploader: &Uploader,
    request: &XmlHttpRequest,
    command: Command,
) -> Option<Event> {
    let Command::Create {
        request: id,
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
    let Some(file) = uploader.inner.files.open(item).await else {
        return Some(file_changed(id, item));
    };
    let sent_bytes = if is_with_content { size_bytes } else { 0 };
    let Ok(checksum) = checksum::of(&file, 0, sent_bytes).await else {
        return Some(file_changed(id, item));
    };
    if !uploader.is_wanted(id) {
        return None;
    }
    let metadata = protocol::upload_metadata(&path, modified_ms, when_present);
    let mut call = Call::tus(request, "POST", &format!("{volume}/uploads"))
        .header("Upload-Length", &size_bytes.to_string())
        .header("Upload-Metadata", &metadata);
    if takes_lanes {
        call = call.header("Stowage-Lanes", "1");
    }
    if is_with_content {
        call = call.header("Content-Type", protocol::BYTES);
    }
    if let Some(checksum) = checksum {
        call = call.header("Upload-Checksum", &checksum);
    }
    let _shown = (is_with_content && size_bytes >= SHOWN_FROM_BYTES)
        .then(|| show_progress(uploader, request, id));
    let answer = call.send(is_with_content.then_some(file.as_ref())).await;
    if answer.status() == 0 && size_bytes > 0 && !is_readable(&file, 0).await {
        return Some(file_changed(id, item));
    }
    Some(answer.created(id))
}

async fn send_slice(
    uploader: &Uploader,
    request: &XmlHttpRequest,
    command: Command,
) -> Option<Event> {
    let Command::Patch {
        request: id,
        item,
        volume,
        upload,
        offset_bytes,
        length_bytes,
    } = command
    else {
        return None;
    };
    let Some(file) = uploader.inner.files.open(item).await else {
        return Some(file_changed(id, item));
    };
    let slice = slice(&file, offset_bytes, length_bytes);
    let Some(slice) = slice.filter(|slice| bytes(slice.size()) == length_bytes) else {
        return Some(file_changed(id, item));
    };
    let Ok(checksum) = checksum::of(&file, offset_bytes, length_bytes).await else {
        return Some(file_changed(id, item));
    };
    if !uploader.is_wanted(id) {
        return None;
    }
    let call = Call::tus(request, "PATCH", &format!("{volume}/uploads/{upload}"))
        .header("Upload-Offset", &offset_bytes.to_string())
        .header("Upload-Checksum", &checksum.unwrap_or_default())
        .header("Content-Type", protocol::BYTES);
    let _shown = show_progress(uploader, request, id);
    let answer = call.send(Some(slice.as_ref())).await;
    if answer.status() == 0 && !is_readable(&file, offset_bytes).await {
        return Some(file_changed(id, item));
    }
    Some(answer.acknowledged(id))
}

fn file_changed(request: RequestId, item: ItemId) -> Event {
    Event::FileChanged {
        request,
        items: vec![item],
    }
}

/// A part of a file; nothing is read here.
#[expect(
    clippy::cast_precision_loss,
    reason = "files are smaller than 2^53 bytes"
)]
pub(super) fn slice(file: &File, offset_bytes: u64, length_bytes: u64) -> Option<Blob> {
    file.slice_with_f64_and_f64(offset_bytes as f64, (offset_bytes + length_bytes) as f64)
        .ok()
}

/// Whether the browser still lets the file be read: it refuses when the file on disk is another one, and
/// its request then fails just like one whose network was cut.
pub(super) async fn is_readable(file: &File, offset_bytes: u64) -> bool {
    match slice(file, offset_bytes, 1) {
        Some(byte) => JsFuture::from(byte.array_buffer()).await.is_ok(),
        None => false,
    }
}

/// Tells the queue what left the browser, as long as what is answered lives.
pub(super) fn show_progress(
    uploader: &Uploader,
    request: &XmlHttpRequest,
    id: RequestId,
) -> Option<Closure<dyn Fn(ProgressEvent)>> {
    let uploader = uploader.clone();
    let closure = Closure::new(move |event: ProgressEvent| {
        uploader.handle(Event::Progress {
            request: id,
            sent_bytes: bytes(event.loaded()),
        });
    });
    request
        .upload()
        .ok()?
        .set_onprogress(Some(closure.as_ref().unchecked_ref()));
    Some(closure)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the browser counts bytes in doubles"
)]
pub(super) fn bytes(amount: f64) -> u64 {
    amount as u64
}

/// A request before it is sent.
pub(super) struct Call<'a> {
    request: &'a XmlHttpRequest,
    is_open: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(request: &'a XmlHttpRequest, method: &str, address: &str) -> Self {
        let is_open = request
            .open(method, &format!("/api/v1/datavolumes/{address}"))
            .is_ok();
        Self { request, is_open }.header("Accept", "application/json")
    }

    fn tus(request: &'a XmlHttpRequest, method: &str, address: &str) -> Self {
        Self::new(request, method, address).header("Tus-Resumable", "1.0.0")
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.is_open = self.is_open && self.request.set_request_header(name, value).is_ok();
        self
    }

    /// Waits until the request ends, however it ends.
    pub(super) async fn send(self, body: Option<&JsValue>) -> XhrAnswer<'a> {
        let request = self.request;
        let ended = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
        let is_sent = self.is_open
            && match body {
                Some(text) if text.is_string() => request
                    .send_with_opt_str(text.as_string().as_deref())
                    .is_ok(),
                Some(blob) => request.send_with_opt_blob(blob.dyn_ref::<Blob>()).is_ok(),
                None => request.send().is_ok(),
            };
        if is_sent {
            // The promise is never rejected.
            let _ = JsFuture::from(ended).await;
        }
        request.set_onloadend(None);
        XhrAnswer {
            request,
            status: request.status().unwrap_or(0),
        }
    }
}

/// What came back.
pub(super) struct XhrAnswer<'a> {
    request: &'a XmlHttpRequest,
    status: u16,
}

impl<'a> XhrAnswer<'a> {
    /// What a request that never left has for an answer: the same as one that was cut.
    pub(super) fn unsent(request: &'a XmlHttpRequest) -> Self {
        Self { request, status: 0 }
    }
}

impl Answer for XhrAnswer<'_> {
    fn status(&self) -> u16 {
        self.status
    }

    fn header(&self, name: &str) -> Option<String> {
        self.request.get_response_header(name).ok().flatten()
    }

    fn text(&self) -> String {
        self.request
            .response_text()
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    fn problem(&self) -> wire::Problem {
        protocol::problem(self.status, &self.text())
    }
}
