//! The reader's access keys, with what makes and removes them.

use domain::AccessKeyId;
use leptos::prelude::*;
use wire::{AccessKeyView, AccessKeysView, Problem};

use super::key_cells::{DisabledBadge, LastUsed};
use super::problem_notice::ProblemNotice;
use super::removal::{Doomed, Removal, removal_title};
use crate::forms::new_key_form::{Holder, NewKeyDialog};
use crate::server_fns::{delete_access_key, list_access_keys};
use crate::ui::{
    Button, Dialog, EmptyState, Glyph, Heading, Look, Notice, SkeletonTable, Table, Time, Tone,
    use_toasts,
};

/// The section “Access keys”.
#[component]
pub(crate) fn AccessKeyList() -> impl IntoView {
    let keys: Resource<Result<AccessKeysView, Problem>> =
        Resource::new_blocking(|| (), |()| list_access_keys());
    let is_new_open = RwSignal::new(false);
    let is_removal_open = RwSignal::new(false);
    let doomed: Doomed<AccessKeyId> = RwSignal::new(None);
    let content = move || {
        Suspend::new(async move {
            match keys.await {
                Ok(found) => rows(found.access_keys, doomed, is_removal_open),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| keys.refetch()/> }.into_any()
                }
            }
        })
    };
    view! {
        <section class="section" aria-labelledby="access-keys">
            <h2 id="access-keys">"Access keys"</h2>
            <p class="section__lead">
                "A program with one of your keys may do what you may. Keys work while you are signed in at \
                 this console, with the groups that you have then. A program that works without you needs an \
                 application instead: ask an administrator."
            </p>
            <Transition fallback=|| view! { <SkeletonTable label="Loading your access keys" rows=2/> }>{content}</Transition>
            <p>
                <Button icon=Glyph::Plus on_press=move |()| is_new_open.set(true)>"New access key"</Button>
            </p>
        </section>
        <NewKeyDialog holder=Holder::Reader is_open=is_new_open on_made=move |()| keys.refetch()/>
        <RemovalDialog is_open=is_removal_open doomed on_removed=move |()| keys.refetch()/>
    }
}

fn rows(
    keys: Vec<AccessKeyView>,
    doomed: Doomed<AccessKeyId>,
    is_removal_open: RwSignal<bool>,
) -> AnyView {
    if keys.is_empty() {
        return view! {
            <EmptyState title="You have no access keys" glyph=Glyph::Key>
                <p>"Make one to use the API or the command line as yourself."</p>
            </EmptyState>
        }
        .into_any();
    }
    let rows: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let name = key.name.clone();
            let remove = move |()| {
                doomed.set(Some((key.id, name.clone())));
                is_removal_open.set(true);
            };
            view! {
                <tr>
                    <th scope="row">{key.name.clone()} <DisabledBadge enabled=key.enabled reason="It opens nothing until it is enabled again."/></th>
                    <td><code>{key.client_id.to_string()}</code></td>
                    <td><Time at=key.created_at/></td>
                    <td><LastUsed at=key.last_login/></td>
                    <td><Button look=Look::Quiet icon=Glyph::Trash label=format!("Remove {}", key.name) on_press=remove/></td>
                </tr>
            }
        })
        .collect();
    let head = view! {
        <Heading title="Name"/>
        <Heading title="Client id"/>
        <Heading title="Made"/>
        <Heading title="Last used"/>
        <Heading title="Actions"/>
    }
    .into_any();
    view! { <Table caption="Access keys" head>{rows}</Table> }.into_any()
}

/// The question before a key goes.
#[component]
fn RemovalDialog(
    is_open: RwSignal<bool>,
    doomed: Doomed<AccessKeyId>,
    #[prop(into)] on_removed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let question = move |(id, name): (AccessKeyId, String)| {
        let remove = move || {
            let name = name.clone();
            async move {
                delete_access_key(id).await?;
                toasts.say(format!("The access key “{name}” is gone"));
                on_removed.try_run(());
                Ok(())
            }
        };
        view! {
            <Removal is_open word="Remove access key" remove>
                <Notice tone=Tone::Bad title="Programs with this key are out at once">
                    <p>"It cannot be brought back."</p>
                </Notice>
            </Removal>
        }
    };
    view! {
        <Dialog is_open id="remove-access-key" title=removal_title(doomed)>
            {move || doomed.get().map(question)}
        </Dialog>
    }
}
