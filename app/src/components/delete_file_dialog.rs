//! “Delete” a file or a folder: what goes with it, before it goes.

use domain::{DataVolumeId, VolumePath};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{FileKind, FileView, Problem};

use super::byte_size::ByteSize;
use super::problem_notice::ProblemNotice;
use crate::server_fns::{delete_file, list_folder};
use crate::ui::{
    Button, Dialog, Field, Look, Notice, Skeleton, TextInput, Tone, count, use_toasts,
};

/// A file or folder that somebody wants to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doomed {
    /// Where it lies.
    pub(crate) path: VolumePath,
    /// What it is.
    pub(crate) file: FileView,
}

/// The question. A folder with content wants its name typed.
#[component]
pub(crate) fn DeleteFileDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// The data volume.
    id: DataVolumeId,
    /// What would be deleted.
    doomed: RwSignal<Option<Doomed>>,
    /// What follows.
    #[prop(into)]
    on_deleted: Callback<()>,
) -> impl IntoView {
    let title = Signal::derive(move || {
        doomed.with(|doomed| {
            doomed
                .as_ref()
                .map(|doomed| format!("Delete “{}”", doomed.file.name))
                .unwrap_or_default()
        })
    });
    view! {
        <Dialog is_open id="delete-file" title>
            {move || doomed.get().map(|doomed| view! { <Question is_open id doomed on_deleted/> })}
        </Dialog>
    }
}

#[component]
fn Question(
    is_open: RwSignal<bool>,
    id: DataVolumeId,
    doomed: Doomed,
    on_deleted: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let name = StoredValue::new(doomed.file.name.clone());
    let typed = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    // What lies in it, once known; a file has nothing in it.
    let entries = RwSignal::new((doomed.file.kind != FileKind::Folder).then_some(0_u64));
    let needs_name = move || entries.get().is_some_and(|entries| entries > 0);
    let refusal = Signal::derive(move || match entries.get() {
        None => Some("It is not known yet what is in it.".to_owned()),
        Some(0) => None,
        Some(_) => name.with_value(|name| {
            typed
                .with(|typed| typed != name)
                .then(|| format!("Type “{name}” above first."))
        }),
    });
    let path = StoredValue::new(doomed.path.clone());
    let delete = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        let (path, name) = (path.get_value(), name.get_value());
        is_at_work.set(true);
        spawn_local(async move {
            match delete_file(id, path).await {
                Ok(()) => {
                    is_open.set(false);
                    toasts.say(format!("“{name}” is deleted"));
                    on_deleted.try_run(());
                }
                Err(refused) => problem.set(Some(refused)),
            }
            is_at_work.set(false);
        });
    };
    view! {
        <form class="form" on:submit=delete>
            {if doomed.file.kind == FileKind::Folder {
                view! { <FolderLoss id path=doomed.path entries/> }.into_any()
            } else {
                view! {
                    <Notice tone=Tone::Bad title="This file is deleted for good, for everybody">
                        <p><ByteSize bytes=doomed.file.size_bytes/> " are lost. Jobs that read it fail."</p>
                    </Notice>
                }
                .into_any()
            }}
            <Show when=needs_name>
                <Field id="delete-file-name" label=name.with_value(|name| format!("Type “{name}” to delete it"))>
                    <TextInput name="name" value=typed is_code=true/>
                </Field>
            </Show>
            {move || problem.get().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Danger submits=true refusal is_busy=is_at_work>"Delete"</Button>
                <Button on_press=move |()| is_open.set(false)>"Keep it"</Button>
            </div>
        </form>
    }
}

#[component]
fn FolderLoss(id: DataVolumeId, path: VolumePath, entries: RwSignal<Option<u64>>) -> impl IntoView {
    let listing = Resource::new(|| (), move |()| list_folder(id, path.clone(), 0));
    let loss = move || {
        Suspend::new(async move {
            match listing.await {
                Ok(folder) if folder.total == 0 => {
                    entries.set(Some(0));
                    view! { <p>"The folder is empty."</p> }.into_any()
                }
                Ok(folder) => {
                    entries.set(Some(folder.total));
                    let folders = folder
                        .entries
                        .iter()
                        .any(|entry| entry.kind == FileKind::Folder);
                    let deeper = if folders {
                        ", and what is in the folders among them"
                    } else {
                        ""
                    };
                    let noun = if folder.total == 1 {
                        "entry"
                    } else {
                        "entries"
                    };
                    let text = format!(
                        "{} {noun}{deeper}. Jobs that read them fail.",
                        count(folder.total)
                    );
                    view! {
                        <Notice tone=Tone::Bad title="The folder and all that is in it are deleted for good, for everybody">
                            <p>{text}</p>
                        </Notice>
                    }
                    .into_any()
                }
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| listing.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    view! { <Suspense fallback=|| view! { <Skeleton/> <Skeleton is_short=true/> }>{loss}</Suspense> }
}
