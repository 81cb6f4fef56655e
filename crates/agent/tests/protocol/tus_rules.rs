//! tus 1.0.0, requirement by requirement, as one table.
//!
//! Each row is asked of an upload of ten bytes of which the first four are stored. Whatever is refused
//! must leave it so.

use agent::Limits;
use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use jiff::SignedDuration;

use super::place::{Asked, Place, STREAM, TUS, ask, metadata, patch};

const STORED: &[u8] = b"abcd";

/// Where a row is sent.
#[derive(Clone, Copy)]
enum To {
    All,
    One,
    Unknown,
}

/// What a row sends as its body.
#[derive(Clone, Copy)]
enum Sends {
    Nothing,
    Bytes(&'static [u8]),
    /// Without saying how long it will be.
    Pieces(&'static [&'static [u8]]),
}

use Sends::{Bytes as B, Nothing, Pieces};
use To::{All, One, Unknown};

type Headers = &'static [(&'static str, &'static str)];

/// Rule, method, address, request headers, body, status, and what the answer's headers are (“-” for none, “*” for any).
type Row = (&'static str, &'static str, To, Headers, Sends, u16, Headers);

const META: (&str, &str) = ("upload-metadata", "filename bmV3LnR4dA==");
const OFFSET: (&str, &str) = ("upload-offset", "4");
const LENGTH: (&str, &str) = ("upload-length", "5");

#[rustfmt::skip] // One row, one line.
const ASKING: &[Row] = &[
    ("HEAD says where it stands", "HEAD", One, &[TUS], Nothing, 200, &[("upload-offset", "4"), ("upload-length", "10"), ("cache-control", "no-store"), ("upload-expires", "*"), ("upload-metadata", "relativePath ZmlsZS50eHQ=,overwrite bm8=")]),
    ("HEAD of nothing has no offset", "HEAD", Unknown, &[TUS], Nothing, 404, &[("upload-offset", "-")]),
    ("the version is required", "HEAD", One, &[], Nothing, 412, &[("tus-version", "1.0.0"), ("upload-offset", "-")]),
    ("another version is refused", "HEAD", One, &[("tus-resumable", "0.2.2")], Nothing, 412, &[("tus-version", "1.0.0")]),
    ("two versions are refused", "HEAD", One, &[TUS, TUS], Nothing, 412, &[]),
    ("GET is not offered on one upload", "GET", One, &[TUS], Nothing, 405, &[("allow", "OPTIONS, HEAD, PATCH, DELETE")]),
    ("PUT is not offered at all", "PUT", All, &[TUS], Nothing, 405, &[("allow", "OPTIONS, GET, POST")]),
    ("OPTIONS needs no version", "OPTIONS", All, &[], Nothing, 204, &[("tus-version", "1.0.0"), ("tus-max-size", "17592186044416"), ("tus-checksum-algorithm", "crc32c,crc32c-mib,sha1,sha256"), ("tus-extension", "creation,creation-with-upload,creation-defer-length,termination,checksum,expiration,concatenation,concatenation-unfinished")]),
    ("OPTIONS is answered on one upload", "OPTIONS", One, &[], Nothing, 204, &[("tus-version", "1.0.0")]),
    ("OPTIONS does not mind another version", "OPTIONS", All, &[("tus-resumable", "0.1")], Nothing, 204, &[]),
];

