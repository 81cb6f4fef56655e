//! Archives that are unpacked as they arrive: tar, and zip, whose table of contents is at its end.
//!
//! Every file goes the way of a batch: the same names, the same conflicts, the same publication. What an
//! archive says of itself is not believed: entries, bytes and the ratio to what arrived are counted.

mod tar;
mod zip;

use std::io::{self, Read};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, Request, State};
use axum::response::{IntoResponse, Response};
use domain::VolumePath;
use flate2::read::MultiGzDecoder;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use wire::{ArchiveAnswer, BatchResult, WhenPresent};

use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::router::{Agent, percent_encoded};
use crate::ticket::Ticket;
use crate::upload::{BodyReader, Group, Growing, NewFile, Received, may_still_write};

/// Files that get their names together.
const GROUP_FILES: usize = 500;
const GROUP_BYTES: u64 = 64 << 20;
/// One piece that is unpacked, hashed and written.
const STEP_BYTES: usize = 256 << 10;
/// Refusals that are told one by one.
const MOST_TOLD: usize = 1000;
/// 2^27 bytes are what a zstd frame may ask to remember.
const ZSTD_WINDOW_LOG: u32 = 27;

/// What kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Format {
    #[serde(rename = "zip")]
    Zip,
    #[serde(rename = "tar")]
    Tar,
    #[serde(rename = "tar.gz")]
    TarGz,
    #[serde(rename = "tar.zst")]
    TarZst,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveQuery {
    format: Format,
    /// The folder to unpack into.
    #[serde(default)]
    path: String,
    #[serde(default)]
    overwrite: WhenPresent,
}

/// Unpacks an archive into a folder.
pub(crate) async fn unpack(
    State(agent): State<Arc<Agent>>,
    Extension(ticket): Extension<Ticket>,
    request: Request,
) -> Result<Response> {
    let asked = asked(&request);
    let (reader, feeding) = BodyReader::over(Arc::clone(&agent), request.into_body());
    let feeding = tokio::spawn(feeding);
    let unpacked = match asked {
        Ok((query, folder)) => {
            blocking(move || {
                let mut unpacking =
                    Unpacking::begin(&agent, &ticket, &folder, query.overwrite, reader.received())?;
                let ending = unpacking.read(query.format, reader);
                unpacking.answer(ending)
            })
            .await
        }
        Err(error) => {
            drop(reader);
            Err(error)
        }
    };
    drop(feeding.await);
    let (answer, first) = unpacked?;
    Ok(response(&answer, first))
}

fn asked(request: &Request) -> Result<(ArchiveQuery, VolumePath)> {
    let query = Query::<ArchiveQuery>::try_from_uri(request.uri());
    let Query(query) = query.map_err(|error| {
        let message = format!("The address cannot be read: {}.", error.body_text());
        Error::invalid("query", message)
    })?;
    let folder = query.path.parse()?;
    Ok((query, folder))
}

fn response(answer: &ArchiveAnswer, first: Option<VolumePath>) -> Response {
    let mut response = Json(answer).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let first = first.map(|path| HeaderValue::from_str(&percent_encoded(path.as_str())));
    if let Some(Ok(path)) = first {
        headers.insert(HeaderName::from_static("stowage-path"), path);
        let count = HeaderValue::from(answer.stored_files);
        headers.insert(HeaderName::from_static("stowage-stored-files"), count);
    }
    response
}

/// An archive on its way into a folder.
struct Unpacking<'a> {
    agent: &'a Agent,
    ticket: &'a Ticket,
    folder: &'a VolumePath,
    when_present: WhenPresent,
    group: Group<'a>,
    /// The names of what is in the group, as the archive has them.
    names: Vec<String>,
    entry_count: u64,
    unpacked_bytes: u64,
    received: Received,
    answer: ArchiveAnswer,
    first: Option<VolumePath>,
}

