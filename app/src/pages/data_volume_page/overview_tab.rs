//! The tab “Overview”.

use domain::{ClusterKind, Phase, VolumePath};
use leptos::prelude::*;
use leptos_meta::Title;
use wire::DataVolumeView;

use super::use_open_volume;
use crate::components::mount_snippet::MountSnippet;
use crate::components::mounts_table::MountsTable;
use crate::components::preview::Preview;
use crate::components::problem_notice::ProblemNotice;
use crate::components::volume_facts::{VolumeFacts, VolumePromises};
use crate::forms::grow_form::GrowDialog;
use crate::routes;
use crate::server_fns::{README, ShownFile, show_readme};
use crate::ui::{Button, EmptyState, Glyph, LinkButton, Skeleton};

/// What the data volume is, how much is in it, and who uses it.
#[component]
pub(crate) fn OverviewTab() -> impl IntoView {
    let open = use_open_volume();
    let view = open.view;
    let is_growing = RwSignal::new(false);
    let can_grow = Memo::new(move |_| {
        view.with(|view| {
            view.cluster.kind == ClusterKind::Kubernetes
                && view.may.edit
                && view.phase == Phase::Ready
        })
    });
    view! {
        <Title text=move || view.with(|view| view.name.clone())/>
        <div class="overview">
            <div class="overview__main">
                <Readme/>
                {move || view.with(users)}
                <MountSnippet volume=view/>
            </div>
            <aside class="overview__side" aria-label="Facts">
                {move || view! { <VolumeFacts volume=view.get()/> }}
                {move || can_grow.get().then(|| view! {
                    <Button on_press=move |()| is_growing.set(true)>"More room"</Button>
                })}
                {move || view! { <VolumePromises volume=view.get()/> }}
            </aside>
        </div>
        <GrowDialog is_open=is_growing volume=view/>
    }
}

#[component]
fn Readme() -> impl IntoView {
    let open = use_open_volume();
    let is_readable = Memo::new(move |_| {
        open.view.with(|view| {
            view.may.read_files && matches!(view.phase, Phase::Ready | Phase::NotReady)
        })
    });
    let readme = Resource::new(
        move || (is_readable.get(), open.file_changes.get()),
        move |(is_readable, _)| async move {
            if is_readable {
                show_readme(open.id).await
            } else {
                Ok(None)
            }
        },
    );
    let content = move || {
        Suspend::new(async move {
            match readme.await {
                Ok(Some(file)) => shown(file, open.id).into_any(),
                Ok(None) => open.view.with_untracked(no_readme).into_any(),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| readme.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    let fallback = || view! { <Skeleton/> <Skeleton/> <Skeleton is_short=true/> };
    view! { <section class="card readme" aria-label="About this data volume"><Transition fallback>{content}</Transition></section> }
}

fn shown(file: ShownFile, id: domain::DataVolumeId) -> impl IntoView {
    let href = routes::files(id, &VolumePath::root(), Some(README));
    let path = VolumePath::root().join(README).unwrap_or_default();
    view! {
        <header class="card__header">
            <h2>{README}</h2>
            <a class="card__more" href=href>"Show as a file"</a>
        </header>
        <Preview id path file/>
    }
}

fn no_readme(view: &DataVolumeView) -> impl IntoView + use<> {
    let files = routes::files(view.id, &VolumePath::root(), None);
    let (title, text) = if view.phase == Phase::Creating {
        (
            "Nothing to read yet",
            "As soon as the storage is there, files can be added to it.",
        )
    } else if !view.may.read_files {
        (
            "The files are not yours to read",
            "Your roles show you that this data volume exists, not what is in it.",
        )
    } else if view.may.write_files {
        (
            "No README.md yet",
            "Put a file README.md at the top of this data volume, and it is shown here: what the data is, where \
             it comes from, how it may be used.",
        )
    } else {
        (
            "No README.md yet",
            "Who may change the files can describe the data in a file README.md at the top; it is shown here.",
        )
    };
    let has_files = view.may.read_files && view.phase != Phase::Creating;
    view! {
        <EmptyState title glyph=Glyph::File>
            <p>{text}</p>
            {has_files.then(|| view! { <LinkButton href=files icon=Glyph::Folder>"Go to the files"</LinkButton> })}
        </EmptyState>
    }
}

fn users(view: &DataVolumeView) -> impl IntoView + use<> {
    let content = if view.mounts.is_empty() {
        let text = if view.shares.is_empty() {
            format!(
                "Only {} has it. A share gives it to other projects without copying a byte.",
                view.project_name
            )
        } else {
            "It is shared, and no other project that you may see has it yet.".to_owned()
        };
        view! {
            <p class="muted">{text}</p>
            {view.may.share.then(|| view! { <LinkButton href=routes::sharing(view.id) icon=Glyph::Share>"Share it"</LinkButton> })}
        }
        .into_any()
    } else {
        view! { <MountsTable mounts=view.mounts.clone()/> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="users-title">
            <h2 id="users-title">"Who uses it"</h2>
            {content}
        </section>
    }
}
