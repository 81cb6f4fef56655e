//! Callers by what they show: a session or an access key. They are found once, and kept until anything changes that
//! they follow from, be it on another console.

use std::sync::Arc;

use authz::{Caller, Grant, Person};
use domain::AccessKeyId;
use jiff::Timestamp;
use tower_sessions::session::Id;

use crate::Identity;
use crate::kept::{Kept, Since};
use crate::refused::Refused;

/// Whom rules can name: an issuer, a subject there, and groups.
type Named = (String, String, Vec<String>);

/// Those who asked lately.
#[derive(Default)]
pub(crate) struct KeptCallers {
    callers: Kept<Credential, Caller>,
    grants: Kept<Named, Arc<[Grant]>>,
}

/// What a caller shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Credential {
    /// The cookie of a browser.
    Session(Id),
    /// A token of a program: a key with one of its secrets.
    AccessKey(AccessKeyId, u32),
}

/// A caller, and until when nothing but a change makes them another one, or nobody.
pub(crate) struct Known {
    pub(crate) caller: Caller,
    pub(crate) holds_until: Timestamp,
}

impl Identity {
    /// The caller of a credential, kept or found now.
    pub(crate) async fn kept_or_found(
        &self,
        credential: Credential,
        find: impl Future<Output = Result<Option<Known>, Refused>>,
    ) -> Result<Option<Caller>, Refused> {
        // Before anything is read: what changes meanwhile makes it old at once.
        let generations = self.store().generations().await?;
        let now = Since {
            // Both only grow: the sum is the same only if both are.
            generation: generations.callers + generations.access_rules,
            at: self.now(),
        };
        let callers = &self.kept_callers().callers;
        if let Some(caller) = callers.find(&credential, now) {
            return Ok(Some(caller));
        }
        let Some(known) = find.await? else {
            return Ok(None);
        };
        callers.keep(credential, known.caller.clone(), now, known.holds_until, 1);
        Ok(Some(known.caller))
    }

    /// A person with what the access rules give them at this moment.
    pub(crate) async fn caller_for(&self, person: Person) -> Result<Caller, Refused> {
        let now = Since {
            generation: self.store().generations().await?.access_rules,
            at: self.now(),
        };
        let named = (
            person.issuer.clone(),
            person.subject.clone(),
            person.groups.clone(),
        );
        let kept = &self.kept_callers().grants;
        if let Some(grants) = kept.find(&named, now) {
            return Ok(Caller::new(person, grants));
        }
        let mut tx = self.store().read().await?;
        let rules = tx
            .access_rules_for(&person.groups, &person.issuer, &person.subject)
            .await?;
        let grants: Arc<[Grant]> = rules.into_iter().map(Grant::from).collect();
        // Somebody without any counts too: there may be many.
        kept.keep(
            named,
            Arc::clone(&grants),
            now,
            Timestamp::MAX,
            grants.len() + 1,
        );
        Ok(Caller::new(person, grants))
    }
}
