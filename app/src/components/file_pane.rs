//! A file beside its folder: what is known of it, its beginning, and the way to all of it.

use domain::{DataVolumeId, VolumePath};
use leptos::html;
use leptos::prelude::*;

use super::file_facts::FileFacts;
use super::preview::Preview;
use super::problem_notice::ProblemNotice;
use crate::routes;
use crate::server_fns::{preview_file, show_file_details};
use crate::ui::{Glyph, Icon, LinkButton, Look, MiddleCut, Skeleton};

/// The file that the address shows.
#[component]
pub(crate) fn FilePane(
    /// The data volume.
    id: DataVolumeId,
    /// The file.
    path: VolumePath,
    /// Whether the reader just asked for it, so that the focus goes there.
    takes_focus: bool,
) -> impl IntoView {
    let name = path.file_name().unwrap_or_default().to_owned();
    let folder = path.parent().unwrap_or_default();
    let close = routes::files(id, &folder, None);
    let href = routes::file_content(id, &path, false);
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move |_| {
        if let Some(heading) = heading.get().filter(|_| takes_focus) {
            // A heading that left the page meanwhile takes no focus.
            let _ = heading.focus();
        }
    });
    let shown = StoredValue::new(path.clone());
    let details = Resource::new(|| (), {
        let path = path.clone();
        move |()| show_file_details(id, path.clone())
    });
    let file = Resource::new(|| (), move |()| preview_file(id, path.clone()));
    // Where the preview says what went wrong, this need not say it again.
    let facts = move || {
        Suspend::new(async move {
            details
                .await
                .ok()
                .map(|details| view! { <FileFacts details/> })
        })
    };
    let content = move || {
        Suspend::new(async move {
            match file.await {
                Ok(file) => view! { <Preview id path=shown.get_value() file/> }.into_any(),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| file.refetch()/> }.into_any()
                }
            }
        })
    };
    view! {
        <section class="card file-pane" aria-labelledby="file-title">
            <header class="card__header">
                <h2 id="file-title" tabindex="-1" node_ref=heading><MiddleCut text=name/></h2>
                <LinkButton href look=Look::Quiet icon=Glyph::Download is_download=true>"Download"</LinkButton>
                <a class="button button--quiet button--icon" href=close aria-label="Close the preview" data-noscroll="">
                    <Icon glyph=Glyph::Close/>
                </a>
            </header>
            <div class="file-pane__content">
                <Suspense>{facts}</Suspense>
                <Suspense fallback=|| view! { <Skeleton/> <Skeleton/> <Skeleton is_short=true/> }>{content}</Suspense>
            </div>
        </section>
    }
}
