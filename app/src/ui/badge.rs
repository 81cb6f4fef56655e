//! One word about the state of something, with its shape.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::tone::Tone;

/// A state: a shape, a word, and the reason on hover and focus.
#[component]
pub(crate) fn Badge(
    /// What its colour means.
    #[prop(optional)]
    tone: Tone,
    /// Its shape.
    glyph: Glyph,
    /// Whether the shape is filled.
    #[prop(optional)]
    is_filled: bool,
    /// Why it is so. Makes the badge reachable with the keyboard.
    #[prop(optional, into)]
    reason: Option<String>,
    /// The word.
    #[prop(into)]
    word: String,
) -> impl IntoView {
    let class = format!("badge {}", tone.class());
    let content = view! {
        <Icon glyph is_filled/>
        <span>{word.clone()}</span>
    };
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => view! {
            <span class=class role="note" tabindex="0" aria-label=format!("{word}: {reason}") data-tooltip=reason>
                {content}
            </span>
        }
        .into_any(),
        None => view! { <span class=class>{content}</span> }.into_any(),
    }
}

/// A word that somebody gave to a thing, as a link to everything else that has it.
#[component]
pub(crate) fn Tag(
    /// The word.
    #[prop(into)]
    word: String,
    /// Where the others are.
    #[prop(into)]
    href: String,
) -> impl IntoView {
    view! { <a class="tag" href=href>{word}</a> }
}
