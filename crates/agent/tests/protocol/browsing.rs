//! Folders, previews, names, deletion, usage.

use std::fmt::Write as _;

use std::os::unix::ffi::OsStrExt as _;

use wire::{FileKind, FolderView, PreviewView, UsageView};

use super::place::{Place, ask};

async fn folder(place: &Place, query: &str) -> FolderView {
    ask("GET", &format!("/files{query}")).of(place).await.read()
}

fn names(view: &FolderView) -> Vec<&str> {
    view.entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect()
}

#[tokio::test]
async fn a_folder_is_listed_folders_first_then_by_the_bytes_of_names() {
    let place = Place::new();
    for path in [
        "b",
        "a",
        "B",
        "é",
        "z/1",
        "y/.stowage/1",
        ".stowage/uploads/x",
        ".hidden",
    ] {
        place.write(path, "12345");
    }
    let view = folder(&place, "").await;
    assert_eq!(names(&view), ["y", "z", ".hidden", "B", "a", "b", "é"]);
    assert_eq!((view.total, view.next), (7, None));
    assert_eq!(
        (view.entries[0].kind, view.entries[0].size_bytes.0),
        (FileKind::Folder, 0)
    );
    assert_eq!(
        (view.entries[3].kind, view.entries[3].size_bytes.0),
        (FileKind::File, 5)
    );
    assert_eq!(names(&folder(&place, "?path=y").await), [".stowage"]);
    assert_eq!(
        ask("GET", "/files?path=nowhere")
            .of(&place)
            .await
            .problem()
            .code,
        404
    );
    assert_eq!(
        ask("GET", "/files?path=a").of(&place).await.problem().code,
        404
    );
}

