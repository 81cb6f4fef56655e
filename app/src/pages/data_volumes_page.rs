//! “Data volumes”: the catalogue. All that chooses what is shown is in the address.

use domain::{EventKind, ScopeType};
use leptos::prelude::*;
use leptos_meta::Title;
use wire::{CataloguePage, CatalogueQuery, CatalogueView, Problem, ScopeNode};

use crate::components::catalogue_filters::CatalogueFilters;
use crate::components::catalogue_table::CatalogueTable;
use crate::components::filter_chips::FilterChips;
use crate::components::problem_notice::ProblemNotice;
use crate::components::saved_views_menu::SavedViewsMenu;
use crate::components::scope_tree::{ScopePicker, ScopeTree};
use crate::live;
use crate::routes;
use crate::server_fns::{list_data_volumes, scope_tree};
use crate::ui::{
    Button, EmptyState, Glyph, LinkButton, Look, Menu, MenuLink, Pagination, Skeleton,
    SkeletonTable,
};

/// Why the button “New data volume” is not to be had, and who has it.
const MAY_NOT_CREATE: &str = "None of your roles may create data volumes. \
    An L1 researcher, an editor or an administrator of a project can.";

type Catalogue = Resource<Result<CataloguePage, Problem>>;
type Scopes = Resource<Result<Vec<ScopeNode>, Problem>>;

/// The page “Data volumes”.
#[component]
pub(crate) fn DataVolumesPage() -> impl IntoView {
    let query = routes::use_catalogue_query();
    let catalogue: Catalogue = Resource::new_blocking(move || query.get(), list_data_volumes);
    let scopes: Scopes = Resource::new_blocking(|| (), |()| scope_tree());
    live::on_change(
        |change| change.kind != EventKind::FileRead,
        move || {
            catalogue.refetch();
            scopes.refetch();
        },
    );
    let is_loading = RwSignal::new(false);
    let tree = move || {
        Suspend::new(async move {
            scopes
                .await
                .ok()
                .map(|nodes| view! { <ScopeTree nodes query/> })
        })
    };
    let picker = move || {
        Suspend::new(async move {
            scopes
                .await
                .ok()
                .map(|nodes| view! { <ScopePicker nodes query/> })
        })
    };
    let action = move || {
        Suspend::new(
            async move { new_button(catalogue.await, scopes.await, &query.get_untracked()) },
        )
    };
    let list = move || {
        let query = query.get();
        Suspend::new(async move {
            let has_scopes = scopes.await.is_ok_and(|scopes| !scopes.is_empty());
            draw(catalogue, catalogue.await, query, has_scopes)
        })
    };
    view! {
        <Title text="Data volumes"/>
        <div class="catalogue-page">
            <aside class="catalogue-page__scopes" aria-label="Scope tree">
                <Transition fallback=tree_skeleton>{tree}</Transition>
            </aside>
            <div class="catalogue-page__content">
                <header class="page__header">
                    <h1>"Data volumes"</h1>
                    <div class="page__actions">
                        {move || exports(&query.get())}
                        <Transition>{action}</Transition>
                    </div>
                </header>
                <div class="catalogue-page__views">
                    <ViewSwitch query/>
                    <SavedViewsMenu query/>
                </div>
                <CatalogueFilters query><Transition>{picker}</Transition></CatalogueFilters>
                <FilterChips query/>
                <div class="catalogue-page__list" class:is-loading=move || is_loading.get()>
                    <Transition
                        fallback=|| view! { <SkeletonTable label="Loading the data volumes" rows=8/> }
                        set_pending=is_loading.write_only()
                    >
                        {list}
                    </Transition>
                </div>
            </div>
        </div>
    }
}

/// The whole list, not only the rows of the page.
fn exports(query: &CatalogueQuery) -> impl IntoView + use<> {
    let table = routes::export_catalogue(routes::CATALOGUE_CSV, query);
    let programs = routes::export_catalogue(routes::CATALOGUE_JSON, query);
    view! {
        <Menu id="export" label="Export" icon=Glyph::Download>
            <MenuLink href=table is_download=true>"As a table (CSV)"</MenuLink>
            <MenuLink href=programs is_download=true>"For programs (JSON)"</MenuLink>
        </Menu>
    }
}

fn tree_skeleton() -> impl IntoView {
    view! { <div class="skeleton-tree">{(0..6).map(|_| view! { <Skeleton/> }).collect::<Vec<_>>()}</div> }
}

