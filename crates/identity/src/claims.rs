//! What a provider says about a person, from the ID token and userinfo, in bounds.
//!
//! No groups claim means no groups: never those of the last sign-in, and never “no restriction”.

use openidconnect::core::CoreGenderClaim;
use openidconnect::{AdditionalClaims, StandardClaims};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::refused::Refused;

const MOST_GROUPS: usize = 500;
const LONGEST_GROUP_CHARACTERS: usize = 256;
const LONGEST_SESSION_BYTES: usize = 512;
const LONGEST_NAME_CHARACTERS: usize = 256;

/// Every claim that OpenID Connect has no field for: which of them holds the groups is configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct OtherClaims(pub(crate) Map<String, Value>);

impl AdditionalClaims for OtherClaims {}

impl OtherClaims {
    /// The groups, or `None` where there is no such claim.
    ///
    /// Names are compared exactly elsewhere, so nothing is trimmed or folded here. Too many or too long is refused
    /// as a whole: half of somebody's rights would be a riddle.
    pub(crate) fn groups(&self, claim: &str) -> Result<Option<Vec<String>>, Refused> {
        if self.is_overage(claim) {
            return Err(Refused::GroupsOverage);
        }
        let groups = match self.0.get(claim) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(group)) => vec![group.clone()],
            Some(Value::Array(groups)) if groups.len() <= MOST_GROUPS => {
                let names = groups.iter().map(|group| group.as_str().map(str::to_owned));
                names
                    .collect::<Option<Vec<_>>>()
                    .ok_or(Refused::Groups("not all of them are text"))?
            }
            Some(Value::Array(_)) => return Err(Refused::Groups("there are more than 500")),
            Some(_) => return Err(Refused::Groups("they are neither a list nor one name")),
        };
        if groups
            .iter()
            .any(|group| group.chars().count() > LONGEST_GROUP_CHARACTERS)
        {
            return Err(Refused::Groups("one has more than 256 characters"));
        }
        let mut names: Vec<String> = Vec::with_capacity(groups.len());
        for group in groups {
            if !group.is_empty() && !names.contains(&group) {
                names.push(group);
            }
        }
        Ok(Some(names))
    }

    /// Microsoft Entra leaves the groups out of a token when there are more than some 200, and says so: in
    /// `_claim_names` for the code flow, `hasgroups` for the implicit one (Entra ID, “Groups overage claim”).
    fn is_overage(&self, claim: &str) -> bool {
        let elsewhere = self.0.get("_claim_names").and_then(Value::as_object);
        let has_groups = self.0.get("hasgroups");
        elsewhere.is_some_and(|names| names.contains_key(claim) || names.contains_key("groups"))
            || has_groups.is_some_and(|value| value == true || value == "true")
    }

    /// What the provider calls its session, in bounds.
    pub(crate) fn session(&self) -> Option<String> {
        let sid = self.0.get("sid").and_then(Value::as_str);
        sid.filter(|sid| (1..=LONGEST_SESSION_BYTES).contains(&sid.len()))
            .map(str::to_owned)
    }

    /// A time in seconds, which may be fractional.
    pub(crate) fn seconds(&self, claim: &str) -> Option<f64> {
        self.0.get(claim).and_then(Value::as_f64)
    }
}

/// What to call somebody, and where to write to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}

impl Profile {
    /// The e-mail only where the provider says that it verified it.
    pub(crate) fn of(claims: &StandardClaims<CoreGenderClaim>) -> Self {
        let email = claims
            .email()
            .filter(|_| claims.email_verified() == Some(true));
        let name = claims
            .name()
            .and_then(|name| name.get(None))
            .map(|name| name.as_str());
        let username = claims.preferred_username().map(|name| name.as_str());
        Self {
            name: name
                .and_then(presentable)
                .or_else(|| username.and_then(presentable)),
            email: email.and_then(|email| presentable(email)),
        }
    }

    /// The same, with what is missing taken from elsewhere.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            name: self.name.or(other.name),
            email: self.email.or(other.email),
        }
    }
}

/// Text that can stand in a list of people: no control characters, bounded, not blank.
fn presentable(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_NAME_CHARACTERS)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn groups(claims: Value) -> Result<Option<Vec<String>>, Refused> {
        serde_json::from_value::<OtherClaims>(claims)
            .unwrap()
            .groups("groups")
    }

    #[test]
    fn groups_are_a_list_or_one_name() {
        assert_eq!(
            groups(json!({ "groups": ["b", "a", "b", ""] })).unwrap(),
            Some(vec!["b".to_owned(), "a".to_owned()])
        );
        assert_eq!(
            groups(json!({ "groups": "a" })).unwrap(),
            Some(vec!["a".to_owned()])
        );
        assert_eq!(groups(json!({ "groups": [] })).unwrap(), Some(vec![]));
    }

    #[test]
    fn no_claim_is_no_groups() {
        assert_eq!(groups(json!({ "roles": ["a"] })).unwrap(), None);
        assert_eq!(groups(json!({ "groups": null })).unwrap(), None);
    }

    #[test]
    fn what_is_not_a_list_of_names_is_refused() {
        let many: Vec<String> = (0..501).map(|number| number.to_string()).collect();
        for claim in [
            json!({ "a": true }),
            json!(7),
            json!(["a", 7]),
            json!(["a".repeat(257)]),
            json!(many),
        ] {
            assert!(
                matches!(groups(json!({ "groups": claim })), Err(Refused::Groups(_))),
                "{claim}"
            );
        }
    }

    #[test]
    fn a_marker_of_overage_is_refused() {
        for claims in [
            json!({ "_claim_names": { "groups": "src1" }, "_claim_sources": {} }),
            json!({ "hasgroups": true }),
            json!({ "hasgroups": "true", "groups": ["a"] }),
        ] {
            assert!(matches!(groups(claims), Err(Refused::GroupsOverage)));
        }
        assert_eq!(
            groups(json!({ "_claim_names": { "address": "src1" } })).unwrap(),
            None
        );
    }

    #[test]
    fn an_unverified_address_is_nobodys() {
        let claims = |verified: Value| -> StandardClaims<CoreGenderClaim> {
            let mut claims =
                json!({ "sub": "1", "email": "ada@example.org", "name": " Ada\u{7}\n" });
            if !verified.is_null() {
                claims["email_verified"] = verified;
            }
            serde_json::from_value(claims).unwrap()
        };
        let email = Some("ada@example.org".to_owned());
        let name = Some("Ada".to_owned());
        assert_eq!(
            Profile::of(&claims(json!(true))),
            Profile {
                name: name.clone(),
                email: email.clone()
            }
        );
        assert_eq!(
            Profile::of(&claims(json!("true"))),
            Profile {
                name: name.clone(),
                email
            }
        );
        assert_eq!(
            Profile::of(&claims(json!(false))),
            Profile {
                name: name.clone(),
                email: None
            }
        );
        assert_eq!(
            Profile::of(&claims(Value::Null)),
            Profile { name, email: None }
        );
    }
}
