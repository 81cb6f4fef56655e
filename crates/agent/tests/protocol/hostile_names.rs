//! Names that want out of the volume, on every route that takes a path.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use wire::{ArchiveAnswer, BatchAnswer, BatchResult};

use super::place::{Place, ask};

/// Names that no route may take. None of them may be answered with anything but a refusal.
pub(super) fn hostile() -> Vec<String> {
    let mut names: Vec<String> = [
        "..",
        ".",
        "/",
        "//",
        "./",
        "../",
        "../..",
        "../../etc/passwd",
        "/etc/passwd",
        "//etc/passwd",
        "/..",
        "a/..",
        "a/../..",
        "a/../../b",
        "a/.",
        "a/./b",
        "./a",
        "a//b",
        "a/",
        "/a",
        "a/../b",
        "..//..",
        ".../../..",
        "..\\",
        "..\\..\\x",
        "a\\b",
        "\\",
        "C:\\x",
        "\\\\host\\share",
        "a/..\\..",
        "\0",
        "a\0",
        "a\0b",
        "\0/etc",
        "a/\0",
        "\n",
        "a\nb",
        "\r\n",
        "a\rb",
        "a\tb",
        "\u{1}",
        "\u{1b}[31m",
        "\u{7f}",
        "a\u{7f}",
        "\u{80}",
        "\u{85}",
        "\u{9f}",
        ".stowage",
        ".stowage/",
        ".stowage/uploads",
        ".stowage/uploads/x.part",
        ".STOWAGE",
        ".Stowage/x",
        "./.stowage",
        "x/../.stowage",
        "/.stowage",
        ".stowage/../x",
        "../volume/x",
        "/proc/self/environ",
        "/dev/zero",
        "/proc/self/fd/0",
        "file:///etc/passwd/",
        "..\u{2f}..\u{2f}x",
        "a/\u{0}/b",
        "..;/x/../..",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    names.extend([
        "a".repeat(256),
        format!("a/{}", "é".repeat(128)),
        vec!["a"; 65].join("/"),
        vec!["a".repeat(200); 21].join("/"),
        "../".repeat(40) + "etc/passwd",
        "a/".repeat(2_048),
    ]);
    // Every control character, at every end of a name.
    for odd in ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}') {
        names.extend([format!("{odd}a"), format!("a{odd}b"), format!("a/b{odd}")]);
    }
    // Up and out, from every depth.
    for depth in 0..80 {
        names.push(format!(
            "{}{}x",
            "a/".repeat(depth),
            "../".repeat(depth + 1)
        ));
        names.push(format!("{}..", "a/".repeat(depth)));
    }
    names
}

/// Names that look odd and are none the less names: they stay inside and mean what they say.
const ODD: &[&str] = &[
    "%2e%2e",
    "%2e%2e%2f",
    "..%2f..%2fx",
    "..%00",
    "...",
    "....",
    "..a",
    "a..",
    " ",
    "~",
    "~root",
    "-rf",
    "--help",
    "$(id)",
    "`id`",
    "a;b",
    "a|b",
    "a&b",
    "*",
    "?",
    "[a]",
    "{a,b}",
    "'",
    "\"",
    "<script>",
    "a:b",
    "C:",
    "con",
    "nul",
    "\u{202e}cod.exe",
    "ﾟ",
    "．．",
    "․․",
    "∕etc∕passwd",
    "&amp;",
    "%",
    "%s%n",
    "{{7*7}}",
    ".stowage2",
    "a/.stowage/b",
    "é",
    "e\u{301}",
    "\u{200b}",
    "\u{feff}x",
    "a\u{2028}b",
];

fn encoded(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02X}").unwrap();
        text
    })
}