#[rustfmt::skip] // One row, one line.
const APPENDING: &[Row] = &[
    ("PATCH appends", "PATCH", One, &[TUS, STREAM, OFFSET], B(b"efg"), 204, &[("upload-offset", "7"), ("upload-expires", "*")]),
    ("PATCH may come in pieces of unknown length", "PATCH", One, &[TUS, STREAM, OFFSET], Pieces(&[b"e", b"", b"fg"]), 204, &[("upload-offset", "7")]),
    ("PATCH with nothing changes nothing", "PATCH", One, &[TUS, STREAM, OFFSET], Nothing, 204, &[("upload-offset", "4")]),
    ("PATCH of nothing is not found", "PATCH", Unknown, &[TUS, STREAM, OFFSET], B(b"e"), 404, &[]),
    ("PATCH needs the version", "PATCH", One, &[STREAM, OFFSET], B(b"efg"), 412, &[("tus-version", "1.0.0")]),
    ("PATCH needs its type", "PATCH", One, &[TUS, OFFSET], B(b"efg"), 415, &[]),
    ("PATCH takes no other type", "PATCH", One, &[TUS, OFFSET, ("content-type", "application/octet-stream")], B(b"efg"), 415, &[]),
    ("PATCH takes one type", "PATCH", One, &[TUS, OFFSET, STREAM, STREAM], B(b"efg"), 415, &[]),
    ("PATCH needs an offset", "PATCH", One, &[TUS, STREAM], B(b"efg"), 400, &[]),
    ("an offset is sent once", "PATCH", One, &[TUS, STREAM, OFFSET, OFFSET], B(b"efg"), 400, &[]),
    ("an offset too small is a conflict", "PATCH", One, &[TUS, STREAM, ("upload-offset", "3")], B(b"efg"), 409, &[]),
    ("an offset too large is a conflict", "PATCH", One, &[TUS, STREAM, ("upload-offset", "5")], B(b"efg"), 409, &[]),
    ("an offset has no sign", "PATCH", One, &[TUS, STREAM, ("upload-offset", "+4")], B(b"efg"), 400, &[]),
    ("an offset is not negative", "PATCH", One, &[TUS, STREAM, ("upload-offset", "-4")], B(b"efg"), 400, &[]),
    ("an offset has no space", "PATCH", One, &[TUS, STREAM, ("upload-offset", "4 ")], B(b"efg"), 400, &[]),
    ("an offset has no fraction", "PATCH", One, &[TUS, STREAM, ("upload-offset", "4.0")], B(b"efg"), 400, &[]),
    ("an offset is not empty", "PATCH", One, &[TUS, STREAM, ("upload-offset", "")], B(b"efg"), 400, &[]),
    ("an offset fits 63 bits", "PATCH", One, &[TUS, STREAM, ("upload-offset", "9223372036854775808")], B(b"efg"), 400, &[]),
    ("bytes beyond the end are refused", "PATCH", One, &[TUS, STREAM, OFFSET], B(b"efghijk"), 413, &[]),
    ("bytes beyond the end are refused in pieces", "PATCH", One, &[TUS, STREAM, OFFSET], Pieces(&[b"efgh", b"ijk"]), 413, &[]),
];

