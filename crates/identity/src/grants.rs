//! What the access rules give somebody, kept until a rule is made or removed.
//!
//! Each request asks the database whether that happened, on whichever console; what is kept is never believed without.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use authz::{Grant, Person};
use jiff::{SignedDuration, Timestamp};

use crate::Identity;
use crate::refused::Refused;

/// For how long grants are kept at most: a console of an older version removes rules without a word.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(5);
/// When there are more grants than that, all are forgotten.
const MOST_GRANTS: usize = 20_000;

/// Whom rules can name: an issuer, a subject there, and groups.
type Named = (String, String, Vec<String>);

/// Grants of those who asked lately.
#[derive(Default)]
pub(crate) struct KeptGrants(Mutex<HashMap<Named, Kept>>);

struct Kept {
    generation: u64,
    read_at: Timestamp,
    grants: Arc<[Grant]>,
}

impl KeptGrants {
    fn find(&self, named: &Named, generation: u64, now: Timestamp) -> Option<Arc<[Grant]>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(named)?;
        let holds = kept.generation == generation && now.duration_since(kept.read_at) < KEPT_FOR;
        holds.then(|| Arc::clone(&kept.grants))
    }

    fn keep(&self, named: Named, kept: Kept) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody without any counts too: there may be many.
        let count: usize = all.values().map(|kept| kept.grants.len() + 1).sum();
        if count + kept.grants.len() > MOST_GRANTS {
            all.clear();
        }
        all.insert(named, kept);
    }
}

impl Identity {
    /// What the access rules give a person at this moment.
    pub(crate) async fn grants_of(&self, person: &Person) -> Result<Arc<[Grant]>, Refused> {
        // Before the rules are read: what changes meanwhile makes them old at once.
        let generation = self.store().generations().await?.access_rules;
        let read_at = self.now();
        let named = (
            person.issuer.clone(),
            person.subject.clone(),
            person.groups.clone(),
        );
        if let Some(grants) = self.kept_grants().find(&named, generation, read_at) {
            return Ok(grants);
        }
        let mut tx = self.store().read().await?;
        let rules = tx
            .access_rules_for(&person.groups, &person.issuer, &person.subject)
            .await?;
        let grants: Arc<[Grant]> = rules.into_iter().map(Grant::from).collect();
        let kept = Kept {
            generation,
            read_at,
            grants: Arc::clone(&grants),
        };
        self.kept_grants().keep(named, kept);
        Ok(grants)
    }
}
