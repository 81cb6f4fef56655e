//! `Upload-Metadata`: keys and base64 values, and the few that mean something here.
//!
//! What is given back is written anew from what was understood, never copied from the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::VolumePath;
use wire::WhenPresent;

use crate::error::{Error, Result};
use crate::upload::{Kind, NewUpload};

const NAME: &str = "Upload-Metadata";
/// A path of 4,096 bytes in base64 and room for more.
const MAX_BYTES: usize = 16 << 10;
/// The years 1 to 9999.
const MODIFIED_MS: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

/// What a client says about its file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata(Vec<(String, Option<Vec<u8>>)>);

impl Metadata {
    pub(super) fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(Error::invalid(
                NAME,
                "Upload-Metadata is too long: at most 16 KiB fit.",
            ));
        }
        let mut pairs: Vec<(String, Option<Vec<u8>>)> = Vec::new();
        if text.trim().is_empty() {
            return Ok(Self(pairs));
        }
        for pair in text.split(',').map(str::trim) {
            let (key, value) = pair
                .split_once(' ')
                .map_or((pair, None), |(key, value)| (key, Some(value)));
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::invalid(
                    NAME,
                    "Upload-Metadata is a list of keys and base64 values.",
                ));
            }
            if pairs.iter().any(|(known, _)| known == key) {
                return Err(Error::invalid(
                    NAME,
                    format!("Upload-Metadata has “{key}” more than once."),
                ));
            }
            let decode = |value| STANDARD.decode(value);
            let value = value.map(decode).transpose().map_err(|_| {
                Error::invalid(
                    NAME,
                    format!("The value of “{key}” in Upload-Metadata is not base64."),
                )
            })?;
            pairs.push((key.to_owned(), value));
        }
        Ok(Self(pairs))
    }

    /// The header's value, written anew.
    fn canonical(&self) -> String {
        let pairs = self.0.iter().map(|(key, value)| match value {
            Some(value) => format!("{key} {}", STANDARD.encode(value)),
            None => key.clone(),
        });
        pairs.collect::<Vec<_>>().join(",")
    }

    fn text(&self, key: &str) -> Result<Option<&str>> {
        let found = self
            .0
            .iter()
            .find(|(known, _)| known == key)
            .and_then(|(_, value)| value.as_deref());
        found
            .map(std::str::from_utf8)
            .transpose()
            .map(|text| text.filter(|text| !text.is_empty()))
            .map_err(|_| Error::invalid(NAME, format!("“{key}” in Upload-Metadata is not UTF-8.")))
    }

    /// What is to be uploaded.
    pub(super) fn describe(&self, length: Option<u64>, kind: Kind) -> Result<NewUpload> {
        let path = match kind {
            Kind::Partial => VolumePath::root(),
            Kind::File | Kind::Lanes | Kind::Final { .. } => self.path()?,
        };
        Ok(NewUpload {
            path,
            length,
            when_present: self.when_present()?,
            modified_ms: self.modified_ms()?,
            metadata: self.canonical(),
            kind,
        })
    }

    fn path(&self) -> Result<VolumePath> {
        let name = self.text("filename")?;
        // Uppy sends the text “null” for a file that was not in a folder.
        let relative = self
            .text("relativePath")?
            .filter(|path| *path != "null" || name.is_none());
        let text = relative.or(name).ok_or_else(|| {
            Error::invalid(
                NAME,
                "Where does the file go? Upload-Metadata has no relativePath and no filename.",
            )
        })?;
        Ok(text.parse()?)
    }

    fn when_present(&self) -> Result<WhenPresent> {
        match self.text("overwrite")? {
            None | Some("no") => Ok(WhenPresent::No),
            Some("yes") => Ok(WhenPresent::Yes),
            Some("rename") => Ok(WhenPresent::Rename),
            Some(_) => Err(Error::invalid(
                NAME,
                "“overwrite” in Upload-Metadata is no, yes or rename.",
            )),
        }
    }

    fn modified_ms(&self) -> Result<Option<i64>> {
        let Some(text) = self.text("mtime")? else {
            return Ok(None);
        };
        let milliseconds = text.parse().map_err(|_| wrong_time())?;
        modified_ms(milliseconds).map(Some)
    }
}

/// A file's own time of change, if a calendar knows it.
pub(crate) fn modified_ms(milliseconds: i64) -> Result<i64> {
    if MODIFIED_MS.contains(&milliseconds) {
        Ok(milliseconds)
    } else {
        Err(wrong_time())
    }
}

fn wrong_time() -> Error {
    Error::invalid(
        "mtime",
        "A file's time of change is milliseconds since 1970, in the years 1 to 9999.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> Result<NewUpload> {
        Metadata::parse(text)?.describe(Some(1), Kind::File)
    }

    #[test]
    fn the_path_is_the_relative_one_before_the_name() {
        // filename = b.txt, relativePath = a/b.txt or null
        assert_eq!(
            described("filename Yi50eHQ=").unwrap().path.as_str(),
            "b.txt"
        );
        assert_eq!(
            described("filename Yi50eHQ=,relativePath YS9iLnR4dA==")
                .unwrap()
                .path
                .as_str(),
            "a/b.txt"
        );
        assert_eq!(
            described("relativePath bnVsbA==,filename Yi50eHQ=")
                .unwrap()
                .path
                .as_str(),
            "b.txt"
        );
        assert_eq!(
            described("relativePath bnVsbA==").unwrap().path.as_str(),
            "null"
        );
    }

    #[test]
    fn what_is_given_back_is_what_was_understood() {
        let upload =
            described("filename Yi50eHQ=, is_secret,mtime MTcwMDAwMDAwMDAwMA==,overwrite eWVz")
                .unwrap();
        assert_eq!(
            upload.metadata,
            "filename Yi50eHQ=,is_secret,mtime MTcwMDAwMDAwMDAwMA==,overwrite eWVz"
        );
        assert_eq!(upload.modified_ms, Some(1_700_000_000_000));
        assert_eq!(upload.when_present, WhenPresent::Yes);
    }

    #[test]
    fn unreadable_metadata_is_refused() {
        for text in [
            "",
            "a",
            "filename",
            "filename !!!",
            "filename Yg==,filename Yg==",
            "filename Yg==,,",
            ",",
            "filename /w==",
            "filename Yg==,overwrite bWF5YmU=",
            "filename Yg==,mtime MS41",
            "filename Yg==,mtime OTk5OTk5OTk5OTk5OTk5OTk5",
            "fïle Yg==",
            &format!("filename {}", "YWFh".repeat(5_000)),
        ] {
            assert!(described(text).is_err(), "{text:?}");
        }
    }
}
