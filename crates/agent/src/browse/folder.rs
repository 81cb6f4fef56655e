//! Listing a folder. All names are read and sorted; only those of the page are looked at.

use std::cmp::Ordering;
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;

use domain::{Bytes, VolumePath};
use rustix::fs::{self, AtFlags, Dir, FileType, Stat};
use rustix::io::Errno;
use wire::{FileKind, FileView, FolderView};

use crate::beneath;
use crate::error::Result;
use crate::ticket::Ticket;
use crate::volume::Volume;

/// The most entries of a page.
pub(super) const MOST_ENTRIES: usize = 1000;

struct Entry {
    name: CString,
    is_folder: bool,
}

impl Entry {
    fn order(&self, other: &Self) -> Ordering {
        other
            .is_folder
            .cmp(&self.is_folder)
            .then_with(|| self.name.cmp(&other.name))
    }
}

/// A page of a folder: folders first, then by the bytes of the names.
pub(super) fn view(
    volume: &Volume,
    ticket: &Ticket,
    path: VolumePath,
    offset: u64,
    limit: usize,
) -> Result<FolderView> {
    let is_whole = ticket.holds(&path);
    if !is_whole && !ticket.leads_through(&path) {
        ticket.refuse_unseen(&path)?;
    }
    let folder = beneath::open_folder(volume.root(), beneath::text(&path))?;
    let mut entries = names(&folder, path.is_root())?;
    if !is_whole {
        entries.retain(|entry| {
            let child = entry.name.to_str().ok().map(|name| path.join(name));
            matches!(child, Some(Ok(child)) if ticket.leads_through(&child))
        });
    }
    entries.sort_unstable_by(Entry::order);
    let begin = usize::try_from(offset)
        .unwrap_or(usize::MAX)
        .min(entries.len());
    let end = begin.saturating_add(limit).min(entries.len());
    let next = (end < entries.len()).then_some(end as u64);
    let total = entries.len() as u64;
    let mut views = Vec::with_capacity(end - begin);
    for entry in &entries[begin..end] {
        match fs::statat(&folder, &entry.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => views.push(file_view(&entry.name, &stat)),
            // It was removed since its name was read.
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(FolderView {
        path,
        entries: views,
        total,
        next,
    })
}

fn names(folder: &OwnedFd, is_root: bool) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if is_own(entry.file_name()) || (is_root && is_staging(entry.file_name())) {
            continue;
        }
        let is_folder = match entry.file_type() {
            FileType::Unknown => fs::statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| beneath::kind_of(&stat) == FileType::Directory),
            known => known == FileType::Directory,
        };
        entries.push(Entry {
            name: entry.file_name().to_owned(),
            is_folder,
        });
    }
    Ok(entries)
}

/// Whether this is `.` or `..`.
pub(super) fn is_own(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// Whether this, at the root, is Stowage's own folder.
pub(super) fn is_staging(name: &CStr) -> bool {
    name.to_bytes() == VolumePath::STAGING.as_bytes()
}

fn file_view(name: &CStr, stat: &Stat) -> FileView {
    let kind = match beneath::kind_of(stat) {
        FileType::Directory => FileKind::Folder,
        FileType::RegularFile => FileKind::File,
        _ => FileKind::Other,
    };
    let size_bytes = if kind == FileKind::Folder {
        0
    } else {
        u64::try_from(stat.st_size).unwrap_or(0)
    };
    FileView {
        name: name.to_string_lossy().into_owned(),
        kind,
        size_bytes: Bytes(size_bytes),
        modified_at: beneath::modified_at(stat),
    }
}
