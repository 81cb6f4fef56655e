//! Sign-ins and their ends, for the one log of everything.

use domain::{Actor, Event, EventId, EventKind, EventObject, ObjectType, Origin, Outcome, UserId};

use crate::Identity;

/// Who signed in or out, and at which identity provider.
pub(crate) struct Who<'a> {
    pub(crate) id: UserId,
    pub(crate) name: &'a str,
    pub(crate) provider_key: &'a str,
}

impl Identity {
    /// What a person did.
    pub(crate) fn by_person(&self, kind: EventKind, who: &Who<'_>, origin: Origin) -> Event {
        let actor = Actor::Person {
            id: who.id,
            name: who.name.to_owned(),
        };
        self.event(kind, who, actor, origin)
    }

    /// What the console did because the identity provider told it to.
    pub(crate) fn by_provider(&self, kind: EventKind, who: &Who<'_>, origin: Origin) -> Event {
        self.event(kind, who, Actor::Console, origin)
    }

    fn event(&self, kind: EventKind, who: &Who<'_>, actor: Actor, origin: Origin) -> Event {
        Event {
            id: EventId(self.fresh_id()),
            kind,
            object: EventObject {
                object_type: ObjectType::Person,
                id: who.id.to_string(),
                name: who.name.to_owned(),
                place: None,
            },
            actor,
            origin,
            outcome: Outcome::Done,
            subject: who.provider_key.to_owned(),
            happened_at: self.now(),
        }
    }
}
