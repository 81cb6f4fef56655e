//! Headers and words of the protocol that need no browser.

mod answer;
mod checksum;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use wire::{BatchFile, Problem, WhenPresent};

pub use answer::Answer;
pub use checksum::Checksum;

use crate::BatchedFile;

/// The media type of a file's bytes.
pub const BYTES: &str = "application/offset+octet-stream";
/// The media type of a batch.
pub const BATCH: &str = "application/vnd.stowage.batch";
/// What a batch begins with.
pub const BATCH_BEGIN: &[u8] = b"SWB1";
/// What a batch ends with: a header of no length.
pub const BATCH_END: &[u8] = &[0; 4];

/// Adds the header of a file to the body of a batch, with the checksum of its bytes, which follow.
pub fn push_header(body: &mut Vec<u8>, file: &BatchedFile, content: &[u8]) {
    let crc = crc32c::crc32c(content).to_be_bytes();
    let header = BatchFile {
        path: file.path.clone(),
        size_bytes: file.size_bytes,
        modified_ms: Some(file.modified_ms),
        overwrite: file.when_present,
        checksum: Some(format!("crc32c {}", STANDARD.encode(crc))),
    };
    // A structure of texts and numbers can always be written.
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let length = u32::try_from(header.len()).unwrap_or_default();
    body.extend(length.to_be_bytes());
    body.extend(header);
}

/// Reads `Stowage-Extents`: `0-1048576,4194304-8388608`.
pub fn extents(text: &str) -> Option<Vec<Range<u64>>> {
    let range = |text: &str| {
        let (begin, end) = text.split_once('-')?;
        Some(begin.trim().parse().ok()?..end.trim().parse().ok()?)
    };
    text.split(',')
        .filter(|text| !text.trim().is_empty())
        .map(range)
        .collect()
}

/// The upload that a `Location` names.
pub fn upload_of(location: &str) -> Option<String> {
    let path = location.split('?').next()?.trim_end_matches('/');
    path.rsplit('/').next().map(str::to_owned)
}

/// `Upload-Metadata` of an upload. Values are base64, so that names of any script fit into a header.
pub fn upload_metadata(path: &str, modified_ms: i64, when_present: WhenPresent) -> String {
    let overwrite = match when_present {
        WhenPresent::No => "no",
        WhenPresent::Yes => "yes",
        WhenPresent::Rename => "rename",
    };
    format!(
        "relativePath {},mtime {},overwrite {}",
        STANDARD.encode(path),
        STANDARD.encode(modified_ms.to_string()),
        STANDARD.encode(overwrite)
    )
}

/// The problem of a refused request. Answers to HEAD have no body, and proxies answer in HTML.
pub fn problem(status: u16, body: &str) -> Problem {
    if status == 0 {
        return Problem::new(0, "The console cannot be reached.");
    }
    problem_or(status, body, words)
}

/// The problem that an answer holds, or one in these words: a proxy before the console answers in its own.
pub fn problem_or(status: u16, body: &str, words: fn(u16) -> &'static str) -> Problem {
    match serde_json::from_str::<Problem>(body) {
        Ok(problem) => Problem {
            code: status,
            ..problem
        },
        Err(_) => Problem::new(status, words(status)),
    }
}

fn words(status: u16) -> &'static str {
    match status {
        401 => "You are signed out. Sign in again to go on.",
        403 => "You may not upload to this data volume.",
        404 | 410 => "There is no such data volume or upload any more.",
        409 => "Something of this name lies there already.",
        413 => "The file is larger than the console, or a proxy before it, takes.",
        460 => "Bytes were damaged on the way.",
        507 => "There is no room left in the data volume.",
        429 | 502..=504 => "The console is busy or restarting.",
        500..=599 => "The console failed. Try again; its log says more.",
        _ => "The console did not take this file.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_takes_names_of_any_script() {
        assert_eq!(
            upload_metadata("数/a b", 5, WhenPresent::Rename),
            "relativePath 5pWwL2EgYg==,mtime NQ==,overwrite cmVuYW1l"
        );
    }

    #[test]
    fn a_batch_says_each_file_before_its_bytes() {
        let file = BatchedFile {
            item: crate::ItemId(0),
            path: "a/ü".to_owned(),
            size_bytes: 9,
            modified_ms: 5,
            when_present: WhenPresent::No,
        };
        let mut body = BATCH_BEGIN.to_vec();
        push_header(&mut body, &file, b"123456789");
        let json = r#"{"path":"a/ü","sizeBytes":9,"modifiedMs":5,"overwrite":"no","checksum":"crc32c 4waSgw=="}"#;
        let length = u32::try_from(json.len()).unwrap().to_be_bytes();
        let expected = [BATCH_BEGIN, &length, json.as_bytes()];
        assert_eq!(body, expected.concat());
    }

    #[test]
    fn extents_are_read_as_the_server_writes_them() {
        assert_eq!(extents(""), Some(vec![]));
        assert_eq!(extents("0-5,7-9"), Some(vec![0..5, 7..9]));
        assert_eq!(extents("0-5,x"), None);
    }

    #[test]
    fn an_answer_without_a_problem_gets_words_of_its_own() {
        assert_eq!(
            problem(
                507,
                r#"{"code":507,"message":"needs 2 GiB, 1 GiB is free"}"#
            )
            .message,
            "needs 2 GiB, 1 GiB is free"
        );
        assert_eq!(problem(413, "<html>").message, words(413));
        assert_eq!(problem(0, "").code, 0);
    }
}
