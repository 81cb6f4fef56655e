//! Real tables. A heading that sorts is a link, because the order of a table is part of its address.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Which way a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sorted {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A table with its caption, which is read out and not shown: the heading of the page says the same.
#[component]
pub(crate) fn Table(
    /// What its rows are.
    #[prop(into)]
    caption: String,
    /// One more class, for the widths of its columns.
    #[prop(optional, into)]
    class: String,
    /// The headings: `th` elements.
    head: AnyView,
    /// The rows.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="table-frame">
            <table class=format!("table {class}")>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// The heading of a column; with `href` it sorts.
#[component]
pub(crate) fn Heading(
    /// What the column is called.
    #[prop(into)]
    title: String,
    /// The address of the same table in another order.
    #[prop(optional, into)]
    href: Option<String>,
    /// How the table is sorted by this column now, if it is.
    #[prop(optional)]
    sorted: Option<Sorted>,
    /// Classes of the column.
    #[prop(optional, into)]
    class: String,
) -> impl IntoView {
    let order = sorted.map(|sorted| match sorted {
        Sorted::Ascending => "ascending",
        Sorted::Descending => "descending",
    });
    let arrow = sorted.map(|sorted| match sorted {
        Sorted::Ascending => Glyph::ArrowUp,
        Sorted::Descending => Glyph::ArrowDown,
    });
    let content = match href {
        Some(href) => view! {
            <a class="table__sort" href=href>
                {title}
                {arrow.map(|glyph| view! { <Icon glyph/> })}
            </a>
        }
        .into_any(),
        None => title.into_any(),
    };
    view! { <th scope="col" class=class aria-sort=order>{content}</th> }
}
