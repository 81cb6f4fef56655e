//! Identifiers. They are made by the server and only read here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id!(
    /// A data volume, for as long as it exists and afterwards in the log.
    DataVolumeId
);
uuid_id!(
    /// A share: one data volume offered to one scope.
    ShareId
);
uuid_id!(
    /// A request for a share.
    ShareRequestId
);
uuid_id!(
    /// An access rule.
    AccessRuleId
);
uuid_id!(
    /// An offer of a static volume to a scope.
    VolumeOfferId
);
uuid_id!(
    /// An import into a data volume.
    ImportId
);
uuid_id!(
    /// A claim that programs know by an id.
    ClaimAssetId
);
uuid_id!(
    /// Whoever acts here: a person, that is one (`iss`, `sub`) of one identity provider, or an application.
    UserId
);
uuid_id!(
    /// An application: a program that is a subject of access rules.
    ApplicationId
);
uuid_id!(
    /// What a program proves itself with; its client id.
    AccessKeyId
);
uuid_id!(
    /// A view of the catalogue that somebody saved.
    SavedViewId
);
uuid_id!(
    /// One time that somebody signed in.
    SignInId
);

impl From<ApplicationId> for UserId {
    /// Under which id it is written down what an application did.
    fn from(id: ApplicationId) -> Self {
        Self(id.0)
    }
}

impl From<ApplicationId> for AccessKeyId {
    /// The client id of an application is its own id, so that either can stand where the other is asked for.
    fn from(id: ApplicationId) -> Self {
        Self(id.0)
    }
}
uuid_id!(
    /// One entry of the log of what happened.
    EventId
);

/// A node of the scope tree. Opaque text: clusters carry UUIDs, departments and projects decimal
/// numbers, because clients of Run:ai's API read those as integers in places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScopeId(pub String);

impl ScopeId {
    /// The id as text, the way it stands in addresses and in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for ScopeId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
