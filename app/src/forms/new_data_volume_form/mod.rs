//! “New data volume”: project, storage, name; and what “Create” would do, before it is pressed.

mod draft;
mod plan_panel;
mod storage_fields;

use domain::{ScopeId, VolumeName};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::{Problem, ProjectChoice, StorageChoices, StorageClassView};

use draft::{Draft, NEW_STORAGE, suggestion};
use plan_panel::{PlanPanel, use_plan};
use storage_fields::StorageFields;

use super::field_problem::{self, FieldId, of_field};
use crate::components::problem_notice::ProblemNotice;
use crate::components::sentence::sentence;
use crate::routes;
use crate::server_fns::{create_data_volume, storage_choices};
use crate::ui::{Button, Choice, Field, LinkButton, Look, Select, Skeleton, TextInput, use_toasts};

const PROJECT: FieldId = ("projectId", "new-project");
const CLAIM: FieldId = ("storage.claim", "new-claim");
const VOLUME: FieldId = ("storage.volume", "new-volume");
const SIZE: FieldId = ("storage.size", "new-size");
const NAME: FieldId = ("name", "new-name");
const DESCRIPTION: FieldId = ("description", "new-description");
const TAGS: FieldId = ("tags", "new-tags");
const FIELDS: &[FieldId] = &[PROJECT, CLAIM, VOLUME, SIZE, NAME, DESCRIPTION, TAGS];

/// What a project offers; `None` while none is chosen or it is being asked.
type Offered = Option<Result<StorageChoices, Problem>>;

/// The form. `first_storage` belongs to `first_project`, so that the page is whole before it is alive.
#[component]
pub(crate) fn NewDataVolumeForm(
    /// Where the reader may make data volumes.
    projects: Vec<ProjectChoice>,
    /// The project that is chosen when the page opens; empty for none.
    first_project: String,
    /// What it offers.
    first_storage: Option<Result<StorageChoices, Problem>>,
) -> impl IntoView {
    let draft = Draft::new(
        first_project,
        first_storage
            .as_ref()
            .and_then(|storage| storage.as_ref().ok()),
    );
    let offered = RwSignal::new(first_storage);
    let problem = RwSignal::new(None::<Problem>);
    let order = Memo::new(move |_| draft.order());
    let planned = use_plan(order, problem);
    let missing = Signal::derive(move || order.with(|order| order.as_ref().err().cloned()));
    let class = Signal::derive(move || chosen_class(draft, offered));
    let (is_creating, create) = use_create(draft, problem);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if missing.with_untracked(Option::is_none) && !is_creating.get_untracked() {
            create();
        }
    };
    let ask = move |project: String| ask_for_storage(project, draft, offered, problem);
    let again = move |()| ask_for_storage(draft.project.get_untracked(), draft, offered, problem);
    let storage = move || match offered.get() {
        Some(Ok(choices)) => view! { <StorageFields draft choices problem/> }.into_any(),
        Some(Err(problem)) => view! { <ProblemNotice problem on_retry=again/> }.into_any(),
        None if draft.project.with(String::is_empty) => {
            view! { <p class="muted">"The project decides which storage there is."</p> }.into_any()
        }
        None => view! { <Skeleton/> <Skeleton/> }.into_any(),
    };
    let rest = field_problem::of_none(problem, FIELDS);
    view! {
        <div class="new-volume">
            <form class="form new-volume__form" on:submit=submit>
                <Field
                    id=PROJECT.1
                    label="Project"
                    hint="It owns the data volume. Others can get it by a share."
                    error=of_field(problem, PROJECT)
                >
                    <Select name="project" value=draft.project choices=project_choices(&projects) on_change=ask/>
                </Field>
                <div class="new-volume__storage">{storage}</div>
                <WordFields draft problem/>
                {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
                <div class="form__actions">
                    <Button look=Look::Primary submits=true refusal=missing is_busy=is_creating>
                        "Create"
                    </Button>
                    <LinkButton href=routes::DATA_VOLUMES.to_owned()>"Cancel"</LinkButton>
                    <p class="form__missing" aria-hidden="true">{move || missing.get()}</p>
                </div>
            </form>
            <PlanPanel planned missing class/>
        </div>
    }
}

