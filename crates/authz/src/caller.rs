//! Who asks, with all roles that access rules give them at this moment.

use std::sync::Arc;

use domain::{
    AccessKeyId, AccessRule, Actor, Origin, Reach, Role, ScopePath, ShareMode, Standing, Subject,
    UserId, VolumePath,
};

use crate::policy::{Action, Verdict, is_within, verdict};
use crate::principal::{Person, Principal};

/// A role at a scope, as an access rule gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub scope: ScopePath,
    /// Whom the rule names, for “My access”.
    pub through: String,
}

impl From<AccessRule> for Grant {
    fn from(rule: AccessRule) -> Self {
        Self {
            role: rule.role,
            scope: rule.scope,
            through: match rule.subject {
                Subject::Group(name) => name,
                Subject::User { .. } => "you".to_owned(),
                Subject::Application(_) => "this application".to_owned(),
            },
        }
    }
}

/// Who acts, together with what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    principal: Principal,
    grants: Arc<[Grant]>,
    origin: Origin,
    access_key_id: Option<AccessKeyId>,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The caller may not know that it exists: answer as if it did not.
    Invisible,
    /// The caller sees it, but may not do that.
    Forbidden(Action),
}

impl Caller {
    /// A person or an application with the grants that the access rules give them.
    pub fn new(principal: impl Into<Principal>, grants: impl Into<Arc<[Grant]>>) -> Self {
        Self {
            principal: principal.into(),
            grants: grants.into(),
            origin: Origin::default(),
            access_key_id: None,
        }
    }

    /// The same, asking from there.
    #[must_use]
    pub fn from_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same with other grants: what the access rules give by now.
    #[must_use]
    pub fn with_grants(self, grants: impl Into<Arc<[Grant]>>) -> Self {
        Self {
            grants: grants.into(),
            ..self
        }
    }

    /// The same, let in by an access key and not by a session.
    #[must_use]
    pub fn with_access_key(self, id: AccessKeyId) -> Self {
        Self {
            access_key_id: Some(id),
            ..self
        }
    }

    /// Who acts.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Under which id it is written down what they did.
    pub fn id(&self) -> UserId {
        self.principal.id()
    }

    /// The person who signed in, in a browser and at this console; `None` for every program, those with a person's
    /// own key among them: what a stolen key must not do is asked of this.
    pub fn signed_in_person(&self) -> Option<&Person> {
        match &self.principal {
            Principal::Person(person) if self.access_key_id.is_none() => Some(person),
            _ => None,
        }
    }

    /// The access key that let them in; `None` with a session.
    pub fn access_key_id(&self) -> Option<AccessKeyId> {
        self.access_key_id
    }

    /// From where they ask.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same person or application as the log names them.
    pub fn actor(&self) -> Actor {
        match &self.principal {
            Principal::Person(person) => Actor::Person {
                id: person.id,
                name: person.name.clone(),
            },
            Principal::Application(application) => Actor::Application {
                id: application.id,
                name: application.name.clone(),
            },
        }
    }

    /// All roles they have, and where.
    pub fn grants(&self) -> &Arc<[Grant]> {
        &self.grants
    }

    /// Whether the caller may do `action` to `thing`.
    ///
    /// # Errors
    /// [`Refusal::Invisible`] when they may not even see it, [`Refusal::Forbidden`] otherwise.
    pub fn authorize(&self, action: Action, thing: &impl Standing) -> Result<(), Refusal> {
        if self.may(action, thing) {
            Ok(())
        } else if self.may(Action::See, thing) {
            Err(Refusal::Forbidden(action))
        } else {
            Err(Refusal::Invisible)
        }
    }

    /// The same as a plain answer, for the list of what a page may offer.
    pub fn may(&self, action: Action, thing: &impl Standing) -> bool {
        self.grants_for(action, thing).any(|grant| {
            grant.scope.covers(thing.place())
                || thing
                    .reaches()
                    .iter()
                    .any(|reach| is_given(reach, action, grant))
        })
    }

    /// The outermost folders of a data volume in which the caller may do `action`: the root for who may
    /// everywhere, none for who may nowhere.
    pub fn folders(&self, action: Action, volume: &impl Standing) -> Vec<VolumePath> {
        let mut folders = Vec::new();
        for grant in self.grants_for(action, volume) {
            if grant.scope.covers(volume.place()) {
                return vec![VolumePath::root()];
            }
            let given = volume.reaches().iter();
            let given = given.filter(|reach| is_given(reach, action, grant));
            folders.extend(given.map(|reach| reach.sub_path.clone()));
        }
        // By their names, not letter by letter: `a/b` lies in `a`, and `a-b` would come between the two.
        folders.sort_by(|one, other| one.as_str().split('/').cmp(other.as_str().split('/')));
        outermost(folders, |outer, folder| folder.is_within(outer))
    }

    /// What gives the caller a role that may do `action`, wherever it holds.
    fn grants_for(&self, action: Action, thing: &impl Standing) -> impl Iterator<Item = &Grant> {
        let is_owned = thing.owner() == Some(self.id());
        self.grants
            .iter()
            .filter(move |grant| match verdict(grant.role, action) {
                Verdict::Yes => true,
                Verdict::Own => is_owned,
                Verdict::No => false,
            })
    }

    /// Whether a scope may be shown to the caller: it lies within one of their scopes or on the way to it.
    pub fn sees_scope(&self, scope: &ScopePath) -> bool {
        self.grants.iter().any(|grant| grant.scope.meets(scope))
    }

    /// Whether the caller may give somebody `role` at `scope`, or take it away: they manage the access
    /// rules there with a role that may all that this one may.
    pub fn may_give(&self, role: Role, scope: &ScopePath) -> bool {
        self.grants.iter().any(|grant| {
            grant.scope.covers(scope)
                && verdict(grant.role, Action::ManageAccessRules) == Verdict::Yes
                && is_within(role, grant.role)
        })
    }

    /// The outermost scopes at which the caller may do `action`: what a list is filtered by in SQL.
    /// Only ids; each reaches everything beneath it.
    pub fn reach(&self, action: Action) -> Vec<ScopePath> {
        let mut scopes: Vec<&ScopePath> = self
            .grants
            .iter()
            .filter(|grant| verdict(grant.role, action) != Verdict::No)
            .map(|grant| &grant.scope)
            .collect();
        scopes.sort();
        let scopes = outermost(scopes, |outer, scope| outer.covers(scope));
        scopes.into_iter().cloned().collect()
    }
}

/// Those that lie in no other. They have to be in an order in which what lies in one of them follows it at once.
fn outermost<T>(sorted: Vec<T>, holds: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut outermost: Vec<T> = Vec::new();
    for place in sorted {
        if !outermost.last().is_some_and(|outer| holds(outer, &place)) {
            outermost.push(place);
        }
    }
    outermost
}

/// Whether a share lets somebody with this grant do it.
fn is_given(reach: &Reach, action: Action, grant: &Grant) -> bool {
    shares_give(reach.mode, action) && grant.scope.meets(&reach.scope)
}

/// What a share gives to those who work where it reaches. Nobody re-shares what they received.
fn shares_give(mode: ShareMode, action: Action) -> bool {
    match action {
        Action::See | Action::ReadFiles | Action::AskForShare => true,
        Action::WriteFiles => mode == ShareMode::ReadWrite,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
