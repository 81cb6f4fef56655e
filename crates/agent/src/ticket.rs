//! Tickets: what a caller may do in one volume, for a short time.
//!
//! A ticket is the only thing that opens the agent's door, and the agent believes every word of one whose
//! signature is right: whoever signs has asked about the rights before.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::VolumePath;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::credential::SourceCredential;
use crate::error::{Error, Result};

/// The request header that carries a signed ticket.
pub(crate) const HEADER: &str = "stowage-ticket";
/// Longer texts are refused unread.
const MAX_TEXT_BYTES: usize = 64 << 10;

/// What a ticket allows; whoever may write may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Look at folders and files.
    Read,
    /// Change them too, and upload.
    Write,
}

/// What a caller may do here, for a short time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The uid of the claim whose volume this is about.
    pub volume: String,
    /// The id of the user who acts. Unfinished uploads belong to it.
    pub subject: String,
    /// What is allowed.
    pub access: Access,
    /// Where: these folders and all that is in them. The root is the whole volume.
    pub folders: Vec<VolumePath>,
    /// From when on the ticket is worth nothing.
    pub expires_at: Timestamp,
    /// What an import that is ordered with this ticket shows its source. Nobody reads it on the way.
    pub credential: Option<SourceCredential>,
}

/// A ticket as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Payload {
    volume: String,
    subject: String,
    access: Access,
    folders: Vec<VolumePath>,
    expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_credential: Option<String>,
}

impl Ticket {
    /// Refuses to tell of a file or folder that lies elsewhere, as if it were not there.
    pub(crate) fn refuse_unseen(&self, path: &VolumePath) -> Result<()> {
        if self.holds(path) {
            return Ok(());
        }
        Err(Error::NotFound("such file or folder"))
    }

    /// Refuses a change outside of the folders. These themselves stand in somebody else's and stay.
    pub(crate) fn refuse_elsewhere(&self, path: &VolumePath) -> Result<()> {
        let is_itself_one = !path.is_root() && self.folders.contains(path);
        if self.holds(path) && !is_itself_one {
            return Ok(());
        }
        let folders: Vec<&str> = self.folders.iter().map(VolumePath::as_str).collect();
        Err(Error::Elsewhere(folders.join("”, “")))
    }

    /// Whether this is in one of the folders.
    pub(crate) fn holds(&self, path: &VolumePath) -> bool {
        self.folders.iter().any(|folder| path.is_within(folder))
    }

    /// Whether this is on the way to one of the folders.
    pub(crate) fn leads_through(&self, path: &VolumePath) -> bool {
        self.folders.iter().any(|folder| folder.is_within(path))
    }
}

/// Why a ticket was not taken. Callers are told the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// There is none.
    #[error("there is no ticket")]
    Missing,
    /// The text is no ticket.
    #[error("the ticket cannot be read")]
    Malformed,
    /// Somebody else made it, or it was changed.
    #[error("the ticket's signature is wrong")]
    Signature,
    /// It was good once.
    #[error("the ticket has expired")]
    Expired,
    /// It is good for another volume.
    #[error("the ticket is for another volume")]
    OtherVolume,
}

/// The secret that the console and the agents of its volumes share.
#[derive(Clone)]
pub struct TicketKey([u8; 32]);

impl fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketKey(…)")
    }
}

