//! “Administration”: who has which role, the departments and projects, and what happened. Each part is a
//! page of its own; who may open none of them finds out why.

mod access_rules_tab;
mod applications_tab;
mod audit_log_tab;
mod departments_tab;
mod retained_volumes_tab;
mod static_volumes_tab;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use wire::{AdministrationView, MeView, Problem};

pub(crate) use access_rules_tab::{AccessRulesTab, indent};
pub(crate) use applications_tab::ApplicationsTab;
pub(crate) use audit_log_tab::AuditLogTab;
pub(crate) use departments_tab::DepartmentsTab;
pub(crate) use retained_volumes_tab::RetainedVolumesTab;
pub(crate) use static_volumes_tab::StaticVolumesTab;

use crate::components::problem_notice::ProblemNotice;
use crate::routes::{self, Subpage};
use crate::server_fns::me;
use crate::ui::{EmptyState, Glyph, LinkButton, Look, Skeleton, Tab, Tabs};

/// The heading and the tabs; beneath them the open one.
#[component]
pub(crate) fn AdministrationPage() -> impl IntoView {
    let me: Resource<Result<MeView, Problem>> = Resource::new_blocking(|| (), |()| me());
    let content = move || {
        Suspend::new(async move {
            match me.await {
                Ok(me) if me.administration.is_any() => {
                    view! { <Parts may=me.administration/> }.into_any()
                }
                Ok(_) => not_yours(),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| me.refetch()/> }.into_any()
                }
            }
        })
    };
    view! {
        <div class="page administration">
            <header class="page__header"><h1>"Administration"</h1></header>
            <Suspense fallback=|| view! { <Skeleton is_short=true/> }>{content}</Suspense>
        </div>
    }
}

/// The tabs of the reader, who may look at some of them only.
#[component]
fn Parts(may: AdministrationView) -> impl IntoView {
    provide_context(may);
    let path = use_location().pathname;
    let tab = move |title: &'static str, address: &'static str| {
        let is_current =
            Signal::derive(move || path.with(|path| path.trim_end_matches('/') == address));
        view! { <Tab href=address.to_owned() title is_current/> }
    };
    view! {
        <Tabs label="Administration".to_owned()>
            {may.access_rules.then(|| tab("Access rules", routes::ACCESS_RULES))}
            {(may.projects || may.departments).then(|| tab("Departments and projects", routes::DEPARTMENTS))}
            {may.departments.then(|| tab("Retained volumes", routes::RETAINED_VOLUMES))}
            {may.departments.then(|| tab("Static volumes", routes::STATIC_VOLUMES))}
            {may.applications.then(|| tab("Applications", routes::APPLICATIONS))}
            {may.audit_log.then(|| tab("Audit log", routes::AUDIT_LOG))}
        </Tabs>
        <Subpage/>
    }
}

fn not_yours() -> AnyView {
    view! {
        <Title text="Administration"/>
        <EmptyState title="None of your roles manages anything" glyph=Glyph::Key>
            <p>"Department administrators and system administrators find access rules, projects and the audit log here."</p>
            <LinkButton href=routes::MY_ACCESS look=Look::Primary>"See your access"</LinkButton>
        </EmptyState>
    }
    .into_any()
}
