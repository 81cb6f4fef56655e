//! What the tables of access keys and of applications say alike of a row.

use jiff::Timestamp;
use leptos::prelude::*;

use crate::ui::{Badge, Glyph, Time};

/// When it asked for a token last.
#[component]
pub(crate) fn LastUsed(
    /// `None` if it never did.
    at: Option<Timestamp>,
) -> impl IntoView {
    match at {
        Some(at) => view! { <Time at/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    }
}

/// Nothing while it is enabled.
#[component]
pub(crate) fn DisabledBadge(
    /// Whether it may ask for tokens.
    enabled: bool,
    /// What follows from it, for this kind.
    reason: &'static str,
) -> impl IntoView {
    (!enabled).then(|| view! { " " <Badge glyph=Glyph::Minus word="disabled" reason/> })
}
