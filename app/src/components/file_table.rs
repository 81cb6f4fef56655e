//! One folder as a table. The names are somebody's text: they stand in text nodes, and escaped in addresses.

use domain::{DataVolumeId, VolumePath};
use leptos::prelude::*;
use wire::{FileKind, FileView};

use super::byte_size::ByteSize;
use crate::routes;
use crate::ui::{Glyph, Heading, Icon, Menu, MenuButton, MenuLink, MiddleCut, Table, Time};

/// What rows can ask for.
#[derive(Clone, Copy)]
pub(crate) struct FileActions {
    /// Gives a file or folder another name.
    pub(crate) rename: Callback<VolumePath>,
    /// Deletes it.
    pub(crate) delete: Callback<(VolumePath, FileView)>,
    /// Why neither is possible.
    pub(crate) refusal: Signal<Option<String>>,
}

/// The entries of a folder.
#[component]
pub(crate) fn FileTable(
    /// The data volume.
    id: DataVolumeId,
    /// The folder.
    folder: VolumePath,
    /// What lies in it.
    entries: Vec<FileView>,
    /// The name of the file that is shown beside the table.
    #[prop(into)]
    shown: Signal<Option<String>>,
    /// What the rows can ask for.
    actions: FileActions,
) -> impl IntoView {
    let rows: Vec<_> = entries
        .into_iter()
        .enumerate()
        .map(|(number, entry)| row(id, &folder, number, entry, shown, actions))
        .collect();
    let head = view! {
        <Heading title="Name"/>
        <Heading title="Size" class="number files__size"/>
        <Heading title="Modified" class="files__modified"/>
        <th scope="col" class="files__menu"><span class="visually-hidden">"Actions"</span></th>
    }
    .into_any();
    view! { <Table caption="Files of this folder" class="files" head>{rows}</Table> }
}

fn row(
    id: DataVolumeId,
    folder: &VolumePath,
    number: usize,
    entry: FileView,
    shown: Signal<Option<String>>,
    actions: FileActions,
) -> impl IntoView + use<> {
    let path = reachable(folder, &entry);
    let name = StoredValue::new(entry.name.clone());
    let is_shown = move || name.with_value(|name| shown.with(|shown| shown.as_ref() == Some(name)));
    let size = (entry.kind == FileKind::File).then(|| view! { <ByteSize bytes=entry.size_bytes/> });
    let modified = entry.modified_at;
    let title = title(id, folder, &entry, path.as_ref());
    let menu = path.map(|path| view! { <RowMenu id number path entry actions/> });
    view! {
        <tr class:files__row--shown=is_shown>
            <th scope="row">{title}</th>
            <td class="number files__size">{size}</td>
            <td class="files__modified"><Time at=modified/></td>
            <td class="files__menu">{menu}</td>
        </tr>
    }
}

/// The path of an entry that can be opened: no link or device, and no name that UTF-8 cannot write.
fn reachable(folder: &VolumePath, entry: &FileView) -> Option<VolumePath> {
    if entry.kind == FileKind::Other || entry.name.contains('\u{FFFD}') {
        return None;
    }
    folder.join(&entry.name).ok()
}

fn title(
    id: DataVolumeId,
    folder: &VolumePath,
    entry: &FileView,
    path: Option<&VolumePath>,
) -> impl IntoView + use<> {
    let glyph = match entry.kind {
        FileKind::Folder => Glyph::Folder,
        FileKind::File => Glyph::File,
        FileKind::Other => Glyph::External,
    };
    let name = view! { <Icon glyph/> <MiddleCut text=entry.name.clone()/> };
    match (path, entry.kind) {
        (Some(path), FileKind::Folder) => {
            view! { <a class="files__name" href=routes::files(id, path, None)>{name}</a> }
                .into_any()
        }
        (Some(_), _) => {
            let href = routes::files(id, folder, Some(&entry.name));
            view! { <a class="files__name" href=href data-noscroll="">{name}</a> }.into_any()
        }
        (None, kind) => {
            let why = if kind == FileKind::Other {
                "A link or a device: never followed, never opened."
            } else {
                "Its name cannot be written in an address, so it cannot be opened here."
            };
            view! { <span class="files__name">{name}</span> <small class="muted">{why}</small> }
                .into_any()
        }
    }
}

#[component]
fn RowMenu(
    id: DataVolumeId,
    number: usize,
    path: VolumePath,
    entry: FileView,
    actions: FileActions,
) -> impl IntoView {
    let label = format!("Actions for {}", entry.name);
    let download = (entry.kind == FileKind::File).then(|| {
        let href = routes::file_content(id, &path, false);
        view! { <MenuLink href icon=Glyph::Download is_download=true>"Download"</MenuLink> }
    });
    let renamed = path.clone();
    view! {
        <Menu id=format!("file-{number}") label look=crate::ui::Look::Quiet icon=Glyph::More is_icon_only=true>
            {download}
            <MenuButton
                icon=Glyph::Edit
                refusal=actions.refusal
                on_press=move |()| actions.rename.run(renamed.clone())
            >
                "Rename"
            </MenuButton>
            <MenuButton
                icon=Glyph::Trash
                is_danger=true
                refusal=actions.refusal
                on_press=move |()| actions.delete.run((path.clone(), entry.clone()))
            >
                "Delete"
            </MenuButton>
        </Menu>
    }
}
