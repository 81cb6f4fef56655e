//! The rules of a list, read plainly: everything is fetched, thinned and sorted. Slow, and obvious.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use domain::{
    Bytes, CatalogueFilter, CatalogueView, Comparison, DataVolume, FilterText, Persistence,
    PersistenceClass, Phase, Placed, Reach, ScopeId, ScopePath, ShareMode, SortBy, Usage,
};
use store::Listing;

use crate::fixtures::{
    ACME, ADA, ARMS, BEN, EAST, IMAGES, ROBOTS, SPEECH, VIDEO, VISION, VOICES, WEST, at, path,
    volume,
};

const SCOPES: [&[&str]; 10] = [
    ACME, EAST, WEST, VISION, SPEECH, ROBOTS, IMAGES, VIDEO, VOICES, ARMS,
];
const PROJECTS: [&[&str]; 4] = [IMAGES, VIDEO, VOICES, ARMS];
const WORDS: [&str; 6] = ["Faces", "größe", "Straße", "DATA", "数据", "x_1%"];
const SORTS: [SortBy; 12] = [
    SortBy::Name,
    SortBy::Status,
    SortBy::Size,
    SortBy::Used,
    SortBy::Files,
    SortBy::Project,
    SortBy::Created,
    SortBy::Updated,
    SortBy::ProjectId,
    SortBy::DepartmentId,
    SortBy::ClusterId,
    SortBy::Creator,
];
const TEXTS: [FilterText; 7] = [
    FilterText::Name,
    FilterText::ProjectId,
    FilterText::ProjectName,
    FilterText::DepartmentId,
    FilterText::ClusterId,
    FilterText::Creator,
    FilterText::Phase,
];
/// Tags, and what could be mistaken for one in a list of them.
const TAGS: [&str; 8] = ["Faces", "größe", "x_1%", "数据", "faces", "a\"b", "b", "\\"];
/// What filters compare with: whole texts, parts of them, and what could be mistaken for a pattern.
const VALUES: [&str; 14] = [
    "", "a", "a-b", "-1", "data-7", "10", "101", "image", "s", "vision", "Ready", ADAS_NAME, "DA",
    "%",
];
/// The only person that the database knows by name.
pub(super) const ADAS_NAME: &str = "ADA Größe";

/// Numbers that look random and are the same every time (xorshift).
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let index = usize::try_from(self.below(from.len() as u64)).unwrap();
        from[index].clone()
    }

    fn some<T: Clone>(&mut self, from: &[T], most: u64) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| self.pick(from)).collect()
    }
}

pub(super) fn volumes(chance: &mut Chance, count: u32) -> Vec<Placed<DataVolume>> {
    (1..=count)
        .map(|number| {
            let name = format!("{}-{number}", chance.pick(&["a", "a-b", "ab", "data", "z"]));
            let mut placed = volume(number, &name, chance.pick(&PROJECTS));
            let thing = &mut placed.thing;
            thing.description = chance.some(&WORDS, 2).join(" ").parse().unwrap();
            thing.tags = chance
                .some(&TAGS, 3)
                .iter()
                .map(|tag| tag.parse().unwrap())
                .collect();
            thing.phase = chance.pick(Phase::ALL);
            thing.origin.capacity = (!chance.one_in(3)).then(|| Bytes(chance.below(4)));
            thing.origin.persistence = (!chance.one_in(3)).then(|| Persistence {
                class: chance.pick(PersistenceClass::ALL),
                reason: "Because.".to_owned(),
            });
            thing.usage = (!chance.one_in(3)).then(|| Usage {
                used_bytes: Bytes(chance.below(4)),
                file_count: chance.below(4),
                measured_at: at(0),
            });
            thing.created_by = chance.pick(&[ADA, BEN]);
            thing.created_at = at(i64::try_from(chance.below(9)).unwrap());
            thing.updated_at = at(i64::try_from(chance.below(9)).unwrap());
            for scope in chance.some(&SCOPES, 2) {
                if !placed
                    .reaches
                    .iter()
                    .any(|taken| taken.scope == path(scope))
                {
                    let reach = Reach::whole(path(scope), ShareMode::ReadOnly);
                    placed.reaches.push(reach);
                }
            }
            placed
        })
        .collect()
}

