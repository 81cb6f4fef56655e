//! When a file appears under its name, over what, and what readers see meanwhile.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::place::{Place, ask, metadata, patch};

#[tokio::test]
async fn no_reader_sees_half_a_file() {
    let place = Place::new();
    let old = vec![b'o'; 300_000];
    let new = vec![b'n'; 400_000];
    place.write("f", &old);
    let upload = place.begin("f", new.len(), &[("overwrite", "yes")]).await;
    for start in (0..new.len()).step_by(50_000) {
        assert_eq!(
            ask("GET", "/files/content?path=f").of(&place).await.body,
            old,
            "{start}"
        );
        assert_eq!(
            place
                .append(&upload, start, &new[start..start + 50_000])
                .await
                .status,
            204
        );
    }
    assert_eq!(
        ask("GET", "/files/content?path=f").of(&place).await.body,
        new
    );
    assert_eq!(
        place.staged().len(),
        1,
        "the journal only, for who missed the answer"
    );
}

#[tokio::test]
async fn a_reader_who_began_before_gets_the_old_file_whole() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    let place = Place::new();
    let old = vec![b'o'; 3 << 20];
    place.write("f", &old);
    let request = ask("GET", "/files/content?path=f").into_request();
    let response = place.router.clone().oneshot(request).await.unwrap();
    place.upload("f", b"new", &[("overwrite", "yes")]).await;
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        old
    );
    assert_eq!(place.read("f"), b"new");
}

#[tokio::test]
async fn a_taken_name_is_refused_at_the_beginning() {
    let place = Place::new();
    place.write("taken", "old");
    place.write("folder/x", "old");
    for (path, overwrite, status) in [
        ("taken", "no", 409),
        ("folder", "no", 409),
        ("folder", "yes", 409),
        ("taken/x", "yes", 409),
        ("taken", "yes", 201),
        ("taken", "rename", 201),
        ("folder", "rename", 201),
        ("folder/y", "no", 201),
        ("new/folder/y", "no", 201),
    ] {
        let answer = place.try_begin(path, 3, &[("overwrite", overwrite)]).await;
        assert_eq!(
            answer.status,
            status,
            "{path} {overwrite}: {}",
            answer.text()
        );
    }
    assert!(!place.has("new"));
    assert_eq!(place.read("taken"), b"old");
}

#[tokio::test]
async fn of_two_who_upload_one_name_the_second_is_told() {
    let place = Place::new();
    let first = place.begin("f", 3, &[]).await;
    let second = place.begin("f", 3, &[]).await;
    assert_eq!(place.append(&second, 0, "two").await.status, 204);
    assert_eq!(place.append(&first, 0, "one").await.problem().code, 409);
    assert_eq!(place.read("f"), b"two");
    // Nothing is lost: with the name free again, the last byte is enough.
    assert_eq!(place.offset(&first).await, 2);
    std::fs::remove_file(place.path("f")).unwrap();
    assert_eq!(place.append(&first, 2, "e").await.status, 204);
    assert_eq!(place.read("f"), b"one");
}

#[tokio::test]
async fn of_many_who_upload_one_name_at_once_exactly_one_wins() {
    let place = Place::new();
    let mut uploads = Vec::new();
    for _ in 0..8 {
        uploads.push(place.begin("deep/er/f", 1_000, &[]).await);
    }
    let contents: Vec<Vec<u8>> = (0..8).map(|n| vec![b'a' + n; 1_000]).collect();
    let sent = uploads
        .iter()
        .zip(&contents)
        .map(|(upload, content)| place.append(upload, 0, content));
    let answers = futures::future::join_all(sent).await;
    let won: Vec<_> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.status == 204)
        .collect();
    assert_eq!(won.len(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| [204, 409].contains(&answer.status))
    );
    assert_eq!(place.read("deep/er/f"), contents[won[0].0]);
}

#[tokio::test]
async fn keeping_both_counts_up() {
    let place = Place::new();
    for (content, name) in [
        ("1", "a.csv"),
        ("2", "a%20%282%29.csv"),
        ("3", "a%20%283%29.csv"),
    ] {
        let answer = place
            .upload("a.csv", content.as_bytes(), &[("overwrite", "rename")])
            .await;
        assert_eq!(
            (answer.status, answer.header("stowage-path")),
            (204, Some(name))
        );
    }
    assert_eq!(place.read("a (3).csv"), b"3");
    assert_eq!(place.read("a.csv"), b"1");
}

#[tokio::test]
async fn a_file_comes_with_its_time_and_a_usual_mode() {
    let place = Place::new();
    place
        .upload("x/y/f", b"content", &[("mtime", "1234567890123")])
        .await;
    let file = place.path("x/y/f").metadata().unwrap();
    assert_eq!(
        (file.mtime(), file.mtime_nsec()),
        (1_234_567_890, 123_000_000)
    );
    assert_eq!(file.permissions().mode() & 0o7777 & !0o022, 0o644);
    assert_eq!(file.nlink(), 1);
    place
        .upload("before", b"content", &[("mtime", "-1500")])
        .await;
    let file = place.path("before").metadata().unwrap();
    assert_eq!((file.mtime(), file.mtime_nsec()), (-2, 500_000_000));
}

