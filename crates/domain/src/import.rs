//! Imports: files that the data agent pulls into a data volume from a place that serves them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{DataVolumeId, ImportId, UserId, VolumePath};

/// Where files come from. Never with a credential in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum ImportSource {
    /// The objects of a bucket, on any server that speaks S3.
    S3 {
        /// The server's origin, like `https://s3.eu-central-1.amazonaws.com`.
        endpoint: String,
        /// What requests are signed for.
        region: String,
        /// The bucket.
        bucket: String,
        /// Only objects whose keys begin with this; it is not a part of the paths in the volume.
        #[serde(default)]
        prefix: String,
        /// Whether the bucket is named in the path of an address and not in its host: most servers but Amazon's.
        #[serde(default)]
        path_style: bool,
    },
    /// Files, each with an address.
    Http {
        /// The files.
        files: Vec<HttpFile>,
    },
    /// A repository of Hugging Face, or of a server that speaks like it.
    HuggingFace {
        /// The server's origin.
        endpoint: String,
        /// What kind of repository.
        repository_type: RepositoryType,
        /// `owner/name`.
        repository: String,
        /// A branch, tag or commit.
        revision: String,
        /// Only files beneath this folder; it is not a part of the paths in the volume.
        #[serde(default)]
        prefix: String,
    },
}

/// One file of an import over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpFile {
    /// Its address.
    pub url: String,
    /// Where it goes, beneath the import's folder; by default the name that the server or the address gives. A text,
    /// because one that is not allowed as a path is refused alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The SHA-256 that it must have, as 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// What a repository of Hugging Face holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RepositoryType {
    /// A dataset.
    #[default]
    Dataset,
    /// A model.
    Model,
}

/// What an import does with a file whose name is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExistingFiles {
    /// Leaves it.
    Skip,
    /// Replaces it.
    Replace,
    /// Replaces it if an import stored it and it has changed at the source since; leaves it, and says so, if it came
    /// otherwise.
    #[default]
    Update,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImportState {
    /// Asked for; the data agent does not work on it yet.
    Waiting,
    /// The source is being listed; files may be stored meanwhile.
    Listing,
    /// All is listed, files are being stored.
    Running,
    /// Every file is stored.
    Succeeded,
    /// It ended without some or all of the files.
    Failed,
    /// Somebody stopped it.
    Canceled,
}

impl ImportState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Listing,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
    ];

    /// Whether nothing more happens.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }

    /// The word used in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Listing => "listing",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

impl FromStr for ImportState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a state of an import"))
    }
}

/// How much of an import is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportProgress {
    /// Why it failed, for people; empty while it goes well.
    #[serde(default)]
    pub message: String,
    /// Whether all files of the source are found.
    #[serde(default)]
    pub is_listed: bool,
    /// Files.
    #[serde(default)]
    pub files: ImportedFiles,
    /// Bytes.
    #[serde(default)]
    pub bytes: ImportedBytes,
    /// The paths of files that are fetched now, a few.
    #[serde(default)]
    pub current: Vec<String>,
    /// The first files that could not be stored, and why.
    #[serde(default)]
    pub problems: Vec<ImportProblem>,
}

/// How many files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedFiles {
    /// Found at the source.
    pub found: u64,
    /// Fetched and stored.
    pub stored: u64,
    /// Left as they are: nothing has changed, or what is there was to be left.
    pub unchanged: u64,
    /// Not stored.
    pub failed: u64,
}

/// How many bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedBytes {
    /// Of the files found, where the source tells sizes.
    pub found: Option<u64>,
    /// Of the files stored, and of those on their way.
    pub stored: u64,
}

/// A file that could not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportProblem {
    /// Its path, or the name that the source gives it.
    pub path: String,
    /// Why, and what to do.
    pub message: String,
}

/// An import into a data volume. It can be run again: then it fetches what is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// Into which data volume.
    pub data_volume_id: DataVolumeId,
    /// Where the files come from.
    pub source: ImportSource,
    /// The folder that they go into.
    pub into: VolumePath,
    /// What becomes of files that are there.
    pub existing: ExistingFiles,
    /// The name of the credential that the source is shown; none for one that is open to everybody.
    pub credential: Option<String>,
    /// Who asked for it; with their rights it is done.
    pub asked_by: UserId,
    /// When.
    pub asked_at: Timestamp,
    /// How far it is.
    pub state: ImportState,
    /// How often it was begun: the data agent knows each time by an id of its own.
    pub runs: u32,
    /// How much is done.
    pub progress: ImportProgress,
    /// When the last run began, if one did.
    pub started_at: Option<Timestamp>,
    /// When the last run ended.
    pub ended_at: Option<Timestamp>,
}

impl fmt::Display for ImportSource {
    /// One line for people and for the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 {
                endpoint,
                bucket,
                prefix,
                ..
            } => {
                write!(f, "s3://{bucket}/{prefix} at {endpoint}")
            }
            Self::Http { files } => match files.as_slice() {
                [file] => f.write_str(without_query(&file.url)),
                [first, ..] => write!(
                    f,
                    "{} and {} more",
                    without_query(&first.url),
                    files.len() - 1
                ),
                [] => f.write_str("no files"),
            },
            Self::HuggingFace {
                endpoint,
                repository,
                revision,
                ..
            } => write!(f, "{endpoint}/{repository} at {revision}"),
        }
    }
}

/// What is asked for in a query may be a signature: nothing to show or to log.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
