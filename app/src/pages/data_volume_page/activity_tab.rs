//! The tab “Activity”.

use leptos::prelude::*;
use leptos_meta::Title;

use super::use_open_volume;
use crate::components::activity_list::ActivityList;
use crate::components::problem_notice::ProblemNotice;
use crate::server_fns::list_activity;
use crate::ui::{EmptyState, Glyph, SkeletonTable};

/// What happened to the data volume.
#[component]
pub(crate) fn ActivityTab() -> impl IntoView {
    let open = use_open_volume();
    let entries = Resource::new(move || open.changes.get(), move |_| list_activity(open.id));
    let list = move || {
        Suspend::new(async move {
            match entries.await {
                Ok(entries) if entries.is_empty() => view! {
                    <EmptyState title="Nothing has happened yet" glyph=Glyph::Clock>
                        <p>"Uploads, shares, changes of status: all of it is listed here with who did it and when."</p>
                    </EmptyState>
                }
                .into_any(),
                Ok(entries) => view! { <ActivityList entries/> }.into_any(),
                Err(problem) => view! { <ProblemNotice problem on_retry=move |()| entries.refetch()/> }.into_any(),
            }
        })
    };
    view! {
        <Title text=move || format!("Activity of {}", open.view.with(|view| view.name.clone()))/>
        <section aria-labelledby="activity-title">
            <h2 id="activity-title" class="visually-hidden">"Activity"</h2>
            <Transition fallback=|| view! { <SkeletonTable label="Loading the activity" rows=6/> }>{list}</Transition>
        </section>
    }
}
