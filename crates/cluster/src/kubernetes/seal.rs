//! Seals: how a claim that was made just before a crash is known again.
//!
//! Its UID was not written down yet, and anybody in the namespace could have made a claim with the same
//! name and labels. Nobody else can make the seal.

use std::fmt;

use domain::DataVolumeId;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::names::hex;

/// What seals are made with: the console's secret, the same one after a restart and on every replica.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A key of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The seal of the claim of that name, made for that data volume.
    pub(super) fn seal(&self, id: DataVolumeId, namespace: &str, name: &str) -> String {
        let mac = self.mac(id, namespace, name).finalize().into_bytes();
        format!("{id}.{}", hex(&mac))
    }

    /// Whether a text is that seal.
    pub(super) fn is_seal(
        &self,
        text: &str,
        id: DataVolumeId,
        namespace: &str,
        name: &str,
    ) -> bool {
        let bytes = text
            .strip_prefix(&format!("{id}."))
            .and_then(|hex| {
                (0..hex.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
                    .collect::<Option<Vec<u8>>>()
            })
            .unwrap_or_default();
        self.mac(id, namespace, name).verify_slice(&bytes).is_ok()
    }

    /// The key of the tickets for one volume's data agent. It lies in a secret of the project's namespace,
    /// and whoever reads it there opens that volume and no other.
    pub(super) fn of_agent(&self, claim_uid: &str) -> [u8; 32] {
        let mut mac = self.keyed();
        mac.update(b"agent\0");
        mac.update(claim_uid.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn keyed(&self) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
    }

    fn mac(&self, id: DataVolumeId, namespace: &str, name: &str) -> Hmac<Sha256> {
        let mut mac = self.keyed();
        for part in ["claim", &id.to_string(), namespace, name] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        mac
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_good_for_one_claim_of_one_data_volume() {
        let key = SealKey::new([7; 32]);
        let id = |number| DataVolumeId(uuid::Uuid::from_u128(number));
        let seal = key.seal(id(1), "vision", "imagenet");
        assert!(key.is_seal(&seal, id(1), "vision", "imagenet"));
        assert!(!key.is_seal(&seal, id(2), "vision", "imagenet"));
        assert!(!key.is_seal(&seal, id(1), "speech", "imagenet"));
        assert!(!key.is_seal(&seal, id(1), "vision", "cifar"));
        assert!(!SealKey::new([8; 32]).is_seal(&seal, id(1), "vision", "imagenet"));
        for forged in [
            "",
            "x",
            &id(1).to_string(),
            &format!("{}.", id(1)),
            &seal[..seal.len() - 1],
        ] {
            assert!(
                !key.is_seal(forged, id(1), "vision", "imagenet"),
                "{forged}"
            );
        }
        assert_ne!(key.of_agent("one"), key.of_agent("other"));
        assert_eq!(format!("{key:?}"), "SealKey(…)");
    }
}
