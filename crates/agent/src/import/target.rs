//! Where a file goes, and whether it goes there at all: what is in its place decides.

use domain::{ExistingFiles, VolumePath};
use rustix::fs::FileType;
use wire::WhenPresent;

use super::failure::Failure;
use super::job::Job;
use super::record::Imported;
use crate::beneath;
use crate::error::{Error, Result};
use crate::upload::refuse_conflict;

/// Where a file goes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) path: VolumePath,
    pub(super) when_present: WhenPresent,
    /// What is there, if an import stored it.
    pub(super) imported: Option<Imported>,
}

/// What becomes of a file.
#[derive(Debug)]
pub(super) enum Choice {
    Fetch(Target),
    /// What is there stays: it is the same, or it was to be left.
    Leave,
}

impl Target {
    /// Whether what is there is this version of the file.
    pub(super) fn is(&self, version: Option<&str>) -> bool {
        let imported = self.imported.as_ref();
        let there = imported.and_then(|imported| imported.version.as_deref());
        there.is_some() && there == version
    }
}

/// The path of a file of the source.
pub(super) fn path(job: &Job, name: &str) -> Result<VolumePath, Failure> {
    let path = if name.is_empty() {
        Err(Error::invalid("path", "The file has no name."))
    } else {
        // Read alone first: “..” must not come to mean something beneath a folder.
        name.parse::<VolumePath>()
            .and_then(|_| job.plan.into.join(name))
            .map_err(Error::from)
    };
    let path = path?;
    job.ticket.refuse_elsewhere(&path)?;
    Ok(path)
}

/// Looks at what is in a file's place. Blocks.
pub(super) fn choose(
    job: &Job,
    name: &str,
    source: &str,
    version: Option<&str>,
) -> Result<Choice, Failure> {
    let path = path(job, name)?;
    if !job.is_first(&path) {
        return Err(Failure::lasting(
            "Another file of this import has the same path.",
        ));
    }
    let root = job.agent.volume.root();
    let there = look(root, &path)?;
    let imported = there
        .as_ref()
        .and_then(|stat| job.index.find(&path, stat))
        .filter(|imported| imported.source == source);
    let is_file = there.is_some_and(|stat| beneath::kind_of(&stat) == FileType::RegularFile);
    let mut target = Target {
        path,
        when_present: WhenPresent::No,
        imported,
    };
    if is_file {
        match job.plan.existing {
            _ if target.is(version) => return Ok(Choice::Leave),
            ExistingFiles::Skip => return Ok(Choice::Leave),
            ExistingFiles::Update if target.imported.is_none() => {
                return Err(Failure::lasting(
                    "There is a file of this name that did not come from this source, or was changed since. It was \
                     left as it is.",
                ));
            }
            ExistingFiles::Update | ExistingFiles::Replace => {
                target.when_present = WhenPresent::Yes;
            }
        }
    }
    refuse_conflict(root, &target.path, target.when_present)?;
    Ok(Choice::Fetch(target))
}

fn look(root: &std::os::fd::OwnedFd, path: &VolumePath) -> Result<Option<rustix::fs::Stat>> {
    let (parent, name) = beneath::split(path)?;
    match beneath::walk_to(root, &parent)? {
        Some(folder) => Ok(beneath::look(&folder, name)?),
        None => Ok(None),
    }
}

/// The name that a server, or else an address, gives to a file.
pub(super) fn given_name(disposition: Option<&str>, url: &url::Url) -> Option<String> {
    disposition.and_then(named).or_else(|| {
        let last = url.path_segments()?.next_back()?;
        decoded(last).filter(|name| !name.is_empty())
    })
}

/// The name in `Content-Disposition` (RFC 6266): the one of any script, or else the plain one.
fn named(disposition: &str) -> Option<String> {
    let parameters = parameters(disposition);
    let value = |wanted: &str| {
        let found = parameters.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone())
    };
    let encoded = value("filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, text) = rest.split_once('\'')?;
        charset
            .eq_ignore_ascii_case("utf-8")
            .then(|| decoded(text))
            .flatten()
    });
    encoded
        .or_else(|| value("filename"))
        .filter(|name| !name.is_empty())
}

fn decoded(text: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

/// The parameters of a header, their values without quotes.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, value)) = rest.split_once('=') {
        let value = value.trim_start();
        let mut text = String::new();
        rest = if let Some(quoted) = value.strip_prefix('"') {
            let mut characters = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' => {
                        end = at;
                        break;
                    }
                    '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                    other => text.push(other),
                }
            }
            quoted[end..].split_once(';').map_or("", |(_, rest)| rest)
        } else {
            let (plain, rest) = value.split_once(';').unwrap_or((value, ""));
            plain.trim().clone_into(&mut text);
            rest
        };
        found.push((name.trim().to_ascii_lowercase(), text));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_server_or_else_by_its_address() {
        let url = url::Url::parse("https://h.example/a/b%20c.csv?x=1").unwrap();
        for (disposition, name) in [
            (None, "b c.csv"),
            (Some("attachment"), "b c.csv"),
            (Some("attachment; filename=plain.csv"), "plain.csv"),
            (
                Some("attachment; filename=\"a; b.csv\"; size=3"),
                "a; b.csv",
            ),
            (Some("inline; filename=\"a\\\"b\""), "a\"b"),
            (
                Some("attachment; filename=\"x\"; filename*=UTF-8''%e6%95%b0.csv"),
                "数.csv",
            ),
            (Some("attachment; filename=\"\""), "b c.csv"),
            (Some("attachment; filename=\"../../x\""), "../../x"),
        ] {
            let given = given_name(disposition, &url);
            assert_eq!(given.as_deref(), Some(name), "{disposition:?}");
        }
        let folder = url::Url::parse("https://h.example/a/").unwrap();
        assert_eq!(given_name(None, &folder), None);
    }
}
