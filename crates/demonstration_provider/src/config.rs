//! Who can sign in, and which programs may ask: plain data from the caller, checked once when the provider starts.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use url::{Host, Url};

use crate::Error;

/// What the provider is given by its caller.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where browsers and clients reach the provider, e.g. `http://127.0.0.1:8081`; `iss` is this, byte for byte.
    pub issuer: String,
    /// The file of the signing key. It is made on the first start, in a folder that exists, readable by its owner only.
    pub signing_key_path: PathBuf,
    /// In the order in which the sign-in page lists them.
    pub people: Vec<Person>,
    /// The programs that may send people here.
    pub clients: Vec<Client>,
}

/// Somebody who can be chosen on the sign-in page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The `sub` claim, and `preferred_username`.
    pub id: String,
    /// As people call them.
    pub name: String,
    /// Always told as verified.
    pub email: String,
    /// Names of groups, exactly as the `groups` claim gives them.
    pub groups: Vec<String>,
}

/// A program that may ask who somebody is.
#[derive(Clone)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// `client_secret`: every client here is confidential.
    pub secret: String,
    /// Where people may be sent back to; compared exactly.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after signing out; compared exactly.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the client is told that somebody signed out here.
    pub back_channel_logout_uri: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("secret", &"…")
            .field("redirect_uris", &self.redirect_uris)
            .field("post_logout_redirect_uris", &self.post_logout_redirect_uris)
            .field("back_channel_logout_uri", &self.back_channel_logout_uri)
            .finish()
    }
}

impl Config {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let issuer = Url::parse(&self.issuer).map_err(|_| Error::Issuer(self.issuer.clone()))?;
        let loopback = match issuer.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if issuer.scheme() != "http"
            || !loopback
            || issuer.origin().ascii_serialization() != self.issuer
        {
            return Err(Error::Issuer(self.issuer.clone()));
        }
        different(self.people.iter().map(|person| person.id.as_str()))?;
        different(self.clients.iter().map(|client| client.id.as_str()))?;
        self.clients.iter().try_for_each(Client::check)
    }

    /// What the `Host` header of every request has to be.
    pub(crate) fn authority(&self) -> &str {
        self.issuer.strip_prefix("http://").unwrap_or(&self.issuer)
    }
}

impl Client {
    fn check(&self) -> Result<(), Error> {
        for uri in self
            .redirect_uris
            .iter()
            .chain(&self.post_logout_redirect_uris)
            .chain(&self.back_channel_logout_uri)
        {
            let usable = Url::parse(uri).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https") && url.fragment().is_none()
            });
            if !usable {
                return Err(Error::ReturnAddress {
                    client: self.id.clone(),
                    uri: uri.clone(),
                });
            }
        }
        Ok(())
    }
}

fn different<'a>(ids: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for id in ids {
        if id.is_empty() || !seen.insert(id) {
            return Err(Error::Id(id.to_owned()));
        }
    }
    Ok(())
}
