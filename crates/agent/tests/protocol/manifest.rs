//! The manifest: what was stored, with its hashes, wherever it went; and what `verify` says of a volume.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::FileExt as _;

use agent::{Finding, Verdict, verify};
use sha2::{Digest as _, Sha256};
use wire::FileDetails;

use super::place::{Place, ask, beginning};

fn sha256(content: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(content) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

async fn sums(place: &Place) -> String {
    let answer = ask("GET", "/manifest?format=sha256sum").of(place).await;
    assert_eq!(answer.status, 200);
    answer.text()
}

async fn details(place: &Place, path: &str) -> FileDetails {
    let answer = ask("GET", &format!("/files/details?path={path}"));
    answer.of(place).await.read()
}

fn verdicts(place: &Place) -> BTreeMap<String, Verdict> {
    let mut verdicts = BTreeMap::new();
    verify(place.root(), &mut |Finding { path, verdict }| {
        verdicts.insert(path.to_string(), verdict);
    })
    .unwrap();
    verdicts
}

#[tokio::test]
async fn what_a_crash_left_unsaid_is_noted_although_nobody_asks_for_the_upload() {
    let place = Place::new();
    place.begin("f", 6, &[]).await;
    let part = place.staged_file(".part");
    std::fs::write(&part, "abcdef").unwrap();
    std::fs::hard_link(&part, place.path("f")).unwrap();
    let place = place.restarted(agent::Limits::default());
    assert_eq!(sums(&place).await, "");
    assert_eq!(place.volume.sweep(beginning()).unwrap(), 0);
    assert_eq!(sums(&place).await, format!("{}  f\n", sha256(b"abcdef")));
    assert!(!part.exists());
}

#[tokio::test]
async fn what_was_stored_is_in_the_manifest_with_its_hashes() {
    let place = Place::new();
    assert_eq!(sums(&place).await, "");
    place.upload("b", b"two", &[]).await;
    place.upload("a/x", b"one", &[]).await;
    place.upload("empty", b"", &[]).await;
    place.upload("b", b"three", &[("overwrite", "yes")]).await;
    place.upload("b", b"four", &[("overwrite", "rename")]).await;
    assert_eq!(place.upload("b", b"five", &[]).await.status, 409);
    let expected = [
        ("a/x", "one"),
        ("b", "three"),
        ("b (2)", "four"),
        ("empty", ""),
    ]
    .map(|(path, content)| format!("{}  {path}\n", sha256(content.as_bytes())));
    assert_eq!(sums(&place).await, expected.concat());
    let json = ask("GET", "/manifest").of(&place).await;
    assert_eq!(json.text().lines().count(), 4);
    assert!(
        json.text()
            .contains(blake3::hash(b"four").to_hex().as_str())
    );
    assert_eq!(
        ask("GET", "/manifest?format=md5").of(&place).await.status,
        400
    );
}

#[tokio::test]
async fn the_manifest_follows_what_is_moved_and_removed() {
    let place = Place::new();
    for path in ["f/a", "f/g/b", "other"] {
        place.upload(path, path.as_bytes(), &[]).await;
    }
    let json = r#"{"from":"f","to":"moved"}"#;
    let rename = ask("POST", "/files/rename").json(json).of(&place).await;
    assert_eq!(rename.status, 204);
    let deleted = ask("DELETE", "/files?path=moved%2Fg").of(&place).await;
    assert_eq!(deleted.status, 204);
    let paths: Vec<_> = sums(&place)
        .await
        .lines()
        .map(|l| l[66..].to_owned())
        .collect();
    assert_eq!(paths, ["moved/a", "other"]);
    let stored = details(&place, "moved%2Fa").await.stored.unwrap();
    assert_eq!(stored.sha256, sha256(b"f/a"));
}

#[tokio::test]
async fn a_file_s_details_say_what_it_was() {
    let place = Place::new();
    place.upload("f", b"stored", &[]).await;
    place.write("by-hand", "x");
    let file = details(&place, "f").await;
    let stored = file.stored.unwrap();
    assert_eq!(file.size_bytes.0, 6);
    assert_eq!(stored.blake3, blake3::hash(b"stored").to_hex().as_str());
    assert!(stored.is_unchanged);
    assert_eq!(details(&place, "by-hand").await.stored, None);
    place.write("f", "changed");
    assert!(!details(&place, "f").await.stored.unwrap().is_unchanged);
    for path in ["missing", ".stowage%2Fmanifest", ""] {
        let address = format!("/files/details?path={path}");
        let status = ask("GET", &address).of(&place).await.status;
        assert!(
            status == 404 || status == 400 || status == 409,
            "{path}: {status}"
        );
    }
}

#[tokio::test]
async fn verifying_tells_damage_from_change() {
    let place = Place::new();
    for path in ["right", "damaged", "changed", "missing", "link", "folder"] {
        place.upload(path, b"content", &[]).await;
    }
    // A byte turns, and nothing else: what a failing disk does.
    let path = place.path("damaged");
    let modified = path.metadata().unwrap().modified().unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.write_all_at(b"C", 0).unwrap();
    file.set_modified(modified).unwrap();
    place.write("changed", "other content");
    for path in ["missing", "link", "folder"] {
        std::fs::remove_file(place.path(path)).unwrap();
    }
    std::os::unix::fs::symlink("right", place.path("link")).unwrap();
    std::fs::create_dir(place.path("folder")).unwrap();
    place.write("sub/new", "by a workload");
    let expected = [
        ("changed", Verdict::Changed),
        ("damaged", Verdict::Damaged),
        ("folder", Verdict::Changed),
        ("link", Verdict::Changed),
        ("missing", Verdict::Missing),
        ("right", Verdict::Right),
        ("sub/new", Verdict::Unknown),
    ];
    assert_eq!(
        verdicts(&place),
        expected
            .map(|(path, verdict)| (path.to_owned(), verdict))
            .into()
    );
}

#[tokio::test]
async fn a_folder_that_is_no_volume_is_not_verified() {
    let folder = tempfile::tempdir().unwrap();
    assert!(verify(folder.path(), &mut |_| {}).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
