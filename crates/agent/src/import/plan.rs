//! What was ordered, read and checked: an order that cannot be followed is refused before anything begins.

use std::sync::Arc;

use domain::{ExistingFiles, HttpFile, ImportSource, VolumePath};
use url::Url;
use wire::ImportOrder;

use super::address::{Networks, SystemLookup};
use super::hugging_face::Repository;
use super::item::{Item, Proof};
use super::remote::{Remote, origins, readable_address};
use super::s3::Bucket;
use crate::credential::{Credential, SourceCredential};
use crate::error::{Error, Result};
use crate::ticket::Ticket;
use crate::upload::Hash256;

/// Files of one import whose addresses are given one by one.
const MOST_ADDRESSES: usize = 10_000;

/// What is to be fetched, from where, into which folder.
pub(super) struct Plan {
    pub(super) source: Source,
    pub(super) into: VolumePath,
    pub(super) existing: ExistingFiles,
    pub(super) remote: Remote,
}

/// Where files come from.
pub(super) enum Source {
    S3(Bucket),
    Http(Vec<Item>),
    HuggingFace(Repository),
}

impl Plan {
    pub(super) fn read(order: ImportOrder, ticket: &Ticket) -> Result<Self> {
        if !ticket.holds(&order.into) {
            ticket.refuse_elsewhere(&order.into)?;
        }
        let credential = ticket.credential.as_ref();
        let networks = Networks::read(&order.permitted_networks)?;
        let source = source(order.source, credential)?;
        Ok(Self {
            source,
            into: order.into,
            existing: order.existing,
            remote: Remote::new(networks, Arc::new(SystemLookup), credential)?,
        })
    }
}

fn source(source: ImportSource, credential: Option<&SourceCredential>) -> Result<Source> {
    match source {
        ImportSource::S3 {
            endpoint,
            region,
            bucket,
            prefix,
            path_style,
        } => {
            let endpoint = server(&endpoint)?;
            refuse_stranger(&endpoint, credential)?;
            let key = match credential.map(|shown| &shown.credential) {
                None => None,
                Some(key @ Credential::S3 { .. }) => Some(key),
                Some(_) => return Err(unfit("an access key", "S3")),
            };
            Ok(Source::S3(Bucket::new(
                endpoint, &region, &bucket, prefix, path_style, key,
            )?))
        }
        ImportSource::Http { files } => {
            if matches!(shown(credential), Some(Credential::S3 { .. })) {
                return Err(unfit("a token or a password", "HTTP"));
            }
            if files.is_empty() || files.len() > MOST_ADDRESSES {
                return Err(Error::invalid(
                    "files",
                    format!("An import names 1 to {MOST_ADDRESSES} addresses."),
                ));
            }
            let items = files.into_iter().map(|file| item(file, credential));
            items.collect::<Result<_>>().map(Source::Http)
        }
        ImportSource::HuggingFace {
            endpoint,
            repository_type,
            repository,
            revision,
            prefix,
        } => {
            let endpoint = server(&endpoint)?;
            refuse_stranger(&endpoint, credential)?;
            if !matches!(shown(credential), None | Some(Credential::Bearer { .. })) {
                return Err(unfit("a token", "Hugging Face"));
            }
            Ok(Source::HuggingFace(Repository::new(
                &endpoint,
                repository_type,
                &repository,
                &revision,
                &prefix,
            )?))
        }
    }
}

fn shown(credential: Option<&SourceCredential>) -> Option<&Credential> {
    credential.map(|shown| &shown.credential)
}

fn unfit(what: &str, source: &str) -> Error {
    Error::invalid(
        "credential",
        format!("This credential does not fit: {source} takes {what}."),
    )
}

/// The address of a server: an origin, or a folder of one.
fn server(text: &str) -> Result<Url> {
    let url = readable_address(text, "endpoint")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::invalid(
            "endpoint",
            "The address of a server has no “?” or “#”.",
        ));
    }
    Ok(url)
}

/// Refuses a source that the credential is not meant for.
fn refuse_stranger(url: &Url, credential: Option<&SourceCredential>) -> Result<()> {
    let Some(shown) = credential else {
        return Ok(());
    };
    if origins(shown)?.contains(&url.origin()) {
        return Ok(());
    }
    Err(Error::invalid(
        "credential",
        format!(
            "This credential is for {} only, and {} is elsewhere.",
            shown.origins.join(", "),
            url.origin().ascii_serialization()
        ),
    ))
}

fn item(file: HttpFile, credential: Option<&SourceCredential>) -> Result<Item> {
    let url = readable_address(&file.url, "files")?;
    refuse_stranger(&url, credential)?;
    let sha256 = file.sha256.map(|text| {
        Hash256::parse(&text).ok_or_else(|| {
            Error::invalid("files", "A SHA-256 is written as 64 hexadecimal digits.")
        })
    });
    Ok(Item {
        name: file.path.filter(|path| !path.is_empty()),
        is_folder: false,
        source: without_secrets(&url),
        place: url.into(),
        size: None,
        version: None,
        proof: Proof {
            sha256: sha256.transpose()?,
            ..Proof::default()
        },
    })
}

/// An address as it may be kept and shown: a query may be a signature.
pub(super) fn without_secrets(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}
