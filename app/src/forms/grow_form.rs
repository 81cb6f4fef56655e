//! “More room”: a larger size for a data volume.

use domain::Bytes;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{DataVolumeView, Problem};

use super::field_problem::{FieldId, of_field, of_none};
use crate::components::problem_notice::ProblemNotice;
use crate::components::sentence::sentence;
use crate::server_fns::grow_data_volume;
use crate::ui::{Button, Dialog, Field, Look, TextInput, use_toasts};

const SIZE: FieldId = ("sizeBytes", "grow-size");
const FIELDS: &[FieldId] = &[SIZE];

/// The form in front of the page.
#[component]
pub(crate) fn GrowDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// What grows; what is known of it then is put in here.
    volume: RwSignal<DataVolumeView>,
) -> impl IntoView {
    view! {
        <Dialog is_open id="grow-data-volume" title="More room">
            <GrowForm is_open volume/>
        </Dialog>
    }
}

#[component]
fn GrowForm(is_open: RwSignal<bool>, volume: RwSignal<DataVolumeView>) -> impl IntoView {
    let toasts = use_toasts();
    let size = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let wanted = Memo::new(move |_| size.with(|size| size.parse::<Bytes>()).map_err(sentence));
    let refusal = Signal::derive(move || {
        wanted.with(|wanted| {
            let has = volume
                .with(|volume| volume.capacity_bytes)
                .unwrap_or_default();
            match wanted {
                Ok(wanted) if *wanted <= has => {
                    Some("Choose more than it has: a data volume only grows.".to_owned())
                }
                Ok(_) => None,
                Err(why) => Some(why.clone()),
            }
        })
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(wanted), None, false) = (
            wanted.get_untracked(),
            refusal.get_untracked(),
            is_at_work.get_untracked(),
        ) else {
            return;
        };
        let id = volume.with_untracked(|volume| volume.id);
        is_at_work.set(true);
        spawn_local(async move {
            match grow_data_volume(id, wanted.0).await {
                Ok(view) => {
                    volume.set(view);
                    is_open.set(false);
                    toasts.say("More room is asked for; the page follows when it is there");
                }
                Err(refused) => problem.set(Some(refused)),
            }
            is_at_work.set(false);
        });
    };
    let rest = of_none(problem, FIELDS);
    let hint = move || {
        let has = volume.with(|volume| volume.capacity_bytes);
        has.map_or_else(String::new, |has| {
            format!("It has {has} now. For example “2 TiB”.")
        })
    };
    view! {
        <form class="form" on:submit=submit>
            <Field id=SIZE.1 label="Size in all" hint=hint() error=of_field(problem, SIZE)>
                <TextInput name="size" value=size has_focus=true on_input=move |_| problem.set(None)/>
            </Field>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Ask for it"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}
