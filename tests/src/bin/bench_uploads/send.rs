//! One file, and many small ones, in the ways that servers take them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::http::Connection;
use crate::stowage::Door;

const MEBIBYTE: usize = 1 << 20;
/// The piece that every body is made of.
const SLICE: usize = 64 * MEBIBYTE;
/// More checksums than those of its MiB are no header any more.
const MOST_OF_A_REQUEST: usize = 1 << 30;
/// The size of a small file.
pub(crate) const SMALL: usize = 4 << 10;
/// What browsers open to one host.
const CONNECTIONS: usize = 6;
/// As Stowage's browser sends them.
const FILES_OF_A_BATCH: usize = 200;
const FILES_OF_A_FOLDER: usize = 1000;
const LANES_OF_BATCHES: usize = 3;
const BOUNDARY: &str = "stowage-bench";

/// How a peer takes files.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// `PUT` at the name.
    Put,
    /// tus at `/files/`.
    Tus,
    /// A form with a file, as miniserve's page sends it.
    Form,
}

/// Bytes that do not compress, and the CRC-32C of each MiB of them.
pub(crate) struct Content {
    bytes: Vec<u8>,
    crcs: Vec<[u8; 4]>,
}

impl Content {
    pub(crate) fn new() -> Self {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut bytes = Vec::with_capacity(SLICE);
        while bytes.len() < SLICE {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        let crcs = bytes.chunks(MEBIBYTE).map(crc).collect();
        Self { bytes, crcs }
    }

    /// So many bytes, in pieces.
    fn pieces(&self, size: usize) -> Vec<&[u8]> {
        let mut pieces = vec![&self.bytes[..]; size / SLICE];
        if !size.is_multiple_of(SLICE) {
            pieces.push(&self.bytes[..size % SLICE]);
        }
        pieces
    }

    /// The checksum of so many bytes, as our own client sends it.
    fn checksum(&self, size: usize) -> String {
        let whole = self.crcs.iter().cycle().take(size / MEBIBYTE);
        let mut crcs: Vec<u8> = whole.copied().flatten().collect();
        if !size.is_multiple_of(MEBIBYTE) {
            let begin = size / MEBIBYTE % self.crcs.len() * MEBIBYTE;
            crcs.extend(crc(&self.bytes[begin..begin + size % MEBIBYTE]));
        }
        format!("crc32c-mib {}", STANDARD.encode(crcs))
    }
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).to_be_bytes()
}

/// Sends one file to a peer over one connection.
pub(crate) fn large_to(
    port: u16,
    way: Way,
    name: &str,
    size: usize,
    content: &Content,
) -> Result<()> {
    let mut connection = Connection::to(port);
    let pieces = content.pieces(size);
    match way {
        Way::Put | Way::Form => send_whole(&mut connection, way, name, &pieces),
        Way::Tus => {
            let (length, metadata) = (size.to_string(), metadata(name));
            let made = [
                ("Tus-Resumable", "1.0.0"),
                ("Upload-Length", &length),
                ("Upload-Metadata", &metadata),
            ];
            let made = connection.send("POST", "/files/", &made, &[])?;
            let address = path_of(made.header("location").context("no Location")?);
            let headers = [
                ("Tus-Resumable", "1.0.0"),
                ("Upload-Offset", "0"),
                ("Content-Type", "application/offset+octet-stream"),
            ];
            connection.send("PATCH", &address, &headers, &pieces)?;
            Ok(())
        }
    }
}

fn send_whole(connection: &mut Connection, way: Way, name: &str, pieces: &[&[u8]]) -> Result<()> {
    match way {
        Way::Put => {
            connection.send("PUT", &format!("/{name}"), &[], pieces)?;
        }
        Way::Tus => {
            let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
            let headers = [
                ("Tus-Resumable", "1.0.0"),
                ("Upload-Length", &*length.to_string()),
                ("Upload-Metadata", &*metadata(name)),
                ("Content-Type", "application/offset+octet-stream"),
            ];
            connection.send("POST", "/files/", &headers, pieces)?;
        }
        Way::Form => {
            let begin = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file_to_upload\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            let end = format!("\r\n--{BOUNDARY}--\r\n");
            let body: Vec<&[u8]> = std::iter::once(begin.as_bytes())
                .chain(pieces.iter().copied())
                .chain([end.as_bytes()])
                .collect();
            let kind = format!("multipart/form-data; boundary={BOUNDARY}");
            connection.send("POST", "/upload?path=/", &[("Content-Type", &kind)], &body)?;
        }
    }
    Ok(())
}

/// Sends small files to a peer, one request each, over as many connections as a browser opens.
pub(crate) fn small_to(
    port: u16,
    way: Way,
    round: usize,
    files: usize,
    content: &Content,
) -> Result<()> {
    at_once(
        CONNECTIONS,
        files,
        |connection, number| {
            let name = format!("round-{round}-file-{number}");
            let begin = number * 64 % (SLICE - SMALL);
            send_whole(
                connection,
                way,
                &name,
                &[&content.bytes[begin..begin + SMALL]],
            )
        },
        port,
    )
}

