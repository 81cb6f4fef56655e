//! The parts of one thing, each with its own address. Links, not `role="tab"`: each opens a page.

use leptos::prelude::*;

use super::count::count;

/// A row of tabs.
#[component]
pub(crate) fn Tabs(
    /// What they are parts of.
    #[prop(into)]
    label: Signal<String>,
    /// The tabs.
    children: Children,
) -> impl IntoView {
    view! { <nav class="tabs" aria-label=move || label.get()>{children()}</nav> }
}

/// One tab.
#[component]
pub(crate) fn Tab(
    /// Where it is.
    #[prop(into)]
    href: Signal<String>,
    /// What it is called.
    #[prop(into)]
    title: String,
    /// Whether it is open.
    #[prop(into)]
    is_current: Signal<bool>,
    /// How many things are in it.
    #[prop(optional, into)]
    number: Signal<Option<u64>>,
) -> impl IntoView {
    view! {
        <a
            class="tabs__tab"
            href=move || href.get()
            aria-current=move || is_current.get().then_some("page")
        >
            {title}
            {move || number.get().map(|number| view! { <span class="tabs__number">{count(number)}</span> })}
        </a>
    }
}
