//! The filters of the audit log: one GET form, whose fields are the names in the address.
//!
//! Without the WASM it is sent as it is; with it too, because a log is searched with care and not with
//! every key.

use domain::{EventKind, ObjectType};
use leptos::prelude::*;

use super::audit_table::words;
use crate::routes::{self, Query};
use crate::ui::{Button, Choice, DayInput, Field, Glyph, Look, Select, TextInput};

/// The form.
#[component]
pub(crate) fn AuditFilters(
    /// What the address asks for.
    address: Memo<Query>,
) -> impl IntoView {
    let value = move |name: &'static str| {
        let of_address =
            move || address.with(|address| address.get(name).unwrap_or_default().to_owned());
        let value = RwSignal::new(untrack(of_address));
        Effect::new(move |before: Option<String>| {
            let now = of_address();
            if before.is_some_and(|before| before != now) {
                value.set(now.clone());
            }
            now
        });
        value
    };
    let is_narrowed = move || {
        address.with(|address| {
            [
                "since", "until", "person", "object", "kind", "type", "result",
            ]
            .into_iter()
            .any(|name| address.get(name).is_some())
        })
    };
    view! {
        <form class="audit-filters" role="search" method="get" action=routes::AUDIT_LOG>
            <Field id="audit-person" label="Person">
                <TextInput name="person" value=value("person") max_length=200_usize/>
            </Field>
            <Field id="audit-object" label="Object">
                <TextInput name="object" value=value("object") max_length=200_usize placeholder="name, path or id"/>
            </Field>
            <Field id="audit-kind" label="Action">
                <Select name="kind" value=value("kind") choices=kinds()/>
            </Field>
            <Field id="audit-type" label="Kind of object">
                <Select name="type" value=value("type") choices=types()/>
            </Field>
            <Field id="audit-result" label="Result">
                <Select name="result" value=value("result") choices=results()/>
            </Field>
            <Field id="audit-since" label="From day">
                <DayInput name="since" value=value("since")/>
            </Field>
            <Field id="audit-until" label="To day">
                <DayInput name="until" value=value("until")/>
            </Field>
            <div class="audit-filters__actions">
                <Button look=Look::Primary icon=Glyph::Filter submits=true>"Show"</Button>
                {move || is_narrowed().then(|| view! { <a href=routes::AUDIT_LOG>"Clear filters"</a> })}
            </div>
        </form>
    }
}

fn kinds() -> Vec<Choice> {
    let all = choice("", "All actions");
    let kinds = EventKind::ALL.map(|kind| choice(kind.as_str(), words(kind)));
    std::iter::once(all).chain(kinds).collect()
}

fn types() -> Vec<Choice> {
    let all = choice("", "All kinds");
    let types = ObjectType::ALL.map(|kind| choice(kind.as_str(), &kind.to_string()));
    std::iter::once(all).chain(types).collect()
}

fn results() -> Vec<Choice> {
    vec![
        choice("", "Done and refused"),
        choice("done", "Done"),
        choice("refused", "Refused"),
    ]
}

fn choice(value: &str, title: &str) -> Choice {
    Choice {
        value: value.to_owned(),
        title: title.to_owned(),
    }
}
