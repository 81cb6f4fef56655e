//! The file of the console's own key.
//!
//! The key belongs to the database although it does not lie in it: with another one every access key and every
//! sign-in would be worth nothing, without anybody being told why. So the database remembers which key it is, and a
//! console with another one does not start.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use credentials::ConsoleKey;
use store::Store;

const FINGERPRINT: &str = "console-key-fingerprint";

/// Reads the key, or makes one where neither the file nor the database has any.
pub(crate) async fn read_or_make(file: &Path, store: &Store) -> anyhow::Result<ConsoleKey> {
    let known = store.read().await?.secret(FINGERPRINT).await?;
    let found = read(file).with_context(|| format!("reading the key {}", file.display()))?;
    let key = match (found, &known) {
        (Some(key), _) => key,
        (None, None) => make(file).with_context(|| format!("making the key {}", file.display()))?,
        (None, Some(_)) => bail!(
            "the key {} is missing, and this database was used with one; bring it back, or name its place with key_file",
            file.display()
        ),
    };
    let mut tx = store.begin().await?;
    let kept = tx
        .put_secret_if_absent(FINGERPRINT, &key.fingerprint())
        .await?;
    tx.commit().await?;
    if kept != key.fingerprint() {
        bail!(
            "the key {} is another one than this database was used with",
            file.display()
        );
    }
    Ok(key)
}

fn read(file: &Path) -> anyhow::Result<Option<ConsoleKey>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let text = text.trim();
    let byte = |at: usize| -> Option<u8> {
        let pair = text.get(2 * at..2 * at + 2)?;
        u8::from_str_radix(pair, 16).ok()
    };
    let bits: Option<Vec<u8>> = (0..32).map(byte).collect();
    let bits: Option<[u8; 32]> = bits.and_then(|bits| bits.try_into().ok());
    bits.filter(|_| text.len() == 64)
        .map(|bits| Some(ConsoleKey::new(bits)))
        .ok_or_else(|| anyhow!("a key is 64 hexadecimal digits"))
}

fn make(file: &Path) -> anyhow::Result<ConsoleKey> {
    let bits: [u8; 32] = rand::random();
    let mut text = bits
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    text.push('\n');
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(file)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    Ok(ConsoleKey::new(bits))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    async fn store(folder: &Path) -> Store {
        let address = format!("sqlite:{}", folder.join("stowage.db").display());
        let store = Store::connect(&address).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[tokio::test]
    async fn the_key_is_made_once_and_a_database_goes_with_no_other() {
        let folder = Scratch::new("console-key");
        let file = folder.0.join("console.key");
        let store = store(&folder.0).await;
        let made = read_or_make(&file, &store).await.unwrap();
        let read = read_or_make(&file, &store).await.unwrap();
        assert_eq!(made.fingerprint(), read.fingerprint());

        fs::write(&file, "0".repeat(64)).unwrap();
        assert!(read_or_make(&file, &store).await.is_err());
        fs::remove_file(&file).unwrap();
        assert!(read_or_make(&file, &store).await.is_err());
        assert!(!file.exists());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let folder = Scratch::new("console-key-text");
        let file = folder.0.join("console.key");
        for text in ["", "0", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64)] {
            fs::write(&file, text).unwrap();
            assert!(read(&file).is_err(), "{text}");
        }
    }
}
