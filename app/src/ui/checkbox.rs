//! Yes or no.

use leptos::prelude::*;

/// A box with its words beside it. It works in a plain form too: checked, it sends `name=value`.
#[component]
pub(crate) fn Checkbox(
    /// Its words.
    #[prop(into)]
    label: String,
    /// The name in a form.
    #[prop(into)]
    name: String,
    /// What it sends.
    #[prop(optional, into)]
    value: Option<String>,
    /// Whether it is checked.
    #[prop(into)]
    is_checked: Signal<bool>,
    /// Why it cannot be changed.
    #[prop(optional, into)]
    refusal: Signal<Option<String>>,
    /// What a change does.
    #[prop(optional, into)]
    on_change: Option<Callback<bool>>,
) -> impl IntoView {
    let change = move |event: leptos::ev::Event| {
        if refusal.with_untracked(Option::is_some) {
            return;
        }
        if let Some(on_change) = on_change {
            on_change.run(event_target_checked(&event));
        }
    };
    let hold = move |event: leptos::ev::MouseEvent| {
        if refusal.with_untracked(Option::is_some) {
            event.prevent_default();
        }
    };
    view! {
        <label class="checkbox" data-tooltip=move || refusal.get()>
            <input
                type="checkbox"
                name=name
                value=value.unwrap_or_else(|| "true".to_owned())
                checked=is_checked.get_untracked()
                prop:checked=move || is_checked.get()
                aria-disabled=move || refusal.with(Option::is_some).then_some("true")
                aria-description=move || refusal.get()
                on:change=change
                on:click=hold
            />
            <span>{label}</span>
        </label>
    }
}
