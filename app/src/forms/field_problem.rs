//! What the server says of a field, shown at that field; the rest above the buttons.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use wire::Problem;

/// A form's field: its name in a [`Problem`]'s details and the id of its control.
pub(super) type FieldId = (&'static str, &'static str);

/// What is wrong with one field.
pub(super) fn of_field(
    problem: RwSignal<Option<Problem>>,
    (name, _): FieldId,
) -> Signal<Option<String>> {
    Signal::derive(move || {
        problem.with(|problem| {
            problem
                .as_ref()
                .filter(|problem| problem.details == name)
                .map(|problem| problem.message.clone())
        })
    })
}

/// What is wrong with none of the fields, but with the whole.
pub(super) fn of_none(
    problem: RwSignal<Option<Problem>>,
    fields: &'static [FieldId],
) -> impl Fn() -> Option<Problem> + Copy {
    move || {
        problem
            .get()
            .filter(|problem| fields.iter().all(|(name, _)| problem.details != *name))
    }
}

/// Puts the cursor where the problem is.
pub(super) fn focus(problem: &Problem, fields: &[FieldId]) {
    let control = fields
        .iter()
        .find(|(name, _)| problem.details == *name)
        .and_then(|(_, id)| document().get_element_by_id(id))
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(control) = control {
        // A control that left the page meanwhile takes no focus.
        let _ = control.focus();
    }
}
