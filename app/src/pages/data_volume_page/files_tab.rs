//! The tab “Files”. Folder, page and file that is shown are part of the address.

use domain::{Phase, VolumePath};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use wire::{DataVolumeView, FileView, FolderView, ImportsView, Problem};

use super::{OpenVolume, use_open_volume};
use crate::components::delete_file_dialog::{DeleteFileDialog, Doomed};
use crate::components::drop_zone::DropZone;
use crate::components::file_pane::FilePane;
use crate::components::file_table::{FileActions, FileTable};
use crate::components::import_list::ImportList;
use crate::components::problem_notice::ProblemNotice;
use crate::components::upload_pickers::UploadPickers;
use crate::forms::import_form::ImportDialog;
use crate::forms::new_folder_form::NewFolderDialog;
use crate::forms::rename_form::RenameDialog;
use crate::routes;
use crate::server_fns::{list_folder, list_imports};
use crate::ui::{
    Breadcrumb, Breadcrumbs, Button, EmptyState, Glyph, Notice, Pagination, SkeletonTable, Tone,
};

/// The files of the data volume.
#[component]
pub(crate) fn FilesTab() -> impl IntoView {
    let open = use_open_volume();
    let is_listed = Memo::new(move |_| {
        open.view.with(|view| {
            view.may.read_files && matches!(view.phase, Phase::Ready | Phase::NotReady)
        })
    });
    let content = move || {
        if is_listed.get() {
            view! { <Browser/> }.into_any()
        } else {
            open.view.with(closed).into_any()
        }
    };
    view! {
        <Title text=move || format!("Files of {}", open.view.with(|view| view.name.clone()))/>
        <section aria-labelledby="files-title">
            <h2 id="files-title" class="visually-hidden">"Files"</h2>
            {content}
        </section>
    }
}

/// Why there is no list.
fn closed(view: &DataVolumeView) -> impl IntoView + use<> {
    let (title, text) = match view.phase {
        _ if !view.may.read_files => (
            "The files are not yours to read",
            format!(
                "Your roles show you that this data volume exists, not what is in it. Researchers and editors of {} \
                 can read it, and everybody in the projects that it is shared with.",
                view.project_name
            ),
        ),
        Phase::Creating => (
            "No storage yet",
            "Files can be added as soon as the storage is there. The page follows by itself."
                .to_owned(),
        ),
        Phase::Deleting => (
            "It is being deleted",
            "Its files cannot be reached any more.".to_owned(),
        ),
        _ => (
            "The storage cannot be reached",
            "The cluster does not answer. The list comes back as soon as it does.".to_owned(),
        ),
    };
    view! { <EmptyState title glyph=Glyph::Folder><p>{text}</p></EmptyState> }
}

#[component]
fn Browser() -> impl IntoView {
    let open = use_open_volume();
    let query = routes::use_query();
    let asked_path = Memo::new(move |_| {
        query.with(|query| {
            query
                .get("path")
                .unwrap_or_default()
                .trim_matches('/')
                .parse::<VolumePath>()
        })
    });
    let folder: Signal<VolumePath> =
        Memo::new(move |_| asked_path.with(|path| path.clone().unwrap_or_default())).into();
    let offset = Memo::new(move |_| {
        query
            .with(|query| query.get("offset")?.parse().ok())
            .unwrap_or(0_u64)
    });
    let shown = Memo::new(move |_| query.with(|query| query.get("show").map(str::to_owned)));
    let renamed = RwSignal::new(None::<VolumePath>);
    let doomed = RwSignal::new(None::<Doomed>);
    let is_renaming = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    let actions = FileActions {
        rename: Callback::new(move |path| {
            renamed.set(Some(path));
            is_renaming.set(true);
        }),
        delete: Callback::new(move |(path, file): (VolumePath, FileView)| {
            doomed.set(Some(Doomed { path, file }));
            is_deleting.set(true);
        }),
        refusal: Signal::derive(move || open.view.with(read_only)),
    };
    let changed = Callback::new(move |()| open.files_changed());
    let may_write = open.may_write();
    view! {
        <DropZone
            volume_id=Signal::stored(open.id)
            volume_name=open.name()
            folder
            may_write
            on_stored=changed
        >
            <Toolbar folder on_changed=changed/>
            {move || (!may_write.get()).then(|| open.view.with_untracked(read_only_notice))}
            <div class="browser" class:browser--with-file=move || shown.with(Option::is_some)>
                <Listing asked_path offset shown actions/>
                <ShownFile folder shown/>
            </div>
        </DropZone>
        <RenameDialog is_open=is_renaming id=open.id file=renamed on_renamed=changed/>
        <DeleteFileDialog is_open=is_deleting id=open.id doomed on_deleted=changed/>
    }
}

