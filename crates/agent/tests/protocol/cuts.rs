//! Connections that die, stall or are overtaken, over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use agent::{Access, Limits};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::place::{Place, ask, checksum_of_each_mebibyte, key, patch, ticket};

const SIZE: usize = 8 << 20;
/// What may be gathered and not yet written.
const GATHERED: usize = 1 << 20;

async fn served(place: &Place) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = place.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn content() -> Vec<u8> {
    (0..=250).cycle().take(SIZE).collect()
}

/// Begins to send all that is missing from `offset` on, and sends it up to `until`.
async fn half_sent(
    address: SocketAddr,
    upload: &str,
    offset: usize,
    until: usize,
    more: &str,
) -> TcpStream {
    let ticket = key().sign(&ticket("ada", Access::Write));
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nhost: agent\r\nstowage-ticket: {ticket}\r\ntus-resumable: 1.0.0\r\n{more}\
         content-type: application/offset+octet-stream\r\nupload-offset: {offset}\r\ncontent-length: {}\r\n\r\n",
        SIZE - offset
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = [head.as_bytes(), &content()[offset..until]].concat();
    connection.write_all(&request).await.unwrap();
    connection
}

/// Waits until this many bytes are in the part file.
async fn written(place: &Place, count: u64) {
    let part = place.staged_file(".part");
    while part.metadata().unwrap().len() < count {
        tokio::task::yield_now().await;
    }
}