/// Which part of the catalogue: three links, of which one is where the reader is.
#[component]
fn ViewSwitch(query: Memo<CatalogueQuery>) -> impl IntoView {
    let link = move |view: CatalogueView, title: &'static str| {
        let href = move || {
            routes::data_volumes(&CatalogueQuery {
                view,
                offset: 0,
                ..query.get()
            })
        };
        let is_current = move || query.with(|query| query.view == view).then_some("page");
        view! { <a class="view-switch__view" href=href aria-current=is_current>{title}</a> }
    };
    view! {
        <nav class="view-switch" aria-label="Views">
            {link(CatalogueView::All, "All I may see")}
            {link(CatalogueView::Originated, "Originated here")}
            {link(CatalogueView::Usable, "Usable here")}
        </nav>
    }
}

fn new_button(
    catalogue: Result<CataloguePage, Problem>,
    scopes: Result<Vec<ScopeNode>, Problem>,
    query: &CatalogueQuery,
) -> Option<AnyView> {
    if !catalogue.ok()?.may_create {
        let refusal = Signal::stored(Some(MAY_NOT_CREATE.to_owned()));
        let button = view! { <Button look=Look::Primary icon=Glyph::Plus refusal>"New data volume"</Button> };
        return Some(button.into_any());
    }
    let chosen = scopes.ok()?.into_iter().find(|scope| {
        scope.scope_type == ScopeType::Project && query.scope.as_ref() == Some(&scope.id)
    });
    let href = routes::new_data_volume(chosen.as_ref().map(|project| &project.id));
    let link = view! {
        <LinkButton href look=Look::Primary icon=Glyph::Plus key="n">"New data volume"</LinkButton>
    };
    Some(link.into_any())
}

fn draw(
    resource: Catalogue,
    catalogue: Result<CataloguePage, Problem>,
    query: CatalogueQuery,
    has_scopes: bool,
) -> AnyView {
    let page = match catalogue {
        Ok(page) => page,
        Err(problem) => {
            return view! { <ProblemNotice problem on_retry=move |()| resource.refetch()/> }
                .into_any();
        }
    };
    if page.rows.is_empty() {
        return nothing(&page, &query, has_scopes);
    }
    let at = query.clone();
    let href = move |offset: u64| {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        routes::data_volumes(&CatalogueQuery {
            offset,
            ..at.clone()
        })
    };
    let (offset, limit) = (u64::from(query.offset), u64::from(query.limit));
    view! {
        <CatalogueTable rows=page.rows query/>
        <Pagination what="data volumes" offset limit total=page.total href/>
    }
    .into_any()
}

/// Why there are no rows, and the one next thing to do.
fn nothing(page: &CataloguePage, query: &CatalogueQuery, has_scopes: bool) -> AnyView {
    let is_narrowed = *query
        != CatalogueQuery {
            sort: query.sort,
            order: query.order,
            columns: query.columns.clone(),
            ..CatalogueQuery::default()
        };
    if !has_scopes {
        return view! {
            <EmptyState title="You have no role here yet" glyph=Glyph::Key>
                <p>
                    "What you see follows from your groups. “My access” lists the groups that arrived \
                     for you; an administrator can give one of them a role."
                </p>
                <LinkButton href=routes::MY_ACCESS look=Look::Primary>"Open My access"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    if page.total > 0 {
        let first = CatalogueQuery {
            offset: 0,
            ..query.clone()
        };
        return view! {
            <EmptyState title="The list ends before this page" glyph=Glyph::DataVolume>
                <LinkButton href=routes::data_volumes(&first)>"Go to its beginning"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    if is_narrowed {
        return view! {
            <EmptyState title="No data volume matches" glyph=Glyph::Search>
                <p>
                    "Every word of a search has to be in the name, the description or a tag, and every \
                     filter has to fit."
                </p>
                <LinkButton href=routes::DATA_VOLUMES>"Show all data volumes"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    let next = if page.may_create {
        view! {
            <LinkButton href=routes::new_data_volume(None) look=Look::Primary icon=Glyph::Plus>
                "Make the first one"
            </LinkButton>
        }
        .into_any()
    } else {
        view! { <p>{MAY_NOT_CREATE}</p> }.into_any()
    };
    view! {
        <EmptyState title="No data volumes yet" glyph=Glyph::DataVolume>
            <p>
                "A data volume is a dataset, a model or any other body of data that lives once and is used \
                 by many projects: filled from here, mounted by your jobs, shared without copying."
            </p>
            {next}
        </EmptyState>
    }
    .into_any()
}
