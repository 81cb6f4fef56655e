//! A control with its label, a hint, and what is wrong with what was entered.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// What a control inside a [`Field`] has to say of itself.
#[derive(Clone)]
pub(crate) struct FieldContext {
    /// The control's id, which the label names.
    pub(crate) id: String,
    /// The ids of hint and error.
    pub(crate) described_by: String,
    /// What is wrong, if anything.
    pub(crate) error: Signal<Option<String>>,
}

/// The label above, the hint under it, the error beneath the control.
#[component]
pub(crate) fn Field(
    /// The control's id; unique on the page.
    #[prop(into)]
    id: String,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// What a good answer looks like.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong and what would be right.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it can be left empty.
    #[prop(optional)]
    is_optional: bool,
    /// The control.
    children: Children,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    provide_context(FieldContext {
        id: id.clone(),
        described_by: format!("{hint_id} {error_id}"),
        error,
    });
    view! {
        <div class="field">
            <label class="field__label" for=id>
                {label}
                {is_optional.then(|| view! { " " <span class="field__optional">"optional"</span> })}
            </label>
            <p class="field__hint" id=hint_id>{hint}</p>
            {children()}
            <p class="field__error" id=error_id aria-live="polite">
                {move || error.get().map(|error| view! { <Icon glyph=Glyph::Warning/> <span>{error}</span> })}
            </p>
        </div>
    }
}
