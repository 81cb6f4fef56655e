//! What the head of an answer says: which file this is, whether it is wanted, and whether it is the same still.

use std::sync::Arc;

use http::HeaderMap;
use http::header::CONTENT_DISPOSITION;
use wire::WhenPresent;

use super::super::failure::Failure;
use super::super::item::{Head, Proof};
use super::super::job::{Begun, SUBJECT};
use super::super::landing::Landing;
use super::super::plan::Source;
use super::super::remote::header;
use super::super::{s3, small, target};
use super::{Pull, changed};
use crate::blocking::blocking;
use crate::error::Error;
use crate::upload::{Arriving, Kind, NewUpload};

impl Pull<'_> {
    /// Takes the whole file; `false` if what is there stays.
    pub(super) async fn accept(&mut self, headers: &HeaderMap) -> Result<bool, Failure> {
        self.begin_anew().await?;
        let mut head = Head::of(headers);
        self.proof = self.item.proof.clone();
        match &self.job.plan.source {
            // Its answers come from elsewhere and have tags of their own.
            Source::HuggingFace(_) => {}
            Source::S3(_) => {
                self.version = head.etag.clone().or(self.version.take());
                self.proof = s3::proof(headers, &head);
            }
            Source::Http(_) => self.version = head.version(),
        }
        if self.target.is_none() {
            let disposition = header(headers, CONTENT_DISPOSITION.as_str());
            let url = url::Url::parse(&self.item.place).ok();
            let name = url.and_then(|url| target::given_name(disposition, &url));
            let name = name.ok_or_else(|| {
                Failure::lasting("Neither the address nor the server names the file: give a path.")
            })?;
            if name.contains('/') {
                return Err(Failure::lasting(
                    "The server names the file with a path: give a path.",
                ));
            }
            if !self.choose(name).await? {
                return Ok(false);
            }
        } else if self.is_there() {
            return Ok(false);
        }
        if let (Some(listed), Some(size)) = (self.item.size, head.size)
            && listed != size
        {
            return Err(Failure::lasting(
                "The file changed at the source since it was listed. Run the import again.",
            ));
        }
        head.size = head.size.or(self.item.size);
        self.begin(&head).await?;
        Ok(true)
    }

    fn is_there(&self) -> bool {
        let version = self.version.as_deref();
        self.target
            .as_ref()
            .is_some_and(|target| target.is(version))
    }

    /// Makes a place for the bytes.
    async fn begin(&mut self, head: &Head) -> Result<(), Failure> {
        let limits = self.job.agent.volume.limits();
        if head.size.is_none() && !head.is_framed && self.proof.sha256.is_none() {
            return Err(Failure::lasting(
                "The source does not say how large the file is, so a cut could not be told from its end.",
            ));
        }
        if head.size.is_some_and(|size| size > limits.max_upload_bytes) {
            return Err(Failure::lasting(
                "The file is larger than this volume takes.",
            ));
        }
        if let Some(size) = head.size {
            self.size_is_known(size);
        }
        self.etag = head.strong_etag().map(ToOwned::to_owned);
        self.modified_ms = head
            .modified_ms()
            .unwrap_or_else(|| self.job.agent.clock.now().as_millisecond());
        self.landing = Some(match head.size {
            Some(size) if size <= small::MOST_BYTES => Landing::Memory {
                bytes: Vec::new(),
                size,
            },
            size => Landing::Staged(Box::new(self.stage(size).await?)),
        });
        Ok(())
    }

    async fn stage(&self, length: Option<u64>) -> Result<Arriving, Failure> {
        let target = self.target.clone().ok_or(Failure::Ended)?;
        let begun = Begun {
            import: self.job.import.id.clone(),
            source: self.item.source.clone(),
            etag: self.etag.clone().unwrap_or_default(),
            version: self.version.clone(),
            modified_ms: self.modified_ms,
            replaces: target.when_present == WhenPresent::Yes,
        };
        let new = NewUpload {
            path: target.path,
            length,
            when_present: target.when_present,
            modified_ms: Some(self.modified_ms),
            metadata: serde_json::to_string(&begun).map_err(|error| Error::Io(error.into()))?,
            kind: Kind::File,
        };
        let job = Arc::clone(self.job);
        let begun = blocking(move || {
            let now = job.agent.clock.now();
            let arriving = Arriving::begin(&job.agent.volume, new, SUBJECT, now)?;
            job.staged(arriving.id());
            Ok(arriving)
        });
        Ok(begun.await?)
    }

    /// Takes the rest of a file.
    pub(super) async fn accept_part(
        &mut self,
        headers: &HeaderMap,
        position: u64,
        tag: &str,
    ) -> Result<(), Failure> {
        let size = self.landing.as_ref().and_then(Landing::size);
        let range = header(headers, "content-range").and_then(range);
        let fits = range.is_some_and(|(begin, whole)| {
            begin == position && whole.zip(size).is_none_or(|(whole, size)| whole == size)
        });
        let is_same = header(headers, "etag").is_none_or(|other| other.trim() == tag);
        if fits && is_same {
            if let Source::S3(_) = self.job.plan.source
                && self.proof == Proof::default()
            {
                // It was begun before a restart. Sums in a part's answer are of the whole object.
                self.proof = s3::proof(headers, &Head::of(headers));
            }
            return Ok(());
        }
        self.begin_anew().await?;
        Err(changed())
    }
}

/// Where a part begins, and how large the whole is (RFC 9110, 14.4).
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, whole) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (begin, _) = range.split_once('-')?;
    Some((begin.parse().ok()?, whole.parse().ok()))
}
