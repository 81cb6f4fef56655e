//! What somebody who works in the volume may have put there: links, pipes, devices, swapped folders.

use std::os::unix::fs::symlink;
use std::time::Duration;

use agent::{Limits, Volume};
use rustix::fs::{CWD, FileType, Mode, mkfifoat, mknodat};
use wire::{FileKind, FolderView, UsageView};

use super::archives::{refusals, tar, unpacked};
use super::batches::{file, stored};
use super::place::{Place, ask};

const SECRET: &str = "not of this volume";

/// A volume with a folder beside it that must stay untouched, and links to it.
fn planted() -> (Place, tempfile::TempDir) {
    let place = Place::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret"), SECRET).unwrap();
    std::fs::create_dir(outside.path().join("folder")).unwrap();
    place.write("plain/file", "inside");
    symlink(outside.path().join("secret"), place.path("link")).unwrap();
    symlink(outside.path(), place.path("way")).unwrap();
    symlink("plain", place.path("inner")).unwrap();
    symlink("/proc/self/root", place.path("magic")).unwrap();
    symlink("loop", place.path("loop")).unwrap();
    symlink("nowhere", place.path("dangling")).unwrap();
    mkfifoat(CWD, place.path("pipe"), Mode::from_raw_mode(0o666)).unwrap();
    // /dev/zero would never end; making a device needs to be root.
    let _ = mknodat(
        CWD,
        place.path("device"),
        FileType::CharacterDevice,
        Mode::from_raw_mode(0o666),
        rustix::fs::makedev(1, 5),
    );
    (place, outside)
}

fn untouched(outside: &tempfile::TempDir) {
    let mut names: Vec<_> = std::fs::read_dir(outside.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["folder", "secret"]);
    assert_eq!(
        std::fs::read_to_string(outside.path().join("secret")).unwrap(),
        SECRET
    );
}

const ODD: [&str; 8] = [
    "link",
    "way/secret",
    "inner/file",
    "magic/etc/passwd",
    "loop",
    "pipe",
    "dangling",
    "device",
];

#[tokio::test]
async fn links_pipes_and_devices_are_never_opened() {
    let (place, outside) = planted();
    for path in ODD
        .into_iter()
        .filter(|path| *path != "device" || place.has("device"))
    {
        for route in ["content", "preview"] {
            let request = ask("GET", &format!("/files/{route}?path={path}"));
            let answer = tokio::time::timeout(Duration::from_secs(10), request.of(&place))
                .await
                .unwrap();
            assert_eq!(answer.problem().code, 409, "{route} {path}");
        }
    }
    for path in ["way", "inner", "magic", "loop", "way/folder", "link"] {
        let status = ask("GET", &format!("/files?path={path}"))
            .of(&place)
            .await
            .status;
        assert!([404, 409].contains(&status), "{path}: {status}");
    }
    untouched(&outside);
}

#[tokio::test]
async fn links_pipes_and_devices_are_named_and_no_more() {
    let (place, _outside) = planted();
    let view: FolderView = ask("GET", "/files").of(&place).await.read();
    for entry in &view.entries {
        let expected = if entry.name == "plain" {
            FileKind::Folder
        } else {
            FileKind::Other
        };
        assert_eq!(entry.kind, expected, "{}", entry.name);
    }
    let usage: UsageView = ask("GET", "/usage").of(&place).await.read();
    assert_eq!((usage.file_count, usage.used_bytes.0), (1, 6));
}

#[tokio::test]
async fn nothing_is_written_through_a_link() {
    let (place, outside) = planted();
    for path in [
        "link",
        "way/new",
        "way/secret",
        "inner/new",
        "magic/tmp/new",
        "pipe",
        "dangling",
        "dangling/new",
        "loop/new",
        "plain/file/new",
    ] {
        for overwrite in ["no", "yes"] {
            let answer = place
                .upload(path, b"mine", &[("overwrite", overwrite)])
                .await;
            assert_eq!(answer.problem().code, 409, "{path} {overwrite}");
        }
        let folder = ask("POST", "/files/folder")
            .json(&format!("{{\"path\":\"{path}/x\"}}"))
            .of(&place)
            .await;
        assert_eq!(folder.problem().code, 409, "{path}");
        let status = ask("POST", "/files/rename")
            .json(&format!("{{\"from\":\"plain/file\",\"to\":\"{path}\"}}"))
            .of(&place)
            .await
            .status;
        assert!([404, 409].contains(&status), "{path}: {status}");
    }
    assert_eq!(place.read("plain/file"), b"inside");
    assert!(!place.has("nowhere") && place.staged().is_empty());
    untouched(&outside);
}

