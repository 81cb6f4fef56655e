//! “Take back into use”: which project gets a volume that was kept, and what it is called there.

use domain::ScopeId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{Problem, ProjectChoice, RetainedVolumeView, TakeBackVolume};

use super::field_problem::{self, FieldId, of_field};
use crate::components::problem_notice::ProblemNotice;
use crate::server_fns::take_retained_volume_back;
use crate::ui::{Button, Choice, Dialog, Field, Look, Select, TextInput, use_toasts};

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
    let choices: Vec<Choice> = projects
        .get_untracked()
        .into_iter()
        .filter(|choice| choice.cluster_name == cluster)
        .map(|choice| Choice {
            value: choice.id.to_string(),
            title: format!("{} ({})", choice.name, choice.department_name),
        })
        .collect();
    let refusal = Signal::derive(move || {
        if project.with(String::is_empty) {
            Some("Choose a project.".to_owned())
        } else {
            name.with(|name| name.trim().is_empty())
                .then(|| "Write a name.".to_owned())
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
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Take back into use"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}