#[rustfmt::skip] // One row, one line.
const CREATING: &[Row] = &[
    ("POST creates", "POST", All, &[TUS, LENGTH, META], Nothing, 201, &[("location", "*"), ("upload-offset", "0"), ("upload-expires", "*")]),
    ("POST needs the version", "POST", All, &[LENGTH, META], Nothing, 412, &[("location", "-")]),
    ("POST needs a length", "POST", All, &[TUS, META], Nothing, 400, &[]),
    ("a length may come later", "POST", All, &[TUS, META, ("upload-defer-length", "1")], Nothing, 201, &[("upload-defer-length", "1"), ("upload-length", "-")]),
    ("a length comes later with a 1", "POST", All, &[TUS, META, ("upload-defer-length", "true")], Nothing, 400, &[]),
    ("a length comes now or later, not both", "POST", All, &[TUS, META, LENGTH, ("upload-defer-length", "1")], Nothing, 400, &[]),
    ("a length is sent once", "POST", All, &[TUS, META, LENGTH, LENGTH], Nothing, 400, &[]),
    ("a length has no sign", "POST", All, &[TUS, META, ("upload-length", "+5")], Nothing, 400, &[]),
    ("a length is not negative", "POST", All, &[TUS, META, ("upload-length", "-5")], Nothing, 400, &[]),
    ("a length has no exponent", "POST", All, &[TUS, META, ("upload-length", "5e1")], Nothing, 400, &[]),
    ("a length has no space", "POST", All, &[TUS, META, ("upload-length", " 5")], Nothing, 400, &[]),
    ("a length is not empty", "POST", All, &[TUS, META, ("upload-length", "")], Nothing, 400, &[]),
    ("a length is no list", "POST", All, &[TUS, META, ("upload-length", "5, 5")], Nothing, 400, &[]),
    ("a length over the maximum is too large", "POST", All, &[TUS, META, ("upload-length", "17592186044417")], Nothing, 413, &[]),
    ("a length over 64 bits is too large", "POST", All, &[TUS, META, ("upload-length", "99999999999999999999999")], Nothing, 413, &[]),
    ("an empty file is complete at once", "POST", All, &[TUS, META, ("upload-length", "0")], Nothing, 201, &[("upload-offset", "0"), ("stowage-path", "new.txt")]),
    ("a file needs a name", "POST", All, &[TUS, LENGTH], Nothing, 400, &[]),
    ("metadata are sent once", "POST", All, &[TUS, LENGTH, META, META], Nothing, 400, &[]),
    ("metadata are base64", "POST", All, &[TUS, LENGTH, ("upload-metadata", "filename new.txt")], Nothing, 400, &[]),
    ("a key comes once", "POST", All, &[TUS, LENGTH, ("upload-metadata", "filename bmV3,filename bmV3")], Nothing, 400, &[]),
    ("overwrite has three words", "POST", All, &[TUS, LENGTH, ("upload-metadata", "filename bmV3,overwrite bWF5YmU=")], Nothing, 400, &[]),
    ("a part needs no name", "POST", All, &[TUS, LENGTH, ("upload-concat", "partial")], Nothing, 201, &[("upload-concat", "partial")]),
    ("a part is called partial", "POST", All, &[TUS, LENGTH, ("upload-concat", "Partial")], Nothing, 400, &[]),
    ("a whole of parts has no length of its own", "POST", All, &[TUS, LENGTH, META, ("upload-concat", "final;/uploads/0123456789abcdef0123456789abcdef")], Nothing, 400, &[]),
    ("a whole of nothing is none", "POST", All, &[TUS, META, ("upload-concat", "final;")], Nothing, 400, &[]),
    ("the parts of a whole are there", "POST", All, &[TUS, META, ("upload-concat", "final;/uploads/0123456789abcdef0123456789abcdef")], Nothing, 400, &[]),
    ("the parts of a whole are uploads", "POST", All, &[TUS, META, ("upload-concat", "final;/files/0123456789abcdef0123456789abcdef")], Nothing, 400, &[]),
    ("a whole of parts takes no bytes", "POST", All, &[TUS, META, STREAM, ("upload-concat", "final;/uploads/0123456789abcdef0123456789abcdef")], B(b"12"), 403, &[]),
    ("bytes may come along", "POST", All, &[TUS, LENGTH, META, STREAM], B(b"12"), 201, &[("upload-offset", "2")]),
    ("all bytes may come along", "POST", All, &[TUS, LENGTH, META, STREAM], B(b"12345"), 201, &[("upload-offset", "5"), ("stowage-path", "new.txt")]),
    ("no bytes may come along", "POST", All, &[TUS, LENGTH, META, STREAM], Nothing, 201, &[("upload-offset", "0")]),
    ("bytes that come along have their type", "POST", All, &[TUS, LENGTH, META], B(b"12"), 415, &[("location", "-")]),
    ("no more bytes come along than the file has", "POST", All, &[TUS, LENGTH, META, STREAM], B(b"123456"), 413, &[("location", "-")]),
    ("nor in pieces", "POST", All, &[TUS, LENGTH, META, STREAM], Pieces(&[b"123", b"456"]), 413, &[("location", "-")]),
    ("a base makes the location whole", "POST", All, &[TUS, LENGTH, META, ("stowage-base", "/api/v1/datavolumes/7")], Nothing, 201, &[("location", "/api/v1/datavolumes/7/uploads/*")]),
    ("a base is a path", "POST", All, &[TUS, LENGTH, META, ("stowage-base", "//elsewhere.example")], Nothing, 400, &[]),
];

