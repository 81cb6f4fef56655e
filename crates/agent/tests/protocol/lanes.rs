//! Parallel lanes: bytes of one file at any place, several requests at once.

use std::net::SocketAddr;
use std::time::Duration;

use agent::{Access, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::place::{Answer, Place, ask, checksum_of_each_mebibyte, key, metadata, patch, ticket};

const SIZE: usize = 8 << 20;
/// What may be gathered and not yet written.
const GATHERED: usize = 1 << 20;

fn content() -> Vec<u8> {
    (0..=250).cycle().take(SIZE).collect()
}

async fn begin(place: &Place, path: &str, size: usize, more: &[(&str, &str)]) -> String {
    let answer = ask("POST", "/uploads")
        .tus()
        .with("stowage-lanes", "1")
        .with("upload-length", &size.to_string())
        .with("upload-metadata", &metadata(path, more))
        .of(place)
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("stowage-lanes"), Some("1"));
    format!("/{}", answer.header("location").unwrap())
}

/// What is stored, as the agent says it.
async fn extents(place: &Place, upload: &str) -> String {
    let answer = ask("HEAD", upload).tus().of(place).await;
    assert_eq!(answer.status, 200);
    answer.header("stowage-extents").unwrap().to_owned()
}

async fn send(place: &Place, upload: &str, from: usize, to: usize) -> Answer {
    patch(upload, from, &content()[from..to]).of(place).await
}

async fn served(place: &Place) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = place.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Announces the bytes up to `end`, and sends those up to `until`.
async fn half_sent(
    address: SocketAddr,
    upload: &str,
    from: usize,
    until: usize,
    end: usize,
) -> TcpStream {
    let ticket = key().sign(&ticket("ada", Access::Write));
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: agent\r\nstowage-ticket: {ticket}\r\ntus-resumable: 1.0.0\r\n\
         content-type: application/offset+octet-stream\r\nupload-offset: {from}\r\ncontent-length: {}\r\n\r\n",
        end - from
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = [head.as_bytes(), &content()[from..until]].concat();
    connection.write_all(&request).await.unwrap();
    connection
}

/// Waits until these bytes are in the part file.
async fn written(place: &Place, from: usize, to: usize) {
    let part = place.staged_file(".part");
    while std::fs::read(&part).unwrap()[from..to] != content()[from..to] {
        tokio::task::yield_now().await;
    }
}

