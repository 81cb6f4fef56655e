//! What can go wrong in the data path, and how it is told.
//!
//! The one mapping to [`Problem`] is here. A status of 460 is tus' own for a wrong checksum.

use std::io;

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::{Bytes, PathError};
use http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use rustix::io::Errno;
use thiserror::Error;
use wire::Problem;

use crate::ticket::TicketError;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or a failure of the agent.
#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error("The request carries no valid ticket for this volume.")]
    Ticket(#[from] TicketError),
    #[error("This volume can only be read.")]
    ReadOnly,
    #[error(
        "You may change files in “{0}” only: that is the part of this volume that is shared with you."
    )]
    Elsewhere(String),
    #[error("{message}")]
    Invalid {
        message: String,
        field: &'static str,
    },
    #[error("Not allowed as a path: {0}.")]
    Path(#[from] PathError),
    #[error("There is no {0} here.")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(String),
    #[error("A newer request took this upload over. What had arrived is kept.")]
    Overtaken,
    #[error("The upload has expired and its bytes were given up. Start it again.")]
    Gone,
    #[error("This address speaks tus 1.0.0 only: send “Tus-Resumable: 1.0.0”.")]
    WrongVersion,
    #[error("{0}")]
    TooLarge(String),
    #[error("The body must be of type {0}.")]
    WrongContentType(&'static str),
    #[error("This upload is put together of others and takes no bytes of its own.")]
    Final,
    #[error("The data agent is being stopped. What had arrived is kept; go on in a moment.")]
    Stopping,
    #[error("{0} too many files at once to this volume. Try again in a moment.")]
    TooManyRequests(&'static str),
    #[error(
        "{0} imports into this volume run already, and no more fit. Try again when one has ended."
    )]
    TooManyImports(usize),
    #[error("This method is not offered here.")]
    Method(&'static str),
    #[error("The file ends before the range that was asked for.")]
    RangeNotSatisfiable,
    #[error(
        "The checksum is wrong: the bytes changed on their way. Nothing of this request was kept; send it again."
    )]
    ChecksumMismatch,
    #[error("Nothing arrived for too long. What had arrived is kept.")]
    Stalled,
    #[error("The connection ended early. What had arrived is kept.")]
    Cut,
    #[error("{}", no_space_message(*.needed, *.available))]
    NoSpace { needed: u64, available: u64 },
    #[error(
        "You have {0} unfinished uploads in this volume, and no more fit. Finish or cancel some."
    )]
    TooManyUploads(usize),
    #[error(
        "What was staged of this file is not there any more or cannot be trusted, so it was given up. Send the file again."
    )]
    Lost,
    /// With what the sync of a file's bytes ended.
    #[error(
        "The disk under this volume failed while it stored what arrived. What was stored before that is kept: send the \
         rest again, and tell whoever runs the storage if it fails again."
    )]
    Unsynced(Errno),
    #[error("The volume could not be read or written.")]
    Io(#[from] io::Error),
}

fn no_space_message(needed: u64, available: u64) -> String {
    format!(
        "There is no room in this volume: {} ({needed} bytes) are needed, {} ({available} bytes) are available. \
         What was accepted is kept; go on when there is room.",
        Bytes(needed),
        Bytes(available)
    )
}

