//! A disk that is full, for real: a small tmpfs in a mount namespace of the test's own.

use std::path::Path;
use std::process::Command;

use super::archives::{tar, unpacked};
use super::batches::{file, stored};
use super::imports;
use super::place::{Place, ask, metadata, patch};

/// Set in the process that has mounts of its own.
const INSIDE: &str = "STOWAGE_TEST_HAS_OWN_MOUNTS";
const ROOM: usize = 2 << 20;

/// Runs the test named `name` again where it may mount; answers whether this is that place.
fn may_mount(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut unshare = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let test = std::env::current_exe().unwrap();
    let output = unshare
        .arg("--mount")
        .arg(test)
        .args(["--exact", &format!("full_disk::{name}"), "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    false
}

/// A volume on a disk of [`ROOM`] bytes.
fn small_place() -> (tempfile::TempDir, Place) {
    let disk = tempfile::tempdir().unwrap();
    let size = format!("size={ROOM}");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
        .arg(disk.path())
        .status();
    assert!(mounted.unwrap().success());
    let place = Place::over(
        tempfile::tempdir_in(disk.path()).unwrap(),
        agent::Limits::default(),
    );
    (disk, place)
}

/// Takes all but about `left` bytes.
fn fill(folder: &Path, left: usize) {
    std::fs::write(folder.join("filler"), vec![0; ROOM - left]).unwrap();
}

#[tokio::test]
async fn what_cannot_fit_is_refused_at_the_beginning() {
    if !may_mount("what_cannot_fit_is_refused_at_the_beginning") {
        return;
    }
    let (_disk, place) = small_place();
    let problem = place.try_begin("f", 3 << 20, &[]).await.problem();
    assert_eq!(problem.code, 507);
    assert!(
        problem.message.contains("3145728 bytes")
            && problem.message.contains("bytes) are available"),
        "{problem:?}"
    );
    assert!(place.staged().is_empty());
}

#[tokio::test]
async fn what_was_accepted_before_the_disk_was_full_is_kept_and_gone_on_with() {
    if !may_mount("what_was_accepted_before_the_disk_was_full_is_kept_and_gone_on_with") {
        return;
    }
    let (disk, place) = small_place();
    let content: Vec<u8> = (0..=250).cycle().take(1_500_000).collect();
    let upload = place.begin("f", content.len(), &[]).await;
    assert_eq!(
        place.append(&upload, 0, &content[..100_000]).await.status,
        204
    );
    fill(disk.path(), 1_000_000);
    let problem = place
        .append(&upload, 100_000, &content[100_000..])
        .await
        .problem();
    assert_eq!(problem.code, 507, "{problem:?}");
    let offset = place.offset(&upload).await;
    assert!(offset > 500_000 && offset < 1_000_000, "{offset}");
    assert!(!place.has("f"));

    let place = place.restarted(agent::Limits::default());
    assert_eq!(place.offset(&upload).await, offset);
    assert_eq!(
        place
            .append(&upload, offset, &content[offset..])
            .await
            .status,
        507
    );
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    let offset = place.offset(&upload).await;
    assert_eq!(
        place
            .append(&upload, offset, &content[offset..])
            .await
            .status,
        204
    );
    assert_eq!(place.read("f"), content);
}

#[tokio::test]
async fn a_full_disk_leaves_the_older_file_and_can_be_emptied() {
    if !may_mount("a_full_disk_leaves_the_older_file_and_can_be_emptied") {
        return;
    }
    let (disk, place) = small_place();
    place.write("f", "old");
    place.write("large/file", vec![0; 200_000]);
    let upload = place.begin("f", 1_000_000, &[("overwrite", "yes")]).await;
    fill(disk.path(), 300_000);
    assert_eq!(
        place.append(&upload, 0, vec![1; 1_000_000]).await.status,
        507
    );
    assert_eq!(place.read("f"), b"old");
    let with_bytes = ask("POST", "/uploads")
        .tus()
        .with("upload-length", "3")
        .with("upload-metadata", &metadata("g", &[]))
        .with("content-type", "application/offset+octet-stream")
        .body("abc");
    assert_eq!(with_bytes.of(&place).await.status, 507);
    assert_eq!(ask("GET", "/files").of(&place).await.status, 200);
    assert_eq!(
        ask("DELETE", "/files?path=large").of(&place).await.status,
        204
    );
    assert_eq!(ask("DELETE", &upload).tus().of(&place).await.status, 204);
    assert_eq!(place.upload("g", &vec![2; 200_000], &[]).await.status, 204);
}

#[tokio::test]
async fn a_chunk_with_a_checksum_that_did_not_fit_is_sent_again_whole() {
    if !may_mount("a_chunk_with_a_checksum_that_did_not_fit_is_sent_again_whole") {
        return;
    }
    let (disk, place) = small_place();
    let upload = place.begin("f", 1_000_000, &[]).await;
    fill(disk.path(), 500_000);
    let chunk = patch(&upload, 0, vec![1; 1_000_000]).with("upload-checksum", "crc32c AAAAAA==");
    assert_eq!(chunk.of(&place).await.status, 507);
    assert_eq!(place.offset(&upload).await, 0);
}

/// Which of these files are there. None is half.
fn whole(place: &Place, paths: &[&str], content: &[u8]) -> usize {
    let there = paths.iter().filter(|path| place.has(path));
    there
        .inspect(|path| assert!(place.read(path) == content, "{path} is half a file"))
        .count()
}

#[tokio::test]
async fn a_batch_that_does_not_fit_leaves_no_half_file_and_can_be_sent_again() {
    if !may_mount("a_batch_that_does_not_fit_leaves_no_half_file_and_can_be_sent_again") {
        return;
    }
    let (disk, place) = small_place();
    let content = vec![7; 100_000];
    let paths = ["d/0", "d/1", "d/2", "d/3", "d/4", "d/5"];
    let files: Vec<_> = paths.iter().map(|path| file(path, &content)).collect();
    fill(disk.path(), 350_000);
    let results = stored(&place, &files).await;
    let is_stored = |result: &&String| result.starts_with("stored ");
    let is_refused = |result: &&String| result.starts_with("507 ");
    let told = results.iter().filter(is_stored).count();
    assert_eq!(
        told + results.iter().filter(is_refused).count(),
        6,
        "{results:?}"
    );
    assert!(told < 6, "{results:?}");
    assert_eq!(whole(&place, &paths, &content), told, "{results:?}");
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    let results = stored(&place, &files).await;
    let is_there =
        |result: &String| result.starts_with("stored ") || result.starts_with("present ");
    assert!(results.iter().all(is_there), "{results:?}");
    assert_eq!(whole(&place, &paths, &content), 6);
}

#[tokio::test]
async fn a_line_of_the_manifest_that_did_not_fit_costs_no_other() {
    if !may_mount("a_line_of_the_manifest_that_did_not_fit_costs_no_other") {
        return;
    }
    let (disk, place) = small_place();
    stored(&place, &[file("first", b"")]).await;
    // Empty files need no room; twenty lines need more than is left of the manifest's page.
    let space = rustix::fs::statvfs(disk.path()).unwrap();
    let room = usize::try_from(space.f_bavail * space.f_frsize).unwrap();
    std::fs::write(disk.path().join("filler"), vec![0; room]).unwrap();
    let paths: Vec<String> = (0..20).map(|number| format!("d/{number}")).collect();
    let files: Vec<_> = paths.iter().map(|path| file(path, b"")).collect();
    let results = stored(&place, &files).await;
    assert!(
        results.iter().all(|result| result.starts_with("stored ")),
        "{results:?}"
    );
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    stored(&place, &[file("last", b"")]).await;
    let manifest = ask("GET", "/manifest?format=b3sum").of(&place).await.text();
    assert!(manifest.lines().count() < 22, "all fitted: {manifest}");
    for path in ["first", "last"] {
        let line = format!("  {path}");
        assert!(
            manifest.lines().any(|known| known.ends_with(&line)),
            "{path} is not in {manifest}"
        );
    }
}

#[tokio::test]
async fn an_archive_that_does_not_fit_leaves_no_half_file_and_can_be_sent_again() {
    if !may_mount("an_archive_that_does_not_fit_leaves_no_half_file_and_can_be_sent_again") {
        return;
    }
    let (disk, place) = small_place();
    let content = vec![7; 100_000];
    let paths = ["d/0", "d/1", "d/2", "d/3", "d/4", "d/5"];
    let files: Vec<_> = paths.iter().map(|path| (*path, &content[..])).collect();
    let archive = tar(&files);
    fill(disk.path(), 350_000);
    let answer = unpacked(&place, "tar", archive.clone()).await;
    let told = usize::try_from(answer.stored_files).unwrap();
    assert!(told < 6, "{answer:?}");
    assert_eq!(whole(&place, &paths, &content), told, "{answer:?}");
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    let answer = unpacked(&place, "tar", archive).await;
    assert_eq!(answer.stored_files + answer.present_files, 6, "{answer:?}");
    assert_eq!(whole(&place, &paths, &content), 6);
}

#[tokio::test]
async fn an_import_that_finds_no_room_says_so_and_goes_on_when_there_is() {
    if !may_mount("an_import_that_finds_no_room_says_so_and_goes_on_when_there_is") {
        return;
    }
    let (disk, place) = small_place();
    let large = imports::content(1_200_000);
    let source = imports::Source::of(&[("/small", b"small"), ("/large", &large)]).await;
    let order = imports::http_order(&serde_json::json!([
        {"url": source.url("/small"), "path": "small"},
        {"url": source.url("/large"), "path": "large"},
    ]));
    fill(disk.path(), 600_000);
    let standing = imports::imported(&place, "one", &order).await;
    let message = &standing.progress.message;
    assert!(
        message.contains("There is no room in this volume"),
        "{message}"
    );
    assert!(!place.has("large"));
    std::fs::remove_file(disk.path().join("filler")).unwrap();
    let standing = imports::imported(&place, "two", &order).await;
    assert_eq!(
        standing.state,
        domain::ImportState::Succeeded,
        "{standing:?}"
    );
    assert_eq!(
        (place.read("small"), place.read("large")),
        (b"small".to_vec(), large)
    );
    assert!(place.staged().is_empty(), "{:?}", place.staged());
}
