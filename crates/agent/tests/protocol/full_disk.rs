//! A disk that is full, for real: a small tmpfs in a mount namespace of the test's own.

use std::path::Path;
use std::process::Command;

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