#[tokio::test]
async fn nothing_of_a_batch_or_an_archive_is_written_through_a_link() {
    let (place, outside) = planted();
    let paths = [
        "link",
        "way/new",
        "way/secret",
        "inner/new",
        "pipe",
        "dangling",
        "dangling/new",
        "loop/new",
    ];
    let mut files: Vec<_> = paths.iter().map(|path| file(path, b"mine")).collect();
    files.push(file("plain/new", b"mine"));
    let results = stored(&place, &files).await;
    let (last, refused) = results.split_last().unwrap();
    assert_eq!(last, "stored plain/new");
    for (path, result) in paths.iter().zip(refused) {
        assert_eq!(*result, format!("409 {path}"));
    }
    for overwrite in ["no", "yes"] {
        let files: Vec<_> = paths.iter().map(|path| (*path, &b"mine"[..])).collect();
        let query = format!("tar&overwrite={overwrite}");
        let answer = unpacked(&place, &query, tar(&files)).await;
        let told = refusals(&answer);
        assert_eq!(answer.stored_files, 0, "{told:?}");
        assert_eq!(told.len(), paths.len(), "{told:?}");
        assert!(told.iter().all(|(_, code)| *code == 409), "{told:?}");
    }
    assert!(!place.has("nowhere"));
    untouched(&outside);
}

#[tokio::test]
async fn deleting_a_folder_deletes_links_and_not_what_they_lead_to() {
    let (place, outside) = planted();
    std::fs::create_dir_all(place.path("doomed/deep")).unwrap();
    symlink(outside.path(), place.path("doomed/deep/way")).unwrap();
    symlink("../plain", place.path("doomed/plain")).unwrap();
    mkfifoat(CWD, place.path("doomed/pipe"), Mode::from_raw_mode(0o666)).unwrap();
    for path in ["doomed", "way", "inner", "link", "pipe"] {
        assert_eq!(
            ask("DELETE", &format!("/files?path={path}"))
                .of(&place)
                .await
                .status,
            204,
            "{path}"
        );
        assert!(!place.has(path), "{path}");
    }
    assert_eq!(place.read("plain/file"), b"inside");
    untouched(&outside);
}

#[tokio::test]
async fn a_folder_that_becomes_a_link_while_a_file_arrives_leads_nowhere() {
    let (place, outside) = planted();
    let upload = place.begin("plain/new", 8, &[]).await;
    place.append(&upload, 0, b"four").await;
    std::fs::rename(place.path("plain"), place.path("moved")).unwrap();
    symlink(outside.path(), place.path("plain")).unwrap();
    assert_eq!(place.append(&upload, 4, b"more").await.problem().code, 409);
    untouched(&outside);
    // When the way is right again, the last byte is all that is missing.
    std::fs::remove_file(place.path("plain")).unwrap();
    assert_eq!(place.offset(&upload).await, 7);
    assert_eq!(place.append(&upload, 7, b"e").await.status, 204);
    assert_eq!(place.read("plain/new"), b"fourmore");
}

#[tokio::test]
async fn a_staging_folder_that_is_a_link_is_not_used() {
    for planted in [".stowage", ".stowage/uploads"] {
        let place = Place::new();
        let outside = tempfile::tempdir().unwrap();
        if let Some((folder, _)) = planted.split_once('/') {
            std::fs::create_dir(place.path(folder)).unwrap();
        }
        symlink(outside.path(), place.path(planted)).unwrap();
        assert_eq!(
            place.try_begin("f", 4, &[]).await.problem().code,
            409,
            "{planted}"
        );
        assert_eq!(
            std::fs::read_dir(outside.path()).unwrap().count(),
            0,
            "{planted}"
        );
        assert_eq!(
            ask("GET", "/files").of(&place).await.status,
            200,
            "{planted}"
        );
    }
}

#[tokio::test]
async fn a_staged_file_that_was_swapped_is_not_written() {
    let (place, outside) = planted();
    let upload = place.begin("f", 8, &[]).await;
    place.append(&upload, 0, b"four").await;
    let part = place.staged_file(".part");
    // As long as it is open its inode is not given to another file.
    let _open = std::fs::File::open(&part).unwrap();
    std::fs::remove_file(&part).unwrap();
    symlink(outside.path().join("secret"), &part).unwrap();
    let status = place.append(&upload, 4, b"more").await.status;
    assert!([409, 410].contains(&status), "{status}");
    std::fs::remove_file(&part).unwrap();
    place.write("other", b"fourmore");
    std::fs::rename(place.path("other"), &part).unwrap();
    assert_eq!(place.append(&upload, 4, b"more").await.status, 410);
    untouched(&outside);
}

#[tokio::test]
async fn a_volume_that_is_one_folder_is_opened_across_no_link_and_made_where_it_is_missing() {
    let (place, outside) = planted();
    let open = |folder: &str| {
        let folder = folder.parse().unwrap();
        Volume::open_folder("claim", &place.path(""), &folder, Limits::default())
    };
    for folder in [
        "way",
        "way/new",
        "inner",
        "loop/a",
        "magic/tmp",
        "dangling",
        "link/a",
        "pipe",
    ] {
        assert!(open(folder).is_err(), "{folder}");
    }
    untouched(&outside);
    open("plain").unwrap();
    open("plain/new/folder").unwrap();
    assert!(place.path("plain/new/folder").is_dir());
}
