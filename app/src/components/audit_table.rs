//! The entries of the audit log. What a column has no room for stands beneath: nothing of an entry is left
//! out.

use domain::{EventKind, ObjectType};
use leptos::prelude::*;
use wire::{AuditEntryView, AuditResult};

use crate::routes;
use crate::ui::{Badge, Glyph, Heading, MiddleCut, Table, Time, Tone};

/// One row for each entry, newest first.
#[component]
pub(crate) fn AuditTable(
    /// The entries.
    entries: Vec<AuditEntryView>,
) -> impl IntoView {
    let rows: Vec<_> = entries.into_iter().map(row).collect();
    let head = view! {
        <Heading title="When"/>
        <Heading title="Who"/>
        <Heading title="Action"/>
        <Heading title="Object"/>
        <Heading title="From" class="audit__from"/>
        <Heading title="Result"/>
    }
    .into_any();
    view! { <Table caption="Audit log" class="audit" head>{rows}</Table> }
}

fn row(entry: AuditEntryView) -> impl IntoView {
    let address = match entry.address.as_str() {
        "" => "–".to_owned(),
        address => address.to_owned(),
    };
    let user_agent = (!entry.user_agent.is_empty())
        .then(|| view! { <small class="muted"><MiddleCut text=entry.user_agent.clone()/></small> });
    let subject = (!entry.subject.is_empty() && entry.subject != entry.object_name)
        .then(|| view! { <small class="muted"><MiddleCut text=entry.subject.clone()/></small> });
    view! {
        <tr>
            <td class="audit__when"><Time at=entry.happened_at/></td>
            <th scope="row" class="audit__who">{entry.by.clone().unwrap_or_else(|| "Stowage".to_owned())}</th>
            <td class="audit__action">{words(entry.kind)} {subject}</td>
            <td class="audit__object">
                <small class="administration__narrow">{words(entry.kind)}" "{entry.subject.clone()}</small>
                {object(&entry)}
                <small class="muted" title=entry.scope_name.clone()>
                    {entry.object_type.to_string()} {(!entry.scope_name.is_empty()).then_some(" in ")}
                    {entry.scope_name.clone()}
                </small>
            </td>
            <td class="audit__from"><code>{address}</code> {user_agent}</td>
            <td class="audit__result">{result(&entry)}</td>
        </tr>
    }
}

fn object(entry: &AuditEntryView) -> AnyView {
    if entry.object_name.is_empty() {
        return view! { <code>{entry.object_id.clone()}</code> }.into_any();
    }
    let name = entry.object_name.clone();
    match (entry.object_type, entry.object_id.parse()) {
        (ObjectType::DataVolume, Ok(id)) => {
            view! { <a href=routes::data_volume(id)><MiddleCut text=name/></a> }.into_any()
        }
        _ => view! { <MiddleCut text=name/> }.into_any(),
    }
}

fn result(entry: &AuditEntryView) -> AnyView {
    match entry.result {
        AuditResult::Done => view! { <Badge glyph=Glyph::Check word="done"/> }.into_any(),
        AuditResult::Refused => {
            view! { <Badge tone=Tone::Warn glyph=Glyph::Minus word="refused" reason=entry.reason.clone()/> }
                .into_any()
        }
    }
}

/// What was done, in one or two words.
pub(crate) fn words(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "created",
        EventKind::Edited => "edited",
        EventKind::PhaseChanged => "status changed",
        EventKind::Shared => "shared",
        EventKind::Unshared => "share taken away",
        EventKind::VolumeOffered => "volume offered",
        EventKind::OfferWithdrawn => "offer taken back",
        EventKind::ShareRequested => "share asked for",
        EventKind::ShareApproved => "request approved",
        EventKind::ShareRefused => "request refused",
        EventKind::ShareWithdrawn => "request withdrawn",
        EventKind::FileStored => "file stored",
        EventKind::FolderMade => "folder made",
        EventKind::Renamed => "file renamed",
        EventKind::FileDeleted => "file deleted",
        EventKind::FileRead => "file read",
        EventKind::ImportStarted => "import started",
        EventKind::ImportEnded => "import over",
        EventKind::ImportCanceled => "import canceled",
        EventKind::DeletionRequested => "deletion asked for",
        EventKind::Deleted => "deleted",
        EventKind::SignedIn => "signed in",
        EventKind::SignedOut => "signed out",
    }
}
