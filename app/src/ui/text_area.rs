//! Several lines of text.

use leptos::html;
use leptos::prelude::*;

use super::field::FieldContext;

/// A field for several lines, without correction: names and addresses are entered.
#[component]
pub(crate) fn TextArea(
    /// The name in a form.
    #[prop(into)]
    name: String,
    /// What is in it.
    value: RwSignal<String>,
    /// How many lines are seen.
    rows: u32,
) -> impl IntoView {
    let field = use_context::<FieldContext>();
    let error = field.as_ref().map(|field| field.error);
    let area = NodeRef::<html::Textarea>::new();
    Effect::new(move |_| {
        let wanted = value.get();
        if let Some(area) = area.get()
            && area.value() != wanted
        {
            area.set_value(&wanted);
        }
    });
    view! {
        <textarea
            node_ref=area
            class="input input--code input--lines"
            id=field.as_ref().map(|field| field.id.clone())
            name=name
            rows=rows.to_string()
            autocomplete="off"
            spellcheck="false"
            autocapitalize="off"
            aria-describedby=field.map(|field| field.described_by)
            aria-invalid=move || error.and_then(|error| error.get()).map(|_| "true")
            on:input=move |event| value.set(event_target_value(&event))
        >
            {value.get_untracked()}
        </textarea>
    }
}
