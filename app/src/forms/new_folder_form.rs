//! “New folder”.

use domain::{DataVolumeId, VolumePath};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Problem;

use crate::components::sentence::sentence;
use crate::server_fns::make_folder;
use crate::ui::{Button, Dialog, Field, Look, TextInput, use_toasts};

const NAME: &str = "new-folder-name";

/// The form in front of the page.
#[component]
pub(crate) fn NewFolderDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// The data volume.
    id: DataVolumeId,
    /// The folder that it is made in.
    folder: Signal<VolumePath>,
    /// What follows.
    #[prop(into)]
    on_made: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog is_open id="new-folder" title="New folder">
            <NewFolderForm is_open id folder=folder.get_untracked() on_made/>
        </Dialog>
    }
}

#[component]
fn NewFolderForm(
    is_open: RwSignal<bool>,
    id: DataVolumeId,
    folder: VolumePath,
    on_made: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let folder = StoredValue::new(folder);
    let path =
        Memo::new(move |_| name.with(|name| folder.with_value(|folder| folder.join(name.trim()))));
    let refusal = Signal::derive(move || {
        if name.with(|name| name.trim().is_empty()) {
            Some("Give it a name first.".to_owned())
        } else {
            path.with(|path| path.as_ref().err().map(sentence))
        }
    });
    let error = Signal::derive(move || {
        let wrong = refusal
            .get()
            .filter(|_| name.with(|name| !name.trim().is_empty()));
        wrong.or_else(|| {
            problem.with(|problem| problem.as_ref().map(|problem| problem.message.clone()))
        })
    });
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(path), None, false) = (
            path.get_untracked(),
            refusal.get_untracked(),
            is_at_work.get_untracked(),
        ) else {
            return;
        };
        is_at_work.set(true);
        spawn_local(async move {
            let shown = path.to_string();
            match make_folder(id, path).await {
                Ok(()) => {
                    is_open.set(false);
                    toasts.say(format!("The folder “{shown}” is there"));
                    on_made.try_run(());
                }
                Err(refused) => problem.set(Some(refused)),
            }
            is_at_work.set(false);
        });
    };
    view! {
        <form class="form" on:submit=make>
            <Field id=NAME label="Name" hint="With a “/” in it, folders in folders are made." error>
                <TextInput name="name" value=name has_focus=true on_input=move |_| problem.set(None)/>
            </Field>
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Make folder"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}
