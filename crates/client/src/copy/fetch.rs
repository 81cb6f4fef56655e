//! One file: into a part beside its name, which becomes the file when it is whole.
//!
//! The part's name says of which state of the file it is, so that a later run goes on with it and with no other.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use reqwest::header::RANGE;
use reqwest::{Method, Response, StatusCode};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;

use super::OnConflict;
use super::download::Wanted;
use super::gather::modified_ms;
use super::progress::Progress;
use crate::Error;
use crate::connection::{Console, problem};

/// So often in a row without a byte a file is tried.
const TRIES: u32 = 8;
const LONGEST_WAIT: Duration = Duration::from_secs(30);

pub(super) struct Fetching {
    pub(super) console: Arc<Console>,
    pub(super) progress: Arc<Progress>,
    pub(super) on_conflict: OnConflict,
}

pub(super) enum Fetched {
    Whole,
    /// The very same file was here already, or another one that stays.
    Present,
}

impl Fetching {
    pub(super) async fn fetch(&self, wanted: &Wanted) -> Result<Fetched, Error> {
        let to = match fs::symlink_metadata(&wanted.to) {
            Ok(found) if is_same(&found, wanted) => None,
            Ok(found) if found.is_dir() => {
                return Err(Error::Unfit(format!(
                    "a folder of this name is here: {}",
                    wanted.to.display()
                )));
            }
            Ok(_) => self.on_conflict.instead_of(&wanted.to)?,
            Err(_) => Some(wanted.to.clone()),
        };
        let Some(to) = to else {
            self.progress.skip(wanted.size_bytes);
            return Ok(Fetched::Present);
        };
        let part = part_of(&to, wanted);
        let failed = |error| Error::file(&part, error);
        let mut file = OpenOptions::new();
        let mut file = file
            .append(true)
            .create(true)
            .open(&part)
            .await
            .map_err(failed)?;
        let had = file.metadata().await.map_err(failed)?.len();
        self.progress.skip(had.min(wanted.size_bytes));
        self.fill(wanted, &mut file, &part).await?;
        file.sync_all().await.map_err(failed)?;
        let modified = UNIX_EPOCH
            + Duration::try_from(wanted.modified_at.duration_since(Timestamp::UNIX_EPOCH))
                .unwrap_or_default();
        let file = file.into_std().await;
        file.set_modified(modified).map_err(failed)?;
        fs::rename(&part, &to).map_err(|error| Error::file(&to, error))?;
        Ok(Fetched::Whole)
    }

    /// Appends what is missing, and tries again as long as it gets on.
    async fn fill(&self, wanted: &Wanted, file: &mut File, part: &Path) -> Result<(), Error> {
        let mut setbacks = 0;
        loop {
            let have = file
                .metadata()
                .await
                .map_err(|error| Error::file(part, error))?
                .len();
            if have == wanted.size_bytes {
                return Ok(());
            }
            let tried = match self.ask(wanted, have).await {
                Ok(answer) => self.append(answer, file, part).await,
                Err(error) => Err(error),
            };
            let now = file
                .metadata()
                .await
                .map_err(|error| Error::file(part, error))?
                .len();
            setbacks = if now > have { 0 } else { setbacks + 1 };
            match tried {
                Ok(()) if now <= wanted.size_bytes && setbacks < TRIES => {}
                Err(error) if is_temporary(&error) && setbacks < TRIES => {
                    let wait = Duration::from_secs(1 << setbacks.min(5)).min(LONGEST_WAIT);
                    tokio::time::sleep(wait).await;
                }
                Ok(()) => {
                    return Err(Error::Unfit(
                        "it is another file by now: copy it again".to_owned(),
                    ));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks for the rest, of the file as it was listed and of no other.
    async fn ask(&self, wanted: &Wanted, have: u64) -> Result<Response, Error> {
        let address = format!("datavolumes/{}/files/content", wanted.volume);
        let query = [("path", wanted.path.as_str())];
        let mut request = self.console.request(Method::GET, &address, &query).await?;
        if have > 0 {
            request = request.header(RANGE, format!("bytes={have}-"));
        }
        let answer = self.console.send(request).await?;
        let status = answer.status();
        if !status.is_success() {
            let text = answer.text().await.unwrap_or_default();
            return Err(Error::Refused(problem(status.as_u16(), &text)));
        }
        let changed = || Error::Unfit("it is another file by now: copy it again".to_owned());
        let is_part = status == StatusCode::PARTIAL_CONTENT;
        let all_bytes = if is_part {
            let range = answer
                .headers()
                .get("content-range")
                .and_then(|range| range.to_str().ok());
            range.and_then(|range| range.rsplit('/').next()?.parse().ok())
        } else {
            answer.content_length()
        };
        let modified = answer
            .headers()
            .get("last-modified")
            .and_then(|date| date.to_str().ok());
        let is_same = all_bytes == Some(wanted.size_bytes)
            && modified.is_none_or(|date| date == http_date(wanted.modified_at))
            && is_part == (have > 0);
        if is_same { Ok(answer) } else { Err(changed()) }
    }

    async fn append(
        &self,
        mut answer: Response,
        file: &mut File,
        part: &Path,
    ) -> Result<(), Error> {
        let failed = |error| Error::file(part, error);
        let ended = loop {
            match answer.chunk().await {
                Ok(Some(bytes)) => {
                    file.write_all(&bytes).await.map_err(failed)?;
                    self.progress.add(bytes.len() as u64);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(self.console.unreachable(error)),
            }
        };
        file.flush().await.map_err(failed)?;
        ended
    }
}

fn is_temporary(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } => true,
        Error::Refused(problem) => problem.is_temporary(),
        _ => false,
    }
}

/// As headers have it, with seconds.
fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn is_same(found: &fs::Metadata, wanted: &Wanted) -> bool {
    found.is_file()
        && found.len() == wanted.size_bytes
        && modified_ms(found) == wanted.modified_at.as_millisecond()
}

/// Where a file lies until it is whole.
fn part_of(to: &Path, wanted: &Wanted) -> PathBuf {
    let name = to.file_name().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    // A name of 255 bytes is as long as a name may be.
    let start: String = name.to_string_lossy().chars().take(48).collect();
    let (size, modified) = (wanted.size_bytes, wanted.modified_at.as_nanosecond());
    to.with_file_name(format!(
        ".{start}.{:x}-{size:x}-{modified:x}.stowage-part",
        hasher.finish()
    ))
}
