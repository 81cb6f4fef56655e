//! Buckets of S3 and of servers that speak like it.
//!
//! Requests are signed in their address, for an hour, each time anew; such an address is never kept or logged.
//! A redirect is not followed, because a signature is for one host.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Clock;
use http::{HeaderMap, HeaderValue};
use rusty_s3::actions::{ListObjectsV2, S3Action as _};
use rusty_s3::{Credentials, UrlStyle};
use url::Url;

use super::failure::Failure;
use super::item::{Head, Item, Proof};
use super::remote::{Answer, MOST_PAGE_BYTES, Remote, header};
use crate::credential::Credential;
use crate::error::{Error, Result};
use crate::upload::Hash256;

const SIGNED_FOR: Duration = Duration::from_hours(1);
/// Asks for the checksum that was kept with an object.
const CHECKSUM_MODE: (&str, &str) = ("x-amz-checksum-mode", "ENABLED");

/// A bucket, and which of its objects.
pub(super) struct Bucket {
    inner: rusty_s3::Bucket,
    credentials: Option<Credentials>,
    prefix: String,
}

/// One page of a listing, and what asks for the next.
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    pub(super) next: Option<String>,
}

impl Bucket {
    pub(super) fn new(
        endpoint: Url,
        region: &str,
        name: &str,
        prefix: String,
        is_path_style: bool,
        key: Option<&Credential>,
    ) -> Result<Self> {
        let is_name = (1..=255).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte));
        if !is_name || name.starts_with('.') {
            return Err(Error::invalid("bucket", "This is no name of a bucket."));
        }
        let style = if is_path_style {
            UrlStyle::Path
        } else {
            UrlStyle::VirtualHost
        };
        let region = if region.is_empty() {
            "us-east-1"
        } else {
            region
        };
        let bucket = rusty_s3::Bucket::new(endpoint, style, name.to_owned(), region.to_owned())
            .map_err(|error| Error::invalid("endpoint", format!("{error}.")))?;
        let credentials = key.and_then(|key| match key {
            Credential::S3 {
                access_key_id: id,
                secret_access_key: secret,
                session_token,
            } => Some(match session_token {
                Some(token) => Credentials::new_with_token(id, secret, token),
                None => Credentials::new(id, secret),
            }),
            Credential::Bearer { .. } | Credential::Basic { .. } => None,
        });
        Ok(Self {
            inner: bucket,
            credentials,
            prefix,
        })
    }

    /// One page of the objects.
    pub(super) async fn page(
        &self,
        remote: &Remote,
        clock: &dyn Clock,
        after: Option<&str>,
    ) -> Result<Page, Failure> {
        let url = {
            let mut list = ListObjectsV2::new(&self.inner, self.credentials.as_ref());
            if !self.prefix.is_empty() {
                list.with_prefix(self.prefix.as_str());
            }
            if let Some(token) = after {
                list.with_continuation_token(token);
            }
            list.sign_with_time(SIGNED_FOR, &clock.now())
        };
        let answer = remote.get(&url, &HeaderMap::new(), 0).await?;
        if !answer.status.is_success() {
            return Err(refusal(answer).await);
        }
        let page = answer.page(MOST_PAGE_BYTES).await?;
        let unreadable = || Failure::lasting("The source's list of objects cannot be read.");
        let text = std::str::from_utf8(&page).map_err(|_| unreadable())?;
        let listed = ListObjectsV2::parse_response(text).map_err(|_| unreadable())?;
        let items = listed.contents.into_iter().filter_map(|object| {
            let etag = object
                .etag
                .map(|tag| format!("\"{}\"", tag.trim_matches('"')));
            self.item(object.key, object.size, etag)
        });
        Ok(Page {
            items: items.collect(),
            next: listed.next_continuation_token,
        })
    }

    /// `None` for the folder itself that the prefix names.
    fn item(&self, key: String, size: Option<u64>, version: Option<String>) -> Option<Item> {
        let begin = self.prefix.rfind('/').map_or(0, |slash| slash + 1);
        let name = key.get(begin..)?;
        if name.is_empty() {
            return None;
        }
        let is_folder = name.ends_with('/') && size.is_none_or(|size| size == 0);
        let name = if is_folder {
            name.strip_suffix('/').unwrap_or(name)
        } else {
            name
        };
        Some(Item {
            name: Some(name.to_owned()),
            is_folder,
            source: self.inner.object_url(&key).into(),
            size,
            version,
            proof: Proof::default(),
            place: key,
        })
    }

    /// How an object is asked for.
    pub(super) fn object(&self, key: &str, clock: &dyn Clock) -> (Url, HeaderMap) {
        let mut get = self.inner.get_object(self.credentials.as_ref(), key);
        get.headers_mut().insert(CHECKSUM_MODE.0, CHECKSUM_MODE.1);
        let mut headers = HeaderMap::new();
        headers.insert(CHECKSUM_MODE.0, HeaderValue::from_static(CHECKSUM_MODE.1));
        (get.sign_with_time(SIGNED_FOR, &clock.now()), headers)
    }
}

/// What is wrong, in the server's words.
pub(super) async fn refusal(answer: Answer) -> Failure {
    if answer.status.is_redirection() {
        return Failure::lasting(
            "The bucket is kept elsewhere: give the endpoint and the region of the bucket itself.",
        );
    }
    answer
        .refusal(|page| {
            let within = |tag: &str| {
                let begin = page.find(&format!("<{tag}>"))? + tag.len() + 2;
                let length = page[begin..].find(&format!("</{tag}>"))?;
                Some(page[begin..begin + length].to_owned())
            };
            match (within("Code"), within("Message")) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (Some(code), None) => code,
                _ => String::new(),
            }
        })
        .await
}

/// The sum that an answer gives for the whole object: its checksum, or the MD5 that the tag of an object is
/// that was stored in one piece and not encrypted with a key of somebody's.
pub(super) fn proof(headers: &HeaderMap, head: &Head) -> Proof {
    let bytes = |name: &str| STANDARD.decode(header(headers, name)?).ok();
    let mut proof = Proof::default();
    if let Some(Ok(sum)) = bytes("x-amz-checksum-sha256").map(<[u8; 32]>::try_from) {
        proof.sha256 = Some(Hash256::new(sum));
    } else if let Some(Ok(sum)) = bytes("x-amz-checksum-crc32c").map(<[u8; 4]>::try_from) {
        proof.crc32c = Some(u32::from_be_bytes(sum));
    } else if !is_encrypted(headers) {
        proof.md5 = head.strong_etag().and_then(md5);
    }
    proof
}

fn is_encrypted(headers: &HeaderMap) -> bool {
    let way = header(headers, "x-amz-server-side-encryption");
    way.is_some_and(|way| way != "AES256")
        || headers.contains_key("x-amz-server-side-encryption-customer-algorithm")
}

fn md5(tag: &str) -> Option<[u8; 16]> {
    let digits = tag.trim_matches('"');
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}
