//! The checksum of a part of a file, which is read through one small buffer: memory stays flat.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader,
    ReadableStreamReadResult,
};

use super::request::slice;
use crate::protocol::Checksum;

/// Read at once, at most.
const BUFFER_BYTES: u32 = 512 << 10;

/// `Upload-Checksum` of a part of a file.
///
/// # Errors
/// When the browser cannot read it any more: the file on disk is another one, or is gone.
pub(super) async fn of(
    file: &File,
    offset_bytes: u64,
    length_bytes: u64,
) -> Result<Option<String>, Unreadable> {
    let slice = slice(file, offset_bytes, length_bytes).ok_or(Unreadable)?;
    let mut reader = Reader::of(&slice.stream()).map_err(|_| Unreadable)?;
    let (mut checksum, mut read_bytes) = (Checksum::default(), 0);
    let mut piece = Vec::new();
    while let Some(content) = reader.next().await.map_err(|_| Unreadable)? {
        piece.resize(content.length() as usize, 0);
        content.copy_to(&mut piece);
        reader.give_back(&content);
        checksum.update(&piece);
        read_bytes += piece.len() as u64;
    }
    if read_bytes == length_bytes {
        Ok(checksum.header())
    } else {
        Err(Unreadable)
    }
}

/// Reads a stream. It has to live while something is read: a browser throws a stream away that no script holds,
/// and never answers.
enum Reader {
    /// Into one buffer, over and over: what is read leaves no garbage.
    IntoBuffer(ReadableStreamByobReader, Uint8Array),
    /// As the browser likes, where it has no other way.
    AsItComes(ReadableStreamDefaultReader),
}

impl Reader {
    fn of(stream: &ReadableStream) -> Result<Self, JsValue> {
        match ReadableStreamByobReader::new(stream) {
            Ok(reader) => Ok(Self::IntoBuffer(
                reader,
                Uint8Array::new_with_length(BUFFER_BYTES),
            )),
            Err(_) => ReadableStreamDefaultReader::new(stream).map(Self::AsItComes),
        }
    }

    /// The next bytes; `None` at the end.
    async fn next(&self) -> Result<Option<Uint8Array>, JsValue> {
        let reading: Promise = match self {
            Self::IntoBuffer(reader, buffer) => reader.read_with_array_buffer_view(buffer),
            Self::AsItComes(reader) => reader.read(),
        };
        let read: ReadableStreamReadResult = JsFuture::from(reading).await?.unchecked_into();
        let is_done = read.get_done().unwrap_or_default();
        Ok((!is_done).then(|| read.get_value().unchecked_into()))
    }

    /// What was read is not needed any more.
    fn give_back(&mut self, content: &Uint8Array) {
        if let Self::IntoBuffer(_, buffer) = self {
            // The browser took the buffer away and hands it back in what it read.
            *buffer = Uint8Array::new(&content.buffer());
        }
    }
}

/// The file is not what it was.
pub(super) struct Unreadable;
