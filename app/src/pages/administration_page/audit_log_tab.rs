//! “Audit log”: who did what, from where, and what was refused. All that chooses what is shown is in the
//! address.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::{AuditPage, AuditQuery, Problem};

use crate::components::audit_filters::AuditFilters;
use crate::components::audit_table::AuditTable;
use crate::components::problem_notice::ProblemNotice;
use crate::routes::{self, Query};
use crate::server_fns::list_audit_entries;
use crate::ui::{EmptyState, Glyph, LinkButton, Menu, MenuLink, SkeletonTable};

/// The tab “Audit log”.
#[component]
pub(crate) fn AuditLogTab() -> impl IntoView {
    let address = routes::use_query();
    let query = routes::use_audit_query();
    let log: Resource<Result<AuditPage, Problem>> =
        Resource::new_blocking(move || query.get(), list_audit_entries);
    let is_loading = RwSignal::new(false);
    let list = move || {
        let address = address.get();
        Suspend::new(async move {
            match log.await {
                Ok(page) => draw(page, &address),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| log.refetch()/> }.into_any()
                }
            }
        })
    };
    view! {
        <Title text="Audit log"/>
        <header class="page__header">
            <h2>"Audit log"</h2>
            {move || exports(&query.get())}
        </header>
        <AuditFilters address/>
        <div class="catalogue-page__list" class:is-loading=move || is_loading.get()>
            <Transition
                fallback=|| view! { <SkeletonTable label="Loading the audit log" rows=8/> }
                set_pending=is_loading.write_only()
            >
                {list}
            </Transition>
        </div>
    }
}

/// All entries that the filters leave, not only those of the page.
fn exports(query: &AuditQuery) -> impl IntoView + use<> {
    let table = routes::export(routes::AUDIT_CSV, query);
    let programs = routes::export(routes::AUDIT_JSON, query);
    view! {
        <Menu id="export" label="Export" icon=Glyph::Download>
            <MenuLink href=table is_download=true>"As a table (CSV)"</MenuLink>
            <MenuLink href=programs is_download=true>"For programs (JSON)"</MenuLink>
        </Menu>
    }
}

fn draw(page: AuditPage, address: &Query) -> AnyView {
    let offset = AuditQuery::from(address).offset;
    if page.entries.is_empty() {
        return view! {
            <EmptyState title="Nothing happened" glyph=Glyph::Clock>
                <p>"No entry of the log matches, as far as you may read it."</p>
                <LinkButton href=routes::AUDIT_LOG.to_owned()>"Show the whole log"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    let at = |offset: u32| {
        address
            .clone()
            .replaced("offset", (offset > 0).then_some(offset))
            .address(routes::AUDIT_LOG)
    };
    let newer = (offset > 0).then(|| {
        let href = at(offset.saturating_sub(AuditQuery::DEFAULT_LIMIT));
        view! { <LinkButton href icon=Glyph::ChevronLeft>"Newer"</LinkButton> }
    });
    let older = page.next.map(|next| {
        let href = at(next);
        view! { <LinkButton href icon=Glyph::ChevronRight>"Older"</LinkButton> }
    });
    let is_paged = newer.is_some() || older.is_some();
    view! {
        <AuditTable entries=page.entries/>
        {is_paged.then(|| view! { <nav class="audit-pages" aria-label="Pages">{newer} {older}</nav> })}
    }
    .into_any()
}