/// One file of an archive.
struct ArchiveFile {
    name: Result<String, Vec<u8>>,
    /// How many bytes it has: an archive that was cut may end in the middle of them and say nothing.
    size: u64,
    modified_ms: Option<i64>,
}

impl<'a> Unpacking<'a> {
    fn begin(
        agent: &'a Agent,
        ticket: &'a Ticket,
        folder: &'a VolumePath,
        when_present: WhenPresent,
        received: Received,
    ) -> Result<Self> {
        Ok(Self {
            agent,
            ticket,
            folder,
            when_present,
            group: Group::begin(&agent.volume)?,
            names: Vec::new(),
            entry_count: 0,
            unpacked_bytes: 0,
            received,
            answer: ArchiveAnswer {
                stored_files: 0,
                present_files: 0,
                refused_files: 0,
                refused: Vec::new(),
                ended_early: None,
            },
            first: None,
        })
    }

    fn read(&mut self, format: Format, reader: BodyReader) -> Result<()> {
        match format {
            Format::Zip => zip::read(self, reader),
            Format::Tar => tar::read(self, reader),
            Format::TarGz => tar::read(self, MultiGzDecoder::new(reader)),
            Format::TarZst => {
                let mut decoder = zstd::Decoder::new(reader)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                tar::read(self, decoder)
            }
        }
    }

    /// Counts an entry, whatever it is.
    fn count_entry(&mut self) -> Result<()> {
        self.entry_count += 1;
        let most = self.agent.volume.limits().max_archive_entries;
        if self.entry_count > most {
            return Err(Error::TooLarge(format!(
                "An archive has at most {most} entries."
            )));
        }
        Ok(())
    }

    fn count_bytes(&mut self, count: usize) -> Result<()> {
        self.unpacked_bytes += count as u64;
        let limits = self.agent.volume.limits();
        let plausible = limits.archive_grace_bytes.saturating_add(
            self.received
                .bytes()
                .saturating_mul(limits.max_archive_ratio),
        );
        if self.unpacked_bytes > plausible {
            return Err(Error::TooLarge(format!(
                "The archive unpacks to more than {} times its size.",
                limits.max_archive_ratio
            )));
        }
        if self.unpacked_bytes > limits.max_upload_bytes {
            return Err(Error::TooLarge(format!(
                "The archive unpacks to more than {}.",
                domain::Bytes(limits.max_upload_bytes)
            )));
        }
        Ok(())
    }

    /// Takes a file out of the archive. What is wrong with the file is its own result; an error is the archive's.
    fn file(&mut self, file: ArchiveFile, content: &mut dyn Read) -> Result<()> {
        let (name, path) = match file.name {
            Ok(name) => {
                let path = self.path(&name);
                (name, path)
            }
            Err(bytes) => {
                let name = String::from_utf8_lossy(&bytes).into_owned();
                let error = Error::invalid("path", "The name is not UTF-8.");
                (name, Err(error))
            }
        };
        self.names.push(name);
        let path = match path {
            Ok(path) => path,
            Err(error) => {
                self.group.refuse(error);
                return self.skip(content, file.size);
            }
        };
        let mut growing = self.group.grow(NewFile {
            path,
            when_present: self.when_present,
            modified_ms: file
                .modified_ms
                .and_then(|at| crate::tus::modified_ms(at).ok()),
            checksum: None,
        });
        let read = self.grow(&mut growing, content, file.size);
        if let Err(error) = read {
            self.names.pop();
            self.group.abandon(growing);
            return Err(error);
        }
        self.group.finish(growing);
        self.commit_if_due()
    }

    fn grow(&mut self, file: &mut Growing, content: &mut dyn Read, size: u64) -> Result<()> {
        let mut buffer = vec![0; STEP_BYTES];
        let mut rest = size;
        while rest > 0 {
            let count = self.next_bytes(content, &mut buffer, rest)?;
            rest -= count as u64;
            self.group.write(file, &buffer[..count]);
        }
        // At its end a zip's reader compares the checksum.
        match read_some(content, &mut buffer[..1])? {
            0 => Ok(()),
            _ => Err(damaged(&io::Error::other("a file is longer than it says"))),
        }
    }

