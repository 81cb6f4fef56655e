//! One data volume: what it is called, how it is, and its tabs.

mod activity_tab;
mod files_tab;
mod header;
mod open_volume;
mod overview_tab;
mod sharing_tab;

use leptos::prelude::*;
use leptos_meta::Title;
use wire::{DataVolumeView, Problem};

pub(crate) use activity_tab::ActivityTab;
pub(crate) use files_tab::FilesTab;
use header::Header;
use open_volume::{OpenVolume, use_open_volume};
pub(crate) use overview_tab::OverviewTab;
pub(crate) use sharing_tab::SharingTab;

use crate::components::conditions::Conditions;
use crate::components::problem_notice::ProblemNotice;
use crate::routes::{self, Subpage};
use crate::server_fns::show_data_volume;
use crate::ui::{EmptyState, Glyph, LinkButton, Look, Skeleton};

/// The page of one data volume.
#[component]
pub(crate) fn DataVolumePage() -> impl IntoView {
    let id = routes::use_data_volume_id();
    let first = Resource::new_blocking(
        move || id.get(),
        async |id| match id {
            Some(id) => show_data_volume(id).await,
            None => Err(no_such_volume()),
        },
    );
    let page = move || {
        Suspend::new(async move {
            match first.await {
                Ok(view) => view! { <Opened view/> }.into_any(),
                Err(problem) if problem.code == 404 => view! { <NoSuchVolume/> }.into_any(),
                Err(problem) => {
                    let retry = move |()| first.refetch();
                    view! {
                        <h1 class="visually-hidden">"Data volume"</h1>
                        <ProblemNotice problem on_retry=retry/>
                    }
                    .into_any()
                }
            }
        })
    };
    view! {
        <div class="page volume-page">
            <Suspense fallback=|| view! { <Coming/> }>{page}</Suspense>
        </div>
    }
}

fn no_such_volume() -> Problem {
    #[cfg(feature = "ssr")]
    crate::server_fns::ssr::set_status(404);
    Problem::new(404, "There is no such data volume.")
}

#[component]
fn Opened(view: DataVolumeView) -> impl IntoView {
    let open = OpenVolume::provide(view);
    let is_gone = Memo::new(move |_| {
        open.problem
            .with(|problem| problem.as_ref().is_some_and(|p| p.code == 404))
    });
    let conditions = Signal::derive(move || open.view.with(|view| view.conditions.clone()));
    let problem = move || {
        open.problem.get().map(|problem| {
            view! { <ProblemNotice problem on_retry=move |()| open.read_anew()/> }
        })
    };
    view! {
        <Show when=move || !is_gone.get() fallback=|| view! { <NoSuchVolume/> }>
            <Header/>
            {problem}
            <Conditions phase=open.phase() conditions/>
            <Subpage/>
        </Show>
    }
}

/// Missing, deleted meanwhile and not the reader's to see: all the same.
#[component]
fn NoSuchVolume() -> impl IntoView {
    view! {
        <Title text="No such data volume"/>
        <h1 class="visually-hidden">"No such data volume"</h1>
        <EmptyState title="There is no such data volume" glyph=Glyph::DataVolume>
            <p>"It was deleted, or none of the groups that you are in may see it."</p>
            <p class="empty-state__actions">
                <LinkButton href=routes::DATA_VOLUMES look=Look::Primary>"Go to the data volumes"</LinkButton>
                <LinkButton href=routes::MY_ACCESS>"See your access"</LinkButton>
            </p>
        </EmptyState>
    }
}

#[component]
fn Coming() -> impl IntoView {
    view! {
        <div role="status">
            <span class="visually-hidden">"Loading the data volume"</span>
            <Skeleton is_short=true/>
            <Skeleton is_short=true/>
            <Skeleton/>
        </div>
    }
}