pub(super) fn listing(chance: &mut Chance) -> Listing {
    let mut reach: Vec<ScopePath> = Vec::new();
    for _ in 0..=chance.below(3) {
        let scope = path(chance.pick(&SCOPES));
        if !reach.iter().any(|outer| outer.meets(&scope)) {
            reach.push(scope);
        }
    }
    Listing {
        reach,
        view: chance.pick(&[
            CatalogueView::All,
            CatalogueView::Originated,
            CatalogueView::Usable,
        ]),
        scope: chance.one_in(2).then(|| path(chance.pick(&SCOPES))),
        words: if chance.one_in(3) {
            chance.some(&WORDS, 2)
        } else {
            vec![]
        }
        .into_iter()
        .map(str::to_owned)
        .collect(),
        phases: if chance.one_in(4) {
            chance.some(Phase::ALL, 3)
        } else {
            vec![]
        },
        persistence: if chance.one_in(4) {
            chance.some(PersistenceClass::ALL, 2)
        } else {
            vec![]
        },
        filters: if chance.one_in(2) {
            (0..=chance.below(2)).map(|_| filter(chance)).collect()
        } else {
            vec![]
        },
        sort: chance.pick(&SORTS),
        descending: chance.one_in(2),
        offset: if chance.one_in(2) {
            chance.below(60)
        } else {
            0
        },
        limit: 1 + chance.below(40),
    }
}

fn filter(chance: &mut Chance) -> CatalogueFilter {
    if chance.one_in(4) {
        let comparison = chance.pick(&Comparison::ALL[..4]);
        let at = at(i64::try_from(chance.below(9)).unwrap());
        return CatalogueFilter::CreatedAt { comparison, at };
    }
    if chance.one_in(4) {
        return CatalogueFilter::Tag {
            is_there: !chance.one_in(3),
            tag: chance.pick(&TAGS).parse().unwrap(),
        };
    }
    CatalogueFilter::Text {
        of: chance.pick(&TEXTS),
        comparison: chance.pick(&Comparison::ALL),
        value: chance.pick(&VALUES).to_owned(),
    }
}

pub(super) fn list<'v>(
    volumes: &'v [Placed<DataVolume>],
    listing: &Listing,
) -> (Vec<&'v Placed<DataVolume>>, u64) {
    let mut found: Vec<_> = volumes
        .iter()
        .filter(|volume| belongs(volume, listing))
        .collect();
    found.sort_by(|left, right| compare(left, right, listing));
    let total = found.len() as u64;
    let offset = usize::try_from(listing.offset).unwrap();
    let limit = usize::try_from(listing.limit).unwrap();
    (found.into_iter().skip(offset).take(limit).collect(), total)
}

