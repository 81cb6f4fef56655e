//! What stands behind the `?` of an address. Unknown names and unreadable values are passed over, so that
//! an old or a mistyped address still opens a page.

use std::fmt::Write as _;

use domain::{PersistenceClass, Phase, ScopeId};
use wire::{CatalogueQuery, CatalogueView, SortBy, SortOrder};

/// Names and values in the order of the address. A name may come more than once, as forms send it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `a=b&c=d`, with or without the `?`.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.strip_prefix('?').unwrap_or(text);
        Self(
            text.split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (unescape(name), unescape(value))
                })
                .collect(),
        )
    }

    /// The first value of that name; empty ones count as absent, because forms send them.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of that name that is not empty.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// The same with one pair more, unless there is nothing to add.
    pub(crate) fn with_some(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            self.0.push((name.to_owned(), value.to_string()));
        }
        self
    }

    /// The same with another value of that name, or without one.
    pub(crate) fn replaced(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.0
            .retain(|(other, value)| other != name && !value.is_empty());
        self.with_some(name, value)
    }

    /// The query behind `path`.
    pub(crate) fn address(&self, path: &str) -> String {
        let mut address = path.to_owned();
        for (index, (name, value)) in self.0.iter().enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            address.push_str(&escape(name));
            address.push('=');
            address.push_str(&escape(value));
        }
        address
    }

    fn one_of<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.get(name).and_then(read)
    }

    fn some_of<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        self.all(name)
            .flat_map(|value| value.split(','))
            .filter_map(read)
            .collect()
    }
}

impl From<&Query> for CatalogueQuery {
    fn from(query: &Query) -> Self {
        Self {
            view: query.one_of("view", view_of).unwrap_or_default(),
            scope: query.get("scope").map(ScopeId::from),
            search: query
                .get("search")
                .unwrap_or_default()
                .chars()
                .take(Self::MAX_SEARCH)
                .collect(),
            phases: query.some_of("phases", |word| word.parse::<Phase>().ok()),
            persistence: query.some_of("persistence", |word| word.parse::<PersistenceClass>().ok()),
            sort: query.one_of("sort", sort_of).unwrap_or_default(),
            order: query.one_of("order", order_of).unwrap_or_default(),
            offset: query
                .one_of("offset", |number| number.parse().ok())
                .unwrap_or_default(),
            limit: Self::DEFAULT_LIMIT,
        }
    }
}

impl From<&CatalogueQuery> for Query {
    fn from(query: &CatalogueQuery) -> Self {
        let usual = CatalogueQuery::default();
        let mut result = Self::default()
            .with_some(
                "view",
                (query.view != usual.view).then(|| view_word(query.view)),
            )
            .with_some("scope", query.scope.as_ref())
            .with_some(
                "search",
                (!query.search.is_empty()).then_some(&query.search),
            );
        for phase in &query.phases {
            result = result.with_some("phases", Some(phase.as_str()));
        }
        for class in &query.persistence {
            result = result.with_some("persistence", Some(class.as_str()));
        }
        result
            .with_some(
                "sort",
                (query.sort != usual.sort).then(|| sort_word(query.sort)),
            )
            .with_some(
                "order",
                (query.order != usual.order).then(|| order_word(query.order)),
            )
            .with_some("offset", (query.offset != 0).then_some(query.offset))
    }
}

macro_rules! address_words {
    ($word:ident, $read:ident, $type:ty, { $($variant:path => $text:literal),+ $(,)? }) => {
        /// The word for it in addresses.
        pub(crate) fn $word(value: $type) -> &'static str {
            match value {
                $($variant => $text),+
            }
        }

        fn $read(text: &str) -> Option<$type> {
            match text {
                $($text => Some($variant),)+
                _ => None,
            }
        }
    };
}

address_words!(view_word, view_of, CatalogueView, {
    CatalogueView::All => "all",
    CatalogueView::Originated => "originated",
    CatalogueView::Usable => "usable",
});

address_words!(sort_word, sort_of, SortBy, {
    SortBy::Name => "name",
    SortBy::Status => "status",
    SortBy::Size => "size",
    SortBy::Used => "used",
    SortBy::Files => "files",
    SortBy::Project => "project",
    SortBy::Created => "created",
    SortBy::Updated => "updated",
    SortBy::ProjectId => "project-id",
    SortBy::DepartmentId => "department-id",
    SortBy::ClusterId => "cluster-id",
    SortBy::Creator => "creator",
});

address_words!(order_word, order_of, SortOrder, {
    SortOrder::Asc => "asc",
    SortOrder::Desc => "desc",
});

/// Escapes a value; `/` stays as it is, so that paths can be read.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                escaped.push(char::from(byte));
            }
            _ => {
                // Writing to a `String` cannot fail.
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

/// The text that was escaped; what is no escape stays as it is. A plus is a space, as forms send it.
pub(crate) fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let plain = if *first == b'+' { b' ' } else { *first };
        let (byte, after) = escaped_byte(rest).unwrap_or((plain, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, after @ ..] = text else {
        return None;
    };
    Some((digit(*high)? * 16 + digit(*low)?, after))
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_any_text_comes_back_from_its_address() {
        for text in [
            "",
            "a b/c.csv",
            "100%",
            "a%41",
            "a+b&c=d?e#f",
            "数据",
            "“x”",
        ] {
            let address = Query::default().with_some("path", Some(text)).address("/x");
            let (_, query) = address.split_once('?').unwrap();
            assert_eq!(
                Query::parse(query).get("path").unwrap_or_default(),
                text,
                "{address}"
            );
        }
    }

    #[test]
    fn a_catalogue_comes_back_from_its_address() {
        let asked = CatalogueQuery {
            view: CatalogueView::Usable,
            scope: Some("12".into()),
            search: "image net".into(),
            phases: vec![Phase::Ready, Phase::NotReady],
            persistence: vec![PersistenceClass::NodeLocal],
            sort: SortBy::Used,
            order: SortOrder::Desc,
            offset: 100,
            limit: CatalogueQuery::DEFAULT_LIMIT,
        };
        let address = Query::from(&asked).address("/data-volumes");
        assert_eq!(
            address,
            "/data-volumes?view=usable&scope=12&search=image%20net&phases=Ready&phases=NotReady\
             &persistence=node-local&sort=used&order=desc&offset=100"
        );
        assert_eq!(
            CatalogueQuery::from(&Query::parse(&address["/data-volumes".len()..])),
            asked
        );
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        let query =
            Query::parse("?view=x&sort=&offset=-1&phases=Ready,Nonsense&scope=&search=%zz+a&what");
        let catalogue = CatalogueQuery::from(&query);
        let expected = CatalogueQuery {
            search: "%zz a".into(),
            phases: vec![Phase::Ready],
            ..CatalogueQuery::default()
        };
        assert_eq!(catalogue, expected);
    }
}
