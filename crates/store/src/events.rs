//! The log. It is written in the transaction of the change that it tells of and outlives the thing.

use std::net::IpAddr;

use domain::{
    Actor, DataVolumeId, Event, EventId, EventKind, EventObject, ObjectType, Origin, Outcome,
    ScopePath, ScopeType, UserId,
};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::filter::{lower_case, pattern};
use crate::rows::{TableRow, columns, micros, signed};
use crate::statement::Values;
use crate::{Result, Tx};

const APPLICATION: &str = "application";
const CONSOLE: &str = "console";
const PERSON: &str = "person";

const RECORD: &str = "
    INSERT INTO audit_log (
        id, kind, object_type, object_id, object_name, subject, object_text,
        tenant_id, cluster_id, department_id, project_id,
        actor_type, actor_id, actor_name, actor_text, address, user_agent, refusal, happened_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";

const OF: &str = "
    SELECT * FROM audit_log
    WHERE object_id = $1 AND object_type = 'data-volume' AND refusal IS NULL
    ORDER BY happened_at DESC, id DESC LIMIT $2";

const WAS_READ: &str = "
    SELECT id FROM audit_log
    WHERE object_id = $1 AND happened_at >= $2 AND kind = 'file-read' AND actor_id = $3
          AND subject = $4 AND refusal IS NULL
    LIMIT 1";

/// Which entries of the log, newest first, already checked.
#[derive(Debug, Clone, Default)]
pub struct LogListing {
    /// The outermost scopes whose entries the caller may read; nobody reads any without one. What has no
    /// place belongs to the organisation.
    pub reach: Vec<ScopePath>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Who: a part of their name in whatever case, or their whole id; empty: all.
    pub person: String,
    /// To what: a part of its name or of the subject in whatever case, or its whole id; empty: all.
    pub object: String,
    /// Only these; empty: all.
    pub kinds: Vec<EventKind>,
    /// Only these; empty: all.
    pub object_types: Vec<ObjectType>,
    /// Only what was refused, or only what was done.
    pub is_refused: Option<bool>,
    /// Only what comes after this entry in the list: the next part of one that is read bit by bit.
    pub after: Option<(Timestamp, EventId)>,
    /// Entries to pass over.
    pub offset: u64,
    /// Entries to answer.
    pub limit: u64,
}

impl Tx {
    /// Writes down what happened.
    ///
    /// # Errors
    /// When the database does not answer; the change that it tells of must not be committed then.
    pub async fn record(&mut self, event: &Event) -> Result<()> {
        let object = &event.object;
        let [tenant, cluster, department, project] =
            object.place.as_ref().map_or([None; 4], columns);
        let (actor_type, actor_id, actor_name) = match &event.actor {
            Actor::Console => (CONSOLE, None, ""),
            Actor::Person { id, name } => (PERSON, Some(id.to_string()), name.as_str()),
            Actor::Application { id, name } => (APPLICATION, Some(id.to_string()), name.as_str()),
        };
        let refusal = match &event.outcome {
            Outcome::Done => None,
            Outcome::Refused { reason } => Some(reason.as_str()),
        };
        let query = sqlx::query(RECORD)
            .bind(event.id.to_string())
            .bind(event.kind.as_str())
            .bind(object.object_type.as_str())
            .bind(&object.id)
            .bind(&object.name)
            .bind(&event.subject)
            .bind(lower_case(&format!("{}\n{}", object.name, event.subject)))
            .bind(tenant)
            .bind(cluster)
            .bind(department)
            .bind(project)
            .bind(actor_type)
            .bind(actor_id)
            .bind(actor_name)
            .bind(lower_case(actor_name))
            .bind(event.origin.address.map(|address| address.to_string()))
            .bind(&event.origin.user_agent)
            .bind(refusal)
            .bind(micros(event.happened_at));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// What was done to a data volume, newest first; what was done at the same time by id.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn events_of(&mut self, id: DataVolumeId, limit: u32) -> Result<Vec<Event>> {
        let query = sqlx::query(OF).bind(id.to_string()).bind(i64::from(limit));
        self.rows(query).await?.iter().map(event).collect()
    }

    /// Whether the log says that somebody read a file of a data volume at `since` or later.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn was_read_since(
        &mut self,
        id: DataVolumeId,
        path: &str,
        reader: UserId,
        since: Timestamp,
    ) -> Result<bool> {
        let query = sqlx::query(WAS_READ)
            .bind(id.to_string())
            .bind(micros(since))
            .bind(reader.to_string())
            .bind(path);
        Ok(self.row(query).await?.is_some())
    }

    /// Part of the log, newest first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn list_events(&mut self, listing: &LogListing) -> Result<Vec<Event>> {
        let mut values = Values::default();
        let Some(condition) = condition(listing, &mut values) else {
            return Ok(Vec::new());
        };
        let limit = values.number(signed(listing.limit)?);
        let offset = values.number(signed(listing.offset)?);
        let query = values.query(format!(
            "SELECT * FROM audit_log WHERE {condition}
             ORDER BY happened_at DESC, id DESC LIMIT {limit} OFFSET {offset}"
        ));
        self.rows(query).await?.iter().map(event).collect()
    }
}

