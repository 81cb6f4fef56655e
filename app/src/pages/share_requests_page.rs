//! “Requests”: the requests for shares that wait for the reader's answer, and those that they made.

use domain::EventKind;
use leptos::prelude::*;
use leptos_meta::Title;
use wire::{Problem, ShareRequestView, ShareRequestsPage as Requests};

use crate::components::problem_notice::ProblemNotice;
use crate::components::share_request_table::ShareRequestTable;
use crate::live;
use crate::routes;
use crate::server_fns::my_share_requests;
use crate::ui::{EmptyState, Glyph, LinkButton, SkeletonTable};

/// The page “Requests”.
#[component]
pub(crate) fn ShareRequestsPage() -> impl IntoView {
    let requests: Resource<Result<Requests, Problem>> =
        Resource::new_blocking(|| (), |()| my_share_requests());
    live::on_change(
        |change| {
            matches!(
                change.kind,
                EventKind::ShareRequested
                    | EventKind::ShareApproved
                    | EventKind::ShareRefused
                    | EventKind::ShareWithdrawn
            )
        },
        move || requests.refetch(),
    );
    let content = move || {
        Suspend::new(async move {
            match requests.await {
                Ok(found) => draw(found, requests),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| requests.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    view! {
        <Title text="Requests"/>
        <div class="page">
            <header class="page__header"><h1>"Requests"</h1></header>
            <Transition fallback=|| view! { <SkeletonTable label="Loading the requests" rows=4/> }>{content}</Transition>
        </div>
    }
}

fn draw(found: Requests, requests: Resource<Result<Requests, Problem>>) -> AnyView {
    if found.waiting.is_empty() && found.own.is_empty() {
        return view! {
            <EmptyState title="No requests" glyph=Glyph::Share>
                <p>
                    "Who may not share a data volume can ask for it on its tab “Sharing”. What waits for your \
                     answer, and what you asked for yourself, is listed here."
                </p>
                <LinkButton href=routes::DATA_VOLUMES.to_owned()>"Go to the data volumes"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    view! {
        {part("waiting", "Waiting for you", found.waiting, requests)}
        {part("own", "Asked for by you", found.own, requests)}
    }
    .into_any()
}

fn part(
    id: &'static str,
    title: &'static str,
    found: Vec<ShareRequestView>,
    requests: Resource<Result<Requests, Problem>>,
) -> Option<AnyView> {
    if found.is_empty() {
        return None;
    }
    let part = view! {
        <section class="section" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            <ShareRequestTable
                caption=title
                requests=Signal::stored(found)
                names_volumes=true
                on_answered=move |()| requests.refetch()
            />
        </section>
    };
    Some(part.into_any())
}
