//! “Edit description and tags”.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{DataVolumeEdit, DataVolumeView, Problem};

use super::field_problem::{self, FieldId};
use super::tags;
use crate::components::problem_notice::ProblemNotice;
use crate::server_fns::edit_data_volume;
use crate::ui::{Button, Dialog, Field, Look, TextInput, use_toasts};

const DESCRIPTION: FieldId = ("description", "edit-description");
const TAGS: FieldId = ("tags", "edit-tags");
const FIELDS: &[FieldId] = &[DESCRIPTION, TAGS];

/// The form in front of the page.
#[component]
pub(crate) fn EditDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// What is edited; its new words are put in here.
    volume: RwSignal<DataVolumeView>,
    /// What follows.
    #[prop(into)]
    on_saved: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog is_open id="edit-data-volume" title="Edit description and tags">
            <EditForm is_open volume on_saved/>
        </Dialog>
    }
}

#[component]
fn EditForm(
    is_open: RwSignal<bool>,
    volume: RwSignal<DataVolumeView>,
    on_saved: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let before = volume.get_untracked();
    let description = RwSignal::new(before.description);
    let words = RwSignal::new(tags::write(&before.tags));
    let problem = RwSignal::new(None::<Problem>);
    let is_saving = RwSignal::new(false);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if is_saving.get_untracked() {
            return;
        }
        is_saving.set(true);
        let edit = DataVolumeEdit {
            description: description.get_untracked(),
            tags: tags::read(&words.get_untracked()),
        };
        spawn_local(async move {
            match edit_data_volume(before.id, edit).await {
                Ok(view) => {
                    volume.set(view);
                    is_open.set(false);
                    toasts.say("Description and tags are changed");
                    on_saved.try_run(());
                }
                Err(refused) => {
                    field_problem::focus(&refused, FIELDS);
                    problem.set(Some(refused));
                }
            }
            is_saving.set(false);
        });
    };
    let rest = field_problem::of_none(problem, FIELDS);
    view! {
        <form class="form" on:submit=save>
            <Field
                id=DESCRIPTION.1
                label="Description"
                hint="One line about it, at most 127 characters."
                error=field_problem::of_field(problem, DESCRIPTION)
                is_optional=true
            >
                <TextInput name="description" value=description max_length=127_usize has_focus=true/>
            </Field>
            <Field
                id=TAGS.1
                label="Tags"
                hint="Words to find it by, with commas between them."
                error=field_problem::of_field(problem, TAGS)
                is_optional=true
            >
                <TextInput name="tags" value=words/>
            </Field>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true is_busy=is_saving>"Save"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}
