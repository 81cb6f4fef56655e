//! Every address of the console: built here, matched here.
//!
//! Queries are read and written by [`Query`], not by the router's map: that one decodes twice and would
//! turn the file `a%41` into `aA`.

mod audit_query;
mod catalogue_query;
mod lazy;
mod query;
mod subpage;

use domain::{CatalogueFilter, DataVolumeId, ScopeId, VolumePath};
use leptos::prelude::*;
use leptos_router::components::{ParentRoute, Redirect, Route, Routes};
use leptos_router::hooks::{use_location, use_params_map};
use leptos_router::{Lazy, SsrMode, path};
use wire::{AuditQuery, CatalogueQuery};

use crate::components::frame::Frame;
use crate::pages::data_volumes_page::DataVolumesPage;
use crate::pages::not_found_page::NotFoundPage;
pub(crate) use audit_query::{end_of_day, export};
pub(crate) use catalogue_query::{export as export_catalogue, order_word, sort_word, view_word};
use lazy::{
    AccessRules, Activity, Administration, Applications, AuditLog, DataVolume, Departments, Device,
    Files, MyAccess, NewDataVolume, Overview, RetainedVolumes, ShareRequests, Sharing, SignIn,
    StaticVolumes,
};
pub(crate) use query::Query;
#[cfg(feature = "ssr")]
pub(crate) use query::unescape;
pub(crate) use subpage::Subpage;

/// Where the server functions are.
#[cfg(feature = "ssr")]
pub(crate) const SERVER_FUNCTIONS: &str = "/fn/";
/// The page “Data volumes”.
pub(crate) const DATA_VOLUMES: &str = "/data-volumes";
/// The page “My access”.
pub(crate) const MY_ACCESS: &str = "/my-access";
/// The page “Let a program in”.
pub(crate) const DEVICE: &str = "/device";
/// The page “Requests”.
pub(crate) const SHARE_REQUESTS: &str = "/share-requests";
/// The pages under “Administration”.
pub(crate) const ADMINISTRATION: &str = "/administration";
/// Access rules, the first page of the administration.
pub(crate) const ACCESS_RULES: &str = "/administration/access-rules";
/// Departments and projects.
pub(crate) const DEPARTMENTS: &str = "/administration/departments-and-projects";
/// Volumes that data volumes left behind.
pub(crate) const RETAINED_VOLUMES: &str = "/administration/retained-volumes";
/// Volumes that were made by hand.
pub(crate) const STATIC_VOLUMES: &str = "/administration/static-volumes";
/// Applications.
pub(crate) const APPLICATIONS: &str = "/administration/applications";
/// The audit log.
pub(crate) const AUDIT_LOG: &str = "/administration/audit-log";
/// Where the audit log is exported as a table.
pub(crate) const AUDIT_CSV: &str = "/api/v1/audit/export.csv";
/// Where the audit log is exported for programs.
pub(crate) const AUDIT_JSON: &str = "/api/v1/audit/export.json";
/// Where the catalogue is exported as a table.
pub(crate) const CATALOGUE_CSV: &str = "/api/v1/datavolumes/export.csv";
/// Where the catalogue is exported for programs.
pub(crate) const CATALOGUE_JSON: &str = "/api/v1/datavolumes/export.json";
/// Where a form posts to sign out.
pub(crate) const SIGN_OUT: &str = "/auth/sign-out";
/// The stream of changes.
pub(crate) const EVENTS: &str = "/api/v1/events";