#[component]
fn WordFields(draft: Draft, problem: RwSignal<Option<Problem>>) -> impl IntoView {
    let said = of_field(problem, NAME);
    let error = Signal::derive(move || {
        let typed = draft.name.get();
        let wrong = (!typed.is_empty())
            .then(|| typed.parse::<VolumeName>().err().map(sentence))
            .flatten();
        wrong.or_else(|| said.get())
    });
    let offer = move || {
        let name = draft.name.with(|typed| {
            if typed.parse::<VolumeName>().is_ok() {
                None
            } else {
                suggestion(typed)
            }
        })?;
        let words = format!("Use “{name}”");
        Some(
            view! { <Button look=Look::Quiet on_press=move |()| draft.name.set(name.clone())>{words}</Button> },
        )
    };
    let forget = move |_: String| problem.set(None);
    view! {
        <div class="new-volume__name">
            <Field
                id=NAME.1
                label="Name"
                hint="Lower-case letters, digits and hyphens, at most 63. No other data volume of the cluster has it."
                error
            >
                <TextInput name="name" value=draft.name is_code=true placeholder="imagenet-1k" on_input=forget/>
            </Field>
            {offer}
        </div>
        <Field
            id=DESCRIPTION.1
            label="Description"
            hint="One line about it, at most 127 characters."
            error=of_field(problem, DESCRIPTION)
            is_optional=true
        >
            <TextInput name="description" value=draft.description max_length=127_usize on_input=forget/>
        </Field>
        <Field
            id=TAGS.1
            label="Tags"
            hint="Words to find it by, with commas between them."
            error=of_field(problem, TAGS)
            is_optional=true
        >
            <TextInput name="tags" value=draft.tags on_input=forget/>
        </Field>
    }
}

/// Grouped by cluster and department through their names: a list of the browser has no deeper groups.
fn project_choices(projects: &[ProjectChoice]) -> Vec<Choice> {
    let none = Choice {
        value: String::new(),
        title: "Choose…".to_owned(),
    };
    let choices = projects.iter().map(|project| Choice {
        value: project.id.to_string(),
        title: format!(
            "{} / {} / {}",
            project.cluster_name, project.department_name, project.name
        ),
    });
    std::iter::once(none).chain(choices).collect()
}

fn chosen_class(draft: Draft, offered: RwSignal<Offered>) -> Option<StorageClassView> {
    if draft.storage.with(|storage| storage != NEW_STORAGE) {
        return None;
    }
    let chosen = draft.storage_class.get();
    offered.with(|offered| {
        let choices = offered.as_ref()?.as_ref().ok()?;
        choices
            .storage_classes
            .iter()
            .find(|class| class.name == chosen)
            .cloned()
    })
}

fn ask_for_storage(
    project: String,
    draft: Draft,
    offered: RwSignal<Offered>,
    problem: RwSignal<Option<Problem>>,
) {
    problem.set(None);
    offered.set(None);
    if project.is_empty() {
        return;
    }
    spawn_local(async move {
        let answer = storage_choices(ScopeId(project.clone())).await;
        if draft.project.with_untracked(|chosen| *chosen != project) {
            return;
        }
        if let Ok(choices) = &answer {
            draft.fit(choices);
        }
        offered.set(Some(answer));
    });
}

/// Sends the form and goes to what was made. What was typed stays where it is when that fails.
fn use_create(
    draft: Draft,
    problem: RwSignal<Option<Problem>>,
) -> (RwSignal<bool>, impl Fn() + Clone) {
    let toasts = use_toasts();
    let navigate = use_navigate();
    let is_creating = RwSignal::new(false);
    let create = move || {
        let Ok(new) = untrack(|| draft.whole()) else {
            return;
        };
        let navigate = navigate.clone();
        is_creating.set(true);
        problem.set(None);
        spawn_local(async move {
            match create_data_volume(new).await {
                Ok(view) => {
                    toasts.say(format!("“{}” is being made", view.name));
                    navigate(&routes::data_volume(view.id), NavigateOptions::default());
                }
                Err(refused) => {
                    is_creating.set(false);
                    field_problem::focus(&refused, FIELDS);
                    problem.set(Some(refused));
                }
            }
        });
    };
    (is_creating, create)
}