pub(super) fn counts(volumes: &[Placed<DataVolume>], reach: &[ScopePath]) -> Vec<(ScopeId, u64)> {
    let mut counts: BTreeMap<ScopeId, u64> = BTreeMap::new();
    for volume in volumes
        .iter()
        .filter(|volume| reach.iter().any(|scope| usable(volume, scope)))
    {
        for id in volume.place.ids() {
            *counts.entry(id.clone()).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

fn usable(volume: &Placed<DataVolume>, scope: &ScopePath) -> bool {
    scope.covers(&volume.place) || volume.reaches.iter().any(|reach| reach.scope.meets(scope))
}

fn belongs(volume: &Placed<DataVolume>, listing: &Listing) -> bool {
    let thing = &volume.thing;
    let class = thing
        .origin
        .persistence
        .as_ref()
        .map(|persistence| persistence.class);
    let says = |word: &String| {
        let tags = thing.tags.iter().map(domain::Tag::as_str);
        tags.chain([thing.name.as_str(), thing.description.as_str()])
            .any(|text| text.to_lowercase().contains(&word.to_lowercase()))
    };
    let reaches = |scope: &ScopePath| match (listing.view, &listing.scope) {
        (CatalogueView::Originated, None) => scope.covers(&volume.place),
        _ => usable(volume, scope),
    };
    listing.reach.iter().any(reaches)
        && listing
            .scope
            .as_ref()
            .is_none_or(|scope| match listing.view {
                CatalogueView::Originated => scope.covers(&volume.place),
                CatalogueView::All | CatalogueView::Usable => usable(volume, scope),
            })
        && listing.words.iter().all(says)
        && (listing.phases.is_empty() || listing.phases.contains(&thing.phase))
        && (listing.persistence.is_empty()
            || class.is_some_and(|class| listing.persistence.contains(&class)))
        && listing.filters.iter().all(|filter| meets(volume, filter))
}

fn meets(volume: &Placed<DataVolume>, filter: &CatalogueFilter) -> bool {
    let ordered = |comparison: Comparison, order: Ordering| match comparison {
        Comparison::Is => order.is_eq(),
        Comparison::IsNot => order.is_ne(),
        Comparison::AtMost => order.is_le(),
        Comparison::AtLeast => order.is_ge(),
        other => unreachable!("{other} does not order"),
    };
    match filter {
        CatalogueFilter::Tag { is_there, tag } => volume.thing.tags.contains(tag) == *is_there,
        CatalogueFilter::CreatedAt { comparison, at } => {
            ordered(*comparison, volume.thing.created_at.cmp(at))
        }
        CatalogueFilter::Text {
            of,
            comparison,
            value,
        } => {
            let text = text(volume, *of);
            match comparison {
                Comparison::Contains => text.contains(value),
                Comparison::ContainsNot => !text.contains(value),
                Comparison::StartsWith => text.starts_with(value),
                Comparison::EndsWith => text.ends_with(value),
                other => ordered(*other, text.as_str().cmp(value)),
            }
        }
    }
}

fn text(volume: &Placed<DataVolume>, of: FilterText) -> String {
    let ids = volume.place.ids();
    match of {
        FilterText::Name => volume.thing.name.to_string(),
        FilterText::ProjectId => ids[3].to_string(),
        FilterText::ProjectName => project_name(volume).to_owned(),
        FilterText::DepartmentId => ids[2].to_string(),
        FilterText::ClusterId => ids[1].to_string(),
        FilterText::Creator => creator(volume).to_owned(),
        FilterText::Phase => volume.thing.phase.as_str().to_owned(),
    }
}

fn project_name(volume: &Placed<DataVolume>) -> &'static str {
    match volume.place.id().as_str() {
        "101" => "images",
        "102" => "video",
        "201" => "voices",
        _ => "arms",
    }
}

fn creator(volume: &Placed<DataVolume>) -> &'static str {
    if volume.thing.created_by == ADA {
        ADAS_NAME
    } else {
        ""
    }
}

fn compare(left: &Placed<DataVolume>, right: &Placed<DataVolume>, listing: &Listing) -> Ordering {
    let turned = |order: Ordering| {
        if listing.descending {
            order.reverse()
        } else {
            order
        }
    };
    let by = |left: Option<String>, right: Option<String>| match (left, right) {
        (Some(left), Some(right)) => turned(left.cmp(&right)),
        // What has no value comes last both ways.
        (left, right) => right.is_some().cmp(&left.is_some()),
    };
    by(key(left, listing.sort), key(right, listing.sort))
        .then_with(|| turned(left.thing.id.cmp(&right.thing.id)))
}

/// What a volume is sorted by, as a text in the same order.
fn key(volume: &Placed<DataVolume>, sort: SortBy) -> Option<String> {
    let thing = &volume.thing;
    let number = |number: u64| format!("{number:020}");
    match sort {
        SortBy::Name => Some(thing.name.to_string()),
        SortBy::Status => Some(thing.phase.as_str().to_owned()),
        SortBy::Size => thing.origin.capacity.map(|bytes| number(bytes.0)),
        SortBy::Used => thing.usage.map(|usage| number(usage.used_bytes.0)),
        SortBy::Files => thing.usage.map(|usage| number(usage.file_count)),
        SortBy::Project => Some(project_name(volume).to_owned()),
        SortBy::Created => Some(thing.created_at.to_string()),
        SortBy::Updated => Some(thing.updated_at.to_string()),
        SortBy::ProjectId => Some(text(volume, FilterText::ProjectId)),
        SortBy::DepartmentId => Some(text(volume, FilterText::DepartmentId)),
        SortBy::ClusterId => Some(text(volume, FilterText::ClusterId)),
        SortBy::Creator => Some(creator(volume).to_owned()),
    }
}
