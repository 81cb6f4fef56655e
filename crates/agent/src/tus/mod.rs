//! tus 1.0.0: the core and all extensions but trailers.
//!
//! This part reads and writes headers and knows nothing of files. Every answer carries `Tus-Resumable`,
//! refusals too; the router's door sees to that.

mod create;
mod headers;
mod metadata;
mod requests;

pub(crate) use metadata::modified_ms;
pub(crate) use requests::{one_upload, uploads};

/// The version that is spoken.
pub(crate) const VERSION: &str = "1.0.0";
/// The only type of body that carries bytes of a file.
const OFFSET_STREAM: &str = "application/offset+octet-stream";
/// What is offered beside the core.
const EXTENSIONS: &str = "creation,creation-with-upload,creation-defer-length,termination,checksum,expiration,\
                         concatenation,concatenation-unfinished";