async fn status(mut connection: TcpStream) -> String {
    let mut text = vec![0; 12];
    connection.read_exact(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_in_any_order_and_at_once_make_the_file() {
    let place = Place::new();
    let upload = begin(&place, "f", SIZE, &[("mtime", "1700000000000")]).await;
    let step = SIZE / 16;
    let order = [15, 3, 4, 0, 9, 8, 1, 14, 2, 7, 5, 13, 6, 12, 10];
    let sent = order.map(|n| send(&place, &upload, n * step, (n + 1) * step));
    for answer in futures::future::join_all(sent).await {
        assert_eq!(answer.status, 204, "{}", answer.text());
        assert_eq!(answer.header("stowage-path"), None);
    }
    assert!(!place.has("f"));
    let gap = 11 * step;
    assert_eq!(
        extents(&place, &upload).await,
        format!("0-{gap},{}-{SIZE}", gap + step)
    );
    assert_eq!(place.offset(&upload).await, gap);
    let last = send(&place, &upload, gap, gap + step).await;
    assert_eq!((last.status, last.header("stowage-path")), (204, Some("f")));
    let hash = blake3::hash(&content()).to_hex();
    assert_eq!(last.header("stowage-blake3"), Some(hash.as_str()));
    assert!(place.read("f") == content());
    assert_eq!(place.staged().len(), 1, "{:?}", place.staged());
    assert_eq!(place.offset(&upload).await, SIZE);
    assert_eq!(extents(&place, &upload).await, format!("0-{SIZE}"));
    assert_eq!(send(&place, &upload, 0, 1).await.status, 409);
}

#[tokio::test]
async fn what_is_stored_is_not_written_again() {
    let place = Place::new();
    let upload = begin(&place, "f", SIZE, &[]).await;
    assert_eq!(send(&place, &upload, 1000, 2000).await.status, 204);
    for (from, to) in [
        (1000, 1001),
        (1500, 3000),
        (500, 1001),
        (0, SIZE),
        (1999, 2000),
    ] {
        let other = vec![0xFF; to - from];
        let answer = patch(&upload, from, other).of(&place).await;
        assert_eq!(answer.status, 409, "{from}-{to}");
    }
    assert_eq!(extents(&place, &upload).await, "1000-2000");
    for (from, to) in [(2000, SIZE + 1), (SIZE, SIZE + 1), (usize::MAX >> 1, 0)] {
        let answer = patch(&upload, from, vec![1; to.saturating_sub(from).max(1)]);
        assert!(
            matches!(answer.of(&place).await.status, 400 | 413),
            "{from}"
        );
    }
    assert_eq!(send(&place, &upload, 0, 1000).await.status, 204);
    assert_eq!(send(&place, &upload, 2000, SIZE).await.status, 204);
    assert!(place.read("f") == content());
}

#[tokio::test]
async fn a_wrong_checksum_stores_nothing() {
    let place = Place::new();
    let upload = begin(&place, "f", SIZE, &[]).await;
    send(&place, &upload, 0, 1000).await;
    let wrong = patch(&upload, 5000, &content()[5000..9000])
        .with("upload-checksum", "crc32c AAAAAA==")
        .of(&place)
        .await;
    assert_eq!(wrong.status, 460);
    assert_eq!(extents(&place, &upload).await, "0-1000");
}

#[tokio::test]
async fn bytes_before_a_damaged_mebibyte_are_kept() {
    const MIB: usize = 1 << 20;
    let place = Place::new();
    let upload = begin(&place, "f", SIZE, &[]).await;
    let mut body = content()[MIB..5 * MIB].to_vec();
    let checksum = checksum_of_each_mebibyte(&body);
    body[2 * MIB + 7] ^= 1;
    let damaged = patch(&upload, MIB, body)
        .with("upload-checksum", &checksum)
        .of(&place)
        .await;
    assert_eq!(damaged.status, 460);
    assert_eq!(extents(&place, &upload).await, format!("{MIB}-{}", 3 * MIB));
    for (from, to) in [(0, MIB), (3 * MIB, SIZE)] {
        let whole = patch(&upload, from, &content()[from..to])
            .with(
                "upload-checksum",
                &checksum_of_each_mebibyte(&content()[from..to]),
            )
            .of(&place)
            .await;
        assert_eq!(whole.status, 204);
    }
    assert!(place.read("f") == content());
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let place = Place::new();
    let upload = begin(&place, "f", SIZE, &[]).await;
    send(&place, &upload, 0, 1000).await;
    send(&place, &upload, 5000, 6000).await;
    let place = place.restarted(Limits::default());
    let list: Vec<wire::UnfinishedUpload> = ask("GET", "/uploads").of(&place).await.read();
    assert!(list[0].takes_lanes);
    assert_eq!(list[0].offset_bytes.0, 1000);
    assert_eq!(extents(&place, &upload).await, "0-1000,5000-6000");
    send(&place, &upload, 6000, SIZE).await;
    let end = send(&place, &upload, 1000, 5000).await;
    let hash = blake3::hash(&content()).to_hex();
    assert_eq!(end.header("stowage-blake3"), Some(hash.as_str()));
    assert!(place.read("f") == content());
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_leaves_the_last_byte_to_be_sent() {
    let place = Place::new();
    let upload = begin(&place, "f", SIZE, &[]).await;
    send(&place, &upload, 1000, SIZE).await;
    place.write("f", "somebody else's");
    assert_eq!(send(&place, &upload, 0, 1000).await.status, 409);
    assert_eq!(place.read("f"), b"somebody else's");
    assert_eq!(extents(&place, &upload).await, format!("0-999,1000-{SIZE}"));
    std::fs::remove_file(place.path("f")).unwrap();
    assert_eq!(send(&place, &upload, 999, 1000).await.status, 204);
    assert!(place.read("f") == content());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_request_ends_the_lane_in_its_place_and_no_other() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = begin(&place, "f", SIZE, &[]).await;
    let soon = Duration::from_secs(20);
    let half = SIZE / 2;
    let mut other = half_sent(address, &upload, half, half + 2 * GATHERED, SIZE).await;
    let stalled = half_sent(address, &upload, 0, 2 * GATHERED, half).await;
    written(&place, half, half + GATHERED).await;
    written(&place, 0, GATHERED).await;
    let newer = tokio::time::timeout(soon, send(&place, &upload, 100, half)).await;
    let newer = newer.expect("it does not wait for a stalled lane");
    assert_eq!(newer.status, 409, "what the older one stored is stored");
    assert_eq!(status(stalled).await, "HTTP/1.1 409");
    let rest = &content()[half + 2 * GATHERED..];
    other.write_all(rest).await.unwrap();
    assert_eq!(status(other).await, "HTTP/1.1 204");
    let offset = place.offset(&upload).await;
    assert!((GATHERED..half).contains(&offset), "{offset}");
    assert_eq!(send(&place, &upload, offset, half).await.status, 204);
    assert!(place.read("f") == content());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_for_the_whole_ends_every_lane_and_keeps_what_arrived() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = begin(&place, "f", SIZE, &[]).await;
    let half = SIZE / 2;
    let one = half_sent(address, &upload, 0, 2 * GATHERED, half).await;
    let two = half_sent(address, &upload, half, half + 2 * GATHERED, SIZE).await;
    written(&place, 0, GATHERED).await;
    written(&place, half, half + GATHERED).await;
    let stored = extents(&place, &upload).await;
    let ranges: Vec<Vec<usize>> = stored
        .split(',')
        .map(|range| range.split('-').map(|n| n.parse().unwrap()).collect())
        .collect();
    assert_eq!((ranges[0][0], ranges[1][0]), (0, half), "{stored}");
    assert!(
        ranges[0][1] >= GATHERED && ranges[1][1] >= half + GATHERED,
        "{stored}"
    );
    assert_eq!(status(one).await, "HTTP/1.1 409");
    assert_eq!(status(two).await, "HTTP/1.1 409");
    let three = half_sent(address, &upload, half - 2000, half - 1000, half).await;
    let deleted = ask("DELETE", &upload).tus().of(&place).await;
    assert_eq!(deleted.status, 204);
    drop(three);
    assert!(!place.has("f"));
}

#[tokio::test]
async fn lanes_are_asked_for_with_a_length_and_without_bytes() {
    let place = Place::new();
    let meta = metadata("f", &[]);
    let lanes = || {
        let asked = ask("POST", "/uploads").tus();
        asked.with("upload-metadata", &meta)
    };
    for asked in [
        lanes()
            .with("stowage-lanes", "2")
            .with("upload-length", "5"),
        lanes()
            .with("stowage-lanes", "1")
            .with("upload-defer-length", "1"),
        lanes()
            .with("stowage-lanes", "1")
            .with("upload-length", "5")
            .with("upload-concat", "partial"),
        lanes()
            .with("stowage-lanes", "1")
            .with("upload-length", "5")
            .with("content-type", "application/offset+octet-stream")
            .body("abc"),
    ] {
        assert_eq!(asked.of(&place).await.status, 400);
    }
    let empty = lanes()
        .with("stowage-lanes", "1")
        .with("upload-length", "0");
    assert_eq!(empty.of(&place).await.header("stowage-path"), Some("f"));
}