#[rustfmt::skip] // One row, one line.
const PROVING: &[Row] = &[
    ("crc32c that is right", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c IYVtbg==")], B(b"efg"), 204, &[("upload-offset", "7")]),
    ("crc32c of each MiB that is right", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c-mib IYVtbg==")], B(b"efg"), 204, &[("upload-offset", "7")]),
    ("sha1 that is right", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "sha1 y/AZt2S5R3CAxamnSKKRGl+m1hQ=")], B(b"efg"), 204, &[("upload-offset", "7")]),
    ("a wrong crc32c", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c AAAAAA==")], B(b"efg"), 460, &[]),
    ("a wrong crc32c of each MiB", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c-mib AAAAAA==")], B(b"efg"), 460, &[]),
    ("a crc32c of a MiB that did not come", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c-mib IYVtbiGFbW4=")], B(b"efg"), 460, &[]),
    ("a wrong sha1", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=")], B(b"efg"), 460, &[]),
    ("a wrong sha256", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "sha256 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")], B(b"efg"), 460, &[]),
    ("a wrong checksum of the end", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c AAAAAA==")], B(b"efghij"), 460, &[]),
    ("a wrong checksum of what comes along", "POST", All, &[TUS, STREAM, LENGTH, META, ("upload-checksum", "crc32c AAAAAA==")], B(b"12345"), 460, &[("location", "-")]),
    ("another algorithm", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "md5 AAAAAAAAAAAAAAAAAAAAAA==")], B(b"efg"), 400, &[]),
    ("a checksum that is too short", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c AAAA")], B(b"efg"), 400, &[]),
    ("a checksum that is not base64", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c ????")], B(b"efg"), 400, &[]),
    ("a checksum is sent once", "PATCH", One, &[TUS, STREAM, OFFSET, ("upload-checksum", "crc32c IYVtbg=="), ("upload-checksum", "crc32c IYVtbg==")], B(b"efg"), 400, &[]),
];

#[rustfmt::skip] // One row, one line.
const OVERRIDING: &[Row] = &[
    ("POST stands for PATCH", "POST", One, &[TUS, STREAM, OFFSET, ("x-http-method-override", "PATCH")], B(b"efg"), 204, &[("upload-offset", "7")]),
    ("POST stands for HEAD", "POST", One, &[TUS, ("x-http-method-override", "HEAD")], Nothing, 200, &[("upload-offset", "4")]),
    ("GET stands for nothing else", "GET", One, &[TUS, ("x-http-method-override", "DELETE")], Nothing, 400, &[]),
    ("HEAD stands for nothing else", "HEAD", One, &[TUS, ("x-http-method-override", "DELETE")], Nothing, 400, &[]),
    ("POST stands for no unknown method", "POST", One, &[TUS, ("x-http-method-override", "TRACE")], Nothing, 400, &[]),
    ("methods have their case", "POST", One, &[TUS, ("x-http-method-override", "delete")], Nothing, 400, &[]),
    ("POST on one upload is not offered", "POST", One, &[TUS], Nothing, 405, &[]),
];

fn sent(row: &Row, upload: &str) -> Asked {
    let (_, method, to, headers, sends, ..) = *row;
    let address = match to {
        All => "/uploads",
        One => upload,
        Unknown => "/uploads/0123456789abcdef0123456789abcdef",
    };
    let asked = headers
        .iter()
        .fold(ask(method, address), |asked, (name, value)| {
            asked.with(name, value)
        });
    match sends {
        Nothing => asked,
        B(bytes) => asked.body(bytes),
        Pieces(pieces) => {
            let pieces = pieces
                .iter()
                .map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece)));
            asked.body(Body::from_stream(stream::iter(pieces.collect::<Vec<_>>())))
        }
    }
}

async fn check(row: &Row) {
    let (rule, method, .., status, says) = *row;
    let place = Place::new();
    let upload = place.begin("file.txt", 10, &[("overwrite", "no")]).await;
    assert_eq!(place.append(&upload, 0, STORED).await.status, 204);

    let answer = sent(row, &upload).of(&place).await;
    assert_eq!(answer.status, status, "{rule}: {}", answer.text());
    assert_eq!(answer.header("tus-resumable"), Some("1.0.0"), "{rule}");
    for (name, expected) in says {
        let said = answer.header(name);
        match (*expected, said) {
            ("-", said) => assert_eq!(said, None, "{rule}: {name}"),
            (expected, Some(said)) if expected.ends_with('*') => {
                assert!(
                    said.starts_with(expected.trim_end_matches('*')),
                    "{rule}: {name} is {said}"
                );
            }
            (expected, said) => assert_eq!(said, Some(expected), "{rule}: {name}"),
        }
    }
    if status >= 400 {
        if method != "HEAD" {
            answer.problem();
        }
        assert_eq!(place.offset(&upload).await, STORED.len(), "{rule}");
        assert!(!place.has("new.txt") && !place.has("file.txt"), "{rule}");
        assert_eq!(place.staged().len(), 2, "{rule}: {:?}", place.staged());
        let rest = place.append(&upload, 4, b"EFGHIJ").await;
        assert_eq!(rest.status, 204, "{rule}: {}", rest.text());
        assert_eq!(place.read("file.txt"), b"abcdEFGHIJ", "{rule}");
    }
}

async fn check_all(rows: &[Row]) {
    for row in rows {
        check(row).await;
    }
}

#[tokio::test]
async fn asking_keeps_to_the_rules() {
    check_all(ASKING).await;
}