/// Everything in a folder, by path.
pub(super) fn tree(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            found.push(path.to_string_lossy().into_owned());
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Sends a batch of one file, and answers what it is stored as, or the code of its refusal.
async fn only_result(place: &Place, header: &str, content: &[u8]) -> (Option<String>, Option<u16>) {
    let length = u32::try_from(header.len()).unwrap().to_be_bytes();
    let frames = [b"SWB1", &length[..], header.as_bytes(), content, &[0; 4]].concat();
    let asked = ask("POST", "/uploads/batch");
    let asked = asked.with("content-type", "application/vnd.stowage.batch");
    let answer: BatchAnswer = asked.body(frames).of(place).await.read();
    match &answer.files[..] {
        [BatchResult::Refused { problem, .. }] => (None, Some(problem.code)),
        [BatchResult::Stored { path, .. }] => (Some(path.to_string()), None),
        other => panic!("{other:?}"),
    }
}

/// Sends a tar with one file, and answers the code of its refusal; `None` where tar itself has no such name.
async fn sent_in_a_tar(place: &Place, name: &str) -> Option<u16> {
    let mut header = tar::Header::new_ustar();
    let field = &mut header.as_old_mut().name;
    // A name in a tar ends at its first NUL, and `./` in front says nothing.
    if name.len() > field.len() || name.contains('\0') || name.starts_with("./") {
        return None;
    }
    field[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(4);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, &b"evil"[..]).unwrap();
    let asked = ask("POST", "/uploads/archive?format=tar");
    let answer = asked.body(builder.into_inner().unwrap()).of(place).await;
    let answer: ArchiveAnswer = answer.read();
    match &answer.refused[..] {
        [BatchResult::Refused { problem, .. }] => Some(problem.code),
        // A name that ends in a slash is a folder's, and folders are not made for themselves.
        [] if name.ends_with('/') && answer.stored_files == 0 => None,
        other => panic!("{name:?}: {other:?}"),
    }
}

#[tokio::test]
async fn no_route_takes_a_hostile_name() {
    let place = Place::new();
    place.write("a/b", "inside");
    place.write(".stowage/uploads/x.part", "staged");
    let before = tree(place.outer());
    let names = hostile();
    assert!(names.len() >= 400, "{}", names.len());
    for name in &names {
        let query = encoded(name);
        let json = serde_json::to_string(name).unwrap();
        let metadata = format!("relativePath {}", STANDARD.encode(name));
        let create = |headers: &str| {
            ask("POST", "/uploads")
                .tus()
                .with("upload-length", "0")
                .with("upload-metadata", headers)
        };
        let requests = [
            ask("GET", &format!("/files?path={query}")),
            ask("GET", &format!("/files/content?path={query}")),
            ask("HEAD", &format!("/files/content?path={query}")),
            ask("GET", &format!("/files/content?path={query}&inline=1")),
            ask("GET", &format!("/files/preview?path={query}")),
            ask("DELETE", &format!("/files?path={query}")),
            ask("POST", "/files/folder").json(&format!("{{\"path\":{json}}}")),
            ask("POST", "/files/rename").json(&format!("{{\"from\":{json},\"to\":\"c\"}}")),
            ask("POST", "/files/rename").json(&format!("{{\"from\":\"a/b\",\"to\":{json}}}")),
            create(&metadata),
            create(&metadata.replace("relativePath", "filename")),
        ];
        let header = format!("{{\"path\":{json},\"sizeBytes\":4}}");
        let (_, problem) = only_result(&place, &header, b"evil").await;
        assert_eq!(problem, Some(400), "{name:?} in a batch");
        let lone = sent_in_a_tar(&place, name).await;
        assert!(matches!(lone, None | Some(400)), "{name:?} in an archive");
        for (index, request) in requests.into_iter().enumerate() {
            let answer = request.of(&place).await;
            assert_eq!(
                answer.status,
                400,
                "{name:?}, request {index}: {}",
                answer.text()
            );
        }
    }
    assert_eq!(tree(place.outer()), before);
}

#[tokio::test]
async fn an_odd_name_is_a_name_and_stays_inside() {
    for name in ODD {
        let place = Place::new();
        let answer = place.upload(name, b"content", &[]).await;
        assert_eq!(answer.status, 204, "{name:?}: {}", answer.text());
        let in_batch = format!("batch/{name}");
        let json = serde_json::to_string(&in_batch).unwrap();
        let header = format!("{{\"path\":{json},\"sizeBytes\":1}}");
        let stored = only_result(&place, &header, b"x").await;
        assert_eq!(stored, (Some(in_batch.clone()), None));
        assert_eq!(place.read(&in_batch), b"x", "{name:?}");
        assert_eq!(place.read(name), b"content", "{name:?}");
        assert_eq!(
            std::fs::read_dir(place.outer()).unwrap().count(),
            1,
            "{name:?}"
        );
        let query = encoded(name);
        assert_eq!(
            ask("GET", &format!("/files/content?path={query}"))
                .of(&place)
                .await
                .text(),
            "content",
            "{name:?}"
        );
        assert_eq!(
            ask("DELETE", &format!("/files?path={query}"))
                .of(&place)
                .await
                .status,
            204,
            "{name:?}"
        );
        assert!(!place.has(name), "{name:?}");
    }
}

#[tokio::test]
async fn the_root_is_not_changed_by_hand() {
    let place = Place::new();
    place.write("a", "x");
    for request in [
        ask("DELETE", "/files?path="),
        ask("POST", "/files/rename").json(r#"{"from":"","to":"b"}"#),
        ask("POST", "/files/rename").json(r#"{"from":"a","to":""}"#),
    ] {
        assert_eq!(request.of(&place).await.problem().code, 400);
    }
    assert!(place.has("a"));
}

#[tokio::test]
async fn an_upload_s_address_is_never_a_path() {
    let place = Place::new();
    place.write(".stowage/uploads/x.journal", "x");
    let upload = place.begin("f", 4, &[]).await;
    let id = upload.rsplit('/').next().unwrap();
    for odd in [
        "x",
        "..",
        "%2e%2e",
        "..%2f..",
        "%00",
        &id.to_uppercase(),
        &id[1..],
        &format!("{id}.part"),
        &format!("{id}0"),
    ] {
        let answer = ask("HEAD", &format!("/uploads/{odd}"))
            .tus()
            .of(&place)
            .await;
        assert!(
            [404, 412].contains(&answer.status) || odd == id,
            "{odd}: {}",
            answer.status
        );
    }
}
