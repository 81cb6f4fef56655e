//! “Rename”: another name in the same folder.

use domain::{DataVolumeId, VolumePath};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Problem;

use crate::components::sentence::sentence;
use crate::server_fns::rename_file;
use crate::ui::{Button, Dialog, Field, Look, TextInput, ToastList, use_toasts};

const NAME: &str = "rename-name";

/// The form in front of the page.
#[component]
pub(crate) fn RenameDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// The data volume.
    id: DataVolumeId,
    /// What gets another name.
    file: RwSignal<Option<VolumePath>>,
    /// What follows.
    #[prop(into)]
    on_renamed: Callback<()>,
) -> impl IntoView {
    let title = Signal::derive(move || {
        file.with(|file| {
            let name = file
                .as_ref()
                .and_then(VolumePath::file_name)
                .unwrap_or_default();
            format!("Rename “{name}”")
        })
    });
    view! {
        <Dialog is_open id="rename" title>
            {move || file.get().map(|file| view! { <RenameForm is_open id file on_renamed/> })}
        </Dialog>
    }
}

#[component]
fn RenameForm(
    is_open: RwSignal<bool>,
    id: DataVolumeId,
    file: VolumePath,
    on_renamed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let before = file.file_name().unwrap_or_default().to_owned();
    let name = RwSignal::new(before.clone());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let folder = StoredValue::new(file.parent().unwrap_or_default());
    let target = Memo::new(move |_| {
        let name = name.get();
        if name.contains('/') {
            return Err(
                "A name has no “/”. Files stay in their folder when they are renamed.".to_owned(),
            );
        }
        if name == before {
            return Err("It is called like this already.".to_owned());
        }
        folder
            .with_value(|folder| folder.join(&name))
            .map_err(sentence)
    });
    let refusal = Signal::derive(move || target.with(|target| target.as_ref().err().cloned()));
    let error = Signal::derive(move || {
        problem.with(|problem| problem.as_ref().map(|problem| problem.message.clone()))
    });
    let rename = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(to), false) = (target.get_untracked(), is_at_work.get_untracked()) else {
            return;
        };
        let from = file.clone();
        is_at_work.set(true);
        spawn_local(async move {
            match rename_file(id, from.clone(), to.clone()).await {
                Ok(()) => {
                    is_open.set(false);
                    say_with_undo(id, from, to, toasts, on_renamed);
                    on_renamed.try_run(());
                }
                Err(refused) => problem.set(Some(refused)),
            }
            is_at_work.set(false);
        });
    };
    view! {
        <form class="form" on:submit=rename>
            <Field id=NAME label="New name" error>
                <TextInput name="name" value=name has_focus=true on_input=move |_| problem.set(None)/>
            </Field>
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Rename"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}

fn say_with_undo(
    id: DataVolumeId,
    from: VolumePath,
    to: VolumePath,
    toasts: ToastList,
    on_renamed: Callback<()>,
) {
    let text = format!("Renamed to “{}”", to.file_name().unwrap_or_default());
    toasts.say_with_undo(text, move || {
        let (from, to) = (from.clone(), to.clone());
        spawn_local(async move {
            match rename_file(id, to, from).await {
                Ok(()) => {
                    on_renamed.try_run(());
                }
                Err(refused) => toasts.refuse(refused.message),
            }
        });
    });
}
