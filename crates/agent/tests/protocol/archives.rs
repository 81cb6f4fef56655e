//! Archives, unpacked as they arrive.

use std::io::{Cursor, Write as _};

use agent::Limits;
use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream;
use tar::{Builder, EntryType, Header};
use wire::{ArchiveAnswer, BatchResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::place::{Answer, Place, ask};

/// A tar header that says what it is told, checks nothing and lies if it must.
fn header(name: &[u8], kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mode(0o644);
    header.set_mtime(1_700_000_000);
    header.set_cksum();
    header
}

pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let header = header(name.as_bytes(), EntryType::Regular, content.len());
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, content) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

async fn sent(place: &Place, query: &str, bytes: impl Into<Body>) -> Answer {
    let address = format!("/uploads/archive?format={query}");
    ask("POST", &address).body(bytes).of(place).await
}

pub(crate) async fn unpacked(place: &Place, query: &str, bytes: Vec<u8>) -> ArchiveAnswer {
    let pieces: Vec<_> = bytes
        .chunks(777)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let answer = sent(place, query, Body::from_stream(stream::iter(pieces))).await;
    answer.read()
}

pub(crate) fn refusals(answer: &ArchiveAnswer) -> Vec<(String, u16)> {
    let short = |refused: &BatchResult| match refused {
        BatchResult::Refused { path, problem } => (path.clone(), problem.code),
        other => panic!("{other:?}"),
    };
    answer.refused.iter().map(short).collect()
}

const FILES: &[(&str, &[u8])] = &[
    ("a/one", b"1"),
    ("./a/b/two", b"22"),
    ("empty", b""),
    ("../out", b"evil"),
    ("/etc/passwd", b"evil"),
    (".stowage/x", b"evil"),
    ("a/one", b"another"),
];

