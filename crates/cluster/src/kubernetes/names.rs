//! Names, labels and annotations of what Stowage makes on a cluster.
//!
//! Whoever works in a namespace may write any label or annotation there: they help to find things and
//! never prove whose they are. UIDs do, and a seal where there is no UID yet.

use std::fmt::Write as _;

use domain::{DataVolumeId, ShareMode};
use sha2::{Digest, Sha256};

use crate::{Error, ProjectFolder, Result};

/// What every object of ours carries.
pub(super) const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "stowage");
/// As whom the API server notes our writes.
pub(super) const FIELD_MANAGER: &str = "stowage";
/// The label that names the data volume.
pub(super) const DATA_VOLUME: &str = "stowage.dev/data-volume";
/// The label of a copied volume that names the origin claim's UID.
pub(super) const ORIGIN_CLAIM: &str = "stowage.dev/origin-claim";
/// The label of a volume that names the data volume whose bytes it holds.
pub(super) const ORIGIN_OF: &str = "stowage.dev/origin-of";
/// The annotation of a kept volume that says who on another cluster has its storage.
pub(super) const HANDED_TO: &str = "stowage.dev/handed-to";
/// The annotation of a new claim that says for which data volume it was made; sealed.
pub(super) const MADE_FOR: &str = "stowage.dev/made-for";
/// The annotation of an existing claim that says which data volume took it.
pub(super) const TAKEN_BY: &str = "stowage.dev/taken-by";
/// The annotation of an origin volume that keeps its reclaim policy of before it was shared.
pub(super) const POLICY_BEFORE: &str = "stowage.dev/reclaim-policy-before-sharing";
/// The annotation of an offered volume that keeps its reclaim policy of before it was reserved for a claim.
pub(super) const POLICY_BEFORE_CLAIM: &str = "stowage.dev/reclaim-policy-before-claim";
/// The annotation of a claim by which its controller was made to look at it again.
pub(super) const LOOK_AGAIN_AT: &str = "stowage.dev/look-again-at";
/// The finalizer of an origin claim while others use its storage.
pub(super) const SHARED: &str = "stowage.dev/shared-with-other-projects";

/// How copied volumes are called, up to a hash.
const COPY: &str = "stowage-copy-";
/// The longest name of a namespace (RFC 1123 label).
const LONGEST_LABEL: usize = 63;
/// The longest name of a claim (RFC 1123 subdomain).
const LONGEST_SUBDOMAIN: usize = 253;
/// Namespaces that are Kubernetes' own.
const SYSTEM: [&str; 3] = ["kube-system", "kube-public", "kube-node-lease"];

/// The project's namespace, if it can be one.
pub(super) fn namespace(project: &ProjectFolder) -> Result<&str> {
    let name = project.0.as_str();
    if SYSTEM.contains(&name) {
        return Err(Error::Refused(format!(
            "The namespace “{name}” is Kubernetes' own: choose another one for the project."
        )));
    }
    if !is_label(name) {
        return Err(Error::Refused(format!(
            "“{name}” cannot be a project's namespace: it takes lower-case letters, digits and hyphens, at most {LONGEST_LABEL}, with no hyphen at an end."
        )));
    }
    Ok(name)
}

/// The claim's name, if it can be one.
pub(super) fn claim_name(name: &str) -> Result<&str> {
    if name.len() <= LONGEST_SUBDOMAIN && name.split('.').all(is_label_of_any_length) {
        return Ok(name);
    }
    Err(Error::Refused(format!(
        "“{name}” cannot be a claim's name: it takes lower-case letters, digits, hyphens and dots, at most {LONGEST_SUBDOMAIN}."
    )))
}

/// What the volume is called that gives one namespace the storage of a claim. The same for each call, so
/// that after a crash it is found again; another one for each mode, which cannot be changed afterwards.
pub(super) fn copy_name(origin_claim_uid: &str, namespace: &str, mode: ShareMode) -> String {
    let hash = hash_of(&[origin_claim_uid, namespace, mode_word(mode)]);
    format!("{COPY}{}", &hash[..32])
}

/// What the volume is called that reaches the storage of another cluster's volume; the same for each call.
pub(super) fn adopted_name(source_uid: &str) -> String {
    format!("stowage-adopted-{}", &hash_of(&[source_uid])[..32])
}

/// Whether a volume is called like a copy of ours.
pub(super) fn is_copy_name(name: &str) -> bool {
    name.starts_with(COPY)
}

/// What tells the copy's handle from the origin's; short, because drivers make labels of handles.
pub(super) fn handle_suffix(copy_name: &str) -> &str {
    let hash = copy_name.strip_prefix(COPY).unwrap_or(copy_name);
    hash.get(..12).unwrap_or(hash)
}

/// Labels of everything that is made for a data volume.
pub(super) fn labels(id: DataVolumeId) -> impl Iterator<Item = (String, String)> {
    [
        (MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned()),
        (DATA_VOLUME.to_owned(), id.to_string()),
    ]
    .into_iter()
}

fn mode_word(mode: ShareMode) -> &'static str {
    match mode {
        ShareMode::ReadOnly => "read-only",
        ShareMode::ReadWrite => "read-write",
    }
}

fn hash_of(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize())
}

/// Bytes as text, two digits each.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn is_label(text: &str) -> bool {
    text.len() <= LONGEST_LABEL && is_label_of_any_length(text)
}

fn is_label_of_any_length(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_server_would_not_take_is_refused_before() {
        let long = "a".repeat(64);
        for name in ["", ".", "a/b", "A", "-a", "a-", "a.b", "kube-system", &long] {
            let project = ProjectFolder(name.to_owned());
            assert!(namespace(&project).is_err(), "{name:?}");
        }
        assert!(namespace(&ProjectFolder("a".repeat(63))).is_ok());
        for name in ["", ".", "..", "a/b", "A", "a..b", ".a", "a\n"] {
            assert!(claim_name(name).is_err(), "{name:?}");
        }
        assert!(claim_name("data-postgres-0.old").is_ok());
    }

    #[test]
    fn the_name_of_a_copy_is_the_same_each_time_and_fits_where_names_are_short() {
        let name = copy_name("uid", "speech", ShareMode::ReadOnly);
        assert_eq!(name, copy_name("uid", "speech", ShareMode::ReadOnly));
        assert_ne!(name, copy_name("uid", "speech", ShareMode::ReadWrite));
        assert_ne!(name, copy_name("uid", "robots", ShareMode::ReadOnly));
        assert!(is_copy_name(&name) && name.len() <= LONGEST_LABEL);
        assert_eq!(handle_suffix(&name).len(), 12);
    }
}
