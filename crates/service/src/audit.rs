//! The audit log: written with every change and with every refusal, read by those who may.

use authz::{Action, Caller};
use domain::{
    AccessRuleId, Actor, ApplicationId, DataVolumeId, Event, EventId, EventKind, EventObject,
    ObjectType, Outcome, ScopeId, VolumeOfferId,
};
use futures::{Stream, StreamExt, stream};
use store::{LogListing, Tx};
use wire::{AuditEntryView, AuditPage, AuditQuery, AuditResult};

use crate::error::chain;
use crate::scope_tree::ScopeTree;
use crate::{Error, Result, Service};

/// How many entries an export reads at a time.
const PART: u32 = 500;

/// What somebody tried to do something to. It need not be there.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    DataVolume(DataVolumeId),
    Scope(ScopeId),
    AccessRule(AccessRuleId),
    Application(ApplicationId),
    VolumeOffer(VolumeOfferId),
    /// Something that would have been made in a scope.
    New(ObjectType, String, ScopeId),
}

impl From<DataVolumeId> for Target {
    fn from(id: DataVolumeId) -> Self {
        Self::DataVolume(id)
    }
}

impl Service {
    /// One page of the audit log, newest first: what concerns the scopes whose log the caller may read.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when there is none, [`Error::Invalid`] for a filter out of bounds.
    pub async fn list_audit_entries(
        &self,
        caller: &Caller,
        query: AuditQuery,
    ) -> Result<AuditPage> {
        let mut listing = log_listing(caller, &query)?;
        listing.limit += 1;
        let tree = self.tree().await?;
        let mut events = self.0.store.read().await?.list_events(&listing).await?;
        let has_more = events.len() as u64 == listing.limit;
        events.truncate(query.limit as usize);
        Ok(AuditPage {
            entries: events.into_iter().map(|event| view(event, &tree)).collect(),
            next: has_more.then(|| query.offset.saturating_add(query.limit)),
        })
    }

    /// The same with the organisation's id, as programs read it.
    ///
    /// # Errors
    /// As [`Service::list_audit_entries`].
    pub async fn show_audit_log(
        &self,
        caller: &Caller,
        query: AuditQuery,
    ) -> Result<(ScopeId, AuditPage)> {
        let page = self.list_audit_entries(caller, query).await?;
        Ok((self.tenant().await?.path.id().clone(), page))
    }

    /// All entries that the filters of `query` leave, newest first, read bit by bit: however many there
    /// are, few are in memory. Offset and limit do not count.
    ///
    /// # Errors
    /// As [`Service::list_audit_entries`]; the stream ends with an error when the database fails.
    pub async fn export_audit_entries(
        &self,
        caller: &Caller,
        query: AuditQuery,
    ) -> Result<impl Stream<Item = Result<AuditEntryView>> + Send + use<>> {
        let mut listing = log_listing(caller, &query)?;
        listing.offset = 0;
        listing.limit = PART.into();
        let tree = self.tree().await?;
        let service = self.clone();
        let parts = stream::try_unfold(Some(listing), move |listing| {
            let service = service.clone();
            async move {
                let Some(listing) = listing else {
                    return Ok::<_, Error>(None);
                };
                let events = service.0.store.read().await?.list_events(&listing).await?;
                let next = events
                    .last()
                    .filter(|_| events.len() as u64 == listing.limit)
                    .map(|last| LogListing {
                        after: Some((last.happened_at, last.id)),
                        ..listing
                    });
                Ok(Some((events, next)))
            }
        });
        Ok(parts.flat_map(move |part| {
            let entries: Vec<Result<AuditEntryView>> = match part {
                Ok(events) => events
                    .into_iter()
                    .map(|event| Ok(view(event, &tree)))
                    .collect(),
                Err(error) => vec![Err(error)],
            };
            stream::iter(entries)
        }))
    }

    /// An entry of the log, to be recorded in the transaction of the change. `None` is the console itself.
    pub(crate) fn event(
        &self,
        caller: Option<&Caller>,
        kind: EventKind,
        object: impl Into<EventObject>,
        subject: impl Into<String>,
    ) -> Event {
        Event {
            id: EventId(self.0.ids.fresh()),
            kind,
            object: object.into(),
            actor: caller.map_or(Actor::Console, Caller::actor),
            origin: caller
                .map(|caller| caller.origin().clone())
                .unwrap_or_default(),
            outcome: Outcome::Done,
            subject: subject.into(),
            happened_at: self.0.clock.now(),
        }
    }

