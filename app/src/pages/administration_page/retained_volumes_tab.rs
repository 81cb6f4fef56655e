//! “Retained volumes”: storage that outlived its claim, and who is to have it.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::{Problem, ProjectChoice, RetainedVolumeView, RetainedVolumesView};

use crate::components::byte_size::ByteSize;
use crate::components::problem_notice::ProblemNotice;
use crate::forms::take_back_form::TakeBackDialog;
use crate::server_fns::{list_retained_volumes, project_choices};
use crate::ui::{Button, EmptyState, Glyph, Heading, Notice, SkeletonTable, Table, Tone};

type Loaded = (RetainedVolumesView, Vec<ProjectChoice>);

/// The tab “Retained volumes”.
#[component]
pub(crate) fn RetainedVolumesTab() -> impl IntoView {
    let loaded: Resource<Result<Loaded, Problem>> = Resource::new_blocking(
        || (),
        |()| async { Ok((list_retained_volumes().await?, project_choices().await?)) },
    );
    let chosen = RwSignal::new(None::<RetainedVolumeView>);
    let projects = RwSignal::new(Vec::<ProjectChoice>::new());
    let is_open = RwSignal::new(false);
    let content = move || {
        Suspend::new(async move {
            match loaded.await {
                Ok((found, choices)) => {
                    projects.set(choices);
                    draw(found, chosen, is_open)
                }
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| loaded.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    view! {
        <Title text="Retained volumes"/>
        <header class="page__header"><h2>"Retained volumes"</h2></header>
        <p class="section__lead">
            "Storage whose claim is gone and whose files were kept: because its class keeps them, or because it was \
             shared when somebody deleted the claim. A project can have it again, with all that lies in it."
        </p>
        <Transition fallback=|| view! { <SkeletonTable label="Loading the retained volumes" rows=4/> }>{content}</Transition>
        <TakeBackDialog is_open volume=chosen projects on_taken=move |()| loaded.refetch()/>
    }
}

fn draw(
    found: RetainedVolumesView,
    chosen: RwSignal<Option<RetainedVolumeView>>,
    is_open: RwSignal<bool>,
) -> AnyView {
    let away = (!found.clusters_away.is_empty()).then(|| {
        let text = format!(
            "These do not answer now: {}.",
            found.clusters_away.join(", ")
        );
        view! { <Notice tone=Tone::Warn title="Not every cluster is shown"><p>{text}</p></Notice> }
    });
    let list = if found.retained_volumes.is_empty() {
        view! {
            <EmptyState title="Nothing was left behind" glyph=Glyph::DataVolume>
                <p>"When a claim goes and its storage is kept, the volume is listed here."</p>
            </EmptyState>
        }
        .into_any()
    } else {
        let rows: Vec<_> = found
            .retained_volumes
            .into_iter()
            .map(|volume| row(volume, chosen, is_open))
            .collect();
        let head = view! {
            <Heading title="Volume"/>
            <Heading title="Cluster" class="volumes__wide"/>
            <Heading title="Was" class="volumes__wide"/>
            <Heading title="Capacity" class="number"/>
            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
        }
        .into_any();
        view! { <Table caption="Retained volumes" class="volumes" head>{rows}</Table> }.into_any()
    };
    view! { {away} {list} }.into_any()
}

fn row(
    volume: RetainedVolumeView,
    chosen: RwSignal<Option<RetainedVolumeView>>,
    is_open: RwSignal<bool>,
) -> impl IntoView {
    let was = match &volume.data_volume_name {
        Some(name) => format!("{} ({name})", volume.claim),
        None => volume.claim.clone(),
    };
    let (name, cluster, capacity) = (
        volume.volume_name.clone(),
        volume.cluster_name.clone(),
        volume.capacity_bytes,
    );
    let take = move |()| {
        chosen.set(Some(volume.clone()));
        is_open.set(true);
    };
    view! {
        <tr>
            <th scope="row">
                <code>{name}</code>
                <small class="administration__narrow">{format!("{cluster}: {was}")}</small>
            </th>
            <td class="volumes__wide">{cluster.clone()}</td>
            <td class="volumes__wide"><code>{was.clone()}</code></td>
            <td class="number"><ByteSize bytes=capacity/></td>
            <td><Button on_press=take>"Take back into use"</Button></td>
        </tr>
    }
}