impl TicketKey {
    /// A key of 256 random bits.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The ticket as a header's text: payload and HMAC-SHA256 in base64url, joined by a dot.
    pub fn sign(&self, ticket: &Ticket) -> String {
        let Ticket {
            volume,
            subject,
            access,
            folders,
            expires_at,
            credential,
        } = ticket.clone();
        let sealed_credential =
            credential.and_then(|credential| credential.seal(&self.seal_key(), &volume));
        let payload = Payload {
            volume,
            subject,
            access,
            folders,
            expires_at,
            sealed_credential,
        };
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).unwrap_or_default());
        let signature = self.mac(payload.as_bytes()).finalize().into_bytes();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The ticket in a header's text, if it was signed with this key and has not expired.
    ///
    /// # Errors
    /// [`TicketError`] says why not. The signature is looked at before anything inside.
    pub fn verify(&self, text: &str, now: Timestamp) -> Result<Ticket, TicketError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(TicketError::Malformed);
        }
        let (payload, signature) = text.split_once('.').ok_or(TicketError::Malformed)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| TicketError::Malformed)?;
        self.mac(payload.as_bytes())
            .verify_slice(&signature)
            .map_err(|_| TicketError::Signature)?;
        let json = URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| TicketError::Malformed)?;
        let payload: Payload = serde_json::from_slice(&json).map_err(|_| TicketError::Malformed)?;
        let ticket = self.opened(payload)?;
        if ticket.expires_at <= now {
            return Err(TicketError::Expired);
        }
        Ok(ticket)
    }

    fn opened(&self, payload: Payload) -> Result<Ticket, TicketError> {
        let credential = payload
            .sealed_credential
            .map(|sealed| {
                SourceCredential::open(&self.seal_key(), &payload.volume, &sealed)
                    .ok_or(TicketError::Malformed)
            })
            .transpose()?;
        Ok(Ticket {
            volume: payload.volume,
            subject: payload.subject,
            access: payload.access,
            folders: payload.folders,
            expires_at: payload.expires_at,
            credential,
        })
    }

    /// What credentials are sealed with: signing and sealing have a key each.
    fn seal_key(&self) -> [u8; 32] {
        self.mac(b"import credentials")
            .finalize()
            .into_bytes()
            .into()
    }

    fn mac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(message);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::Credential;

    fn ticket() -> Ticket {
        Ticket {
            volume: "claim".to_owned(),
            subject: "ada".to_owned(),
            access: Access::Write,
            folders: vec![VolumePath::root()],
            expires_at: Timestamp::from_second(1_000).unwrap(),
            credential: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_signed_ticket_is_read_back() {
        let key = TicketKey::new([7; 32]);
        assert_eq!(key.verify(&key.sign(&ticket()), at(999)), Ok(ticket()));
    }

    #[test]
    fn a_credential_in_a_ticket_is_read_by_who_has_the_key_alone() {
        let key = TicketKey::new([7; 32]);
        let ticket = Ticket {
            credential: Some(SourceCredential {
                credential: Credential::S3 {
                    access_key_id: "AKIAEXAMPLE".to_owned(),
                    secret_access_key: "hush-hush".to_owned(),
                    session_token: Some("lent-token".to_owned()),
                },
                origins: vec!["https://s3.example.org".to_owned()],
            }),
            ..ticket()
        };
        let text = key.sign(&ticket);
        let payload = URL_SAFE_NO_PAD
            .decode(text.split_once('.').unwrap().0)
            .unwrap();
        let shown = format!("{} {ticket:?}", String::from_utf8(payload).unwrap());
        for secret in ["AKIAEXAMPLE", "hush-hush", "lent-token"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_ne!(
            text,
            key.sign(&ticket),
            "sealed twice, it reads differently"
        );
        assert_eq!(key.verify(&text, at(999)), Ok(ticket));
        assert!(TicketKey::new([8; 32]).verify(&text, at(999)).is_err());
    }

    #[test]
    fn a_ticket_ends_at_its_second() {
        let key = TicketKey::new([7; 32]);
        assert_eq!(
            key.verify(&key.sign(&ticket()), at(1_000)),
            Err(TicketError::Expired)
        );
    }

    #[test]
    fn no_byte_of_a_ticket_can_be_changed() {
        let key = TicketKey::new([7; 32]);
        let text = key.sign(&ticket());
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(key.verify(&changed, at(0)).is_err(), "{index}");
        }
        assert!(TicketKey::new([8; 32]).verify(&text, at(0)).is_err());
        for text in ["", ".", "a.b", "a", &"x".repeat(MAX_TEXT_BYTES + 1)] {
            assert!(key.verify(text, at(0)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_ticket_for_a_folder_is_no_ticket_for_its_neighbours() {
        let path = |text: &str| text.parse::<VolumePath>().unwrap();
        let ticket = Ticket {
            folders: vec![path("a/b"), path("c")],
            ..ticket()
        };
        for within in ["a/b", "a/b/x", "c/d/e"] {
            assert!(ticket.refuse_unseen(&path(within)).is_ok(), "{within}");
        }
        for elsewhere in ["", "a", "a/bb", "d"] {
            assert!(ticket.refuse_unseen(&path(elsewhere)).is_err());
            assert!(ticket.refuse_elsewhere(&path(elsewhere)).is_err());
        }
        assert!(ticket.refuse_elsewhere(&path("a/b/x")).is_ok());
        // Whoever has a folder neither renames nor deletes it.
        assert!(ticket.refuse_elsewhere(&path("a/b")).is_err());
        assert!(ticket.leads_through(&path("")) && ticket.leads_through(&path("a")));
        assert!(!ticket.leads_through(&path("a/bb")));
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", TicketKey::new([7; 32])), "TicketKey(…)");
    }
}
