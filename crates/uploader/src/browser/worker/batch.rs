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
    for file in batched {
        match uploader.file(file.item) {
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
    let mut body = protocol::BATCH_BEGIN.to_vec();
    let (mut begin, mut content) = (0, Vec::new());
    for file in batched {
        let end = begin + u32::try_from(file.size_bytes).map_err(|_| JsValue::NULL)?;
        content.resize((end - begin) as usize, 0);
        contents.subarray(begin, end).copy_to(&mut content);
        protocol::push_file(&mut body, file, &content);
        begin = end;
    }
    body.extend(protocol::BATCH_END);
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(&*body)))
}

/// All are read at once, and one that cannot be fails all of them: looks which.
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
