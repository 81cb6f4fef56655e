//! Access keys of consoles, in a file that only its owner can read.
//!
//! `$XDG_CONFIG_HOME/stowage/credentials.json`. The environment goes before the file, so that a job needs none.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

use crate::Error;

/// What a program proves itself with. Read in the words of OAuth 2.0 too, in which a console hands it out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Key {
    #[serde(alias = "client_id")]
    pub(crate) client_id: String,
    #[serde(alias = "client_secret")]
    pub(crate) client_secret: String,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Credentials {
    /// The console that is meant when none is named.
    pub(crate) current: Option<Url>,
    /// By address.
    pub(crate) consoles: BTreeMap<Url, Key>,
}

impl Credentials {
    pub(crate) fn read() -> Result<Self, Error> {
        let path = file()?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::file(&path, error)),
        };
        let mode = fs::metadata(&path).map_err(|error| Error::file(&path, error))?;
        if mode.permissions().mode() & 0o077 != 0 {
            let path = path.display();
            return Err(Error::Unfit(format!(
                "others may read {path}: run `chmod 600 {path}`, and give its access keys other secrets in the console"
            )));
        }
        serde_json::from_str(&text).map_err(|error| {
            Error::Unfit(format!(
                "{} cannot be read ({error}): sign in again after removing it",
                path.display()
            ))
        })
    }

    /// Replaces the file in one step.
    pub(crate) fn write(&self) -> Result<(), Error> {
        let path = file()?;
        let failed = |error| Error::file(&path, error);
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(|error| Error::file(folder, error))?;
        }
        let fresh = path.with_extension("json.new");
        let _ = fs::remove_file(&fresh);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)
            .map_err(failed)?;
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&fresh, &path).map_err(failed)
    }
}

/// The console that is meant and the key for it.
pub(crate) fn for_console(named: Option<&Url>) -> Result<(Url, Key), Error> {
    let named = named.map(origin).transpose()?;
    let from_environment = env::var("STOWAGE_CLIENT_ID")
        .ok()
        .zip(env::var("STOWAGE_CLIENT_SECRET").ok());
    if let (Some(url), Some((client_id, client_secret))) = (&named, from_environment) {
        let key = Key {
            client_id,
            client_secret,
        };
        return Ok((url.clone(), key));
    }
    let credentials = Credentials::read()?;
    let url = named.or(credentials.current).ok_or(Error::NotSignedIn)?;
    let key = credentials.consoles.get(&url).cloned();
    Ok((url, key.ok_or(Error::NotSignedIn)?))
}

/// An address without what comes after the origin. A secret goes over plain HTTP to this machine alone.
pub(crate) fn origin(url: &Url) -> Result<Url, Error> {
    let unfit = |why: &str| Error::Unfit(format!("{url} is no address of a console: {why}"));
    let is_here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return Err(unfit("it has no host")),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_here => {}
        "http" => {
            return Err(unfit(
                "over http:// everybody on the way reads the secret; use https://",
            ));
        }
        _ => return Err(unfit("it begins with https://")),
    }
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    // An address with a host takes both.
    let _ = origin.set_username("");
    let _ = origin.set_password(None);
    Ok(origin)
}

fn file() -> Result<PathBuf, Error> {
    let folder = |name: &str| env::var_os(name).filter(|value| Path::new(value).is_absolute());
    let config = match (folder("XDG_CONFIG_HOME"), folder("HOME")) {
        (Some(config), _) => PathBuf::from(config),
        (None, Some(home)) => Path::new(&home).join(".config"),
        (None, None) => {
            return Err(Error::Unfit(
                "there is no place for access keys: set HOME or XDG_CONFIG_HOME".to_owned(),
            ));
        }
    };
    Ok(config.join("stowage").join("credentials.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_over_plain_http_to_this_machine_alone() {
        let origin = |text: &str| origin(&text.parse().unwrap()).map(|url| url.to_string());
        assert_eq!(
            origin("https://console.example/data-volumes?x=1").unwrap(),
            "https://console.example/"
        );
        assert_eq!(
            origin("http://127.0.0.1:8080").unwrap(),
            "http://127.0.0.1:8080/"
        );
        assert_eq!(
            origin("http://localhost:8080/").unwrap(),
            "http://localhost:8080/"
        );
        assert!(origin("http://console.example").is_err());
        assert!(origin("http://localhost.example").is_err());
        assert!(origin("file:///etc/passwd").is_err());
    }
}
