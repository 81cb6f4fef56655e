//! What belongs to a list, as conditions on `data_volumes v`.
//!
//! The same set is written in two ways. As one condition it is asked of row after row, wherever the
//! rows come from. In parts, none of which has a row of another, the engines find the rows by where
//! they originate or by a share: with both joined by OR, they would look at every row.

use domain::{
    CatalogueFilter, CatalogueView, Comparison, FilterText, PersistenceClass, Phase, Tag,
};

use crate::catalogue::Listing;
use crate::circle::{Circle, originating};
use crate::rows::micros;
use crate::statement::Values;

/// The name of the person who made a data volume; empty where nobody knows them any more.
pub(crate) const CREATOR: &str =
    "COALESCE((SELECT people.name FROM people WHERE people.id = v.created_by), '')";

/// Which data volumes belong to a list.
pub(crate) struct Filter<'l> {
    /// The volume has to be within each; the first is the one to start from.
    circles: Vec<Circle<'l>>,
    words: &'l [String],
    phases: &'l [Phase],
    persistence: &'l [PersistenceClass],
    filters: &'l [CatalogueFilter],
}

impl<'l> Filter<'l> {
    /// `None` where nothing can belong to the list.
    pub(crate) fn of(listing: &'l Listing) -> Option<Self> {
        if listing.reach.is_empty() {
            return None;
        }
        let is_originated = listing.view == CatalogueView::Originated;
        let reach = Circle {
            scopes: &listing.reach,
            // Without a chosen scope: what originates in the caller's own.
            is_shared_in: !is_originated || listing.scope.is_some(),
        };
        let chosen = listing.scope.as_ref().map(|scope| Circle {
            scopes: std::slice::from_ref(scope),
            is_shared_in: !is_originated,
        });
        let mut circles = Vec::new();
        // Whoever reaches the chosen scope sees all that has to do with it, and the other way round.
        if !chosen
            .as_ref()
            .is_some_and(|chosen| chosen.is_covered_by(&reach))
        {
            circles.push(reach);
        }
        if let Some(chosen) = chosen
            && !(chosen.is_shared_in && circles.iter().any(|reach| reach.is_covered_by(&chosen)))
        {
            circles.insert(0, chosen);
        }
        circles.retain(|circle| !circle.holds_everything());
        circles.sort_by_key(|circle| !circle.is_narrow());
        Some(Self {
            circles,
            words: &listing.words,
            phases: &listing.phases,
            persistence: &listing.persistence,
            filters: &listing.filters,
        })
    }

    /// Whether the rows can be found by their projects.
    pub(crate) fn is_narrow(&self) -> bool {
        self.circles.first().is_some_and(Circle::is_narrow)
    }

    /// Whether rows are looked at one by one for what is in them.
    pub(crate) fn is_searched(&self) -> bool {
        !(self.words.is_empty()
            && self.phases.is_empty()
            && self.persistence.is_empty()
            && self.filters.is_empty())
    }

    /// The whole as one condition.
    pub(crate) fn condition(&self, values: &mut Values) -> String {
        // What is in a row is looked at first: SQLite asks in this order, and where a volume belongs takes longer.
        let mut conditions = self.contents(values);
        let circles = self.circles.iter();
        conditions.extend(circles.map(|circle| circle.condition(values)));
        all(conditions)
    }

    /// The whole in parts.
    pub(crate) fn parts(&self, values: &mut Values) -> Vec<String> {
        let Some((first, others)) = self.circles.split_first() else {
            return vec![self.condition(values)];
        };
        let mut common = self.contents(values);
        common.extend(others.iter().map(|circle| circle.condition(values)));
        let parts = first.parts(self.is_searched(), values).into_iter();
        parts
            .map(|part| all([part].into_iter().chain(common.iter().cloned())))
            .collect()
    }

