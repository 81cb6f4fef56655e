//! Removing a folder with everything in it, a bounded part at a time.
//!
//! What lies in it is hostile: links are removed, not followed; another mount inside stops the removal;
//! folders that lie too deep are lifted to the top first, so that depth costs no open files.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, renameat, unlinkat};
use rustix::io::Errno;

use super::folder::Folder;
use super::names::unique;

/// Folders in folders that are open at a time.
const MOST_OPEN: usize = 32;

/// Removes at most `budget` entries of a folder, and the folder when it is empty. Answers whether
/// nothing of it is left; a name where nothing is, is fine.
pub(super) fn remove_tree(parent: &Folder, name: &str, mut budget: usize) -> io::Result<bool> {
    let raw = CString::new(name).map_err(io::Error::other)?;
    let Some(top) = parent.child_on_this_mount(&raw)? else {
        return Ok(true);
    };
    loop {
        if !clear(&top, &top, 1, &mut budget)? {
            return Ok(false);
        }
        match parent.remove_folder(name) {
            // Something was lifted to the top, or an upload that was running wrote one more file.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            answer => return answer.map(|()| true),
        }
    }
}

/// Empties a folder; `false` when the budget ended before.
fn clear(top: &Folder, folder: &Folder, depth: usize, budget: &mut usize) -> io::Result<bool> {
    loop {
        let names = folder.raw_names(1024)?;
        if names.is_empty() {
            return Ok(true);
        }
        for name in names {
            if *budget == 0 {
                return Ok(false);
            }
            *budget -= 1;
            match unlinkat(folder.as_fd(), &name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => continue,
                // POSIX says EPERM, Linux says EISDIR for folders.
                Err(Errno::ISDIR | Errno::PERM) => {}
                Err(error) => return Err(error.into()),
            }
            if depth == MOST_OPEN {
                lift(top, folder, &name)?;
            } else if !clear_child(top, folder, &name, depth, budget)? {
                return Ok(false);
            }
        }
    }
}

fn clear_child(
    top: &Folder,
    folder: &Folder,
    name: &CString,
    depth: usize,
    budget: &mut usize,
) -> io::Result<bool> {
    let Some(child) = folder.child_on_this_mount(name)? else {
        return Ok(true);
    };
    loop {
        if !clear(top, &child, depth + 1, budget)? {
            return Ok(false);
        }
        match unlinkat(folder.as_fd(), name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => return Ok(true),
            Err(Errno::NOTEMPTY) if *budget > 0 => *budget -= 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn lift(top: &Folder, folder: &Folder, name: &CStr) -> io::Result<()> {
    let lifted = format!(".lifted-{}", unique());
    Ok(renameat(
        folder.as_fd(),
        name,
        top.as_fd(),
        lifted.as_str(),
    )?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_removed_and_not_followed() {
        let scene = tempfile::tempdir().unwrap();
        fs::create_dir_all(scene.path().join("kept/inner")).unwrap();
        fs::write(scene.path().join("kept/inner/file"), "x").unwrap();
        fs::create_dir_all(scene.path().join("gone/a/b")).unwrap();
        symlink(scene.path().join("kept"), scene.path().join("gone/a/link")).unwrap();
        symlink("..", scene.path().join("gone/up")).unwrap();

        let parent = Folder::open(scene.path()).unwrap();
        assert!(remove_tree(&parent, "gone", 1000).unwrap());

        assert!(!scene.path().join("gone").exists());
        assert!(scene.path().join("kept/inner/file").exists());
        assert!(
            remove_tree(&parent, "gone", 1000).unwrap(),
            "removing what is gone is fine"
        );
    }

    #[test]
    fn a_very_deep_folder_goes_too() {
        let scene = tempfile::tempdir().unwrap();
        let parent = Folder::open(scene.path()).unwrap();
        let mut folder = parent.child_or_make("gone", 0o777).unwrap();
        for _ in 0..500 {
            folder.child_or_make("sibling", 0o777).unwrap();
            folder = folder.child_or_make("deeper", 0o777).unwrap();
        }
        assert!(remove_tree(&parent, "gone", 100_000).unwrap());
        assert!(!scene.path().join("gone").exists());
    }

    #[test]
    fn a_budget_ends_the_call_and_the_next_one_goes_on() {
        let scene = tempfile::tempdir().unwrap();
        fs::create_dir(scene.path().join("gone")).unwrap();
        for number in 0..25 {
            fs::write(scene.path().join(format!("gone/{number}")), "x").unwrap();
        }
        let parent = Folder::open(scene.path()).unwrap();
        assert!(!remove_tree(&parent, "gone", 10).unwrap());
        assert_eq!(fs::read_dir(scene.path().join("gone")).unwrap().count(), 15);
        assert!(!remove_tree(&parent, "gone", 10).unwrap());
        assert!(remove_tree(&parent, "gone", 10).unwrap());
    }
}