#[tokio::test]
async fn appending_keeps_to_the_rules() {
    check_all(APPENDING).await;
}

#[tokio::test]
async fn creating_keeps_to_the_rules() {
    check_all(CREATING).await;
}

#[tokio::test]
async fn checksums_keep_to_the_rules() {
    check_all(PROVING).await;
}

#[tokio::test]
async fn overriding_methods_keeps_to_the_rules() {
    check_all(OVERRIDING).await;
}

#[tokio::test]
async fn a_terminated_upload_is_gone_with_its_bytes() {
    let place = Place::new();
    let upload = place.begin("file.txt", 10, &[]).await;
    place.append(&upload, 0, STORED).await;
    let answer = ask("DELETE", &upload).tus().of(&place).await;
    assert_eq!(
        (answer.status, answer.header("tus-resumable")),
        (204, Some("1.0.0"))
    );
    assert!(place.staged().is_empty());
    for method in ["HEAD", "DELETE"] {
        assert_eq!(
            ask(method, &upload).tus().of(&place).await.status,
            404,
            "{method}"
        );
    }
    assert_eq!(place.append(&upload, 4, b"efghij").await.status, 404);
}

#[tokio::test]
async fn a_finished_upload_can_be_asked_about_and_not_be_changed() {
    let place = Place::new();
    let upload = place.begin("file.txt", 4, &[]).await;
    let last = place.append(&upload, 0, STORED).await;
    assert_eq!(
        (last.status, last.header("upload-offset")),
        (204, Some("4"))
    );
    assert_eq!(
        last.header("stowage-blake3"),
        Some(blake3::hash(STORED).to_hex().as_str())
    );
    assert_eq!(place.offset(&upload).await, 4);
    assert_eq!(place.append(&upload, 4, b"").await.status, 204);
    assert_eq!(place.append(&upload, 4, b"e").await.status, 413);
    assert_eq!(place.append(&upload, 0, STORED).await.status, 409);
    assert_eq!(place.read("file.txt"), STORED);
}

#[tokio::test]
async fn an_upload_expires_when_nobody_goes_on_with_it() {
    let place = Place::new();
    let upload = place.begin("file.txt", 10, &[]).await;
    let answer = place.append(&upload, 0, STORED).await;
    assert_eq!(
        answer.header("upload-expires"),
        Some("Tue, 08 Jan 2030 00:00:00 GMT")
    );
    place.clock.forward(SignedDuration::from_hours(7 * 24 - 1));
    assert_eq!(
        place
            .volume
            .sweep(domain::Clock::now(&*place.clock))
            .unwrap(),
        0
    );
    assert_eq!(place.append(&upload, 4, b"e").await.status, 204);
    place.clock.forward(SignedDuration::from_hours(7 * 24));
    assert_eq!(ask("HEAD", &upload).tus().of(&place).await.status, 410);
    assert_eq!(place.append(&upload, 5, b"f").await.status, 410);
    assert_eq!(
        place
            .volume
            .sweep(domain::Clock::now(&*place.clock))
            .unwrap(),
        1
    );
    assert!(place.staged().is_empty());
    assert_eq!(ask("HEAD", &upload).tus().of(&place).await.status, 404);
}

#[tokio::test]
async fn an_offset_is_the_journal_s_and_not_the_size_of_a_file() {
    let place = Place::new();
    let upload = place.begin("file.txt", 10, &[]).await;
    place.append(&upload, 0, STORED).await;
    let part = place.staged_file(".part");
    std::fs::write(part, b"abcdXXXXXXXX").unwrap();
    assert_eq!(place.offset(&upload).await, 4);
}

#[tokio::test]
async fn a_person_has_so_many_uploads_and_no_more() {
    let place = Place::with(Limits {
        max_uploads_per_person: 2,
        ..Limits::default()
    });
    place.begin("a", 1, &[]).await;
    let second = place.begin("b", 1, &[]).await;
    assert_eq!(place.try_begin("c", 1, &[]).await.problem().code, 429);
    let other = ask("POST", "/uploads")
        .tus()
        .with("upload-length", "1")
        .with("upload-metadata", &metadata("c", &[]));
    assert_eq!(other.by("bob").of(&place).await.status, 201);
    assert_eq!(patch(&second, 0, b"x").of(&place).await.status, 204);
    assert_eq!(place.try_begin("d", 1, &[]).await.status, 201);
}