    /// Notes an entry that is not stored, whatever it holds.
    fn refuse(&mut self, name: &[u8], message: &str) -> Result<()> {
        self.names.push(String::from_utf8_lossy(name).into_owned());
        self.group.refuse(Error::conflict(message));
        self.commit_if_due()
    }

    fn skip(&mut self, content: &mut dyn Read, size: u64) -> Result<()> {
        let mut buffer = vec![0; STEP_BYTES];
        let mut rest = size;
        while rest > 0 {
            rest -= self.next_bytes(content, &mut buffer, rest)? as u64;
        }
        self.commit_if_due()
    }

    /// The next bytes of a file of which so many are still to come.
    fn next_bytes(
        &mut self,
        content: &mut dyn Read,
        buffer: &mut [u8],
        rest: u64,
    ) -> Result<usize> {
        let most = usize::try_from(rest).map_or(buffer.len(), |rest| rest.min(buffer.len()));
        let count = read_some(content, &mut buffer[..most])?;
        if count == 0 {
            return Err(Error::Cut);
        }
        self.count_bytes(count)?;
        Ok(count)
    }

    /// Where a name of the archive leads. A `./` in front says nothing; everything else is taken as it is.
    fn path(&self, name: &str) -> Result<VolumePath> {
        let name = name.strip_prefix("./").unwrap_or(name);
        // Alone first: no name may lean on the folder that it is unpacked into.
        let inner: VolumePath = name.parse()?;
        let path = if self.folder.is_root() || inner.is_root() {
            inner
        } else {
            format!("{}/{inner}", self.folder).parse()?
        };
        self.ticket.refuse_elsewhere(&path)?;
        Ok(path)
    }

    fn commit_if_due(&mut self) -> Result<()> {
        if self.group.count() >= GROUP_FILES || self.group.waiting_bytes >= GROUP_BYTES {
            self.commit()
        } else {
            Ok(())
        }
    }

    fn commit(&mut self) -> Result<()> {
        let allowed = || may_still_write(self.agent, self.ticket);
        let committed = self.group.commit(self.agent.clock.now(), &allowed);
        let names = std::mem::take(&mut self.names);
        for (name, result) in names.into_iter().zip(self.group.results()) {
            match crate::batch::view(name, result) {
                BatchResult::Stored { path, .. } => {
                    self.answer.stored_files += 1;
                    self.first.get_or_insert(path);
                }
                BatchResult::Present { .. } => self.answer.present_files += 1,
                refused @ BatchResult::Refused { .. } => {
                    self.answer.refused_files += 1;
                    if self.answer.refused.len() < MOST_TOLD {
                        self.answer.refused.push(refused);
                    }
                }
            }
        }
        committed
    }

    /// What became of it. An archive of which nothing could be read is an error.
    fn answer(mut self, ending: Result<()>) -> Result<(ArchiveAnswer, Option<VolumePath>)> {
        let ending = self.received.failure().map_or(ending, Err);
        let ending = self.commit().and(ending);
        self.agent.volume.figures().received(self.received.bytes());
        let has_read = self.answer.stored_files + self.answer.present_files > 0
            || self.answer.refused_files > 0;
        match ending {
            Err(error) if !has_read => Err(error),
            Err(error) => {
                self.answer.ended_early = Some(error.problem());
                Ok((self.answer, self.first))
            }
            Ok(()) => Ok((self.answer, self.first)),
        }
    }
}

/// The next bytes; what the archive's own reader says is wrong with it is the client's to hear.
fn read_some(content: &mut dyn Read, buffer: &mut [u8]) -> Result<usize> {
    loop {
        match content.read(buffer) {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(&error)),
        }
    }
}

fn damaged(error: &dyn std::error::Error) -> Error {
    Error::invalid("body", format!("The archive cannot be read: {error}."))
}