async fn answer(mut connection: TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !text.windows(4).any(|window| window == b"\r\n\r\n") {
        match connection.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(count) => text.extend_from_slice(&buffer[..count]),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrived_before_a_cut_is_kept_and_gone_on_with() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let mut offset = 0;
    for cut in [SIZE / 4, SIZE / 2, SIZE / 4 * 3] {
        let connection = half_sent(address, &upload, offset, cut, "").await;
        written(&place, (cut - GATHERED) as u64).await;
        drop(connection);
        offset = place.offset(&upload).await;
        assert!(offset > 0 && offset <= cut, "{offset} of {cut}");
        assert!(!place.has("f"));
    }
    assert_eq!(
        place
            .append(&upload, offset, &content()[offset..])
            .await
            .status,
        204
    );
    assert_eq!(place.read("f"), content());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_request_ends_an_older_one_and_loses_nothing() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let soon = Duration::from_secs(20);

    let stalled = half_sent(address, &upload, 0, SIZE / 2, "").await;
    written(&place, (SIZE / 2 - GATHERED) as u64).await;
    let asked = tokio::time::timeout(soon, place.offset(&upload)).await;
    let offset = asked.expect("HEAD does not wait for a stalled request");
    assert!(offset >= SIZE / 2 - GATHERED, "{offset}");
    assert!(answer(stalled).await.starts_with("HTTP/1.1 409 "));

    let until = offset + 2 * GATHERED;
    let stalled = half_sent(address, &upload, offset, until, "").await;
    written(&place, (until - GATHERED) as u64).await;
    // What the older request stored is stored: the newer one must ask where to begin.
    let appended = tokio::time::timeout(soon, place.append(&upload, offset, "overtaking")).await;
    assert_eq!(appended.expect("PATCH does not wait").status, 409);
    assert!(answer(stalled).await.starts_with("HTTP/1.1 409 "));
    let offset = place.offset(&upload).await;
    assert!(offset >= until - GATHERED, "{offset}");

    let stalled = half_sent(address, &upload, offset, SIZE - 1, "").await;
    written(&place, (SIZE - GATHERED - 1) as u64).await;
    let deleted = tokio::time::timeout(soon, ask("DELETE", &upload).tus().of(&place)).await;
    assert_eq!(deleted.expect("DELETE does not wait").status, 204);
    drop(answer(stalled).await);
    assert!(place.staged().is_empty() && !place.has("f"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_also_when_a_newer_request_comes() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let mut offset = 0;
    for until in (1..16).map(|part| part * SIZE / 16) {
        let stalled = half_sent(address, &upload, offset, until, "").await;
        // Both want to end it, and nobody knows which of the two is the newer one.
        let ((), asked, appended) = tokio::join!(
            async { drop(stalled) },
            ask("HEAD", &upload).tus().of(&place),
            place.append(&upload, SIZE, "behind the end")
        );
        assert_eq!((asked.status, appended.status), (200, 409));
        offset = place.offset(&upload).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_cannot_end_somebody_s_request() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let mut connection = half_sent(address, &upload, 0, SIZE / 2, "").await;
    written(&place, (SIZE / 2 - GATHERED) as u64).await;
    assert_eq!(
        ask("HEAD", &upload).tus().by("bob").of(&place).await.status,
        404
    );
    assert_eq!(
        patch(&upload, 0, "x").by("bob").of(&place).await.status,
        404
    );
    connection.write_all(&content()[SIZE / 2..]).await.unwrap();
    assert!(answer(connection).await.starts_with("HTTP/1.1 204 "));
    assert_eq!(place.read("f"), content());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_connection_is_ended_and_its_bytes_are_kept() {
    let place = Place::with(Limits {
        idle_timeout: Duration::from_secs(1),
        ..Limits::default()
    });
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let connection = half_sent(address, &upload, 0, 1_000, "").await;
    assert!(answer(connection).await.starts_with("HTTP/1.1 408 "));
    assert_eq!(place.offset(&upload).await, 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_no_checksum_proved_are_not_kept() {
    let place = Place::with(Limits {
        checkpoint_bytes: 1,
        ..Limits::default()
    });
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    place.append(&upload, 0, &content()[..100]).await;
    let connection = half_sent(
        address,
        &upload,
        100,
        SIZE / 2,
        "upload-checksum: crc32c AAAAAA==\r\n",
    )
    .await;
    written(&place, 1 << 20).await;
    drop(connection);
    assert_eq!(place.offset(&upload).await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_keeps_what_the_checksums_of_single_mebibytes_proved() {
    const MIB: usize = 1 << 20;
    let place = Place::new();
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    place.append(&upload, 0, &content()[..100]).await;
    let checksum = checksum_of_each_mebibyte(&content()[100..]);
    let until = 100 + 5 * MIB / 2;
    let header = format!("upload-checksum: {checksum}\r\n");
    let connection = half_sent(address, &upload, 100, until, &header).await;
    let proven = 100 + 2 * MIB;
    written(&place, proven as u64).await;
    drop(connection);
    assert_eq!(place.offset(&upload).await, proven);
    place.append(&upload, proven, &content()[proven..]).await;
    assert!(place.read("f") == content());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_request_is_kept_in_between() {
    let place = Place::with(Limits {
        checkpoint_bytes: 1 << 20,
        ..Limits::default()
    });
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let connection = half_sent(address, &upload, 0, SIZE / 4 * 3, "").await;
    written(&place, 2 << 20).await;
    // The journal as a crash would leave it: read by another agent over the same folder.
    let copy = Place::new();
    let staging = copy.path(".stowage/uploads");
    std::fs::create_dir_all(&staging).unwrap();
    let journal = place
        .staged()
        .into_iter()
        .find(|name| name.ends_with(".journal"))
        .unwrap();
    let offset = loop {
        std::fs::copy(
            place.path(&format!(".stowage/uploads/{journal}")),
            staging.join(&journal),
        )
        .unwrap();
        let list: Vec<wire::UnfinishedUpload> = copy.restarted_list().await;
        if let Some(upload) = list.first().filter(|upload| upload.offset_bytes.0 > 0) {
            break upload.offset_bytes.0;
        }
        tokio::task::yield_now().await;
    };
    assert!(offset >= 1 << 20, "{offset}");
    drop(connection);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_body_is_read_so_that_the_refusal_is_seen() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    place.append(&upload, 0, &content()[..100]).await;
    // The offset is wrong, and all bytes come at once.
    let connection = half_sent(address, &upload, 0, SIZE, "").await;
    assert!(answer(connection).await.starts_with("HTTP/1.1 409 "));
    assert_eq!(place.offset(&upload).await, 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_bounded_for_each_person_and_in_all() {
    let place = Place::with(Limits {
        max_requests_per_person: 2,
        max_requests: 3,
        ..Limits::default()
    });
    let address = served(&place).await;
    let mut held = Vec::new();
    for name in ["a", "b"] {
        let upload = place.begin(name, SIZE, &[]).await;
        held.push(half_sent(address, &upload, 0, 1000, "").await);
        while place.volume.figures().running_requests() < held.len() as u64 {
            tokio::task::yield_now().await;
        }
    }
    let refused = place.try_begin("c", 1, &[]).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("1"))
    );
    assert_eq!(ask("GET", "/files").of(&place).await.status, 200);
    let other = || {
        let asked = ask("POST", "/uploads").tus().with("upload-length", "1");
        asked.with("upload-metadata", "filename eA==")
    };
    assert_eq!(other().by("bob").of(&place).await.status, 201);
    drop(held);
    while place.volume.figures().running_requests() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(place.try_begin("c", 1, &[]).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_requests_and_keeps_what_arrived() {
    let place = Place::new();
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let connection = half_sent(address, &upload, 0, SIZE / 2, "").await;
    written(&place, (SIZE / 2 - GATHERED) as u64).await;
    place.volume.stop();
    assert!(answer(connection).await.starts_with("HTTP/1.1 503 "));
    assert!(place.offset(&upload).await >= SIZE / 2 - GATHERED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_drips_is_ended() {
    let place = Place::with(Limits {
        slow_grace: Duration::from_millis(900),
        least_bytes_per_second: 1 << 20,
        ..Limits::default()
    });
    let address = served(&place).await;
    let upload = place.begin("f", SIZE, &[]).await;
    let mut connection = half_sent(address, &upload, 0, 1, "").await;
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if connection.write_all(b"\x01").await.is_err() {
                return;
            }
            let mut text = [0; 12];
            if let Ok(12) = connection.try_read(&mut text) {
                assert_eq!(&text, b"HTTP/1.1 408");
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), dripping)
        .await
        .unwrap();
}
