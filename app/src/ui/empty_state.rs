//! What stands where a list would be: what this is, and the one next thing to do.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// An empty list, explained.
#[component]
pub(crate) fn EmptyState(
    /// What is not there.
    #[prop(into)]
    title: String,
    /// A drawing of it.
    glyph: Glyph,
    /// What it would be good for, and the next action.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="empty-state">
            <span class="empty-state__icon"><Icon glyph/></span>
            <h2>{title}</h2>
            {children()}
        </section>
    }
}
