//! A day, in the browser's own calendar.

use leptos::prelude::*;

use super::field::FieldContext;

/// A day as `2026-01-31`, or nothing. Inside a [`super::Field`] it is labelled by it; elsewhere it needs a
/// `label`.
#[component]
pub(crate) fn DayInput(
    /// The name in a form.
    name: &'static str,
    /// What is chosen.
    value: RwSignal<String>,
    /// Its name where no field labels it.
    #[prop(optional, into)]
    label: Option<String>,
    /// What every change does, beside setting `value`.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
) -> impl IntoView {
    // A field that was drawn before leaves its context behind: with a name of its own this is not in it.
    let field = use_context::<FieldContext>().filter(|_| label.is_none());
    let error = field.as_ref().map(|field| field.error);
    let change = move |event: leptos::ev::Event| {
        let day = event_target_value(&event);
        value.set(day.clone());
        if let Some(on_input) = on_input {
            on_input.run(day);
        }
    };
    view! {
        <input
            type="date"
            class="input"
            id=field.as_ref().map(|field| field.id.clone())
            name=name
            aria-label=label
            value=value.get_untracked()
            prop:value=move || value.get()
            aria-describedby=field.map(|field| field.described_by)
            aria-invalid=move || error.and_then(|error| error.get()).map(|_| "true")
            on:input=change
        />
    }
}
