//! The key that signs ID tokens. It lives in a file, so that a restart does not turn tokens in flight into forgeries;
//! its id is taken from the key itself, so that a new key never hides behind the old one's id.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKeySet, CoreRsaPrivateSigningKey};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use sha2::{Digest, Sha256};

use crate::Error;

const SIZE_BITS: usize = 2048;

/// Reads the key, or makes one and keeps it when there is no file yet.
pub(crate) fn read_or_make(path: &Path) -> Result<CoreRsaPrivateSigningKey, Error> {
    let key = match fs::read_to_string(path) {
        Ok(pem) => RsaPrivateKey::from_pkcs8_pem(&pem).map_err(|error| wrong(path, &error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path)?,
        Err(source) => {
            return Err(Error::KeyFile {
                path: path.to_owned(),
                source,
            });
        }
    };
    let public = key
        .to_public_key()
        .to_public_key_der()
        .map_err(|error| wrong(path, &error))?;
    let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(public.as_bytes())[..16]);
    let pem = key
        .to_pkcs1_pem(LineEnding::LF)
        .map_err(|error| wrong(path, &error))?;
    CoreRsaPrivateSigningKey::from_pem(&pem, Some(JsonWebKeyId::new(id)))
        .map_err(|error| wrong(path, &error))
}

/// The public half, as clients fetch it.
pub(crate) fn key_set(key: &CoreRsaPrivateSigningKey) -> CoreJsonWebKeySet {
    CoreJsonWebKeySet::new(vec![key.as_verification_key()])
}

fn wrong(path: &Path, reason: &dyn std::fmt::Display) -> Error {
    Error::KeyFormat {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn make(path: &Path) -> Result<RsaPrivateKey, Error> {
    let key =
        RsaPrivateKey::new(&mut rsa::rand_core::OsRng, SIZE_BITS).map_err(Error::KeyGeneration)?;
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| wrong(path, &error))?;
    keep(path, pem.as_bytes()).map_err(|source| Error::KeyFile {
        path: path.to_owned(),
        source,
    })?;
    Ok(key)
}

/// The file appears whole or not at all: half a key would keep every later start from succeeding.
fn keep(path: &Path, pem: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(pem)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}
