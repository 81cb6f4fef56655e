//! Many small files in one request.

use agent::{Access, Limits};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use wire::{BatchAnswer, BatchResult};

use super::place::{Answer, Place, ask, key, ticket};

const TYPE: (&str, &str) = ("content-type", "application/vnd.stowage.batch");

/// A file of a batch: its header in JSON, and its bytes.
pub(crate) type File<'f> = (Value, &'f [u8]);

pub(crate) fn file<'f>(path: &str, content: &'f [u8]) -> File<'f> {
    (json!({ "path": path, "sizeBytes": content.len() }), content)
}

fn with<'f>((mut header, content): File<'f>, key: &str, value: impl Into<Value>) -> File<'f> {
    header[key] = value.into();
    (header, content)
}

fn frames(files: &[File<'_>]) -> Vec<u8> {
    let mut bytes = b"SWB1".to_vec();
    for (header, content) in files {
        let header = header.to_string();
        bytes.extend_from_slice(&u32::try_from(header.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content);
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

async fn sent(place: &Place, bytes: impl Into<Body>) -> Answer {
    let asked = ask("POST", "/uploads/batch").with(TYPE.0, TYPE.1);
    asked.body(bytes).of(place).await
}

/// What became of each file, in short.
pub(crate) async fn stored(place: &Place, files: &[File<'_>]) -> Vec<String> {
    let answer: BatchAnswer = sent(place, frames(files)).await.read();
    let short = |result: BatchResult| match result {
        BatchResult::Stored { path, .. } => format!("stored {path}"),
        BatchResult::Present { path, .. } => format!("present {path}"),
        BatchResult::Refused { path, problem } => format!("{} {path}", problem.code),
    };
    answer.files.into_iter().map(short).collect()
}

#[tokio::test]
async fn each_file_has_a_result_of_its_own() {
    let place = Place::new();
    place.write("taken", "old");
    place.write("replaced", "old");
    place.write("kept.txt", "old");
    place.write("same", "same");
    let results = stored(
        &place,
        &[
            file("a/b/one", b"1"),
            file("a/b/two", b""),
            file("../out", b"evil"),
            file("taken", b"new"),
            with(file("replaced", b"new"), "overwrite", "yes"),
            with(file("kept.txt", b"new"), "overwrite", "rename"),
            file("same", b"same"),
            with(file("wrong", b"x"), "checksum", "crc32c AAAAAA=="),
            file("a/b/one", b"again"),
            file("taken/in", b"x"),
            with(file("late", b"3"), "modifiedMs", 1_700_000_000_000_i64),
        ],
    )
    .await;
    assert_eq!(
        results,
        [
            "stored a/b/one",
            "stored a/b/two",
            "400 ../out",
            "409 taken",
            "stored replaced",
            "stored kept (2).txt",
            "present same",
            "460 wrong",
            "409 a/b/one",
            "409 taken/in",
            "stored late",
        ]
    );
    assert_eq!(place.read("a/b/one"), b"1");
    assert_eq!(place.read("a/b/two"), b"");
    assert_eq!(place.read("taken"), b"old");
    assert_eq!(place.read("replaced"), b"new");
    assert_eq!(place.read("kept (2).txt"), b"new");
    assert_eq!(place.read("late"), b"3");
    let modified = place.path("late").metadata().unwrap().modified().unwrap();
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(since.as_millis(), 1_700_000_000_000);
    assert!(!place.has("wrong") && place.staged().is_empty());
    let sums = ask("GET", "/manifest?format=b3sum").of(&place).await.text();
    assert_eq!(sums.lines().count(), 6, "{sums}");
    assert!(sums.contains(&format!("{}  late", blake3::hash(b"3"))));
}

#[tokio::test]
async fn the_manifest_knows_what_was_there_already() {
    let place = Place::new();
    // As a kill leaves it between the name and the manifest.
    place.write("a", "1");
    assert_eq!(stored(&place, &[file("a", b"1")]).await, ["present a"]);
    let sums = ask("GET", "/manifest?format=b3sum").of(&place).await.text();
    assert_eq!(sums, format!("{}  a\n", blake3::hash(b"1")));
}

#[tokio::test]
async fn a_batch_that_is_sent_again_finds_its_files() {
    let place = Place::new();
    let files = [file("a", b"1"), file("b", b"2")];
    assert_eq!(stored(&place, &files).await, ["stored a", "stored b"]);
    assert_eq!(stored(&place, &files).await, ["present a", "present b"]);
    let answer = sent(&place, frames(&files)).await;
    assert_eq!(answer.header("stowage-path"), None);
    let answer = sent(&place, frames(&[file("c", b""), file("d", b"")])).await;
    assert_eq!(answer.header("stowage-path"), Some("c"));
    assert_eq!(answer.header("stowage-stored-files"), Some("2"));
}

#[tokio::test]
async fn checksums_are_those_of_tus() {
    let place = Place::new();
    let right = STANDARD.encode(crc32c::crc32c(b"123456789").to_be_bytes());
    let checked = |checksum: &str| with(file("f", b"123456789"), "checksum", checksum);
    assert_eq!(stored(&place, &[checked("md5 AAAA")]).await, ["400 f"]);
    let results = stored(&place, &[checked(&format!("crc32c {right}"))]).await;
    assert_eq!(results, ["stored f"]);
}

#[tokio::test]
async fn a_batch_that_was_cut_stores_nothing_wherever_it_was_cut() {
    let place = Place::new();
    let whole = frames(&[file("a", b"first"), file("b", b"second")]);
    for cut in 0..whole.len() {
        let answer = sent(&place, whole[..cut].to_vec()).await;
        assert_eq!(answer.status, 400, "{cut}");
        assert!(place.staged().is_empty(), "{cut}: {:?}", place.staged());
    }
    assert!(!place.has("a") && !place.has("b"));
    let mut more = whole.clone();
    more.push(0);
    assert_eq!(sent(&place, more).await.status, 400);
    let bytes = whole
        .into_iter()
        .map(|byte| Ok::<_, std::io::Error>(Bytes::from(vec![byte])));
    let pieces = Body::from_stream(stream::iter(bytes.collect::<Vec<_>>()));
    assert_eq!(sent(&place, pieces).await.status, 200);
    assert_eq!(place.read("b"), b"second");
}

#[tokio::test]
async fn what_is_no_batch_is_refused() {
    let place = Place::new();
    let header = |json: &str| {
        let length = u32::try_from(json.len()).unwrap().to_be_bytes();
        [b"SWB1".as_slice(), &length, json.as_bytes(), &[0; 4]].concat()
    };
    for bytes in [
        b"SWB2\0\0\0\0".to_vec(),
        b"PK\x03\x04".to_vec(),
        header("{}"),
        header("[]"),
        header(r#"{"path":"a","sizeBytes":-1}"#),
        header(r#"{"path":"a","sizeBytes":0,"more":1}"#),
        header(r#"{"path":"a","sizeBytes":18446744073709551615}"#),
        [b"SWB1".as_slice(), &[0xFF; 64]].concat(),
    ] {
        let status = sent(&place, bytes.clone()).await.status;
        assert!(status == 400 || status == 413, "{status}: {bytes:?}");
    }
    let other = ask("POST", "/uploads/batch").with("content-type", "application/json");
    assert_eq!(other.body("{}").of(&place).await.status, 415);
    assert_eq!(ask("GET", "/uploads/batch").of(&place).await.status, 405);
    let reader = key().sign(&ticket("ada", Access::Read));
    let asked = ask("POST", "/uploads/batch").with(TYPE.0, TYPE.1);
    let answer = asked.under(&reader).body(frames(&[])).of(&place).await;
    assert_eq!(answer.status, 403);
    assert!(place.staged().is_empty());
}

#[tokio::test]
async fn a_batch_is_bounded() {
    let place = Place::with(Limits {
        max_batch_files: 2,
        max_batch_bytes: 1000,
        ..Limits::default()
    });
    let many = [file("a", b""), file("b", b""), file("c", b"")];
    assert_eq!(sent(&place, frames(&many)).await.status, 413);
    let large = vec![0; 1000];
    assert_eq!(sent(&place, frames(&[file("a", &large)])).await.status, 413);
    assert!(!place.has("a") && place.staged().is_empty());
    assert_eq!(stored(&place, &many[..2]).await, ["stored a", "stored b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_people_with_one_name_one_has_it() {
    let place = Place::new();
    let one = [file("f", b"one")];
    let two = [file("f", b"two")];
    for _ in 0..20 {
        let (a, b) = futures::join!(stored(&place, &one), stored(&place, &two));
        let mut both = [a, b].concat();
        both.sort();
        assert_eq!(both, ["409 f", "stored f"]);
        std::fs::remove_file(place.path("f")).unwrap();
    }
}