/// Sends one file to Stowage over one connection, in one request as to the others.
pub(crate) fn large_to_stowage(
    door: &Door,
    name: &str,
    size: usize,
    content: &Content,
) -> Result<()> {
    let mut connection = Connection::to(door.port);
    let address = begin(&mut connection, door, name, size, false)?;
    for offset in (0..size).step_by(MOST_OF_A_REQUEST) {
        let length = MOST_OF_A_REQUEST.min(size - offset);
        patch(&mut connection, door, &address, offset, length, content)?;
    }
    Ok(())
}

/// Sends one file to Stowage over several connections at once.
pub(crate) fn lanes_to_stowage(
    door: &Door,
    name: &str,
    size: usize,
    lanes: usize,
    content: &Content,
) -> Result<()> {
    const PIECE: usize = 16 << 20;
    let address = begin(&mut Connection::to(door.port), door, name, size, true)?;
    at_once(
        lanes,
        size.div_ceil(PIECE),
        |connection, number| {
            let offset = number * PIECE;
            let length = PIECE.min(size - offset);
            patch(connection, door, &address, offset, length, content)
        },
        door.port,
    )
}

/// Makes an upload; answers its address.
pub(crate) fn begin(
    connection: &mut Connection,
    door: &Door,
    name: &str,
    size: usize,
    takes_lanes: bool,
) -> Result<String> {
    let (length, metadata) = (size.to_string(), metadata(name));
    let mut headers = vec![
        ("Authorization", door.authorization.as_str()),
        ("Tus-Resumable", "1.0.0"),
        ("Upload-Length", &length),
        ("Upload-Metadata", &metadata),
    ];
    if takes_lanes {
        headers.push(("Stowage-Lanes", "1"));
    }
    let target = format!("{}/uploads", door.volume);
    let made = connection.send("POST", &target, &headers, &[])?;
    Ok(path_of(made.header("location").context("no Location")?))
}

fn patch(
    connection: &mut Connection,
    door: &Door,
    address: &str,
    offset: usize,
    length: usize,
    content: &Content,
) -> Result<()> {
    let offset = offset.to_string();
    let headers = [
        ("Authorization", door.authorization.as_str()),
        ("Tus-Resumable", "1.0.0"),
        ("Upload-Offset", &offset),
        ("Upload-Checksum", &content.checksum(length)),
        ("Content-Type", "application/offset+octet-stream"),
    ];
    connection.send("PATCH", address, &headers, &content.pieces(length))?;
    Ok(())
}

/// Sends small files to Stowage as its browser does: in batches, a checksum for each file.
pub(crate) fn small_to_stowage(
    door: &Door,
    folder: &str,
    files: usize,
    size: usize,
    content: &Content,
) -> Result<()> {
    at_once(
        LANES_OF_BATCHES,
        files.div_ceil(FILES_OF_A_BATCH),
        |connection, batch| {
            let first = batch * FILES_OF_A_BATCH;
            let mut body = b"SWB1".to_vec();
            for number in first..files.min(first + FILES_OF_A_BATCH) {
                let begin = number * 64 % (SLICE - size);
                let bytes = &content.bytes[begin..begin + size];
                let header = serde_json::json!({
                    "path": format!("{folder}/{}/file-{number}", number / FILES_OF_A_FOLDER),
                    "sizeBytes": size,
                    "checksum": format!("crc32c {}", STANDARD.encode(crc(bytes))),
                });
                let header = serde_json::to_vec(&header)?;
                body.extend_from_slice(&u32::try_from(header.len())?.to_be_bytes());
                body.extend_from_slice(&header);
                body.extend_from_slice(bytes);
            }
            body.extend_from_slice(&[0; 4]);
            let headers = [
                ("Authorization", door.authorization.as_str()),
                ("Content-Type", "application/vnd.stowage.batch"),
            ];
            let target = format!("{}/uploads/batch", door.volume);
            let answer = connection.send("POST", &target, &headers, &[&body])?;
            let text = String::from_utf8_lossy(&answer.body);
            anyhow::ensure!(
                !text.contains("\"refused\""),
                "a file of a batch was refused: {text}"
            );
            Ok(())
        },
        door.port,
    )
}

/// Does numbered work over several connections.
pub(crate) fn at_once(
    connections: usize,
    count: usize,
    work: impl Fn(&mut Connection, usize) -> Result<()> + Sync,
    port: u16,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::to(port);
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return Ok(());
                        }
                        work(&mut connection, number)?;
                    }
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a connection's thread panicked")))
        })
    })
}

fn metadata(name: &str) -> String {
    format!("filename {}", STANDARD.encode(name))
}

/// The path of an address that may name its host.
fn path_of(location: &str) -> String {
    match location.split_once("://") {
        Some((_, rest)) => format!("/{}", rest.split_once('/').map_or("", |(_, path)| path)),
        None => location.to_owned(),
    }
}
