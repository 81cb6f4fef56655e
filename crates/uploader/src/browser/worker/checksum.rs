//! The checksum of a part of a file. Read a MiB at a time: memory stays flat, and the page is never blocked
//! for longer than that takes.

use js_sys::Uint8Array;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::request::slice;
use crate::protocol::Checksum;

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
    let mut piece = vec![0; Checksum::PIECE_BYTES];
    let (mut begin, end) = (offset_bytes, offset_bytes + length_bytes);
    while begin < end {
        let count = (end - begin).min(Checksum::PIECE_BYTES as u64);
        let blob = slice(file, begin, count).ok_or(Unreadable)?;
        let read = JsFuture::from(blob.array_buffer()).await;
        let read = Uint8Array::new(&read.map_err(|_| Unreadable)?);
        let piece = piece
            .get_mut(..read.length() as usize)
            .filter(|piece| piece.len() as u64 == count)
            .ok_or(Unreadable)?;
        read.copy_to(piece);
        checksum.update(piece);
        begin += count;
    }
    Ok(checksum.header())
}

/// The file is not what it was.
pub(super) struct Unreadable;
