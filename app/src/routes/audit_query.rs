//! The filters of the audit log in its address.

use domain::{EventKind, ObjectType};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use wire::{AuditQuery, AuditResult};

use super::Query;

impl From<&Query> for AuditQuery {
    fn from(query: &Query) -> Self {
        let text = |name| {
            let text = query.get(name).unwrap_or_default();
            text.chars().take(Self::MAX_TEXT).collect()
        };
        Self {
            since: query.get("since").and_then(first_moment),
            // The day that is named belongs to it.
            until: query.get("until").and_then(end_of_day),
            person: text("person"),
            object: text("object"),
            kinds: query
                .all("kind")
                .filter_map(|word| word.parse::<EventKind>().ok())
                .collect(),
            object_types: query
                .all("type")
                .filter_map(|word| word.parse::<ObjectType>().ok())
                .collect(),
            result: match query.get("result") {
                Some("done") => Some(AuditResult::Done),
                Some("refused") => Some(AuditResult::Refused),
                _ => None,
            },
            offset: query
                .get("offset")
                .and_then(|number| number.parse().ok())
                .unwrap_or_default(),
            limit: Self::DEFAULT_LIMIT,
        }
    }
}

/// The first moment after a day, in UTC.
pub(crate) fn end_of_day(day: &str) -> Option<Timestamp> {
    let after = day.parse::<Date>().ok()?.tomorrow().ok()?;
    first_moment(&after.to_string())
}

/// When a day ends, in UTC, to the microsecond.
pub(super) fn last_moment(day: &str) -> Option<Timestamp> {
    end_of_day(day)?
        .checked_sub(SignedDuration::from_micros(1))
        .ok()
}

/// When a day begins, in UTC.
pub(super) fn first_moment(day: &str) -> Option<Timestamp> {
    let day: Date = day.parse().ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The same filters for the export, which takes moments and words between commas.
pub(crate) fn export(path: &str, query: &AuditQuery) -> String {
    let joined = |words: Vec<&str>| (!words.is_empty()).then(|| words.join(","));
    Query::default()
        .with_some("since", query.since)
        .with_some("until", query.until)
        .with_some("person", some(&query.person))
        .with_some("object", some(&query.object))
        .with_some(
            "kinds",
            joined(query.kinds.iter().map(|kind| kind.as_str()).collect()),
        )
        .with_some(
            "objectTypes",
            joined(
                query
                    .object_types
                    .iter()
                    .map(|kind| kind.as_str())
                    .collect(),
            ),
        )
        .with_some(
            "result",
            query.result.map(|result| match result {
                AuditResult::Done => "done",
                AuditResult::Refused => "refused",
            }),
        )
        .address(path)
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_an_address_are_whole_days_in_utc() {
        let query = Query::parse(
            "since=2026-03-01&until=2026-03-01&person=Ada&object=&kind=created&kind=x&result=refused&offset=50",
        );
        let query = AuditQuery::from(&query);
        let expected = AuditQuery {
            since: Some("2026-03-01T00:00:00Z".parse().unwrap()),
            until: Some("2026-03-02T00:00:00Z".parse().unwrap()),
            person: "Ada".into(),
            kinds: vec![EventKind::Created],
            result: Some(AuditResult::Refused),
            offset: 50,
            ..AuditQuery::default()
        };
        assert_eq!(query, expected);
        assert_eq!(
            export("/x", &query),
            "/x?since=2026-03-01T00%3A00%3A00Z&until=2026-03-02T00%3A00%3A00Z&person=Ada&kinds=created&result=refused"
        );
        assert_eq!(
            AuditQuery::from(&Query::parse("since=soon&offset=-1")),
            AuditQuery::default()
        );
    }
}
