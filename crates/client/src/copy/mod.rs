//! `stowage cp`.
//!
//! What is sent or fetched is the same file at the other end: its bytes and its time of change. Links are not
//! followed: what is behind them may be anything.

mod answer;
mod download;
mod fetch;
mod gather;
mod progress;
mod requests;
mod upload;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::location::{InVolume, Location};
use crate::output::{Table, harmless};
use crate::{Common, Error};

/// What to copy, and where to.
#[derive(Debug, Args)]
pub struct Options {
    /// Files and folders, all of them here or all of them in data volumes
    #[arg(required = true, num_args = 1.., value_name = "SOURCE")]
    sources: Vec<Location>,
    /// Where to: a place in a data volume, or a path here
    #[arg(value_name = "TARGET")]
    target: Location,
    /// What to do with a file whose name is taken by another one
    #[arg(long, value_enum, default_value_t = OnConflict::Fail)]
    on_conflict: OnConflict,
    /// Shows no progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    common: Common,
}

/// What becomes of a file whose name is taken. The very same file (by size and time of change) is never in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// Leave what is there, copy the others, and end with an error
    Fail,
    /// Leave what is there
    Skip,
    /// Put the copy in its place, when it is whole
    Replace,
    /// Keep both: `name (2).ext`
    Rename,
}

/// What became of a copy.
#[derive(Debug, Default)]
struct Outcome {
    copied_files: u64,
    copied_bytes: u64,
    present_files: u64,
    /// Each with its reason.
    failed: Vec<(String, String)>,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for source in options.sources {
        match source {
            Location::Here(path) => here.push(path),
            Location::There(place) => there.push(place),
        }
    }
    let how = How {
        common: options.common,
        on_conflict: options.on_conflict,
        is_quiet: options.quiet,
    };
    let outcome = match (&here[..], &there[..], options.target) {
        ([_, ..], [], Location::There(target)) => upload::upload(&how, here, &target).await?,
        ([], [_, ..], Location::Here(target)) => download::download(&how, &there, &target).await?,
        _ => {
            return Err(Error::Unfit(
                "one end lies here and the other in a data volume: stowage cp FILE… VOLUME:PATH, or \
                 stowage cp VOLUME:PATH… FOLDER"
                    .to_owned(),
            ));
        }
    };
    outcome.report(&how)
}

/// How to copy.
struct How {
    common: Common,
    on_conflict: OnConflict,
    is_quiet: bool,
}

impl Outcome {
    /// Says what was copied, and fails when something was not.
    fn report(self, how: &How) -> Result<(), Error> {
        let failed: Vec<_> = self
            .failed
            .iter()
            .map(|(path, reason)| json!({ "path": path, "reason": reason }))
            .collect();
        let value = json!({
            "copiedFiles": self.copied_files, "copiedBytes": self.copied_bytes,
            "presentFiles": self.present_files, "failed": failed,
        });
        how.common.output.print(&value, || {
            let mut table = Table::default();
            let mut line = |what: &str, number: String| table.row([what.to_owned(), number]);
            line("Copied files", self.copied_files.to_string());
            line("Copied bytes", domain::Bytes(self.copied_bytes).to_string());
            if self.present_files > 0 {
                line("Already there", self.present_files.to_string());
            }
            table
        });
        for (path, reason) in &self.failed {
            eprintln!("{}: {}", harmless(path), harmless(reason));
        }
        match self.failed.len() {
            0 => Ok(()),
            1 => Err(Error::Incomplete("1 file was not copied".to_owned())),
            many => Err(Error::Incomplete(format!("{many} files were not copied"))),
        }
    }
}

/// The name that a path here ends with; `None` for `/`, `.` and what ends in `/.`, whose content is meant.
fn own_name(path: &std::path::Path) -> Result<Option<String>, Error> {
    let text = path.as_os_str().to_string_lossy();
    if text == "." || text.ends_with("/.") {
        return Ok(None);
    }
    let Some(name) = path.file_name() else {
        return Ok(None);
    };
    let name = name.to_str().map(str::to_owned);
    name.map(Some)
        .ok_or_else(|| Error::Unfit(format!("{} is not UTF-8: rename it", path.display())))
}

/// A place in a data volume whose folder is asked for by a name of its own.
fn place_name(place: &InVolume) -> String {
    let path = place
        .path()
        .map(|path| path.to_string())
        .unwrap_or_default();
    format!("{}:{path}", place.volume)
}

/// A file here, as it was when it was found.
#[derive(Debug, Clone)]
struct LocalFile {
    path: PathBuf,
    size_bytes: u64,
    modified_ms: i64,
}
