//! What a server of S3 may say that a good one does not say every day. A real one is asked by the test `sources`.

use std::fmt::Write as _;

use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ImportState;
use http::StatusCode;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::place::Place;
use super::source::{Seen, Source, file};
use super::{content, counts, imported, quick};

const LARGE: usize = 2 << 20;

fn order(source: &Source, bucket: &str) -> Value {
    json!({
        "source": {
            "kind": "s3",
            "endpoint": source.origin(),
            "region": "",
            "bucket": bucket,
            "prefix": "set/a",
            "pathStyle": true,
        },
        "into": "",
        "permittedNetworks": ["127.0.0.1"],
    })
}

fn listed(objects: &[(&str, usize)]) -> Response {
    let objects = objects.iter().fold(String::new(), |mut text, (key, size)| {
        write!(
            text,
            "<Contents><Key>{key}</Key><Size>{size}</Size><ETag>&quot;x&quot;</ETag></Contents>"
        )
        .unwrap();
        text
    });
    format!(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url</EncodingType>\
         <IsTruncated>false</IsTruncated>{objects}</ListBucketResult>"
    )
    .into_response()
}

fn answer(seen: &Seen) -> Response {
    let with = |content: &[u8], name: &'static str, value: String| {
        assert_eq!(seen.header("x-amz-checksum-mode"), Some("ENABLED"));
        let mut answer = file(seen, content, "\"x\"", None);
        answer.headers_mut().insert(name, value.parse().unwrap());
        answer
    };
    let sha256 = |content: &[u8]| STANDARD.encode(Sha256::digest(content));
    let crc32c = |content: &[u8]| STANDARD.encode(crc32c::crc32c(content).to_be_bytes());
    let large = content(LARGE);
    match seen.path.split('?').next().unwrap() {
        "/data/" | "/data" => listed(&[
            ("set/a/", 0),
            ("set/a/folder/", 0),
            ("set/a/right", 5),
            ("set/a/wrong", 5),
            ("set/a/large+right", LARGE),
            ("set/a/large%2Bwrong", LARGE),
            ("set/a/in+pieces", 5),
            ("set/a/encrypted", 5),
            ("set/a/not+so", 5),
            ("set/a/..", 5),
            ("set/a//x", 5),
        ]),
        "/data/set/a/right" => with(b"right", "x-amz-checksum-sha256", sha256(b"right")),
        "/data/set/a/wrong" => with(b"right", "x-amz-checksum-sha256", sha256(b"wrong")),
        "/data/set/a/large%20right" => with(&large, "x-amz-checksum-crc32c", crc32c(&large)),
        "/data/set/a/large%2Bwrong" => with(&large, "x-amz-checksum-crc32c", crc32c(b"wrong")),
        // Sums of sums, and a tag that is no MD5: neither proves or disproves anything.
        "/data/set/a/in%20pieces" => with(
            b"right",
            "x-amz-checksum-crc32c",
            format!("{}-2", crc32c(b"wrong")),
        ),
        "/data/set/a/encrypted" => {
            let tag = "\"00000000000000000000000000000000\"";
            let mut answer = file(seen, b"right", tag, None);
            let way = "aws:kms".parse().unwrap();
            answer
                .headers_mut()
                .insert("x-amz-server-side-encryption", way);
            answer
        }
        "/data/set/a/not%20so" => {
            file(seen, b"right", "\"00000000000000000000000000000000\"", None)
        }
        "/elsewhere/" | "/elsewhere" => {
            let to = [("location", "http://127.0.0.2/")];
            (StatusCode::MOVED_PERMANENTLY, to).into_response()
        }
        "/odd/" | "/odd" => "<html>".into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test]
async fn an_object_has_the_checksum_that_the_server_keeps() {
    let place = Place::with(quick());
    let source = Source::answering(|seen, _| answer(seen)).await;
    let standing = imported(&place, "one", &order(&source, "data")).await;
    assert_eq!(counts(&standing), [9, 4, 0, 5], "{standing:?}");
    for stored in ["right", "in pieces", "encrypted"] {
        assert_eq!(place.read(&format!("a/{stored}")), b"right");
    }
    assert_eq!(place.read("a/large right"), content(LARGE));
    assert!(place.path("a/folder").is_dir());
    for (path, reason) in [
        ("a/wrong", "SHA-256"),
        ("a/large+wrong", "CRC-32C"),
        ("a/not so", "MD5"),
        ("a/..", "not the name"),
        ("a//x", "not the name"),
    ] {
        let mut problems = standing.progress.problems.iter();
        let told = problems.find(|told| told.path == path).unwrap();
        assert!(told.message.contains(reason), "{told:?}");
        assert!(!place.path(path).is_file());
    }
    assert!(place.staged().is_empty(), "{:?}", place.staged());
}

#[tokio::test]
async fn a_bucket_that_is_elsewhere_is_not_followed_there() {
    let place = Place::with(quick());
    let source = Source::answering(|seen, _| answer(seen)).await;
    for (bucket, reason) in [("elsewhere", "kept elsewhere"), ("odd", "cannot be read")] {
        let standing = imported(&place, "one", &order(&source, bucket)).await;
        assert_eq!(standing.state, ImportState::Failed);
        assert!(standing.progress.message.contains(reason), "{standing:?}");
    }
}
