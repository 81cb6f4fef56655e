//! Text to be entered.
//!
//! What somebody typed before the WASM was there is kept: the signal takes it over, not the other way
//! round.

use leptos::html;
use leptos::prelude::*;

use super::field::FieldContext;

/// One line of text. Inside a [`super::Field`] it is labelled by it; elsewhere it needs a `label`.
#[component]
pub(crate) fn TextInput(
    /// The name in a form.
    #[prop(into)]
    name: String,
    /// What is in it.
    value: RwSignal<String>,
    /// Its name where no field labels it.
    #[prop(optional, into)]
    label: Option<String>,
    /// An example.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// The most characters.
    #[prop(optional, into)]
    max_length: Option<usize>,
    /// Whether names that are copied are entered, which are set in monospace and not corrected.
    #[prop(optional)]
    is_code: bool,
    /// Whether the cursor is here when the page opens.
    #[prop(optional)]
    has_focus: bool,
    /// What every change does, beside setting `value`.
    #[prop(optional, into)]
    on_input: Option<Callback<String>>,
) -> impl IntoView {
    // A field that was drawn before leaves its context behind: with a name of its own this is not in it.
    let field = use_context::<FieldContext>().filter(|_| label.is_none());
    let error = field.as_ref().map(|field| field.error);
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |was_alive: Option<bool>| {
        let wanted = value.get();
        let Some(input) = input.get() else {
            return false;
        };
        let typed = input.value();
        if !was_alive.unwrap_or_default() && !typed.is_empty() && typed != wanted {
            value.set(typed);
        } else if typed != wanted {
            input.set_value(&wanted);
        }
        true
    });
    let change = move |event: leptos::ev::Event| {
        let typed = event_target_value(&event);
        value.set(typed.clone());
        if let Some(on_input) = on_input {
            on_input.run(typed);
        }
    };
    view! {
        <input
            node_ref=input
            type="text"
            class=if is_code { "input input--code" } else { "input" }
            id=field.as_ref().map(|field| field.id.clone())
            name=name
            value=value.get_untracked()
            placeholder=placeholder
            maxlength=max_length.map(|most| most.to_string())
            autocomplete="off"
            spellcheck=is_code.then_some("false")
            autocapitalize=is_code.then_some("off")
            autofocus=has_focus
            aria-label=label
            aria-describedby=field.map(|field| field.described_by)
            aria-invalid=move || error.and_then(|error| error.get()).map(|_| "true")
            on:input=change
        />
    }
}