/// `None` where nothing can belong to the list.
fn condition(listing: &LogListing, values: &mut Values) -> Option<String> {
    let mut conditions = vec![within(&listing.reach, values)?];
    if let Some(since) = listing.since {
        conditions.push(format!("happened_at >= {}", values.number(micros(since))));
    }
    if let Some(until) = listing.until {
        conditions.push(format!("happened_at < {}", values.number(micros(until))));
    }
    for (text, column, id) in [
        (&listing.person, "actor_text", "actor_id"),
        (&listing.object, "object_text", "object_id"),
    ] {
        if !text.is_empty() {
            let (part, whole) = (values.text(&pattern(text)), values.text(text));
            conditions.push(format!(
                "({column} LIKE {part} ESCAPE '\\' OR {id} = {whole})"
            ));
        }
    }
    if !listing.kinds.is_empty() {
        let kinds = values.list(listing.kinds.iter().map(|kind| kind.as_str()));
        conditions.push(format!("kind IN {kinds}"));
    }
    if !listing.object_types.is_empty() {
        let types = values.list(listing.object_types.iter().map(|kind| kind.as_str()));
        conditions.push(format!("object_type IN {types}"));
    }
    match listing.is_refused {
        Some(true) => conditions.push("refusal IS NOT NULL".to_owned()),
        Some(false) => conditions.push("refusal IS NULL".to_owned()),
        None => {}
    }
    if let Some((at, id)) = listing.after {
        let (at, id) = (values.number(micros(at)), values.text(&id.to_string()));
        conditions.push(format!("(happened_at, id) < ({at}, {id})"));
    }
    Some(conditions.join(" AND "))
}

/// Lies within one of the scopes.
pub(crate) fn within(reach: &[ScopePath], values: &mut Values) -> Option<String> {
    if reach
        .iter()
        .any(|scope| scope.scope_type() == ScopeType::Tenant)
    {
        return Some("1 = 1".to_owned());
    }
    let mut conditions = Vec::new();
    for (kind, column) in [
        (ScopeType::Cluster, "cluster_id"),
        (ScopeType::Department, "department_id"),
        (ScopeType::Project, "project_id"),
    ] {
        let ids: Vec<&str> = reach
            .iter()
            .filter(|scope| scope.scope_type() == kind)
            .map(|scope| scope.id().as_str())
            .collect();
        if !ids.is_empty() {
            conditions.push(format!("{column} IN {}", values.list(ids)));
        }
    }
    (!conditions.is_empty()).then(|| format!("({})", conditions.join(" OR ")))
}

fn event(row: &AnyRow) -> Result<Event> {
    let row = TableRow::new("audit_log", "id", row);
    let actor = match row.text("actor_type")?.as_str() {
        CONSOLE => Actor::Console,
        PERSON => Actor::Person {
            id: row.parse("actor_id")?,
            name: row.text("actor_name")?,
        },
        APPLICATION => Actor::Application {
            id: row.parse("actor_id")?,
            name: row.text("actor_name")?,
        },
        other => return Err(row.unreadable("actor_type", format!("“{other}” is no kind of actor"))),
    };
    Ok(Event {
        id: row.parse("id")?,
        kind: row.parse("kind")?,
        object: EventObject {
            object_type: row.parse("object_type")?,
            id: row.text("object_id")?,
            name: row.text("object_name")?,
            place: match row.optional_text("tenant_id")? {
                Some(_) => Some(row.path()?),
                None => None,
            },
        },
        actor,
        origin: Origin {
            address: row.optional_parse::<IpAddr>("address")?,
            user_agent: row.text("user_agent")?,
        },
        outcome: match row.optional_text("refusal")? {
            Some(reason) => Outcome::Refused { reason },
            None => Outcome::Done,
        },
        subject: row.text("subject")?,
        happened_at: row.time("happened_at")?,
    })
}
