//! The body of a batch. Small files are read all at once, for their checksums, and sent from memory: the browser
//! opens each of them once. As a `Blob`: it leaves the memory of scripts, and is not copied by whoever watches
//! requests.

use domain::DataVolumeId;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, XmlHttpRequest};

use super::Uploader;
use super::request::{Call, XhrAnswer, bytes, is_readable, show_progress};
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
    let contents = Array::new();
    let mut changed = Vec::new();
    let items = batched.iter().map(|file| file.item);
    let opened = uploader.inner.files.open_all(items).await;
    for (file, opened) in batched.iter().zip(opened) {
        match opened {
            Some(content) if bytes(content.size()) == file.size_bytes => {
                contents.push(&content);
            }
            _ => changed.push(file.item),
        }
    }
    if changed.is_empty() {
        match body(batched, &contents).await {
            Ok(body) if uploader.is_wanted(id) => {
                let call = Call::new(request, "POST", &format!("{volume}/uploads/batch"))
                    .header("Content-Type", protocol::BATCH);
                let _shown = show_progress(uploader, request, id);
                return Some(call.send(Some(body.as_ref())).await.batch_answered(id));
            }
            Ok(_) => return None,
            Err(_) => changed = unreadable(uploader, batched).await,
        }
        if changed.is_empty() {
            // They can be read again by now.
            return Some(XhrAnswer::unsent(request).batch_answered(id));
        }
    }
    Some(Event::FileChanged {
        request: id,
        items: changed,
    })
}

/// Frames around the contents.
async fn body(batched: &[BatchedFile], contents: &Array) -> Result<Blob, JsValue> {
    let contents = Blob::new_with_blob_sequence(contents)?;
    let contents = Uint8Array::new(&JsFuture::from(contents.array_buffer()).await?);
    let parts = Array::new();
    let (mut begin, mut content, mut frame) = (0, Vec::new(), protocol::BATCH_BEGIN.to_vec());
    for file in batched {
        let end = begin + u32::try_from(file.size_bytes).map_err(|_| JsValue::NULL)?;
        let bytes = contents.subarray(begin, end);
        content.resize((end - begin) as usize, 0);
        bytes.copy_to(&mut content);
        protocol::push_header(&mut frame, file, &content);
        parts.push(&Uint8Array::from(&*frame));
        parts.push(&bytes);
        frame.clear();
        begin = end;
    }
    parts.push(&Uint8Array::from(protocol::BATCH_END));
    Blob::new_with_u8_array_sequence(&parts)
}

/// All are read at once, and one that cannot be fails all of them: looks which.
async fn unreadable(uploader: &Uploader, batched: &[BatchedFile]) -> Vec<ItemId> {
    let mut found = Vec::new();
    for file in batched.iter().filter(|file| file.size_bytes > 0) {
        let is_fine = match uploader.inner.files.open(file.item).await {
            Some(content) => is_readable(&content, 0).await,
            None => false,
        };
        if !is_fine {
            found.push(file.item);
        }
    }
    found
}
