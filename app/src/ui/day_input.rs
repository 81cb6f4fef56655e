//! A day, in the browser's own calendar.

use leptos::prelude::*;

use super::field::FieldContext;

/// A day as `2026-01-31`, or nothing. Inside a [`super::Field`] it is labelled by it; elsewhere by a `label`
/// element around it.
#[component]
pub(crate) fn DayInput(
    /// The name in a form.
    name: &'static str,
    /// What is chosen.
    value: RwSignal<String>,
    /// What every change does, beside setting `value`.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
) -> impl IntoView {
    let field = use_context::<FieldContext>();
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
            value=value.get_untracked()
            prop:value=move || value.get()
            aria-describedby=field.map(|field| field.described_by)
            aria-invalid=move || error.and_then(|error| error.get()).map(|_| "true")
            on:input=change
        />
    }
}