#[tokio::test]
async fn a_folder_comes_in_pages() {
    let place = Place::new();
    for n in 0..7 {
        place.write(&format!("{n}"), "");
    }
    let first = folder(&place, "?path=&limit=3").await;
    assert_eq!(
        (names(&first), first.total, first.next),
        (vec!["0", "1", "2"], 7, Some(3))
    );
    let last = folder(&place, "?limit=3&offset=6").await;
    assert_eq!((names(&last), last.next), (vec!["6"], None));
    let beyond = folder(&place, "?offset=99").await;
    assert_eq!(
        (names(&beyond), beyond.total, beyond.next),
        (vec![], 7, None)
    );
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "offset=-1",
        "unknown=1",
        "path=a&path=b",
    ] {
        assert_eq!(
            ask("GET", &format!("/files?{query}"))
                .of(&place)
                .await
                .problem()
                .code,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_folder_of_a_hundred_thousand_files_is_listed_at_once() {
    let place = Place::new();
    std::fs::create_dir(place.path("many")).unwrap();
    for n in 0..100_000 {
        std::fs::File::create(place.path(&format!("many/{n:06}"))).unwrap();
    }
    let begun = std::time::Instant::now();
    let view = folder(&place, "?path=many&offset=99990&limit=1000").await;
    assert_eq!(
        (
            view.entries.len(),
            view.total,
            view.entries[9].name.as_str()
        ),
        (10, 100_000, "099999")
    );
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_name_that_is_no_text_is_shown_and_cannot_be_opened() {
    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"a\xffb");
    std::fs::write(place.root().join(name), "x").unwrap();
    let view = folder(&place, "").await;
    assert_eq!(names(&view), ["a\u{fffd}b"]);
    assert_eq!(
        ask("GET", "/files/content?path=a%FFb")
            .of(&place)
            .await
            .problem()
            .code,
        404
    );
}

#[tokio::test]
async fn a_preview_is_what_the_content_is() {
    let place = Place::new();
    place.write("notes.md", "# Title");
    place.write("table.csv", "a,b\n1,\"2,3\"\n");
    place.write("table.tsv", "a\tb\n");
    place.write("object.json", r#"{"b":1.0,"a":[]}"#);
    place.write("broken.json", "{");
    place.write("picture", b"GIF89a...");
    place.write("binary.txt", b"\0\x01\x02");
    place.write("empty.txt", "");
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    for (name, expected) in [
        (
            "notes.md",
            PreviewView::Markdown {
                text: "# Title".to_owned(),
                is_truncated: false,
            },
        ),
        (
            "table.csv",
            PreviewView::Table {
                header: words(&["a", "b"]),
                rows: vec![words(&["1", "2,3"])],
                is_truncated: false,
            },
        ),
        (
            "table.tsv",
            PreviewView::Table {
                header: words(&["a", "b"]),
                rows: vec![],
                is_truncated: false,
            },
        ),
        (
            "object.json",
            PreviewView::Json {
                text: "{\n  \"b\": 1.0,\n  \"a\": []\n}".to_owned(),
            },
        ),
        (
            "broken.json",
            PreviewView::Text {
                text: "{".to_owned(),
                is_truncated: false,
            },
        ),
        ("picture", PreviewView::Image),
        (
            "empty.txt",
            PreviewView::Text {
                text: String::new(),
                is_truncated: false,
            },
        ),
    ] {
        let view: PreviewView = ask("GET", &format!("/files/preview?path={name}"))
            .of(&place)
            .await
            .read();
        assert_eq!(view, expected, "{name}");
    }
    let view: PreviewView = ask("GET", "/files/preview?path=binary.txt")
        .of(&place)
        .await
        .read();
    assert!(matches!(view, PreviewView::None { .. }));
    assert_eq!(
        ask("GET", "/files/preview?path=nothing")
            .of(&place)
            .await
            .problem()
            .code,
        404
    );
    assert_eq!(
        ask("GET", "/files/preview?path=")
            .of(&place)
            .await
            .problem()
            .code,
        409
    );
}

#[tokio::test]
async fn a_preview_reads_the_beginning_of_a_large_file_only() {
    let place = Place::new();
    place.write("large.txt", "é".repeat(200_000));
    let view: PreviewView = ask("GET", "/files/preview?path=large.txt")
        .of(&place)
        .await
        .read();
    assert_eq!(
        view,
        PreviewView::Text {
            text: "é".repeat(131_072),
            is_truncated: true
        }
    );
    place.write("odd.txt", format!("x{}", "é".repeat(200_000)));
    let view: PreviewView = ask("GET", "/files/preview?path=odd.txt")
        .of(&place)
        .await
        .read();
    assert_eq!(
        view,
        PreviewView::Text {
            text: format!("x{}", "é".repeat(131_071)),
            is_truncated: true
        }
    );
    let rows = (0..100_000).fold("n,m\n".to_owned(), |mut text, n| {
        writeln!(text, "{n},x").unwrap();
        text
    });
    place.write("large.csv", rows);
    let view: PreviewView = ask("GET", "/files/preview?path=large.csv")
        .of(&place)
        .await
        .read();
    let PreviewView::Table {
        rows, is_truncated, ..
    } = view
    else {
        panic!("{view:?}")
    };
    assert_eq!((rows.len(), is_truncated), (200, true));
}

#[tokio::test]
async fn a_folder_is_made_with_those_on_the_way() {
    let place = Place::new();
    place.write("file", "x");
    let make = |path: &str| ask("POST", "/files/folder").json(&format!("{{\"path\":\"{path}\"}}"));
    assert_eq!(make("a/b/c").of(&place).await.status, 201);
    assert!(place.path("a/b/c").is_dir());
    assert_eq!(make("a/b").of(&place).await.status, 201);
    for path in ["file", "file/x"] {
        assert_eq!(make(path).of(&place).await.problem().code, 409, "{path}");
    }
}

#[tokio::test]
async fn a_body_is_what_it_is_said_to_be() {
    let place = Place::new();
    for (body, status) in [
        ("", 400),
        ("{}", 400),
        ("[]", 400),
        (r#"{"path":"a","more":1}"#, 400),
        (r#"{"path":1}"#, 400),
        (&format!(r#"{{"path":"{}"}}"#, "x".repeat(100_000)), 413),
    ] {
        assert_eq!(
            ask("POST", "/files/folder")
                .json(body)
                .of(&place)
                .await
                .problem()
                .code,
            status
        );
    }
    let form = ask("POST", "/files/folder")
        .with("content-type", "text/plain")
        .body(r#"{"path":"a"}"#);
    assert_eq!(form.of(&place).await.problem().code, 415);
    assert_eq!(ask("PUT", "/files").of(&place).await.problem().code, 405);
    assert_eq!(ask("GET", "/nothing").of(&place).await.problem().code, 404);
}

#[tokio::test]
async fn a_rename_replaces_nothing() {
    let place = Place::new();
    for path in ["a", "b", "folder/x", "other/y"] {
        place.write(path, path);
    }
    for (from, to, status) in [
        ("a", "b", 409),
        ("a", "a", 409),
        ("a", "folder", 409),
        ("folder", "other", 409),
        ("folder", "folder/x/y", 409),
        ("folder", "folder/deeper", 409),
        ("nothing", "c", 404),
        ("a", "nowhere/c", 404),
        ("a", "c", 204),
        ("c", "other/c", 204),
        ("folder", "other/folder", 204),
    ] {
        let answer = ask("POST", "/files/rename")
            .json(&format!(r#"{{"from":"{from}","to":"{to}"}}"#))
            .of(&place)
            .await;
        assert_eq!(answer.status, status, "{from} to {to}: {}", answer.text());
    }
    assert_eq!(place.read("b"), b"b");
    assert_eq!(place.read("other/c"), b"a");
    assert_eq!(place.read("other/folder/x"), b"folder/x");
}

#[tokio::test]
async fn deleting_takes_a_file_or_all_of_a_folder() {
    let place = Place::new();
    for path in ["a", "folder/x", "folder/deep/er/y", "folder/z", "kept/x"] {
        place.write(path, path);
    }
    for (path, status) in [
        ("a", 204),
        ("a", 404),
        ("folder/deep/er/y", 204),
        ("folder", 204),
        ("kept/x/y", 404),
    ] {
        assert_eq!(
            ask("DELETE", &format!("/files?path={path}"))
                .of(&place)
                .await
                .status,
            status,
            "{path}"
        );
    }
    assert!(!place.has("folder"));
    assert_eq!(place.read("kept/x"), b"kept/x");
}

#[tokio::test]
async fn a_tree_deeper_than_there_are_handles_is_deleted() {
    let place = Place::new();
    std::fs::create_dir(place.path("deep")).unwrap();
    let mut folder = std::os::fd::OwnedFd::from(std::fs::File::open(place.path("deep")).unwrap());
    for _ in 0..3_000 {
        use rustix::fs::{Mode, OFlags, mkdirat, openat};
        mkdirat(&folder, "d", Mode::RWXU).unwrap();
        folder = openat(&folder, "d", OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    assert_eq!(
        ask("DELETE", "/files?path=deep").of(&place).await.status,
        204
    );
    assert!(!place.has("deep"));
}

#[tokio::test]
async fn usage_counts_files_and_not_what_is_staged() {
    let place = Place::new();
    place.write("a", "12345");
    place.write("b/c/d", "123");
    let upload = place.begin("u", 100, &[]).await;
    place.append(&upload, 0, [0; 50]).await;
    let usage: UsageView = ask("GET", "/usage").of(&place).await.read();
    assert_eq!((usage.used_bytes.0, usage.file_count), (8, 2));
    assert!(usage.available_bytes.0 > 0);
}