#[tokio::test]
async fn a_folder_hands_its_group_on() {
    let place = Place::new();
    std::fs::create_dir(place.path("ours")).unwrap();
    let has_group = std::os::unix::fs::chown(place.path("ours"), None, Some(4242)).is_ok();
    std::fs::set_permissions(place.path("ours"), std::fs::Permissions::from_mode(0o2775)).unwrap();
    place.upload("ours/new/f", b"content", &[]).await;
    let group = if has_group {
        4242
    } else {
        place.path("ours").metadata().unwrap().gid()
    };
    let folder = place.path("ours/new").metadata().unwrap();
    assert_eq!((folder.gid(), folder.mode() & 0o2000), (group, 0o2000));
    assert_eq!(place.path("ours/new/f").metadata().unwrap().gid(), group);
}

#[tokio::test]
async fn an_empty_file_is_there_when_its_creation_is_answered() {
    let place = Place::new();
    let answer = place.try_begin("a/empty", 0, &[]).await;
    assert_eq!(
        (answer.status, answer.header("upload-offset")),
        (201, Some("0"))
    );
    assert_eq!(place.read("a/empty"), b"");
    assert_eq!(place.try_begin("a/empty", 0, &[]).await.problem().code, 409);
}

#[tokio::test]
async fn a_file_that_comes_with_its_creation_is_published_or_was_never_begun() {
    let place = Place::new();
    let whole = |checksum: &str| {
        ask("POST", "/uploads")
            .tus()
            .with("upload-length", "9")
            .with("upload-metadata", &metadata("f", &[]))
            .with("content-type", "application/offset+octet-stream")
            .with("upload-checksum", checksum)
            .body("123456789")
    };
    assert_eq!(whole("crc32c 4waSgg==").of(&place).await.status, 460);
    assert!(place.staged().is_empty() && !place.has("f"));
    let answer = whole("crc32c 4waSgw==").of(&place).await;
    assert_eq!(
        (answer.status, answer.header("upload-offset")),
        (201, Some("9"))
    );
    assert_eq!(
        answer.header("stowage-blake3"),
        Some(blake3::hash(b"123456789").to_hex().as_str())
    );
    assert_eq!(place.read("f"), b"123456789");
}

#[tokio::test]
async fn a_file_in_many_pieces_is_put_together_and_hashed() {
    let place = Place::new();
    let content: Vec<u8> = (0_u32..1_000_000).flat_map(u32::to_le_bytes).collect();
    let upload = place.begin("f", content.len(), &[]).await;
    let mut hash = None;
    let mut offset = 0_usize;
    for size in [1, 262_143, 262_144, 262_145, 1_048_576, 3, usize::MAX] {
        let end = content.len().min(offset.saturating_add(size));
        let answer = place.append(&upload, offset, &content[offset..end]).await;
        assert_eq!(answer.status, 204, "{}", answer.text());
        hash = answer.header("stowage-blake3").map(ToOwned::to_owned);
        offset = end;
    }
    assert_eq!(place.read("f"), content);
    assert_eq!(
        hash.as_deref(),
        Some(blake3::hash(&content).to_hex().as_str())
    );
}

#[tokio::test]
async fn bytes_that_were_hashed_before_a_restart_are_read_again() {
    let place = Place::new();
    let upload = place.begin("f", 6, &[]).await;
    place.append(&upload, 0, "abc").await;
    let place = place.restarted(agent::Limits::default());
    let answer = place.append(&upload, 3, "def").await;
    let expected = blake3::hash(b"abcdef").to_hex();
    assert_eq!(
        (answer.status, answer.header("stowage-blake3")),
        (204, Some(expected.as_str()))
    );
    let upload = place.begin("g", 6, &[]).await;
    place.append(&upload, 0, "abc").await;
    assert_eq!(
        patch(&upload, 3, "dXf")
            .with("upload-checksum", "crc32c AAAAAA==")
            .of(&place)
            .await
            .status,
        460
    );
    let answer = place.append(&upload, 3, "def").await;
    assert_eq!(answer.header("stowage-blake3"), Some(expected.as_str()));
    assert_eq!(place.read("g"), b"abcdef");
}

#[tokio::test]
async fn a_crash_right_after_publication_is_seen_as_published() {
    for overwrite in ["no", "yes", "rename"] {
        let place = Place::new();
        let upload = place.begin("f", 6, &[("overwrite", overwrite)]).await;
        place.append(&upload, 0, "abcde").await;
        // What the disk holds when the agent dies between the name and the journal.
        let part = place.staged_file(".part");
        std::fs::write(&part, "abcdef").unwrap();
        if overwrite == "yes" {
            std::fs::rename(&part, place.path("f")).unwrap();
        } else {
            std::fs::hard_link(&part, place.path("f")).unwrap();
        }
        let place = place.restarted(agent::Limits::default());
        assert_eq!(place.offset(&upload).await, 6, "{overwrite}");
        assert_eq!(
            place.append(&upload, 5, "X").await.status,
            409,
            "{overwrite}"
        );
        assert_eq!(place.read("f"), b"abcdef", "{overwrite}");
        assert!(!part.exists(), "{overwrite}");
    }
}

#[tokio::test]
async fn a_staged_file_that_vanished_is_gone() {
    let place = Place::new();
    let upload = place.begin("f", 6, &[]).await;
    place.append(&upload, 0, "abc").await;
    let part = place.staged_file(".part");
    std::fs::remove_file(part).unwrap();
    place.write("f", "somebody else's");
    assert_eq!(ask("HEAD", &upload).tus().of(&place).await.status, 410);
    assert_eq!(place.read("f"), b"somebody else's");
}
