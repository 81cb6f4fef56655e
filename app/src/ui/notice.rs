//! A sentence that the reader should not miss, with what to do.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::tone::Tone;

/// What is so, and what to do about it. Bad ones are read out at once.
#[component]
pub(crate) fn Notice(
    /// How bad it is.
    #[prop(optional)]
    tone: Tone,
    /// What is so.
    #[prop(into)]
    title: String,
    /// What to do, and the buttons for it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (glyph, role) = match tone {
        Tone::Bad => (Glyph::Warning, "alert"),
        Tone::Warn => (Glyph::Warning, "note"),
        Tone::Good => (Glyph::Check, "note"),
        Tone::Neutral | Tone::Accent | Tone::Busy => (Glyph::Info, "note"),
    };
    view! {
        <div class=format!("notice {}", tone.class()) role=role>
            <Icon glyph/>
            <div>
                <p class="notice__title">{title}</p>
                {children.map(|children| view! { <div class="notice__body">{children()}</div> })}
            </div>
        </div>
    }
}
