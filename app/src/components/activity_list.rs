//! What happened, in words: “Ada Lovelace shared it with Speech”.
//!
//! Many files of one kind in a row are one entry, or an upload of a folder would push everything else off
//! the page.

use domain::EventKind;
use leptos::prelude::*;
use wire::ActivityView;

use crate::ui::{Glyph, Icon, MiddleCut, Time, count};

/// The log, newest first.
#[component]
pub(crate) fn ActivityList(
    /// What happened.
    entries: Vec<ActivityView>,
) -> impl IntoView {
    let rows: Vec<_> = gathered(entries).into_iter().map(row).collect();
    view! { <ol class="activity">{rows}</ol> }
}

fn row(entries: Vec<ActivityView>) -> AnyView {
    let Some(first) = entries.first().cloned() else {
        return ().into_any();
    };
    let more = entries.len() - 1;
    let who = first.by.unwrap_or_else(|| "Stowage".to_owned());
    let rest = (more > 0).then(|| {
        let subjects: Vec<_> = entries[1..]
            .iter()
            .map(|entry| view! { <li><MiddleCut text=entry.subject.clone()/></li> })
            .collect();
        let noun = if more == 1 { "more" } else { "others" };
        view! {
            <details class="activity__more">
                <summary>{format!("and {} {noun}", count(more as u64))}</summary>
                <ul>{subjects}</ul>
            </details>
        }
    });
    let subject = (!first.subject.is_empty() && names_its_subject(first.kind))
        .then(|| view! { <b class="activity__subject"><MiddleCut text=first.subject/></b> });
    view! {
        <li class="activity__entry">
            <span class="activity__icon"><Icon glyph=glyph(first.kind)/></span>
            <div class="activity__words">
                <p><b>{who}</b>" "{words(first.kind)}" "{subject}</p>
                {rest}
            </div>
            <Time at=first.happened_at/>
        </li>
    }
    .into_any()
}

/// Entries that follow each other, of the same person and about files in the same way, together.
fn gathered(entries: Vec<ActivityView>) -> Vec<Vec<ActivityView>> {
    let mut groups: Vec<Vec<ActivityView>> = Vec::new();
    for entry in entries {
        let group = groups.last_mut().filter(|group| {
            group.last().is_some_and(|last| {
                last.kind == entry.kind
                    && last.by == entry.by
                    && is_about_one_of_many_files(entry.kind)
            })
        });
        match group {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups
}

fn is_about_one_of_many_files(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::FileStored
            | EventKind::FileDeleted
            | EventKind::FileRead
            | EventKind::FolderMade
    )
}

/// Whether the words need the subject: the page already says which data volume it is about.
fn names_its_subject(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::Created | EventKind::Edited | EventKind::DeletionRequested | EventKind::Deleted
    )
}

fn words(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "created the data volume",
        EventKind::Edited => "changed the description and the tags",
        EventKind::PhaseChanged => "found it",
        EventKind::Shared => "shared it with",
        EventKind::Unshared => "took it away from",
        EventKind::VolumeOffered => "offered it to",
        EventKind::OfferWithdrawn => "does not offer it any more to",
        EventKind::ShareRequested => "asked to share it with",
        EventKind::ShareApproved => "agreed to share it with",
        EventKind::ShareRefused => "refused to share it with",
        EventKind::ShareWithdrawn => "does not ask any more to share it with",
        EventKind::FileStored => "uploaded",
        EventKind::FolderMade => "made the folder",
        EventKind::Renamed => "renamed",
        EventKind::FileDeleted => "deleted",
        EventKind::FileRead => "opened",
        EventKind::ImportStarted => "began to import",
        EventKind::ImportEnded => "imported from",
        EventKind::ImportCanceled => "stopped the import of",
        EventKind::DeletionRequested => "began to delete the data volume",
        EventKind::Deleted => "deleted the data volume",
        EventKind::SignedIn => "signed in",
        EventKind::SignedOut => "signed out",
    }
}

fn glyph(kind: EventKind) -> Glyph {
    match kind {
        EventKind::Created => Glyph::Plus,
        EventKind::Edited | EventKind::Renamed => Glyph::Edit,
        EventKind::PhaseChanged | EventKind::SignedIn | EventKind::SignedOut => Glyph::Circle,
        EventKind::Shared | EventKind::ShareRequested | EventKind::VolumeOffered => Glyph::Share,
        EventKind::Unshared
        | EventKind::ShareRefused
        | EventKind::ShareWithdrawn
        | EventKind::OfferWithdrawn => Glyph::Minus,
        EventKind::ShareApproved => Glyph::Check,
        EventKind::FileStored => Glyph::Upload,
        EventKind::ImportStarted | EventKind::ImportEnded => Glyph::Download,
        EventKind::ImportCanceled => Glyph::Close,
        EventKind::FolderMade => Glyph::FolderPlus,
        EventKind::FileDeleted | EventKind::DeletionRequested | EventKind::Deleted => Glyph::Trash,
        EventKind::FileRead => Glyph::Eye,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: EventKind, by: &str) -> ActivityView {
        ActivityView {
            kind,
            by: Some(by.to_owned()),
            subject: String::new(),
            happened_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn files_in_a_row_are_one_entry_for_each_person() {
        let entries = vec![
            entry(EventKind::FileStored, "Ada"),
            entry(EventKind::FileStored, "Ada"),
            entry(EventKind::FileStored, "Grace"),
            entry(EventKind::Shared, "Ada"),
            entry(EventKind::Shared, "Ada"),
        ];
        let sizes: Vec<usize> = gathered(entries).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 1, 1]);
    }
}
