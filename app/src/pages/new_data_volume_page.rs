//! “New data volume”.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::{Problem, ProjectChoice, StorageChoices};

use crate::components::problem_notice::ProblemNotice;
use crate::forms::new_data_volume_form::NewDataVolumeForm;
use crate::routes;
use crate::server_fns::{project_choices, storage_choices};
use crate::ui::{Breadcrumb, Breadcrumbs, EmptyState, Glyph, LinkButton, Skeleton};

/// What the form begins with.
type Beginning = (
    Vec<ProjectChoice>,
    String,
    Option<Result<StorageChoices, Problem>>,
);

/// The page “New data volume”.
#[component]
pub(crate) fn NewDataVolumePage() -> impl IntoView {
    let query = routes::use_query();
    let asked_for = query.with_untracked(|query| query.get("project").map(str::to_owned));
    let beginning = Resource::new_blocking(move || asked_for.clone(), begin);
    let form = move || {
        Suspend::new(async move {
            match beginning.await {
                Ok((projects, _, _)) if projects.is_empty() => view! { <NoProject/> }.into_any(),
                Ok((projects, first_project, first_storage)) => {
                    view! { <NewDataVolumeForm projects first_project first_storage/> }.into_any()
                }
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| beginning.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    let steps = vec![
        Breadcrumb {
            title: "Data volumes".to_owned(),
            href: Some(routes::DATA_VOLUMES.to_owned()),
        },
        Breadcrumb {
            title: "New".to_owned(),
            href: None,
        },
    ];
    view! {
        <Title text="New data volume"/>
        <div class="page">
            <Breadcrumbs label="Where it is" steps/>
            <h1>"New data volume"</h1>
            <Suspense fallback=|| view! { <Skeleton/> <Skeleton/> <Skeleton is_short=true/> }>{form}</Suspense>
        </div>
    }
}

/// The projects, the one that the form begins with (asked for, or the only one), and what it offers.
async fn begin(asked_for: Option<String>) -> Result<Beginning, Problem> {
    let projects = project_choices().await?;
    let first = match (&projects[..], asked_for) {
        ([only], _) => Some(only),
        (all, Some(asked_for)) => all.iter().find(|project| project.id.as_str() == asked_for),
        _ => None,
    };
    let Some(first) = first.map(|project| project.id.clone()) else {
        return Ok((projects, String::new(), None));
    };
    let storage = storage_choices(first.clone()).await;
    Ok((projects, first.to_string(), Some(storage)))
}

#[component]
fn NoProject() -> impl IntoView {
    view! {
        <EmptyState title="No project to make it in" glyph=Glyph::Project>
            <p>
                "A data volume belongs to a project. None of your roles lets you make one: that takes the role "
                "L1 researcher, editor or more in a project. Your department's administrator gives it."
            </p>
            <LinkButton href=routes::MY_ACCESS.to_owned() icon=Glyph::Key>"See your access"</LinkButton>
        </EmptyState>
    }
}
