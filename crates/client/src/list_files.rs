//! `stowage ls`.

use clap::Args;
use domain::{DataVolumeId, VolumePath};
use serde_json::Value;
use wire::{FileKind, FileView, FolderView};

use crate::connection::Console;
use crate::location::InVolume;
use crate::output::{Table, minute, size};
use crate::{Common, Error, volume};

/// What to list.
#[derive(Debug, Args)]
pub struct Options {
    /// The data volume, and the folder in it
    #[arg(value_name = "VOLUME[:PATH]")]
    place: InVolume,
    #[command(flatten)]
    common: Common,
}

pub(crate) async fn run(options: Options) -> Result<(), Error> {
    let console = options.common.console()?;
    let id = volume::id(&console, &options.place.volume).await?;
    let entries = folder(&console, id, &options.place.path()?).await?;
    let value = serde_json::to_value(&entries).unwrap_or(Value::Null);
    options.common.output.print(&value, || {
        let mut table = Table::with_head(["NAME", "SIZE", "CHANGED"]);
        for entry in entries {
            let (mark, bytes) = match entry.kind {
                FileKind::Folder => ("/", None),
                FileKind::File => ("", Some(entry.size_bytes.0)),
                FileKind::Other => (" (no file)", None),
            };
            let name = format!("{}{mark}", entry.name);
            table.row([name, size(bytes), minute(entry.modified_at)]);
        }
        table
    });
    Ok(())
}

/// All entries of a folder.
pub(crate) async fn folder(
    console: &Console,
    volume: DataVolumeId,
    path: &VolumePath,
) -> Result<Vec<FileView>, Error> {
    let mut entries = Vec::new();
    let mut offset = Some(0_u64);
    while let Some(begin) = offset {
        let begin = begin.to_string();
        let query = [("path", path.as_str()), ("offset", begin.as_str())];
        let page: FolderView = console
            .get(&format!("datavolumes/{volume}/files"), &query)
            .await?;
        entries.extend(page.entries);
        offset = page.next;
    }
    Ok(entries)
}
