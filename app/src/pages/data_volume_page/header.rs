//! The top of the page: where it is, what it is called, how it is, what you may do.

use domain::{ConditionStatus, Phase};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wire::{CatalogueQuery, DataVolumeView};

use super::use_open_volume;
use crate::components::delete_dialog::DeleteDialog;
use crate::components::persistence_badge::PersistenceBadge;
use crate::components::phase_badge::PhaseBadge;
use crate::forms::edit_data_volume_form::EditDialog;
use crate::routes;
use crate::ui::{
    Badge, Breadcrumb, Breadcrumbs, Glyph, LinkButton, Menu, MenuButton, Tab, Tabs, Tag,
};

#[component]
pub(super) fn Header() -> impl IntoView {
    let open = use_open_volume();
    let view = open.view;
    let is_editing = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    view! {
        <header class="volume-header">
            {move || view.with(way)}
            <div class="volume-header__row">
                <h1 class="volume-header__name">{move || view.with(|view| view.name.clone())}</h1>
                <div class="volume-header__badges">{move || view.with(badges)}</div>
                <div class="volume-header__actions">
                    <LinkButton href=routes::sharing(open.id) icon=Glyph::Share>"Share"</LinkButton>
                    <Menu id="volume-actions" label="More actions" icon=Glyph::More is_icon_only=true>
                        <MenuButton
                            icon=Glyph::Edit
                            refusal=Signal::derive(move || view.with(|view| refusal(view, view.may.edit, "edit it")))
                            on_press=move |()| is_editing.set(true)
                        >
                            "Edit description and tags"
                        </MenuButton>
                        <MenuButton
                            icon=Glyph::Trash
                            is_danger=true
                            refusal=Signal::derive(move || view.with(|view| refusal(view, view.may.delete, "delete it")))
                            on_press=move |()| is_deleting.set(true)
                        >
                            "Delete"
                        </MenuButton>
                    </Menu>
                </div>
            </div>
            {move || view.with(words)}
        </header>
        <VolumeTabs/>
        <EditDialog is_open=is_editing volume=view on_saved=move |()| open.read_anew()/>
        <DeleteDialog is_open=is_deleting volume=view/>
    }
}

/// Why something cannot be done; `None` if it can.
fn refusal(view: &DataVolumeView, is_allowed: bool, what: &str) -> Option<String> {
    if view.phase == Phase::Deleting {
        return Some("It is being deleted.".to_owned());
    }
    (!is_allowed).then(|| {
        format!(
            "Your roles do not let you {what}. Editors and administrators of {} can.",
            view.project_name
        )
    })
}

fn way(view: &DataVolumeView) -> impl IntoView + use<> {
    let in_scope = |scope: &domain::ScopeId| {
        Some(routes::data_volumes(&CatalogueQuery {
            scope: Some(scope.clone()),
            ..CatalogueQuery::default()
        }))
    };
    let step = |title: &str, href: Option<String>| Breadcrumb {
        title: title.to_owned(),
        href,
    };
    let steps = vec![
        step("Data volumes", Some(routes::DATA_VOLUMES.to_owned())),
        step(&view.cluster.name, in_scope(&view.cluster.id)),
        step(&view.department_name, None),
        step(&view.project_name, in_scope(&view.project_id)),
        step(&view.name, None),
    ];
    view! { <Breadcrumbs label="Where it is" steps/> }
}

fn badges(view: &DataVolumeView) -> impl IntoView + use<> {
    let message = view
        .conditions
        .iter()
        .find(|condition| condition.status != ConditionStatus::True)
        .map(|condition| condition.message.clone())
        .unwrap_or_default();
    let (word, glyph, reason) = access(view);
    view! {
        <PhaseBadge phase=view.phase message/>
        {view.persistence.clone().map(|persistence| view! { <PersistenceBadge persistence=Some(persistence)/> })}
        <Badge glyph word reason/>
    }
}

/// What the reader may do with the files, in a word, and why.
fn access(view: &DataVolumeView) -> (&'static str, Glyph, String) {
    let place = &view.project_name;
    if view.may.write_files {
        (
            "read-write",
            Glyph::Edit,
            format!("Your access: your roles in {place} let you add and change files."),
        )
    } else if view.may.read_files {
        (
            "read-only",
            Glyph::Eye,
            format!(
                "Your access: you can browse and download. Researchers (L1), editors and administrators of {place} can change files."
            ),
        )
    } else {
        (
            "catalogue only",
            Glyph::Minus,
            "Your access: you can see that it exists, not what is in it.".to_owned(),
        )
    }
}

fn words(view: &DataVolumeView) -> impl IntoView + use<> {
    let tags: Vec<_> = view
        .tags
        .iter()
        .map(|tag| view! { <Tag word=tag.clone() href=routes::tagged(&CatalogueQuery::default(), tag)/> })
        .collect();
    let description = (!view.description.is_empty())
        .then(|| view! { <p class="volume-header__description">{view.description.clone()}</p> });
    view! {
        {description}
        {(!tags.is_empty()).then(|| view! { <p class="volume-header__tags">{tags}</p> })}
    }
}

#[component]
fn VolumeTabs() -> impl IntoView {
    let open = use_open_volume();
    let path = use_location().pathname;
    let is_at = move |address: String| {
        Signal::derive(move || path.with(|path| path.trim_end_matches('/') == address))
    };
    let tab = move |title: &'static str, address: String, number: Signal<Option<u64>>| {
        view! { <Tab href=address.clone() title is_current=is_at(address) number/> }
    };
    let files = Signal::derive(move || open.view.with(|view| view.file_count));
    let shares = Signal::derive(move || {
        open.view
            .with(|view| (!view.shares.is_empty()).then_some(view.shares.len() as u64))
    });
    let label = Signal::derive(move || open.view.with(|view| view.name.clone()));
    let id = open.id;
    view! {
        <Tabs label>
            {tab("Overview", routes::data_volume(id), Signal::stored(None))}
            {tab("Files", routes::files(id, &domain::VolumePath::root(), None), files)}
            {tab("Sharing", routes::sharing(id), shares)}
            {tab("Activity", routes::activity(id), Signal::stored(None))}
        </Tabs>
    }
}
