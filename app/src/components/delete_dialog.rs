//! “Delete”: what will be lost and for whom, before it is.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use wire::{DataVolumeView, DeletionConsequences, Problem};

use super::byte_size::ByteSize;
use super::problem_notice::ProblemNotice;
use crate::routes;
use crate::server_fns::{delete_data_volume, deletion_consequences};
use crate::ui::{
    Button, Dialog, Field, Look, Notice, Skeleton, TextInput, Tone, count, use_toasts,
};

/// How many of the projects that lose it are named.
const NAMED: usize = 8;

/// The question, which wants the name typed.
#[component]
pub(crate) fn DeleteDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// What would be deleted.
    volume: RwSignal<DataVolumeView>,
) -> impl IntoView {
    let title = Signal::derive(move || volume.with(|volume| format!("Delete “{}”", volume.name)));
    view! {
        <Dialog is_open id="delete-data-volume" title>
            <Question is_open volume=volume.get_untracked()/>
        </Dialog>
    }
}

#[component]
fn Question(is_open: RwSignal<bool>, volume: DataVolumeView) -> impl IntoView {
    let id = volume.id;
    let name = StoredValue::new(volume.name);
    let typed = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let seen = RwSignal::new(None::<u64>);
    let consequences = Resource::new(|| (), move |()| deletion_consequences(id));
    let losses = move || {
        Suspend::new(async move {
            match consequences.await {
                Ok(losses) => {
                    seen.set(Some(losses.mount_count()));
                    view! { <Losses losses/> }.into_any()
                }
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| consequences.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    let refusal = Signal::derive(move || {
        if seen.get().is_none() {
            Some("It is not known yet what would be lost.".to_owned())
        } else if name.with_value(|name| typed.with(|typed| typed.trim() != name)) {
            Some(name.with_value(|name| format!("Type “{name}” above first.")))
        } else {
            None
        }
    });
    let delete = use_delete(id, name, is_at_work, problem, is_open);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let (None, Some(seen), false) = (
            refusal.get_untracked(),
            seen.get_untracked(),
            is_at_work.get_untracked(),
        ) {
            delete(seen);
        }
    };
    let look_again = move || {
        problem.get().map(|problem| {
            view! { <ProblemNotice problem on_retry=move |()| consequences.refetch()/> }
        })
    };
    view! {
        <form class="form" on:submit=submit>
            <Transition fallback=|| view! { <Skeleton/> <Skeleton/> <Skeleton is_short=true/> }>{losses}</Transition>
            <Field id="delete-name" label=name.with_value(|name| format!("Type “{name}” to delete it"))>
                <TextInput name="name" value=typed is_code=true has_focus=true/>
            </Field>
            {look_again}
            <div class="form__actions">
                <Button look=Look::Danger submits=true refusal is_busy=is_at_work>"Delete data volume"</Button>
                <Button on_press=move |()| is_open.set(false)>"Keep it"</Button>
            </div>
        </form>
    }
}

/// Deletes and goes to the catalogue.
fn use_delete(
    id: domain::DataVolumeId,
    name: StoredValue<String>,
    is_at_work: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    is_open: RwSignal<bool>,
) -> impl Fn(u64) {
    let toasts = use_toasts();
    let navigate = use_navigate();
    move |seen| {
        let navigate = navigate.clone();
        let name = name.get_value();
        is_at_work.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = delete_data_volume(id, name.clone(), seen).await;
            is_at_work.set(false);
            match answer {
                Ok(()) => {
                    toasts.say(format!("“{name}” is being deleted"));
                    is_open.set(false);
                    navigate(
                        routes::DATA_VOLUMES,
                        leptos_router::NavigateOptions::default(),
                    );
                }
                Err(refused) => problem.set(Some(refused)),
            }
        });
    }
}

#[component]
fn Losses(losses: DeletionConsequences) -> impl IntoView {
    let tone = if losses.destroys_bytes {
        Tone::Bad
    } else {
        Tone::Warn
    };
    let files = losses
        .file_count
        .filter(|_| losses.destroys_bytes)
        .map(|files| {
            let noun = if files == 1 { "file" } else { "files" };
            let size = losses
                .used_bytes
                .map(|bytes| view! { ", " <ByteSize bytes/> });
            view! { <li>{format!("{} {noun}", count(files))} {size} ", for good"</li> }
        });
    let projects = (losses.mount_count() > 0).then(|| {
        let named: Vec<_> = losses
            .mounts
            .iter()
            .take(NAMED)
            .map(|mount| format!("{} ({})", mount.project_name, mount.department_name))
            .collect();
        let others = losses.mount_count() - named.len() as u64;
        let others = match (named.is_empty(), others) {
            (_, 0) => String::new(),
            (true, 1) => "one project that you may not see".to_owned(),
            (true, others) => format!("{} projects that you may not see", count(others)),
            (false, 1) => " and one more project".to_owned(),
            (false, others) => format!(" and {} more projects", count(others)),
        };
        view! { <li>"Access to it in " {named.join(", ")} {others} ", and the jobs there that read it fail"</li> }
    });
    let nobody =
        (losses.mount_count() == 0).then(|| view! { <li>"No other project uses it."</li> });
    view! {
        <Notice tone title=losses.summary>
            <ul class="losses">{files} {projects} {nobody}</ul>
        </Notice>
    }
}
