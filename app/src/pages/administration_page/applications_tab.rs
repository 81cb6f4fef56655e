//! “Applications”: programs that act for themselves, with access rules of their own.

use domain::ApplicationId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use wire::{ApplicationView, ApplicationsPage, KeyPatch, Problem};

use crate::components::key_cells::{DisabledBadge, LastUsed};
use crate::components::problem_notice::ProblemNotice;
use crate::components::removal::{Doomed, Removal, removal_title};
use crate::forms::new_key_form::{Holder, NewKeyDialog};
use crate::routes;
use crate::server_fns::{delete_application, edit_application, list_applications};
use crate::ui::{
    Button, Dialog, EmptyState, Glyph, Heading, LinkButton, Look, Notice, SkeletonTable, Table,
    Time, Tone, use_toasts,
};

/// Applications on a page.
const LIMIT: u32 = 50;

/// The tab “Applications”.
#[component]
pub(crate) fn ApplicationsTab() -> impl IntoView {
    let address = routes::use_query();
    let offset = Memo::new(move |_| {
        address
            .with(|query| query.get("offset").and_then(|n| n.parse::<u32>().ok()))
            .unwrap_or_default()
    });
    let found: Resource<Result<ApplicationsPage, Problem>> = Resource::new_blocking(
        move || offset.get(),
        |offset| list_applications(offset, LIMIT),
    );
    let is_new_open = RwSignal::new(false);
    let is_removal_open = RwSignal::new(false);
    let doomed: Doomed<ApplicationId> = RwSignal::new(None);
    let change = Callback::new(move |()| found.refetch());
    let content = move || {
        let offset = offset.get();
        Suspend::new(async move {
            match found.await {
                Ok(page) => draw(page, offset, doomed, is_removal_open, change),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| found.refetch()/> }.into_any()
                }
            }
        })
    };
    view! {
        <Title text="Applications"/>
        <header class="page__header">
            <h2>"Applications"</h2>
            <Button look=Look::Primary icon=Glyph::Plus key="n" on_press=move |()| is_new_open.set(true)>"New application"</Button>
        </header>
        <p class="section__lead">
            "A program that works without a person. It may what its access rules say, and nothing without one: add \
             them under “Access rules”."
        </p>
        <Transition fallback=|| view! { <SkeletonTable label="Loading the applications" rows=4/> }>{content}</Transition>
        <NewKeyDialog holder=Holder::Application is_open=is_new_open on_made=change/>
        <RemovalDialog is_open=is_removal_open doomed on_removed=change/>
    }
}

fn draw(
    page: ApplicationsPage,
    offset: u32,
    doomed: Doomed<ApplicationId>,
    is_removal_open: RwSignal<bool>,
    on_changed: Callback<()>,
) -> AnyView {
    if page.applications.is_empty() {
        return view! {
            <EmptyState title="No applications" glyph=Glyph::Key>
                <p>"Make one for a nightly upload or a pipeline, give it a role, and let it ask for tokens with its secret."</p>
            </EmptyState>
        }
        .into_any();
    }
    let remove = Callback::new(move |application: (ApplicationId, String)| {
        doomed.set(Some(application));
        is_removal_open.set(true);
    });
    let rows: Vec<_> = page
        .applications
        .into_iter()
        .map(|application| view! { <Row application remove on_changed/> })
        .collect();
    let head = view! {
        <Heading title="Name"/>
        <Heading title="Client id" class="applications__id"/>
        <Heading title="Made" class="applications__made"/>
        <Heading title="Last used" class="applications__used"/>
        <Heading title="Actions"/>
    }
    .into_any();
    let newer = (offset > 0).then(|| {
        let href = routes::applications(offset.saturating_sub(LIMIT));
        view! { <LinkButton href icon=Glyph::ChevronLeft>"Before"</LinkButton> }
    });
    let older = page.next.map(|next| {
        let href = routes::applications(next);
        view! { <LinkButton href icon=Glyph::ChevronRight>"More"</LinkButton> }
    });
    let is_paged = newer.is_some() || older.is_some();
    view! {
        <Table caption="Applications" class="applications" head>{rows}</Table>
        {is_paged.then(|| view! { <nav class="audit-pages" aria-label="Pages">{newer} {older}</nav> })}
    }
    .into_any()
}

#[component]
fn Row(
    application: ApplicationView,
    remove: Callback<(ApplicationId, String)>,
    on_changed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let is_at_work = RwSignal::new(false);
    let id = application.id;
    let is_enabled = application.enabled;
    let name = application.name.clone();
    let doomed = name.clone();
    let turn = move |()| {
        is_at_work.set(true);
        spawn_local(async move {
            let patch = KeyPatch {
                enabled: !is_enabled,
            };
            match edit_application(id, patch).await {
                Ok(_) => {
                    on_changed.try_run(());
                }
                Err(refused) => toasts.refuse(refused.message),
            }
            is_at_work.try_set(false);
        });
    };
    let word = if is_enabled { "Disable" } else { "Enable" };
    view! {
        <tr>
            <th scope="row">{name.clone()} <DisabledBadge enabled=is_enabled reason="It may do nothing until it is enabled again."/></th>
            <td class="applications__id"><code>{application.client_id.to_string()}</code></td>
            <td class="applications__made"><Time at=application.created_at/> " " <small class="muted">{application.created_by}</small></td>
            <td class="applications__used"><LastUsed at=application.last_login/></td>
            <td>
                <span class="requests__buttons">
                    <Button look=Look::Quiet label=format!("{word} {name}") is_busy=is_at_work on_press=turn>{word}</Button>
                    <Button look=Look::Quiet icon=Glyph::Trash label=format!("Remove {name}") on_press=move |()| remove.run((id, doomed.clone()))/>
                </span>
            </td>
        </tr>
    }
}

/// The question before an application goes.
#[component]
fn RemovalDialog(
    is_open: RwSignal<bool>,
    doomed: Doomed<ApplicationId>,
    on_removed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let question = move |(id, name): (ApplicationId, String)| {
        let remove = move || {
            let name = name.clone();
            async move {
                delete_application(id).await?;
                toasts.say(format!("The application “{name}” is gone"));
                on_removed.try_run(());
                Ok(())
            }
        };
        view! {
            <Removal is_open word="Remove application" remove>
                <Notice tone=Tone::Bad title="The program is out at once">
                    <p>"Its secret, its tokens and its access rules go with it. What it made stays."</p>
                </Notice>
            </Removal>
        }
    };
    view! {
        <Dialog is_open id="remove-application" title=removal_title(doomed)>
            {move || doomed.get().map(question)}
        </Dialog>
    }
}
