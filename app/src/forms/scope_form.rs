//! The names of departments and projects: made and changed.

use domain::ScopeId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{NewDepartment, NewProject, Problem};

use super::field_problem::{FieldId, of_field, of_none};
use crate::components::problem_notice::ProblemNotice;
use crate::server_fns::{create_department, create_project, rename_department, rename_project};
use crate::ui::{Button, Choice, Field, Look, Select, TextInput, use_toasts};

const NAME: FieldId = ("name", "scope-name");
const FOLDER: FieldId = ("folder", "scope-folder");
const FIELDS: &[FieldId] = &[NAME, FOLDER];

/// What the form changes.
#[derive(Debug, Clone)]
pub(crate) enum ScopeChange {
    /// Makes a department in one of these clusters.
    NewDepartment(Vec<Choice>),
    /// Makes a project.
    NewProject {
        /// Where.
        department_id: ScopeId,
        /// Whether the caller may say which folder or namespace is its own.
        may_choose_folder: bool,
    },
    /// Gives a department another name than this one.
    RenameDepartment(ScopeId, String),
    /// Gives a project another name than this one.
    RenameProject(ScopeId, String),
}

impl ScopeChange {
    /// What stands above the form.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::NewDepartment(_) => "New department".to_owned(),
            Self::NewProject { .. } => "New project".to_owned(),
            Self::RenameDepartment(_, name) | Self::RenameProject(_, name) => {
                format!("Rename “{name}”")
            }
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Self::NewDepartment(_) | Self::NewProject { .. } => "Create",
            Self::RenameDepartment(..) | Self::RenameProject(..) => "Rename",
        }
    }

    async fn send(self, name: String, cluster: String, folder: String) -> Result<(), Problem> {
        match self {
            Self::NewDepartment(_) => {
                let cluster_id = ScopeId(cluster);
                create_department(NewDepartment { cluster_id, name })
                    .await
                    .map(drop)
            }
            Self::NewProject { department_id, .. } => {
                let folder = Some(folder.trim().to_owned()).filter(|folder| !folder.is_empty());
                create_project(NewProject {
                    department_id,
                    name,
                    folder,
                })
                .await
                .map(drop)
            }
            Self::RenameDepartment(id, _) => rename_department(id, name).await,
            Self::RenameProject(id, _) => rename_project(id, name).await,
        }
    }
}

/// The fields and the button.
#[component]
pub(crate) fn ScopeForm(
    /// What is changed.
    change: ScopeChange,
    /// Whether the form is shown.
    is_open: RwSignal<bool>,
    /// What follows when it was.
    #[prop(into)]
    on_changed: Callback<()>,
) -> impl IntoView {
    let before = match &change {
        ScopeChange::RenameDepartment(_, name) | ScopeChange::RenameProject(_, name) => {
            name.clone()
        }
        _ => String::new(),
    };
    let name = RwSignal::new(before.clone());
    let folder = RwSignal::new(String::new());
    let cluster = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let action = change.action();
    let fields = other_fields(&change, cluster, folder, problem);
    let refusal = Signal::derive(move || {
        let name = name.get();
        if name.trim().is_empty() {
            Some("Write a name.".to_owned())
        } else {
            (name == before).then(|| "It is called like this already.".to_owned())
        }
    });
    let toasts = use_toasts();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        let change = change.clone();
        let (name, cluster, folder) = (
            name.get_untracked(),
            cluster.get_untracked(),
            folder.get_untracked(),
        );
        is_at_work.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = change.send(name.clone(), cluster, folder).await;
            is_at_work.set(false);
            match answer {
                Ok(()) => {
                    toasts.say(format!("“{}” is there", name.trim()));
                    is_open.set(false);
                    on_changed.try_run(());
                }
                Err(refused) => problem.set(Some(refused)),
            }
        });
    };
    let rest = of_none(problem, FIELDS);
    view! {
        <form class="form" on:submit=submit>
            <Field id=NAME.1 label="Name" error=of_field(problem, NAME)>
                <TextInput name="name" value=name has_focus=true max_length=63_usize on_input=move |_| problem.set(None)/>
            </Field>
            {fields}
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>{action}</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}

fn other_fields(
    change: &ScopeChange,
    cluster: RwSignal<String>,
    folder: RwSignal<String>,
    problem: RwSignal<Option<Problem>>,
) -> Option<AnyView> {
    match change {
        ScopeChange::NewDepartment(clusters) => {
            let first = clusters.first().map(|choice| choice.value.clone());
            cluster.set(first.unwrap_or_default());
            let choices = clusters.clone();
            Some(
                view! {
                    <Field id="scope-cluster" label="Cluster">
                        <Select name="cluster" value=cluster choices/>
                    </Field>
                }
                .into_any(),
            )
        }
        ScopeChange::NewProject {
            may_choose_folder: true,
            ..
        } => Some(
            view! {
                <Field
                    id=FOLDER.1
                    label="Folder or namespace"
                    hint="One that is on the cluster already. Left empty, a new one is made that nobody else has."
                    is_optional=true
                    error=of_field(problem, FOLDER)
                >
                    <TextInput name="folder" value=folder is_code=true max_length=63_usize on_input=move |_| problem.set(None)/>
                </Field>
            }
            .into_any(),
        ),
        _ => None,
    }
}
