//! The console's own key, and one key for each purpose made from it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use thiserror::Error;

/// 256 random bits that belong to one console, or to all that share a database.
#[derive(Clone)]
pub struct ConsoleKey([u8; 32]);

/// That a sealed text is none of this key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("what was sealed cannot be opened: it was sealed with another key, or changed")]
pub struct Unreadable;

impl ConsoleKey {
    /// Of random bits that are kept elsewhere.
    pub fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// What the key can be known again by; it says nothing of the key.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.derive("fingerprint")
    }

    /// The hash of a secret, for keeping.
    ///
    /// A fast hash is right here, where it would be wrong for a password: nobody guesses 256 random bits, so
    /// nothing is won by making each guess slow, and every token request would pay for it. That it is keyed means
    /// that the database alone does not even tell whether a secret that was found somewhere is one of ours.
    pub fn hash(&self, secret: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.hash_key(), secret.as_bytes()))
    }

    /// Whether that is the hash of that secret. Takes the same time wherever they differ.
    pub fn is_hash_of(&self, hash: &str, secret: &str) -> bool {
        let Ok(hash) = URL_SAFE_NO_PAD.decode(hash) else {
            return false;
        };
        hmac::verify(&self.hash_key(), secret.as_bytes(), &hash).is_ok()
    }

    /// A text that only this key opens, and only as what it was sealed as.
    pub fn seal(&self, name: &str, text: &str) -> String {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut sealed = text.as_bytes().to_vec();
        // Sealing fails for texts of many gigabytes only; an empty one opens to nothing.
        let is_sealed = self.seal_key().is_some_and(|key| {
            key.seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.as_bytes()),
                &mut sealed,
            )
            .is_ok()
        });
        if !is_sealed {
            return String::new();
        }
        sealed.splice(0..0, nonce);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// What was sealed under that name.
    ///
    /// # Errors
    /// [`Unreadable`] when it was sealed under another name or by another key, or was changed.
    pub fn open(&self, name: &str, sealed: &str) -> Result<String, Unreadable> {
        let mut sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unreadable)?;
        let (nonce, text) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(Unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unreadable)?;
        let text = self
            .seal_key()
            .ok_or(Unreadable)?
            .open_in_place(nonce, Aad::from(name.as_bytes()), text)
            .map_err(|_| Unreadable)?;
        String::from_utf8(text.to_vec()).map_err(|_| Unreadable)
    }

    /// A key for signing tokens of one use.
    pub(crate) fn signing_key(&self, token_use: &str) -> hmac::Key {
        let key = self.derive(&format!("token {token_use}"));
        hmac::Key::new(hmac::HMAC_SHA256, &key)
    }

    fn hash_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.derive("secret hash"))
    }

    fn seal_key(&self) -> Option<LessSafeKey> {
        let key = UnboundKey::new(&AES_256_GCM, &self.derive("seal"));
        key.ok().map(LessSafeKey::new)
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut derived = [0; 32];
        derived.copy_from_slice(hmac::sign(&key, purpose.as_bytes()).as_ref());
        derived
    }
}

impl fmt::Debug for ConsoleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_its_secret_under_its_key_alone() {
        let key = ConsoleKey::new([7; 32]);
        let hash = key.hash("hush");
        assert!(key.is_hash_of(&hash, "hush"));
        assert!(!key.is_hash_of(&hash, "hush "));
        assert!(!key.is_hash_of(&hash[1..], "hush"));
        assert!(!key.is_hash_of("", "hush"));
        assert!(!ConsoleKey::new([8; 32]).is_hash_of(&hash, "hush"));
    }

    #[test]
    fn what_is_sealed_opens_under_its_name_and_its_key_alone() {
        let key = ConsoleKey::new([7; 32]);
        let sealed = key.seal("a", "hush");
        assert_ne!(sealed, key.seal("a", "hush"));
        assert_eq!(key.open("a", &sealed).as_deref(), Ok("hush"));
        assert_eq!(key.open("b", &sealed), Err(Unreadable));
        assert_eq!(key.open("a", &sealed[1..]), Err(Unreadable));
        assert_eq!(key.open("a", ""), Err(Unreadable));
        assert_eq!(ConsoleKey::new([8; 32]).open("a", &sealed), Err(Unreadable));
    }
}
