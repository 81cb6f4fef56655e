//! Who uses a data volume: the projects that it reaches, and how far each of them is.

use domain::{MountPhase, ShareMode, VolumePath};
use leptos::prelude::*;
use wire::MountView;

use crate::ui::{Badge, CopyButton, Glyph, Heading, MiddleCut, Table, Tone};

/// One row for each project.
#[component]
pub(crate) fn MountsTable(
    /// The mounts.
    mounts: Vec<MountView>,
) -> impl IntoView {
    let head = view! {
        <Heading title="Project"/>
        <Heading title="Access"/>
        <Heading title="Status"/>
        <Heading title="Location" class="mounts__location"/>
    }
    .into_any();
    let rows: Vec<_> = mounts.into_iter().map(row).collect();
    view! { <Table caption="Projects that can use this data volume" class="mounts" head>{rows}</Table> }
}

fn row(mount: MountView) -> impl IntoView {
    let location = (!mount.location.is_empty()).then(|| {
        let label = format!("Copy the location in {}", mount.project_name);
        view! {
            <span class="mounts__path">
                <code><MiddleCut text=mount.location.clone()/></code>
                <CopyButton text=mount.location.clone() label/>
            </span>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <span class="mounts__project">{mount.project_name}</span>
                <small class="muted">{mount.department_name}</small>
            </th>
            <td><ModeWord mode=mount.mode/> <OfFolder sub_path=mount.sub_path/></td>
            <td>
                <MountPhaseBadge phase=mount.phase/>
                <small class="mounts__message">{mount.message}</small>
            </td>
            <td class="mounts__location">{location}</td>
        </tr>
    }
}

/// What a project may do with the files.
#[component]
pub(crate) fn ModeWord(
    /// The mode.
    mode: ShareMode,
) -> impl IntoView {
    let glyph = match mode {
        ShareMode::ReadOnly => Glyph::Eye,
        ShareMode::ReadWrite => Glyph::Edit,
    };
    view! { <Badge glyph word=mode.to_string()/> }
}

/// The folder that a share or a mount is limited to. Nothing for all of the volume.
#[component]
pub(crate) fn OfFolder(
    /// The folder.
    sub_path: VolumePath,
) -> impl IntoView {
    (!sub_path.is_root()).then(|| {
        view! {
            <small class="mounts__folder muted">"only " <code><MiddleCut text=sub_path.to_string()/></code></small>
        }
    })
}

/// How far a mount is.
#[component]
pub(crate) fn MountPhaseBadge(
    /// The phase.
    phase: MountPhase,
) -> impl IntoView {
    let (tone, glyph, word) = match phase {
        MountPhase::Pending => (Tone::Busy, Glyph::CircleHalf, "Being made…"),
        MountPhase::Ready => (Tone::Good, Glyph::Circle, "Ready"),
        MountPhase::Revoking => (Tone::Busy, Glyph::CircleHalf, "Being taken away…"),
        MountPhase::Failed => (Tone::Bad, Glyph::Warning, "Failed"),
    };
    view! { <Badge tone glyph is_filled=phase != MountPhase::Failed word/> }
}
