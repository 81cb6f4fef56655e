//! Where files may come from, as far as it can be told without asking anybody. The data agent looks again, and at
//! the addresses behind the names.

use domain::{HttpFile, ImportSource};
use url::Url;

use crate::{Error, Result};

/// How many addresses one import may name.
const MAX_FILES: usize = 1000;
/// The longest text of a source, in bytes.
const MAX_TEXT: usize = 2048;

/// The origins that are asked for the files.
pub(super) fn checked(source: &ImportSource) -> Result<Vec<String>> {
    match source {
        ImportSource::S3 {
            endpoint,
            region,
            bucket,
            prefix,
            ..
        } => {
            let server = server("source.endpoint", endpoint)?;
            short("source.prefix", prefix)?;
            filled("source.region", region, "Name the region, like us-east-1.")?;
            filled("source.bucket", bucket, "Name the bucket.")?;
            if bucket.contains('/') {
                return Err(Error::invalid(
                    "source.bucket",
                    "A bucket's name has no “/”. What comes after it is the prefix.",
                ));
            }
            Ok(vec![origin(&server)])
        }
        ImportSource::Http { files } => addresses(files),
        ImportSource::HuggingFace {
            endpoint,
            repository,
            revision,
            prefix,
            ..
        } => {
            let server = server("source.endpoint", endpoint)?;
            short("source.prefix", prefix)?;
            filled(
                "source.revision",
                revision,
                "Name a branch, tag or commit, like main.",
            )?;
            short("source.repository", repository)?;
            let names: Vec<&str> = repository.split('/').collect();
            let is_name = |name: &&str| {
                !name.is_empty()
                    && !name.starts_with('.')
                    && name
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            };
            if names.len() > 2 || !names.iter().all(is_name) {
                return Err(Error::invalid(
                    "source.repository",
                    "A repository is named like owner/name.",
                ));
            }
            Ok(vec![origin(&server)])
        }
    }
}

fn addresses(files: &[HttpFile]) -> Result<Vec<String>> {
    if !(1..=MAX_FILES).contains(&files.len()) {
        return Err(Error::invalid(
            "source.files",
            format!("Name 1 to {MAX_FILES} addresses."),
        ));
    }
    let mut origins = Vec::new();
    for file in files {
        let url = address("source.files", &file.url)?;
        if let Some(digits) = &file.sha256
            && (digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        {
            return Err(Error::invalid(
                "source.files",
                format!("“{digits}” is no SHA-256: those are 64 hexadecimal digits."),
            ));
        }
        let origin = origin(&url);
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

/// A server without a path: what follows is the protocol's business.
fn server(field: &'static str, text: &str) -> Result<Url> {
    let url = address(field, text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(Error::invalid(
            field,
            "Name the server alone, like https://s3.example.org.",
        ));
    }
    Ok(url)
}

fn address(field: &'static str, text: &str) -> Result<Url> {
    short(field, text)?;
    let wrong = || {
        Error::invalid(
            field,
            format!("“{text}” is no address. It begins with https:// or http://."),
        )
    };
    let url: Url = text.trim().parse().map_err(|_| wrong())?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::invalid(
            field,
            "Leave the name and password out of the address, and choose a credential instead.",
        ));
    }
    Ok(url)
}

fn filled(field: &'static str, text: &str, wish: &'static str) -> Result<()> {
    short(field, text)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Error::invalid(field, wish));
    }
    Ok(())
}

fn short(field: &'static str, text: &str) -> Result<()> {
    if text.len() > MAX_TEXT {
        return Err(Error::invalid(
            field,
            format!("At most {MAX_TEXT} bytes fit."),
        ));
    }
    Ok(())
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
