//! Who is signed in, and how one signs in.

use serde::{Deserialize, Serialize};

use crate::AdministrationView;

/// One identity provider on the sign-in page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInOption {
    /// Its key in the configuration; the sign-in address is `/auth/sign-in/{key}`.
    pub key: String,
    /// What its button says.
    pub title: String,
    /// Whether it is the demonstration provider, which is only for trying out.
    pub is_demonstration: bool,
}

/// All identity providers of this console.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInOptions {
    /// In the order of the configuration.
    pub providers: Vec<SignInOption>,
}

/// A person, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    /// What to call them.
    pub name: String,
    /// Only where the provider verified it.
    pub email: Option<String>,
}

/// A role that the person who asks has, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// The role's title.
    pub role: String,
    /// The kind of scope.
    pub scope_type: domain::ScopeType,
    /// The scope's name, with the names on the way to it: `Acme / gpu-east / Vision`.
    pub scope_name: String,
    /// The group, or “you”, that the access rule names.
    pub through: String,
}

/// The person who asks: “My access”.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeView {
    /// Who it is.
    pub person: PersonView,
    /// The groups that the provider sent.
    pub groups: Vec<String>,
    /// Those of them that no access rule names.
    pub unmapped_groups: Vec<String>,
    /// The roles that follow.
    pub grants: Vec<GrantView>,
    /// Which pages of the administration are theirs.
    pub administration: AdministrationView,
}
