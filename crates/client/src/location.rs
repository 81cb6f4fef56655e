//! A place to copy from or to: here, or in a data volume.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use domain::VolumePath;

use crate::Error;

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// A path on this machine.
    Here(PathBuf),
    /// A path in a data volume.
    There(InVolume),
}

/// A path in a data volume, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InVolume {
    /// Its name or id.
    pub(crate) volume: String,
    path: String,
}

impl InVolume {
    pub(crate) fn path(&self) -> Result<VolumePath, Error> {
        let path = self.path.trim_matches('/');
        path.parse()
            .map_err(|error| Error::Unfit(format!("“{path}” cannot lie in a data volume: {error}")))
    }

    /// Whether it was written as a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.path.is_empty() || self.path.ends_with('/')
    }
}

impl From<&str> for InVolume {
    fn from(text: &str) -> Self {
        let (volume, path) = text.split_once(':').unwrap_or((text, ""));
        Self {
            volume: volume.to_owned(),
            path: path.to_owned(),
        }
    }
}

impl FromStr for InVolume {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(text.into())
    }
}

impl FromStr for Location {
    type Err = Infallible;

    /// As `scp` has it: a colon before any slash names what is elsewhere, and `./a:b` is a file here.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_there = text
            .split_once(':')
            .is_some_and(|(volume, _)| !volume.is_empty() && !volume.contains('/'));
        Ok(if is_there {
            Self::There(text.into())
        } else {
            Self::Here(text.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_before_any_slash_names_a_data_volume() {
        let there = |volume: &str, path: &str| {
            Location::There(InVolume {
                volume: volume.to_owned(),
                path: path.to_owned(),
            })
        };
        for (text, place) in [
            ("imagenet:", there("imagenet", "")),
            ("imagenet:a/b:c", there("imagenet", "a/b:c")),
            ("imagenet", Location::Here("imagenet".into())),
            ("./a:b", Location::Here("./a:b".into())),
            ("/a:b", Location::Here("/a:b".into())),
            (":a", Location::Here(":a".into())),
        ] {
            assert_eq!(text.parse(), Ok(place), "{text}");
        }
    }

    #[test]
    fn a_folder_is_written_with_a_slash() {
        for (text, is_folder, path) in [
            ("v:", true, ""),
            ("v:/", true, ""),
            ("v:/a/", true, "a"),
            ("v:a/b", false, "a/b"),
        ] {
            let place = InVolume::from(text);
            assert_eq!(place.is_folder(), is_folder, "{text}");
            assert_eq!(place.path().unwrap().as_str(), path, "{text}");
        }
        assert!(InVolume::from("v:a/../b").path().is_err());
    }
}
