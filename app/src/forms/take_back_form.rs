//! “Take back into use”: which project gets a volume that was kept, and what it is called there.

use domain::ScopeId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{Problem, ProjectChoice, RetainedVolumeView, TakeBackVolume};

use super::field_problem::{self, FieldId, of_field};
use crate::components::problem_notice::ProblemNotice;
use crate::server_fns::take_retained_volume_back;
use crate::ui::{Button, Checkbox, Choice, Dialog, Field, Look, Select, TextInput, use_toasts};

const PROJECT: FieldId = ("projectId", "take-back-project");
const NAME: FieldId = ("name", "take-back-name");
const FIELDS: &[FieldId] = &[PROJECT, NAME];

/// The form in front of the page.
#[component]
pub(crate) fn TakeBackDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// The volume.
    volume: RwSignal<Option<RetainedVolumeView>>,
    /// The projects that the reader may make data volumes in.
    projects: RwSignal<Vec<ProjectChoice>>,
    /// What follows.
    #[prop(into)]
    on_taken: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog is_open id="take-back" title="Take back into use">
            {move || volume.get().map(|volume| view! { <TakeBackForm is_open volume projects on_taken/> })}
        </Dialog>
    }
}

#[component]
fn TakeBackForm(
    is_open: RwSignal<bool>,
    volume: RetainedVolumeView,
    projects: RwSignal<Vec<ProjectChoice>>,
    on_taken: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let project = RwSignal::new(String::new());
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let cluster = volume.cluster_name.clone();
    let (here, elsewhere): (Vec<_>, Vec<_>) = projects
        .get_untracked()
        .into_iter()
        .partition(|choice| choice.cluster_name == cluster);
    let others = StoredValue::new(
        elsewhere
            .iter()
            .map(|choice| choice.id.to_string())
            .collect::<Vec<_>>(),
    );
    let of_here = here.into_iter().map(|choice| Choice {
        value: choice.id.to_string(),
        title: format!("{} ({})", choice.name, choice.department_name),
    });
    let of_others = elsewhere.into_iter().map(|choice| Choice {
        value: choice.id.to_string(),
        title: format!(
            "{} / {} / {}",
            choice.cluster_name, choice.department_name, choice.name
        ),
    });
    let choices: Vec<Choice> = of_here.chain(of_others).collect();
    let is_elsewhere =
        Memo::new(move |_| project.with(|id| others.with_value(|others| others.contains(id))));
    let is_same_storage = RwSignal::new(false);
    let refusal = Signal::derive(move || {
        if project.with(String::is_empty) {
            Some("Choose a project.".to_owned())
        } else if name.with(|name| name.trim().is_empty()) {
            Some("Write a name.".to_owned())
        } else {
            (is_elsewhere.get() && !is_same_storage.get())
                .then(|| "Confirm that both clusters mount the same storage.".to_owned())
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        let wish = TakeBackVolume {
            cluster_id: volume.cluster_id.clone(),
            volume_name: volume.volume_name.clone(),
            volume_uid: volume.volume_uid.clone(),
            project_id: ScopeId(project.get_untracked()),
            name: name.get_untracked().trim().to_owned(),
            is_same_storage: is_elsewhere.get_untracked() && is_same_storage.get_untracked(),
        };
        is_at_work.set(true);
        spawn_local(async move {
            match take_retained_volume_back(wish).await {
                Ok(view) => {
                    toasts.say(format!("“{}” is in use again", view.name));
                    is_open.set(false);
                    on_taken.try_run(());
                }
                Err(refused) => {
                    field_problem::focus(&refused, FIELDS);
                    problem.set(Some(refused));
                }
            }
            is_at_work.set(false);
        });
    };
    let rest = field_problem::of_none(problem, FIELDS);
    view! {
        <form class="form" on:submit=submit>
            <Field id=PROJECT.1 label="Project" hint="It gets a claim on the volume." error=of_field(problem, PROJECT)>
                <Select name="project" value=project choices/>
            </Field>
            <Field id=NAME.1 label="Name" hint="Of the new data volume, and of its claim." error=of_field(problem, NAME)>
                <TextInput name="name" value=name/>
            </Field>
            {move || is_elsewhere.get().then(|| view! {
                <Checkbox
                    label="Both clusters mount the same storage"
                    name="is-same-storage"
                    is_checked=is_same_storage
                    on_change=move |is_same| is_same_storage.set(is_same)
                />
                <p class="muted">
                    "The other cluster gets a volume for the storage, with the secrets that this one names. Storage on \
                     a node's disk and block devices stay where they are."
                </p>
            })}
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Take back into use"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}