    /// Queries for numbers whose sum is the length of the list, if it is not searched. They look at no data volume
    /// but in an index: what is shared with whom, and from where, is known from the shares alone.
    pub(crate) fn counts(&self, values: &mut Values) -> Vec<String> {
        let Some((first, others)) = self.circles.split_first() else {
            return vec!["SELECT count(*) FROM data_volumes".to_owned()];
        };
        let mut counts = Vec::new();
        let mut shared = Vec::new();
        if let Some(other) = others.first() {
            let common = first.common(other);
            if !common.is_empty() {
                counts.push(originating(&common, values));
            }
            if other.is_shared_in {
                let (there, from) = (
                    other.shared_from_elsewhere(values),
                    first.origin_of_shares(values),
                );
                shared.push(format!("{there} AND {from}"));
            }
            if first.is_shared_in {
                let here = first.shared_from_elsewhere(values);
                let mut there = other.origin_of_shares(values);
                if other.is_shared_in {
                    there = format!(
                        "({there} OR s.data_volume_id IN ({}))",
                        other.shared(values)
                    );
                }
                shared.push(format!("{here} AND {there}"));
            }
        } else {
            counts.push(originating(first.scopes, values));
            if first.is_shared_in {
                shared.push(first.shared_from_elsewhere(values));
            }
        }
        counts.extend(shared.iter().map(|condition| {
            format!(
                "SELECT count(*) FROM (SELECT s.data_volume_id FROM shares s WHERE {condition}
                 GROUP BY s.data_volume_id) AS shared"
            )
        }));
        counts
    }

    fn contents(&self, values: &mut Values) -> Vec<String> {
        let mut conditions = Vec::new();
        for word in self.words {
            let pattern = values.text(&pattern(word));
            conditions.push(format!("v.search_text LIKE {pattern} ESCAPE '\\'"));
        }
        if !self.phases.is_empty() {
            let phases = values.list(self.phases.iter().map(|phase| phase.as_str()));
            conditions.push(format!("v.phase IN {phases}"));
        }
        if !self.persistence.is_empty() {
            let classes = values.list(self.persistence.iter().map(|class| class.as_str()));
            conditions.push(format!("v.persistence_class IN {classes}"));
        }
        conditions.extend(self.filters.iter().map(|filter| compared(filter, values)));
        conditions
    }
}

fn compared(filter: &CatalogueFilter, values: &mut Values) -> String {
    match filter {
        CatalogueFilter::Text {
            of,
            comparison,
            value,
        } => compared_text(text_of(*of), *comparison, value, values),
        CatalogueFilter::CreatedAt { comparison, at } => {
            let at = values.number(micros(*at));
            format!("v.created_at {} {at}", sql_operator(*comparison))
        }
        CatalogueFilter::Tag { is_there, tag } => tagged(*is_there, tag, values),
    }
}

/// Whether a tag stands in the list, which is kept as JSON: at its beginning or behind a comma, with a quotation mark
/// that a text within the list would have written as `\"`.
fn tagged(is_there: bool, tag: &Tag, values: &mut Values) -> String {
    let tag = crate::rows::json(tag);
    let (first, other) = (format!("[{tag}"), format!(",{tag}"));
    let length = first.chars().count();
    let (first, other) = (values.text(&first), values.text(&other));
    format!(
        "v.id {} (SELECT d.data_volume_id FROM data_volume_details d
         WHERE substr(d.tags, 1, {length}) = {first} OR replace(d.tags, {other}, '') <> d.tags)",
        if is_there { "IN" } else { "NOT IN" }
    )
}

fn text_of(text: FilterText) -> &'static str {
    match text {
        FilterText::Name => "v.name",
        FilterText::ProjectId => "v.project_id",
        FilterText::ProjectName => "v.project_name",
        FilterText::DepartmentId => "v.department_id",
        FilterText::ClusterId => "v.cluster_id",
        FilterText::Creator => CREATOR,
        FilterText::Phase => "v.phase",
    }
}

/// Byte for byte, with functions that both engines read alike: their `LIKE` is not the same.
fn compared_text(text: &str, comparison: Comparison, value: &str, values: &mut Values) -> String {
    if value.is_empty() {
        // Every text contains, begins and ends with nothing.
        match comparison {
            Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => {
                return "1 = 1".to_owned();
            }
            Comparison::ContainsNot => return "1 = 0".to_owned(),
            _ => {}
        }
    }
    let length = value.chars().count();
    let value = values.text(value);
    match comparison {
        Comparison::Contains => format!("replace({text}, {value}, '') <> {text}"),
        Comparison::ContainsNot => format!("replace({text}, {value}, '') = {text}"),
        Comparison::StartsWith => format!("substr({text}, 1, {length}) = {value}"),
        Comparison::EndsWith => format!(
            "(length({text}) >= {length} AND substr({text}, length({text}) - {length} + 1) = {value})"
        ),
        _ => format!("{text} {} {value}", sql_operator(comparison)),
    }
}

fn sql_operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::IsNot => "<>",
        Comparison::AtMost => "<=",
        Comparison::AtLeast => ">=",
        _ => "=",
    }
}

/// A text the way that searches compare it. Letter by letter, without regard to neighbours: a word's
/// beginning has to be found in it whatever follows.
pub(crate) fn lower_case(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

pub(crate) fn pattern(word: &str) -> String {
    pattern_as_written(&lower_case(word))
}

/// What `LIKE` finds the text with wherever it stands, when `\` escapes.
pub(crate) fn pattern_as_written(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

fn all(conditions: impl IntoIterator<Item = String>) -> String {
    let conditions: Vec<String> = conditions.into_iter().collect();
    if conditions.is_empty() {
        "1 = 1".to_owned()
    } else {
        conditions.join(" AND ")
    }
}
