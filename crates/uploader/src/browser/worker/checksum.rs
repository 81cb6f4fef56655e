//! The checksum of a part of a file. Read some MiB at a time: memory stays flat. The next ones are read while
//! these are summed up.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::request::slice;
use crate::protocol::Checksum;

/// Read at once: each reading costs the browser a turn.
const READ_BYTES: u64 = 2 << 20;

/// `Upload-Checksum` of a part of a file.
///
/// # Errors
/// When the browser cannot read it any more: the file on disk is another one, or is gone.
pub(super) async fn of(
    file: &File,
    offset_bytes: u64,
    length_bytes: u64,
) -> Result<Option<String>, Unreadable> {
    let mut checksum = Checksum::default();
    let end = offset_bytes + length_bytes;
    let mut piece = Vec::new();
    let mut next = read(file, offset_bytes, end)?;
    while let Some((begin, count, reading)) = next {
        let content = JsFuture::from(reading).await.map_err(|_| Unreadable)?;
        next = read(file, begin + count, end)?;
        let content = Uint8Array::new(&content);
        if u64::from(content.length()) != count {
            return Err(Unreadable);
        }
        piece.resize(content.length() as usize, 0);
        content.copy_to(&mut piece);
        checksum.update(&piece);
    }
    Ok(checksum.header())
}

/// Begins to read on: from where, how much, and what will hold it; `None` at the end.
fn read(file: &File, begin: u64, end: u64) -> Result<Option<(u64, u64, Promise)>, Unreadable> {
    let count = end.saturating_sub(begin).min(READ_BYTES);
    if count == 0 {
        return Ok(None);
    }
    let blob = slice(file, begin, count).ok_or(Unreadable)?;
    Ok(Some((begin, count, blob.array_buffer().unchecked_into())))
}

/// The file is not what it was.
pub(super) struct Unreadable;
