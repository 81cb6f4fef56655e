//! How full something is.
//!
//! Drawn as SVG, whose width is an attribute: the content security policy allows no inline styles.

use leptos::prelude::*;

use super::tone::Tone;

/// A bar beside words that say the same; nothing for screen readers.
#[component]
pub(crate) fn Bar(
    /// From 0 to 1.
    share: f64,
    /// What its colour means.
    #[prop(optional)]
    tone: Tone,
) -> impl IntoView {
    view! {
        <svg class=format!("bar {}", tone.class()) aria-hidden="true" preserveAspectRatio="none">
            <rect class="bar__track" width="100%" height="100%"></rect>
            <rect class="bar__fill" width=format!("{:.1}%", percent(share)) height="100%"></rect>
        </svg>
    }
}

fn percent(share: f64) -> f64 {
    (share * 100.0).clamp(0.0, 100.0)
}