impl Error {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            message: message.into(),
            field,
        }
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict(message.into())
    }

    /// Whether the file system or a quota is full. `needed` is not known here.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::NoSpace { .. } => true,
            Self::Io(error) => is_full(error),
            Self::Unsynced(errno) => is_full(&(*errno).into()),
            _ => false,
        }
    }

    /// Whether there is no such file or folder.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::NotFound(_) => true,
            Self::Io(error) => matches!(errno(error), Some(Errno::NOENT | Errno::NOTDIR)),
            _ => false,
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Invalid { .. } | Self::Path(_) | Self::Cut => 400,
            Self::Ticket(_) => 401,
            Self::ReadOnly | Self::Elsewhere(_) | Self::Final => 403,
            Self::NotFound(_) => 404,
            Self::Method(_) => 405,
            Self::Stalled => 408,
            Self::Conflict(_) | Self::Overtaken => 409,
            Self::Gone => 410,
            Self::WrongVersion => 412,
            Self::TooLarge(_) => 413,
            Self::WrongContentType(_) => 415,
            Self::RangeNotSatisfiable => 416,
            Self::TooManyUploads(_) | Self::TooManyRequests(_) | Self::TooManyImports(_) => 429,
            Self::ChecksumMismatch => 460,
            Self::Lost => 500,
            Self::Stopping => 503,
            Self::NoSpace { .. } => 507,
            Self::Unsynced(errno) => io_status(&(*errno).into()),
            Self::Io(error) => io_status(error),
        }
    }

    fn details(&self) -> String {
        match self {
            Self::Invalid { field, .. } => (*field).to_owned(),
            Self::Path(_) => "path".to_owned(),
            Self::NoSpace { needed, available } => format!("needed={needed} available={available}"),
            _ => String::new(),
        }
    }

    pub(crate) fn problem(&self) -> Problem {
        let status = self.status();
        if status == 500 {
            tracing::error!(
                error = self as &dyn std::error::Error,
                "the data path failed"
            );
        }
        let message = match self {
            Self::Io(error) => {
                io_message(error).map_or_else(|| self.to_string(), ToOwned::to_owned)
            }
            _ => self.to_string(),
        };
        Problem::new(status, message).with_details(self.details())
    }
}

fn errno(error: &io::Error) -> Option<Errno> {
    Errno::from_io_error(error)
}

fn is_full(error: &io::Error) -> bool {
    matches!(errno(error), Some(Errno::NOSPC | Errno::DQUOT))
}

fn io_status(error: &io::Error) -> u16 {
    match errno(error) {
        Some(Errno::NOENT | Errno::NOTDIR) => 404,
        Some(Errno::ACCESS | Errno::PERM) => 403,
        Some(
            Errno::EXIST | Errno::ISDIR | Errno::NOTEMPTY | Errno::LOOP | Errno::XDEV | Errno::BUSY,
        ) => 409,
        Some(Errno::NAMETOOLONG) => 400,
        Some(Errno::FBIG) => 413,
        // A file system that failed protects itself so; who comes again finds it mounted anew.
        Some(Errno::ROFS) => 503,
        Some(Errno::NOSPC | Errno::DQUOT) => 507,
        _ => 500,
    }
}

fn io_message(error: &io::Error) -> Option<&'static str> {
    Some(match errno(error)? {
        Errno::NOENT | Errno::NOTDIR => "There is no such file or folder here.",
        Errno::ACCESS | Errno::PERM => {
            "The file system does not let Stowage do this: check owner and mode."
        }
        Errno::ROFS => {
            "The file system of this volume can only be read now: it was mounted so, or its disk failed. What was \
             stored is kept. Go on when whoever runs the storage has mounted it for writing."
        }
        Errno::IO => {
            "The disk under this volume failed to read or write. What was stored is kept. Try again, and tell \
             whoever runs the storage if it fails again."
        }
        Errno::EXIST => "The name is taken.",
        Errno::ISDIR => "This is a folder.",
        Errno::NOTEMPTY => "The folder is not empty: something was added meanwhile.",
        Errno::LOOP => "There is a symbolic link on the way. Links are never followed.",
        Errno::XDEV => "The path leads to another file system.",
        Errno::BUSY => "The file system holds it: something is mounted there.",
        Errno::NAMETOOLONG => "The name is too long for this file system.",
        Errno::FBIG => "The file is too large for this file system.",
        Errno::NOSPC | Errno::DQUOT => "There is no room in this volume.",
        _ => return None,
    })
}

impl From<Errno> for Error {
    fn from(errno: Errno) -> Self {
        Self::Io(errno.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let status =
            StatusCode::from_u16(problem.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, [(CACHE_CONTROL, "no-store")], Json(problem)).into_response();
        if matches!(
            self,
            Self::TooManyRequests(_) | Self::TooManyImports(_) | Self::Stopping
        ) {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Self::Method(allowed) = self {
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static(allowed));
        }
        response
    }
}
