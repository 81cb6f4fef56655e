//! How far something is, and how full.
//!
//! Drawn as SVG, whose width is an attribute: the content security policy allows no inline styles.

use leptos::prelude::*;

use super::tone::Tone;

/// A bar beside words that say the same; nothing for screen readers.
#[component]
pub(crate) fn Bar(
    /// From 0 to 1.
    #[prop(into)]
    share: Signal<f64>,
    /// What its colour means.
    #[prop(optional, into)]
    tone: Signal<Tone>,
) -> impl IntoView {
    view! {
        <svg class=move || format!("bar {}", tone.get().class()) aria-hidden="true" preserveAspectRatio="none">
            <rect class="bar__track" width="100%" height="100%"></rect>
            <rect class="bar__fill" width=move || format!("{:.1}%", percent(share.get())) height="100%"></rect>
        </svg>
    }
}

/// How far something is that goes on now.
#[component]
pub(crate) fn ProgressBar(
    /// What goes on: “Uploading train.parquet”.
    #[prop(into)]
    label: Signal<String>,
    /// From 0 to 1; `None` while nobody can tell.
    #[prop(into)]
    share: Signal<Option<f64>>,
    /// What its colour means.
    #[prop(optional, into)]
    tone: Signal<Tone>,
) -> impl IntoView {
    let shown = Signal::derive(move || share.get().unwrap_or_default());
    view! {
        <div
            class="progress"
            class:progress--unknown=move || share.get().is_none()
            role="progressbar"
            aria-label=move || label.get()
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || share.get().map(|share| format!("{:.0}", percent(share)))
        >
            <Bar share=shown tone/>
        </div>
    }
}

fn percent(share: f64) -> f64 {
    (share * 100.0).clamp(0.0, 100.0)
}
