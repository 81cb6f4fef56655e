//! The shape of what is coming, so that nothing jumps when it comes.

use leptos::prelude::*;

/// A line of text that is not there yet.
#[component]
pub(crate) fn Skeleton(
    /// Whether it is as long as a name, not as a sentence.
    #[prop(optional)]
    is_short: bool,
) -> impl IntoView {
    view! { <span class=if is_short { "skeleton skeleton--short" } else { "skeleton" } aria-hidden="true"></span> }
}

/// Rows of a table that are not there yet.
#[component]
pub(crate) fn SkeletonTable(
    /// What is being loaded: “Loading the data volumes”.
    #[prop(into)]
    label: String,
    /// How many rows.
    rows: usize,
) -> impl IntoView {
    let rows: Vec<_> = (0..rows)
        .map(|_| view! { <div class="skeleton-table__row"><Skeleton/><Skeleton is_short=true/><Skeleton is_short=true/></div> })
        .collect();
    view! {
        <div class="skeleton-table" role="status">
            <span class="visually-hidden">{label}</span>
            {rows}
        </div>
    }
}