/// Where the reader is, and what can be added there.
#[component]
fn Toolbar(folder: Signal<VolumePath>, on_changed: Callback<()>) -> impl IntoView {
    let open = use_open_volume();
    let is_making = RwSignal::new(false);
    let is_importing = RwSignal::new(false);
    let found = RwSignal::new(ImportsView::default());
    let reads = move || {
        spawn_local(async move {
            // What is not told this time is told with the next change.
            if let Ok(view) = list_imports(open.id).await {
                found.try_set(view);
            }
        });
    };
    Effect::new(move |_| {
        open.changes.track();
        reads();
    });
    let imports = Signal::derive(move || found.with(|found| found.imports.clone()));
    let credentials = Signal::derive(move || found.with(|found| found.credentials.clone()));
    view! {
        <div class="browser__toolbar">
            {move || folder.with(|folder| trail(open, folder))}
            <Button
                icon=Glyph::FolderPlus
                refusal=Signal::derive(move || open.view.with(read_only))
                on_press=move |()| is_making.set(true)
            >
                "New folder"
            </Button>
            <Button
                icon=Glyph::Download
                refusal=Signal::derive(move || open.view.with(read_only))
                on_press=move |()| is_importing.set(true)
            >
                "Import"
            </Button>
            <UploadPickers
                volume_id=Signal::stored(open.id)
                volume_name=open.name()
                folder
                may_write=open.may_write()
            />
        </div>
        <ImportList id=open.id imports may_write=open.may_write() on_changed=move |()| reads()/>
        <NewFolderDialog is_open=is_making id=open.id folder on_made=on_changed/>
        <ImportDialog is_open=is_importing id=open.id folder credentials on_started=move |()| reads()/>
    }
}

#[component]
fn Listing(
    asked_path: Memo<Result<VolumePath, domain::PathError>>,
    offset: Memo<u64>,
    shown: Memo<Option<String>>,
    actions: FileActions,
) -> impl IntoView {
    let open = use_open_volume();
    let listing = Resource::new(
        move || {
            (
                asked_path.get().map_err(|error| error.to_string()),
                offset.get(),
                open.file_changes.get(),
            )
        },
        move |(path, offset, _)| async move {
            match path {
                Ok(path) => list_folder(open.id, path, offset).await,
                Err(_) => Err(no_such_folder()),
            }
        },
    );
    let table = move || {
        Suspend::new(async move {
            match listing.await {
                Ok(folder) if folder.total == 0 => open
                    .view
                    .with_untracked(|view| empty(view, &folder))
                    .into_any(),
                Ok(folder) => {
                    entries(open, folder, offset.get_untracked(), shown, actions).into_any()
                }
                Err(problem) if problem.code == 404 => missing(open).into_any(),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| listing.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    view! {
        <div class="browser__list">
            <Transition fallback=|| view! { <SkeletonTable label="Loading the folder" rows=8/> }>{table}</Transition>
        </div>
    }
}

#[component]
fn ShownFile(folder: Signal<VolumePath>, shown: Memo<Option<String>>) -> impl IntoView {
    let open = use_open_volume();
    let path = Memo::new(move |_| {
        shown.with(|name| {
            name.as_ref()
                .and_then(|name| folder.with(|folder| folder.join(name).ok()))
        })
    });
    let is_first = StoredValue::new(true);
    move || {
        let takes_focus = !is_first.get_value();
        is_first.set_value(false);
        path.get()
            .map(|path| view! { <FilePane id=open.id path takes_focus/> })
    }
}

fn entries(
    open: OpenVolume,
    folder: FolderView,
    offset: u64,
    shown: Memo<Option<String>>,
    actions: FileActions,
) -> impl IntoView {
    let FolderView {
        path,
        entries,
        total,
        ..
    } = folder;
    let pages = (total > FolderView::USUAL_LIMIT).then(|| {
        let path = path.clone();
        let href = move |offset: u64| routes::files_from(open.id, &path, offset);
        view! { <Pagination what="entries" offset limit=FolderView::USUAL_LIMIT total href/> }
    });
    view! {
        <FileTable id=open.id folder=path entries shown actions/>
        {pages}
    }
}

fn trail(open: OpenVolume, folder: &VolumePath) -> impl IntoView + use<> {
    let mut steps = vec![Breadcrumb {
        title: open.view.with_untracked(|view| view.name.clone()),
        href: Some(routes::files(open.id, &VolumePath::root(), None)),
    }];
    let mut path = VolumePath::root();
    for name in folder.components() {
        path = path.join(name).unwrap_or_default();
        steps.push(Breadcrumb {
            title: name.to_owned(),
            href: Some(routes::files(open.id, &path, None)),
        });
    }
    view! { <Breadcrumbs label="Folders" steps/> }
}

/// Why files cannot be changed, and who can; `None` if the reader can.
fn read_only(view: &DataVolumeView) -> Option<String> {
    (!view.may.write_files).then(|| {
        format!("You can read these files, not change them. Researchers (L1), editors and administrators of {} can.", view.project_name)
    })
}

fn read_only_notice(view: &DataVolumeView) -> impl IntoView + use<> {
    let text = format!(
        "You can browse and download. Researchers (L1), editors and administrators of {} can add and change files.",
        view.project_name
    );
    view! { <Notice tone=Tone::Neutral title="Read-only for you"><p>{text}</p></Notice> }
}

fn empty(view: &DataVolumeView, folder: &FolderView) -> impl IntoView + use<> {
    let title = if folder.path.is_root() {
        "No files yet"
    } else {
        "This folder is empty"
    };
    let text = if view.may.write_files {
        "Drop files or whole folders here. They go on uploading while you walk through the console, and go on \
         where they were after a break."
    } else {
        "Who may change the files can drop some here."
    };
    view! { <EmptyState title glyph=Glyph::Upload><p>{text}</p></EmptyState> }
}

fn no_such_folder() -> Problem {
    #[cfg(feature = "ssr")]
    crate::server_fns::ssr::set_status(404);
    Problem::new(404, "There is no such folder.")
}

fn missing(open: OpenVolume) -> impl IntoView {
    let root = routes::files(open.id, &VolumePath::root(), None);
    view! {
        <EmptyState title="There is no such folder" glyph=Glyph::Folder>
            <p>"It was renamed or deleted, or the address is mistyped."</p>
            <p><a href=root>"Go to the top of the data volume"</a></p>
        </EmptyState>
    }
}
