//! The tab “Sharing”.

use domain::Sharing;
use leptos::prelude::*;
use leptos_meta::Title;
use wire::{DataVolumeView, ShareRequestView, ShareTarget};

use super::use_open_volume;
use crate::components::problem_notice::ProblemNotice;
use crate::components::share_list::ShareList;
use crate::components::share_request_table::ShareRequestTable;
use crate::components::volume_facts::SharingPromise;
use crate::forms::ask_for_share_form::AskForShareForm;
use crate::forms::share_form::ShareForm;
use crate::server_fns::{list_share_requests, share_targets};
use crate::ui::{EmptyState, Glyph, Notice, SkeletonTable, Tone};

/// Who has the data volume, and who else may get it.
#[component]
pub(crate) fn SharingTab() -> impl IntoView {
    let open = use_open_volume();
    let first = Resource::new(|| (), move |()| share_targets(open.id));
    let asked = Resource::new(|| (), move |()| list_share_requests(open.id));
    let content = move || {
        Suspend::new(async move {
            match (first.await, asked.await) {
                (Ok(targets), Ok(asked)) => view! { <Shares first=targets asked/> }.into_any(),
                (Err(problem), _) | (_, Err(problem)) => {
                    view! { <ProblemNotice problem on_retry=move |()| { first.refetch(); asked.refetch(); }/> }.into_any()
                }
            }
        })
    };
    view! {
        <Title text=move || format!("Sharing of {}", open.view.with(|view| view.name.clone()))/>
        <Suspense fallback=|| view! { <SkeletonTable label="Loading the shares" rows=4/> }>{content}</Suspense>
    }
}

/// The tree is read anew in place, so that what is chosen in it stays.
#[component]
fn Shares(first: Vec<ShareTarget>, asked: Vec<ShareRequestView>) -> impl IntoView {
    let open = use_open_volume();
    let targets = RwSignal::new(first);
    let requests = RwSignal::new(asked);
    Effect::new(move |before: Option<u32>| {
        let changes = open.changes.get();
        if before.is_some_and(|before| before != changes) {
            leptos::task::spawn_local(async move {
                if let Ok(newer) = share_targets(open.id).await {
                    targets.try_set(newer);
                }
                if let Ok(newer) = list_share_requests(open.id).await {
                    requests.try_set(newer);
                }
            });
        }
        changes
    });
    let phases = Signal::derive(move || {
        open.view.with(|view| {
            view.mounts
                .iter()
                .map(|mount| (mount.project_id.clone(), mount.phase))
                .collect::<Vec<_>>()
        })
    });
    let is_shared = Memo::new(move |_| open.view.with(|view| !view.shares.is_empty()));
    let refusal = Memo::new(move |_| open.view.with(refusal));
    let change = move |()| open.read_anew();
    let origin = move || open.view.with_untracked(|view| view.project_id.clone());
    let list = move || {
        if is_shared.get() {
            view! { <ShareList volume=open.view targets on_changed=change/> }.into_any()
        } else {
            open.view.with_untracked(nobody).into_any()
        }
    };
    let form = move || {
        match refusal.get() {
        Some(Refusal { title, text }) => {
            view! { <Notice tone=Tone::Neutral title><p>{text}</p></Notice> }.into_any()
        }
        None => view! {
            {move || open.view.with(|view| view.sharing.clone()).map(|sharing| view! { <SharingPromise sharing/> })}
            <ShareForm id=open.id origin=origin() targets phases on_shared=change/>
        }
        .into_any(),
    }
    };
    let may_ask = Memo::new(move |_| {
        open.view.with(|view| {
            let is_possible = !matches!(view.sharing, Some(Sharing::Refused { .. }));
            is_possible && view.may.ask_for_share && !view.may.share
        })
    });
    let ask = move || {
        may_ask.get().then(|| {
            view! {
                <section class="card" aria-labelledby="ask-title">
                    <h2 id="ask-title">"Ask for a share"</h2>
                    <AskForShareForm id=open.id origin=origin() targets on_asked=change/>
                </section>
            }
        })
    };
    let is_asked_for = Memo::new(move |_| requests.with(|requests| !requests.is_empty()));
    let asked_for = move || {
        is_asked_for.get().then(|| view! {
            <section class="card" aria-labelledby="requests-title">
                <h2 id="requests-title">"Requests"</h2>
                <ShareRequestTable caption="Requests for this data volume" requests on_answered=change/>
            </section>
        })
    };
    view! {
        <div class="sharing">
            <section class="card" aria-labelledby="shares-title">
                <h2 id="shares-title">"Who has it"</h2>
                {list}
            </section>
            {asked_for}
            <section class="card" aria-labelledby="share-title">
                <h2 id="share-title">"Change who has it"</h2>
                {form}
            </section>
            {ask}
        </div>
    }
}

/// Why the reader cannot change the shares.
#[derive(Clone, PartialEq, Eq)]
struct Refusal {
    title: String,
    text: String,
}

/// Why nobody can be added now, if so, and what to do.
fn refusal(view: &DataVolumeView) -> Option<Refusal> {
    if let Some(Sharing::Refused { reason }) = &view.sharing {
        return Some(Refusal {
            title: "This storage cannot be shared".to_owned(),
            text: reason.clone(),
        });
    }
    if view.may.share {
        return None;
    }
    let helper = if view.may.ask_for_share {
        "Ask them beneath."
    } else {
        "One of them can share it for you."
    };
    Some(Refusal {
        title: "You see the shares, and cannot change them".to_owned(),
        text: format!(
            "Sharing takes the role editor, research manager or administrator in {}. {helper}",
            view.project_name
        ),
    })
}

fn nobody(view: &DataVolumeView) -> impl IntoView + use<> {
    let text = format!(
        "Only {} has this data volume. A share gives it to another project, to a department or to the whole \
         cluster: without a copy, and taken away as easily.",
        view.project_name
    );
    view! {
        <EmptyState title="Not shared" glyph=Glyph::Share>
            <p>{text}</p>
        </EmptyState>
    }
}
