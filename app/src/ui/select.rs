//! One of many, in the browser's own list.

use leptos::html;
use leptos::prelude::*;

use super::field::FieldContext;

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// What is sent.
    pub(crate) value: String,
    /// What is shown.
    pub(crate) title: String,
}

/// A list to choose from. Inside a [`super::Field`] it is labelled by it; elsewhere it needs a `label`.
#[component]
pub(crate) fn Select(
    /// The name in a form.
    #[prop(into)]
    name: String,
    /// What is chosen.
    value: RwSignal<String>,
    /// The choices.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// Its name where no field labels it.
    #[prop(optional, into)]
    label: Option<String>,
    /// What a change does, beside setting `value`.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
) -> impl IntoView {
    // A field that was drawn before leaves its context behind: with a name of its own this is not in it.
    let field = use_context::<FieldContext>().filter(|_| label.is_none());
    let error = field.as_ref().map(|field| field.error);
    let list = NodeRef::<html::Select>::new();
    Effect::new(move |_| {
        let wanted = value.get();
        choices.track();
        if let Some(list) = list.get()
            && list.value() != wanted
        {
            list.set_value(&wanted);
        }
    });
    let change = move |event: leptos::ev::Event| {
        let chosen = event_target_value(&event);
        value.set(chosen.clone());
        if let Some(on_change) = on_change {
            on_change.run(chosen);
        }
    };
    let options = move || {
        let chosen = value.get_untracked();
        choices
            .get()
            .into_iter()
            .map(|choice| {
                let is_chosen = choice.value == chosen;
                view! { <option value=choice.value selected=is_chosen>{choice.title}</option> }
            })
            .collect::<Vec<_>>()
    };
    view! {
        <select
            node_ref=list
            class="input select"
            id=field.as_ref().map(|field| field.id.clone())
            name=name
            aria-label=label
            aria-describedby=field.map(|field| field.described_by)
            aria-invalid=move || error.and_then(|error| error.get()).map(|_| "true")
            on:change=change
        >
            {options}
        </select>
    }
}
