//! “New access key” and “New application”: a name, and then the secret, this once.

use domain::KeyName;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{MadeKey, NewKey, Problem};

use crate::components::sentence::sentence;
use crate::server_fns::{create_access_key, create_application};
use crate::ui::{Button, CopyButton, Dialog, Field, Look, Notice, TextInput, Tone};

const NAME: &str = "new-key-name";

/// Who acts with the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// The reader: it is an access key of theirs.
    Reader,
    /// A program of its own: it is an application.
    Application,
}

impl Holder {
    fn title(self) -> &'static str {
        match self {
            Self::Reader => "New access key",
            Self::Application => "New application",
        }
    }

    fn button(self) -> &'static str {
        match self {
            Self::Reader => "Make access key",
            Self::Application => "Make application",
        }
    }

    fn power(self) -> &'static str {
        match self {
            Self::Reader => "Whoever has it may do what you may. Keep it like a password.",
            Self::Application => {
                "Whoever has it may do what the access rules of the application allow. Keep it like a password."
            }
        }
    }

    async fn make(self, new: NewKey) -> Result<MadeKey, Problem> {
        match self {
            Self::Reader => create_access_key(new).await,
            Self::Application => create_application(new).await,
        }
    }
}

/// The form in front of the page.
#[component]
pub(crate) fn NewKeyDialog(
    /// Who acts with it.
    holder: Holder,
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// What follows.
    #[prop(into)]
    on_made: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog is_open id="new-key" title=holder.title()>
            <NewKeyForm holder is_open on_made/>
        </Dialog>
    }
}

#[component]
fn NewKeyForm(holder: Holder, is_open: RwSignal<bool>, on_made: Callback<()>) -> impl IntoView {
    let made = RwSignal::new(None::<MadeKey>);
    view! {
        {move || match made.get() {
            Some(key) => view! { <MadeKeyNotice holder is_open key/> }.into_any(),
            None => view! { <NameForm holder is_open made on_made/> }.into_any(),
        }}
    }
}

#[component]
fn NameForm(
    holder: Holder,
    is_open: RwSignal<bool>,
    made: RwSignal<Option<MadeKey>>,
    on_made: Callback<()>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let wrong = Memo::new(move |_| {
        let parsed = name.with(|name| name.parse::<KeyName>());
        parsed.err().map(|error| sentence(&error))
    });
    let refusal = Signal::derive(move || {
        if name.with(String::is_empty) {
            Some("Give it a name first.".to_owned())
        } else {
            wrong.get()
        }
    });
    let error = Signal::derive(move || {
        let wrong = wrong.get().filter(|_| !name.with(String::is_empty));
        wrong.or_else(|| {
            problem.with(|problem| problem.as_ref().map(|problem| problem.message.clone()))
        })
    });
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        is_at_work.set(true);
        let new = NewKey {
            name: name.get_untracked(),
            expires_at: None,
        };
        spawn_local(async move {
            match holder.make(new).await {
                Ok(key) => {
                    on_made.try_run(());
                    made.set(Some(key));
                }
                Err(refused) => {
                    problem.set(Some(refused));
                    is_at_work.set(false);
                }
            }
        });
    };
    view! {
        <form class="form" on:submit=make>
            <Field id=NAME label="Name" hint="What it is for, such as laptop or nightly-upload: small letters, digits and hyphens." error>
                <TextInput name="name" value=name is_code=true has_focus=true max_length=KeyName::MAX_LENGTH on_input=move |_| problem.set(None)/>
            </Field>
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>{holder.button()}</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}

/// The secret. Once this is closed nobody sees it again.
#[component]
fn MadeKeyNotice(holder: Holder, is_open: RwSignal<bool>, key: MadeKey) -> impl IntoView {
    let id = key.client_id.to_string();
    view! {
        <Notice tone=Tone::Warn title="Copy the secret now: it is not shown again">
            <p>{holder.power()}</p>
        </Notice>
        <dl class="access-key">
            <dt>"Client id"</dt>
            <dd><code>{id.clone()}</code> <CopyButton text=id label="Copy the client id"/></dd>
            <dt>"Secret"</dt>
            <dd><code>{key.client_secret.clone()}</code> <CopyButton text=key.client_secret label="Copy the secret"/></dd>
        </dl>
        <div class="form__actions">
            <Button look=Look::Primary on_press=move |()| is_open.set(false)>"Done"</Button>
        </div>
    }
}