#[tokio::test]
async fn each_kind_of_archive_is_unpacked() {
    let tar = tar(FILES);
    let archives = [
        ("tar", tar.clone()),
        ("tar.gz", gzipped(&tar)),
        ("tar.zst", zstd::encode_all(&tar[..], 3).unwrap()),
    ];
    for (format, bytes) in archives {
        let place = Place::new();
        let answer = unpacked(&place, &format!("{format}&path=in"), bytes).await;
        assert_eq!(answer.ended_early, None, "{format}");
        assert_eq!(answer.stored_files, 3, "{format}: {answer:?}");
        let expected = [
            ("../out", 400),
            ("/etc/passwd", 400),
            (".stowage/x", 400),
            ("a/one", 409),
        ];
        assert_eq!(
            refusals(&answer),
            expected.map(|(path, code)| (path.to_owned(), code))
        );
        assert_eq!(place.read("in/a/one"), b"1");
        assert_eq!(place.read("in/a/b/two"), b"22");
        let modified = place
            .path("in/empty")
            .metadata()
            .unwrap()
            .modified()
            .unwrap();
        let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
        assert_eq!(since.as_secs(), 1_700_000_000);
        assert!(place.staged().is_empty(), "{:?}", place.staged());
        let sums = ask("GET", "/manifest?format=b3sum").of(&place).await.text();
        assert!(sums.contains(&format!("{}  in/a/b/two", blake3::hash(b"22"))));
        assert_eq!(std::fs::read_dir(place.outer()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_zip_is_unpacked() {
    let place = Place::new();
    place.write("in/replaced", "old");
    let files: &[(&str, &[u8])] = &[
        ("a/", b""),
        ("a/one", b"1"),
        ("replaced", b"new"),
        ("../out", b"evil"),
        ("a\\b", b"evil"),
    ];
    let query = "zip&path=in&overwrite=yes";
    let answer = unpacked(&place, query, zipped(files)).await;
    assert_eq!(answer.ended_early, None);
    assert_eq!(answer.stored_files, 2, "{answer:?}");
    assert_eq!(
        refusals(&answer),
        [("../out".to_owned(), 400), ("a\\b".to_owned(), 400)]
    );
    assert_eq!(place.read("in/a/one"), b"1");
    assert_eq!(place.read("in/replaced"), b"new");
    assert!(place.staged().is_empty(), "{:?}", place.staged());
    let again = unpacked(&place, "zip&path=in", zipped(&files[1..3])).await;
    assert_eq!((again.present_files, again.refused_files), (2, 0));
}

#[tokio::test]
async fn links_and_devices_stay_in_the_archive() {
    let place = Place::new();
    let mut builder = Builder::new(Vec::new());
    for (name, kind) in [
        ("link", EntryType::Symlink),
        ("hard", EntryType::Link),
        ("pipe", EntryType::Fifo),
        ("device", EntryType::Char),
        ("disk", EntryType::Block),
    ] {
        let mut header = header(name.as_bytes(), kind, 0);
        header.set_link_name("/etc/passwd").unwrap();
        header.set_cksum();
        builder.append(&header, &[][..]).unwrap();
    }
    let header = header(b"link/in", EntryType::Regular, 1);
    builder.append(&header, &b"x"[..]).unwrap();
    let answer = unpacked(&place, "tar", builder.into_inner().unwrap()).await;
    let codes: Vec<_> = refusals(&answer)
        .into_iter()
        .map(|(_, code)| code)
        .collect();
    assert_eq!((codes, answer.stored_files), (vec![409; 5], 1));
    assert!(!place.path("link").is_symlink());

    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.add_symlink("link2", "/etc/passwd", options).unwrap();
    let zip = writer.finish().unwrap().into_inner();
    let answer = unpacked(&place, "zip", zip).await;
    assert_eq!(refusals(&answer), [("link2".to_owned(), 409)]);
    assert!(!place.has("link2"));
}

#[tokio::test]
async fn an_archive_that_is_cut_keeps_what_was_whole() {
    let place = Place::new();
    let bytes = tar(&[("a", &[1; 4000]), ("b", &[2; 4000])]);
    let answer = unpacked(&place, "tar", bytes[..6000].to_vec()).await;
    assert_eq!(answer.stored_files, 1);
    assert!(answer.ended_early.is_some());
    assert!(place.has("a") && !place.has("b"));
    assert!(place.staged().is_empty(), "{:?}", place.staged());
    let mut damaged = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    damaged.start_file("d", stored).unwrap();
    damaged.write_all(&[7; 4000]).unwrap();
    let mut damaged = damaged.finish().unwrap().into_inner();
    damaged[2000] = 8;
    assert_eq!(sent(&place, "zip", damaged).await.status, 400);
    assert!(!place.has("d"));
    let zip = zipped(&[("c", &[1; 4000])]);
    let cut = sent(&place, "zip", zip[..zip.len() - 30].to_vec()).await;
    assert_eq!(cut.status, 400);
    for format in ["zip", "tar", "tar.gz", "tar.zst"] {
        let answer = sent(&place, format, b"no archive at all".repeat(100)).await;
        assert_eq!(answer.status, 400, "{format}");
    }
    for query in ["rar", "tar&path=..", "tar&more=1"] {
        assert_eq!(sent(&place, query, tar(FILES)).await.status, 400, "{query}");
    }
    assert!(place.staged().is_empty(), "{:?}", place.staged());
}

#[tokio::test]
async fn a_bomb_does_not_go_off() {
    let place = Place::with(Limits {
        archive_grace_bytes: 1 << 20,
        max_archive_ratio: 20,
        max_archive_entries: 10,
        ..Limits::default()
    });
    let zeros = vec![0; 8 << 20];
    let bomb = tar(&[("zeros", &zeros)]);
    let archives = [
        ("tar.gz", gzipped(&bomb)),
        ("tar.zst", zstd::encode_all(&bomb[..], 3).unwrap()),
        ("zip", zipped(&[("zeros", &zeros)])),
    ];
    for (format, bytes) in archives {
        assert_eq!(sent(&place, format, bytes).await.status, 413, "{format}");
        assert!(!place.has("zeros") && place.staged().is_empty(), "{format}");
    }
    let names: Vec<_> = (0..11).map(|n| format!("n{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(sent(&place, "zip", zipped(&many)).await.status, 413);
    let answer = unpacked(&place, "tar", tar(&many)).await;
    assert_eq!(answer.stored_files, 10);
    assert_eq!(answer.ended_early.unwrap().code, 413);
}
