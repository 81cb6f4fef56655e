//! The files of a data volume. Their bytes go over REST, not through here.

use domain::{DataVolumeId, VolumePath};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::GetUrl;
use wire::{FileDetails, FolderView, PreviewView, Problem};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;
#[cfg(feature = "ssr")]
use crate::markdown;

/// The name of the file that the tab “Overview” shows.
pub const README: &str = "README.md";

/// A file as a page shows it. A type of the pages, not of `wire`: only HTML that was made here may be put
/// into a page, so no answer of a data agent can become one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "as")]
pub enum ShownFile {
    /// Markdown, made into HTML here.
    #[serde(rename_all = "camelCase")]
    Html {
        /// Harmless HTML.
        html: String,
        /// Whether there is more in the file.
        is_truncated: bool,
    },
    /// Anything else, as the data agent sent it.
    Plain {
        /// The preview.
        preview: PreviewView,
    },
}

#[cfg(feature = "ssr")]
impl ShownFile {
    fn new(preview: PreviewView, id: DataVolumeId, path: &VolumePath) -> Self {
        match preview {
            PreviewView::Markdown { text, is_truncated } => {
                let folder = &path.parent().unwrap_or_default();
                Self::Html {
                    html: markdown::rendered(&text, markdown::Place { id, folder }),
                    is_truncated,
                }
            }
            preview => Self::Plain { preview },
        }
    }
}

/// One page of a folder, from the entry `offset` on.
///
/// # Errors
/// 403 when the caller may not read the files, 404 when there is no such folder.
#[server(prefix = "/fn", endpoint = "files/list", input = GetUrl, output = JsonText)]
pub async fn list_folder(
    id: DataVolumeId,
    path: VolumePath,
    offset: u64,
) -> Result<FolderView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_folder(&caller, id, path, offset)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// The beginning of a file, ready to be shown.
///
/// # Errors
/// 403 when the caller may not read the files, 404 when there is no such file.
#[server(prefix = "/fn", endpoint = "files/preview", input = GetUrl, output = JsonText)]
pub async fn preview_file(id: DataVolumeId, path: VolumePath) -> Result<ShownFile, Problem> {
    let (service, caller) = ssr::context()?;
    let preview = service.preview_file(&caller, id, path.clone()).await;
    preview
        .map(|preview| ShownFile::new(preview, id, &path))
        .map_err(|error| ssr::refuse(&error))
}

/// What is known of one file: its size, its time, and its hashes if it was uploaded.
///
/// # Errors
/// 403 when the caller may not read the files, 404 when there is no such file.
#[server(prefix = "/fn", endpoint = "files/details", input = GetUrl, output = JsonText)]
pub async fn show_file_details(id: DataVolumeId, path: VolumePath) -> Result<FileDetails, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .show_file_details(&caller, id, path)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// The `README.md` of a data volume; `None` where there is none, which is no fault of the page that asks.
///
/// # Errors
/// 403 when the caller may not read the files.
#[server(prefix = "/fn", endpoint = "files/readme", input = GetUrl, output = JsonText)]
pub async fn show_readme(id: DataVolumeId) -> Result<Option<ShownFile>, Problem> {
    let (service, caller) = ssr::context()?;
    let path = VolumePath::root()
        .join(README)
        .map_err(|error| Problem::new(500, error.to_string()))?;
    match service.preview_file(&caller, id, path.clone()).await {
        Ok(preview) => Ok(Some(ShownFile::new(preview, id, &path))),
        Err(error) => match Problem::from(&error) {
            Problem { code: 404, .. } => Ok(None),
            _ => Err(ssr::refuse(&error)),
        },
    }
}

/// Makes a folder, and those on the way to it.
///
/// # Errors
/// 403 when the caller may not change the files, 409 when the name is taken.
#[server(prefix = "/fn", endpoint = "files/make-folder", output = JsonText)]
pub async fn make_folder(id: DataVolumeId, path: VolumePath) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .make_folder(&caller, id, wire::NewFolder { path })
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Gives a file or folder another name or place.
///
/// # Errors
/// 403 when the caller may not change the files, 404 when it is gone, 409 when the new name is taken.
#[server(prefix = "/fn", endpoint = "files/rename", output = JsonText)]
pub async fn rename_file(
    id: DataVolumeId,
    from: VolumePath,
    to: VolumePath,
) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .rename_file(&caller, id, wire::RenameFile { from, to })
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Deletes a file, or a folder with all that is in it.
///
/// # Errors
/// 403 when the caller may not change the files, 404 when it is gone.
#[server(prefix = "/fn", endpoint = "files/delete", output = JsonText)]
pub async fn delete_file(id: DataVolumeId, path: VolumePath) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .delete_file(&caller, id, path)
        .await
        .map_err(|error| ssr::refuse(&error))
}
