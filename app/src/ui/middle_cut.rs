//! Long names, cut in the middle: what tells names apart is at their beginning and at their end.

use leptos::prelude::*;

/// Names up to this length are never cut.
const SHORT_CHARS: usize = 24;
/// How many characters of the end stay.
const TAIL_CHARS: usize = 8;

/// A name that gives way in the middle where there is no room; whole on hover and for screen readers.
#[component]
pub(crate) fn MiddleCut(
    /// The name.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let length = text.chars().count();
    if length <= SHORT_CHARS {
        return view! { <span>{text}</span> }.into_any();
    }
    let tail_at = text
        .char_indices()
        .nth(length - TAIL_CHARS)
        .map_or(0, |(index, _)| index);
    let (head, tail) = text.split_at(tail_at);
    let (head, tail) = (head.to_owned(), tail.to_owned());
    let title = text.clone();
    view! {
        <span class="middle-cut" title=title>
            <span class="visually-hidden">{text}</span>
            <span class="middle-cut__head" aria-hidden="true">{head}</span>
            <span class="middle-cut__tail" aria-hidden="true">{tail}</span>
        </span>
    }
    .into_any()
}