    /// The answer to an attempt, after a refusal was written down: in a transaction of its own, because
    /// the one of the attempt never was. A thing that is not there is written down like one that the caller
    /// may not see, or the time that the answer takes would tell them apart.
    pub(crate) async fn noted<T>(
        &self,
        caller: &Caller,
        kind: EventKind,
        target: impl Into<Target>,
        answer: Result<T>,
    ) -> Result<T> {
        if let Err(refusal @ (Error::NotFound(_) | Error::Forbidden(_) | Error::StrongerRole(_))) =
            &answer
            && let Err(error) = self
                .note_refusal(caller, kind, target.into(), refusal.to_string())
                .await
        {
            tracing::error!(
                error = chain(&error),
                "a refusal could not be written into the log"
            );
        }
        answer
    }

    async fn note_refusal(
        &self,
        caller: &Caller,
        kind: EventKind,
        target: Target,
        reason: String,
    ) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let object = named(&mut tx, target).await?;
        let mut event = self.event(Some(caller), kind, object, String::new());
        event.outcome = Outcome::Refused { reason };
        tx.record(&event).await?;
        Ok(tx.commit().await?)
    }
}

/// The target with its name and place, if it is there.
async fn named(tx: &mut Tx, target: Target) -> Result<EventObject> {
    let (object_type, id, found) = match target {
        Target::DataVolume(id) => (
            ObjectType::DataVolume,
            id.to_string(),
            tx.data_volume(id).await?.as_ref().map(EventObject::from),
        ),
        Target::Scope(id) => {
            let scope = tx.scope(&id).await?;
            (
                ObjectType::Project,
                id.to_string(),
                scope.as_ref().map(EventObject::from),
            )
        }
        Target::AccessRule(id) => (
            ObjectType::AccessRule,
            id.to_string(),
            tx.access_rule(id).await?.as_ref().map(EventObject::from),
        ),
        Target::Application(id) => (
            ObjectType::Application,
            id.to_string(),
            tx.application(id).await?.as_ref().map(EventObject::from),
        ),
        Target::VolumeOffer(id) => (
            ObjectType::StaticVolume,
            id.to_string(),
            tx.volume_offer(id).await?.as_ref().map(EventObject::from),
        ),
        Target::New(object_type, name, scope) => {
            let place = tx.scope(&scope).await?.map(|scope| scope.path);
            let made = EventObject {
                object_type,
                id: String::new(),
                name,
                place,
            };
            (object_type, String::new(), Some(made))
        }
    };
    Ok(found.unwrap_or(EventObject {
        object_type,
        id,
        name: String::new(),
        place: None,
    }))
}

fn log_listing(caller: &Caller, query: &AuditQuery) -> Result<LogListing> {
    let reach = caller.reach(Action::ReadAuditLog);
    if reach.is_empty() {
        return Err(Error::Forbidden(Action::ReadAuditLog));
    }
    if !(1..=AuditQuery::MAX_LIMIT).contains(&query.limit) {
        return Err(Error::invalid("limit", "A page has 1 to 500 entries."));
    }
    for (field, text) in [("person", &query.person), ("object", &query.object)] {
        if text.chars().count() > AuditQuery::MAX_TEXT {
            return Err(Error::invalid(
                field,
                "A filter has at most 200 characters.",
            ));
        }
    }
    Ok(LogListing {
        reach,
        since: query.since,
        until: query.until,
        person: query.person.trim().to_owned(),
        object: query.object.trim().to_owned(),
        kinds: query.kinds.clone(),
        object_types: query.object_types.clone(),
        is_refused: query.result.map(|result| result == AuditResult::Refused),
        after: None,
        offset: query.offset.into(),
        limit: query.limit.into(),
    })
}

fn view(event: Event, tree: &ScopeTree) -> AuditEntryView {
    let is_by_application = matches!(event.actor, Actor::Application { .. });
    let (by, by_id) = match event.actor {
        Actor::Console => (None, None),
        Actor::Person { id, name } => (Some(name), Some(id.to_string())),
        Actor::Application { id, name } => (Some(name), Some(id.to_string())),
    };
    let (result, reason) = match event.outcome {
        Outcome::Done => (AuditResult::Done, String::new()),
        Outcome::Refused { reason } => (AuditResult::Refused, reason),
    };
    let place = event.object.place;
    AuditEntryView {
        id: event.id,
        happened_at: event.happened_at,
        kind: event.kind,
        object_type: event.object.object_type,
        object_id: event.object.id,
        object_name: event.object.name,
        scope_name: place
            .as_ref()
            .map(|place| tree.full_name(place))
            .unwrap_or_default(),
        scope_id: place.map(|place| place.id().clone()),
        subject: event.subject,
        by,
        by_id,
        is_by_application,
        address: event
            .origin
            .address
            .map(|address| address.to_string())
            .unwrap_or_default(),
        user_agent: event.origin.user_agent,
        result,
        reason,
    }
}
