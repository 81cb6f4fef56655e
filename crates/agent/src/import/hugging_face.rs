//! Repositories of Hugging Face, and of servers that speak like it.
//!
//! Large files are told by the SHA-256 of their content, others by the name that Git has for it; both are
//! checked. The bytes come from another host that a redirect names, and which is never shown the token.

use domain::RepositoryType;
use http::HeaderMap;
use serde::Deserialize;
use url::Url;

use super::failure::Failure;
use super::item::{Item, Proof};
use super::remote::{Answer, MOST_HOPS, MOST_PAGE_BYTES, Remote};
use crate::error::{Error, Result};
use crate::upload::Hash256;

/// A repository at one revision, and which folder of it.
pub(super) struct Repository {
    /// Where its list is asked for.
    tree: Url,
    /// What its files lie beneath.
    files: Url,
    prefix: String,
}

/// One page of a list, and where the next is.
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    pub(super) next: Option<Url>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    oid: Option<String>,
    size: Option<u64>,
    path: String,
    lfs: Option<Large>,
}

#[derive(Deserialize)]
struct Large {
    oid: String,
    size: Option<u64>,
}

impl Repository {
    pub(super) fn new(
        endpoint: &Url,
        repository_type: RepositoryType,
        repository: &str,
        revision: &str,
        prefix: &str,
    ) -> Result<Self> {
        let names: Vec<&str> = repository.split('/').collect();
        let is_name = |name: &&str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain)
        };
        if names.len() > 2 || !names.iter().all(is_name) {
            return Err(Error::invalid(
                "repository",
                "A repository is named like owner/name.",
            ));
        }
        let revision = if revision.is_empty() {
            "main"
        } else {
            revision
        };
        if revision
            .split('/')
            .any(|name| matches!(name, "" | "." | ".."))
        {
            return Err(Error::invalid("revision", "This is no name of a revision."));
        }
        let prefix = prefix.trim_matches('/');
        let folder: domain::VolumePath = prefix.parse()?;
        let (api, beneath) = match repository_type {
            RepositoryType::Dataset => ("datasets", Some("datasets")),
            RepositoryType::Model => ("models", None),
        };
        let in_api = ["api", api].into_iter().chain(names.iter().copied());
        let tree = in_api.chain(["tree", revision]).chain(folder.components());
        let mut tree = address(endpoint, tree)?;
        tree.set_query(Some("recursive=true"));
        let files = beneath.into_iter().chain(names.iter().copied());
        let files = address(endpoint, files.chain(["resolve", revision]))?;
        Ok(Self {
            tree,
            files,
            prefix: prefix.to_owned(),
        })
    }

    /// One page of the files: the first, or the one at this address.
    pub(super) async fn page(&self, remote: &Remote, at: Option<&Url>) -> Result<Page, Failure> {
        let url = at.unwrap_or(&self.tree);
        let answer = remote.get(url, &HeaderMap::new(), MOST_HOPS).await?;
        if !answer.status.is_success() {
            return Err(refusal(answer).await);
        }
        let next = answer
            .header("link")
            .and_then(next_link)
            .map(|link| self.tree.join(&link))
            .transpose()
            .ok()
            .flatten();
        if next
            .as_ref()
            .is_some_and(|next| next.origin() != self.tree.origin())
        {
            return Err(Failure::lasting(
                "The list of files goes on at another host, which is not followed.",
            ));
        }
        let page = answer.page(MOST_PAGE_BYTES).await?;
        let entries: Vec<Entry> = serde_json::from_slice(&page)
            .map_err(|_| Failure::lasting("The source's list of files cannot be read."))?;
        let items = entries.into_iter().filter_map(|entry| self.item(entry));
        Ok(Page {
            items: items.collect(),
            next,
        })
    }

    fn item(&self, entry: Entry) -> Option<Item> {
        if entry.kind != "file" {
            return None;
        }
        let name = if self.prefix.is_empty() {
            entry.path.as_str()
        } else {
            entry.path.strip_prefix(&self.prefix)?.strip_prefix('/')?
        };
        let mut proof = Proof::default();
        let (size, version) = if let Some(large) = entry.lfs {
            let oid = large.oid.trim_start_matches("sha256:").to_owned();
            proof.sha256 = Hash256::parse(&oid);
            (large.size.or(entry.size), Some(oid))
        } else {
            proof.git = entry.oid.as_deref().and_then(git_name);
            (entry.size, entry.oid)
        };
        let url = address(&self.files, entry.path.split('/')).ok()?;
        Some(Item {
            name: Some(name.to_owned()),
            is_folder: false,
            source: url.as_str().to_owned(),
            place: url.into(),
            size,
            version,
            proof,
        })
    }
}

/// What is wrong, in the server's words.
pub(super) async fn refusal(answer: Answer) -> Failure {
    let told = answer.header("x-error-message").map(ToOwned::to_owned);
    answer
        .refusal(|page| {
            let error = serde_json::from_str::<serde_json::Value>(page).ok();
            let error = error.and_then(|page| Some(page.get("error")?.as_str()?.to_owned()));
            told.clone().or(error).unwrap_or_default()
        })
        .await
}

/// An address beneath another one; each name is one segment, whatever is in it.
fn address<'n>(base: &Url, names: impl Iterator<Item = &'n str>) -> Result<Url> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| Error::invalid("endpoint", "This is no address of a server."))?
        .pop_if_empty()
        .extend(names);
    Ok(url)
}

/// Where a page says that the next one is (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = parameters
            .split(';')
            .any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| target.to_owned())
    })
}

fn git_name(text: &str) -> Option<[u8; 20]> {
    if text.len() != 40 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 20];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_where_its_link_says() {
        let header = r#"<https://h.example/a>; rel="prev", <https://h.example/b?c=1>; rel="next""#;
        assert_eq!(
            next_link(header).as_deref(),
            Some("https://h.example/b?c=1")
        );
        assert_eq!(next_link("<https://h.example/a>; rel=\"last\""), None);
        assert_eq!(next_link("x"), None);
    }

    #[test]
    fn a_repository_has_the_addresses_that_the_hub_gives_it() {
        let endpoint = Url::parse("https://hub.example").unwrap();
        let repository = Repository::new(
            &endpoint,
            RepositoryType::Dataset,
            "ada/data",
            "refs/convert/parquet",
            "a/b/",
        );
        let repository = repository.unwrap();
        assert_eq!(
            repository.tree.as_str(),
            "https://hub.example/api/datasets/ada/data/tree/refs%2Fconvert%2Fparquet/a/b?recursive=true"
        );
        assert_eq!(
            repository.files.as_str(),
            "https://hub.example/datasets/ada/data/resolve/refs%2Fconvert%2Fparquet"
        );
        for odd in ["", "a/b/c", "../x", "a/..", "a b", "a/"] {
            let endpoint = Url::parse("https://hub.example").unwrap();
            let read = Repository::new(&endpoint, RepositoryType::Model, odd, "main", "");
            assert!(read.is_err(), "{odd}");
        }
    }
}
