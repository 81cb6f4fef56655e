//! The body of a batch: headers of ours and files as they are, which the browser reads from the disk by itself.

use domain::DataVolumeId;
use js_sys::{Array, Uint8Array};
use web_sys::{Blob, XmlHttpRequest};

use super::Uploader;
use super::request::{Call, bytes, is_readable, show_progress};
use crate::protocol::{self, Answer as _};
use crate::{BatchedFile, Event, ItemId, RequestId};

/// Sends small files in one request.
pub(super) async fn send(
    uploader: &Uploader,
    request: &XmlHttpRequest,
    id: RequestId,
    volume: DataVolumeId,
    batched: &[BatchedFile],
) -> Option<Event> {
    let parts = Array::of1(&Uint8Array::from(protocol::BATCH_BEGIN));
    let mut changed = Vec::new();
    for file in batched {
        let Some(content) = uploader
            .file(file.item)
            .filter(|content| bytes(content.size()) == file.size_bytes)
        else {
            changed.push(file.item);
            continue;
        };
        parts.push(&Uint8Array::from(&*protocol::batch_header(file)));
        parts.push(&content);
    }
    if !changed.is_empty() {
        return Some(Event::FileChanged {
            request: id,
            items: changed,
        });
    }
    parts.push(&Uint8Array::from(protocol::BATCH_END));
    let body = Blob::new_with_blob_sequence(&parts).ok()?;
    let call = Call::new(request, "POST", &format!("{volume}/uploads/batch"))
        .header("Content-Type", protocol::BATCH);
    let _shown = show_progress(uploader, request, id);
    let answer = call.send(Some(body.as_ref())).await;
    if answer.status() == 0 {
        let items = unreadable(uploader, batched).await;
        if !items.is_empty() {
            return Some(Event::FileChanged { request: id, items });
        }
    }
    Some(answer.batch_answered(id))
}

/// A request fails as a whole when the browser cannot read one of its files: looks which.
async fn unreadable(uploader: &Uploader, batched: &[BatchedFile]) -> Vec<ItemId> {
    let mut found = Vec::new();
    for file in batched.iter().filter(|file| file.size_bytes > 0) {
        let is_fine = match uploader.file(file.item) {
            Some(content) => is_readable(&content, 0).await,
            None => false,
        };
        if !is_fine {
            found.push(file.item);
        }
    }
    found
}