/// Every page, and the frame around those that are for people who are signed in.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    view! {
        <Routes fallback=NotFoundPage>
            <Route path=path!("/sign-in") view={Lazy::<SignIn>::new()} ssr=SsrMode::Async/>
            <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                <Route path=path!("") view=|| view! { <Redirect path=DATA_VOLUMES/> } ssr=SsrMode::Async/>
                <Route path=path!("data-volumes") view=DataVolumesPage ssr=SsrMode::Async/>
                <Route path=path!("data-volumes/new") view={Lazy::<NewDataVolume>::new()} ssr=SsrMode::Async/>
                <ParentRoute path=path!("data-volumes/:id") view={Lazy::<DataVolume>::new()} ssr=SsrMode::Async>
                    <Route path=path!("") view={Lazy::<Overview>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("files") view={Lazy::<Files>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("sharing") view={Lazy::<Sharing>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("activity") view={Lazy::<Activity>::new()} ssr=SsrMode::Async/>
                </ParentRoute>
                <Route path=path!("my-access") view={Lazy::<MyAccess>::new()} ssr=SsrMode::Async/>
                <Route path=path!("device") view={Lazy::<Device>::new()} ssr=SsrMode::Async/>
                <Route path=path!("share-requests") view={Lazy::<ShareRequests>::new()} ssr=SsrMode::Async/>
                <ParentRoute path=path!("administration") view={Lazy::<Administration>::new()} ssr=SsrMode::Async>
                    <Route path=path!("") view=|| view! { <Redirect path=ACCESS_RULES/> } ssr=SsrMode::Async/>
                    <Route path=path!("access-rules") view={Lazy::<AccessRules>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("departments-and-projects") view={Lazy::<Departments>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("retained-volumes") view={Lazy::<RetainedVolumes>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("static-volumes") view={Lazy::<StaticVolumes>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("applications") view={Lazy::<Applications>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("audit-log") view={Lazy::<AuditLog>::new()} ssr=SsrMode::Async/>
                </ParentRoute>
                <Route path=path!("*address") view=NotFoundPage ssr=SsrMode::Async/>
            </ParentRoute>
        </Routes>
    }
}

/// The catalogue as `query` wants it; what is as usual is left out.
pub(crate) fn data_volumes(query: &CatalogueQuery) -> String {
    Query::from(query).address(DATA_VOLUMES)
}

/// Those of a catalogue that have this tag too; all of it where the tag is none.
pub(crate) fn tagged(query: &CatalogueQuery, tag: &str) -> String {
    let mut query = CatalogueQuery {
        offset: 0,
        ..query.clone()
    };
    let filter = tag.parse().map(|tag| CatalogueFilter::Tag {
        is_there: true,
        tag,
    });
    if let Ok(filter) = filter
        && !query.filters.contains(&filter)
    {
        query.filters.push(filter);
    }
    data_volumes(&query)
}

/// The access rules at a scope and beneath, from the row `offset` on.
pub(crate) fn access_rules(scope: Option<&ScopeId>, offset: u64) -> String {
    Query::default()
        .with_some("scope", scope)
        .with_some("offset", (offset > 0).then_some(offset))
        .address(ACCESS_RULES)
}

/// The applications, from the row `offset` on.
pub(crate) fn applications(offset: u32) -> String {
    Query::default()
        .with_some("offset", (offset > 0).then_some(offset))
        .address(APPLICATIONS)
}

/// The projects of a department, from the row `offset` on.
pub(crate) fn projects(department: &ScopeId, offset: u64) -> String {
    Query::default()
        .with_some("department", Some(department))
        .with_some("offset", (offset > 0).then_some(offset))
        .address(DEPARTMENTS)
}

/// The form “New data volume”, for a project if one is given.
pub(crate) fn new_data_volume(project: Option<&ScopeId>) -> String {
    Query::default()
        .with_some("project", project)
        .address("/data-volumes/new")
}

/// One data volume: the tab “Overview”.
pub(crate) fn data_volume(id: DataVolumeId) -> String {
    format!("{DATA_VOLUMES}/{id}")
}

/// The tab “Files” at a folder, with a file of it shown if one is given.
pub(crate) fn files(id: DataVolumeId, folder: &VolumePath, show: Option<&str>) -> String {
    let folder = (!folder.is_root()).then(|| folder.as_str());
    Query::default()
        .with_some("path", folder)
        .with_some("show", show)
        .address(&format!("{DATA_VOLUMES}/{id}/files"))
}

/// The tab “Files” at a folder, from the entry `offset` on.
pub(crate) fn files_from(id: DataVolumeId, folder: &VolumePath, offset: u64) -> String {
    let folder = (!folder.is_root()).then(|| folder.as_str());
    Query::default()
        .with_some("path", folder)
        .with_some("offset", (offset > 0).then_some(offset))
        .address(&format!("{DATA_VOLUMES}/{id}/files"))
}

/// The tab “Sharing”.
pub(crate) fn sharing(id: DataVolumeId) -> String {
    format!("{DATA_VOLUMES}/{id}/sharing")
}

/// The tab “Activity”.
pub(crate) fn activity(id: DataVolumeId) -> String {
    format!("{DATA_VOLUMES}/{id}/activity")
}

/// Where a file is downloaded; `is_inline` asks for it as a picture to be shown.
pub(crate) fn file_content(id: DataVolumeId, path: &VolumePath, is_inline: bool) -> String {
    Query::default()
        .with_some("path", Some(path))
        .with_some("inline", is_inline.then_some("1"))
        .address(&format!("/api/v1/datavolumes/{id}/files/content"))
}

/// The sign-in page, with the page to go on to and the code of what went wrong.
pub(crate) fn sign_in(return_to: Option<&str>, problem: Option<&str>) -> String {
    Query::default()
        .with_some("return_to", return_to)
        .with_some("problem", problem)
        .address("/sign-in")
}

/// Where signing in with one identity provider begins.
pub(crate) fn begin_sign_in(key: &str, return_to: Option<&str>) -> String {
    Query::default()
        .with_some("return_to", return_to)
        .address(&format!("/auth/sign-in/{}", query::escape(key)))
}

/// The query of the page that is open.
pub(crate) fn use_query() -> Memo<Query> {
    let location = use_location();
    Memo::new(move |_| location.search.with(|search| Query::parse(search)))
}

/// The catalogue that the address asks for.
pub(crate) fn use_catalogue_query() -> Memo<CatalogueQuery> {
    let query = use_query();
    Memo::new(move |_| query.with(|query| CatalogueQuery::from(query)))
}

/// The part of the audit log that the address asks for.
pub(crate) fn use_audit_query() -> Memo<AuditQuery> {
    let query = use_query();
    Memo::new(move |_| query.with(|query| AuditQuery::from(query)))
}

/// The data volume that the address names; `None` where that is no id at all.
pub(crate) fn use_data_volume_id() -> Memo<Option<DataVolumeId>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get_str("id").and_then(|id| id.parse().ok())))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_address() {
        let mut addresses: Vec<String> = leptos_axum::generate_route_list(crate::App)
            .into_iter()
            .map(|page| page.path().to_owned())
            .collect();
        addresses.sort();
        assert_eq!(
            addresses,
            [
                "/",
                "/administration",
                "/administration/access-rules",
                "/administration/applications",
                "/administration/audit-log",
                "/administration/departments-and-projects",
                "/administration/retained-volumes",
                "/administration/static-volumes",
                "/data-volumes",
                "/data-volumes/new",
                "/data-volumes/{id}",
                "/data-volumes/{id}/activity",
                "/data-volumes/{id}/files",
                "/data-volumes/{id}/sharing",
                "/device",
                "/my-access",
                "/share-requests",
                "/sign-in",
                "/{*address}",
            ]
        );
    }

    #[test]
    fn addresses_carry_any_text_whole() {
        let id = "00000000-0000-0000-0000-0000000000d1".parse().unwrap();
        let folder = "100 %/数据".parse().unwrap();
        assert_eq!(
            files(id, &folder, Some("a&b.csv")),
            format!("/data-volumes/{id}/files?path=100%20%25/%E6%95%B0%E6%8D%AE&show=a%26b.csv")
        );
        assert_eq!(
            sign_in(Some("/data-volumes?search=a"), None),
            "/sign-in?return_to=/data-volumes%3Fsearch%3Da"
        );
    }
}
