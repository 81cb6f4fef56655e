//! Tickets: who gets in, with what, until when.

use agent::{Access, Ticket, TicketKey};
use domain::VolumePath;
use jiff::SignedDuration;
use wire::UnfinishedUpload;

use super::place::{Answer, Asked, CLAIM, Place, ask, key, metadata, patch, ticket};

fn routes(upload: &str) -> Vec<(bool, Asked)> {
    let create = ask("POST", "/uploads")
        .tus()
        .with("upload-length", "3")
        .with("upload-metadata", &metadata("n", &[]));
    vec![
        (false, ask("GET", "/files")),
        (false, ask("GET", "/files/content?path=f")),
        (false, ask("HEAD", "/files/content?path=f")),
        (false, ask("GET", "/files/preview?path=f")),
        (false, ask("GET", "/usage")),
        (false, ask("GET", "/uploads")),
        (false, ask("OPTIONS", "/uploads")),
        (true, ask("POST", "/files/folder").json(r#"{"path":"n"}"#)),
        (
            true,
            ask("POST", "/files/rename").json(r#"{"from":"f","to":"n"}"#),
        ),
        (true, ask("DELETE", "/files?path=f")),
        (true, create),
        (true, patch(upload, 0, "abc")),
        (
            true,
            ask("POST", upload)
                .tus()
                .with("x-http-method-override", "DELETE"),
        ),
        (true, ask("DELETE", upload).tus()),
    ]
}

#[tokio::test]
async fn who_may_read_may_not_write() {
    let place = Place::new();
    place.write("f", "content");
    let upload = place.begin("u", 3, &[]).await;
    let reading = key().sign(&ticket("ada", Access::Read));
    for (index, (is_change, request)) in routes(&upload).into_iter().enumerate() {
        let answer = request.under(&reading).of(&place).await;
        if is_change {
            assert_eq!(answer.problem().code, 403, "route {index}");
        } else {
            assert!(answer.status < 300, "route {index}: {}", answer.status);
        }
    }
    assert_eq!(place.read("f"), b"content");
    assert!(!place.has("n") && !place.has("u"));
    assert_eq!(place.offset(&upload).await, 0);
}

#[tokio::test]
async fn no_route_opens_without_a_good_ticket() {
    let place = Place::new();
    place.write("f", "content");
    let upload = place.begin("u", 3, &[]).await;
    let good = ticket("ada", Access::Write);
    let expired = Ticket {
        expires_at: domain::Clock::now(&*place.clock),
        ..good.clone()
    };
    let elsewhere = Ticket {
        volume: "claim-2".to_owned(),
        ..good.clone()
    };
    let bad = [
        None,
        Some(String::new()),
        Some("a.b".to_owned()),
        Some(key().sign(&expired)),
        Some(key().sign(&elsewhere)),
        Some(TicketKey::new([1; 32]).sign(&good)),
        Some(key().sign(&good) + "A"),
    ];
    for text in &bad {
        for (index, (_, request)) in routes(&upload).into_iter().enumerate() {
            let request = match text {
                Some(text) => request.under(text),
                None => request.without_ticket(),
            };
            let answer = request.of(&place).await;
            assert_eq!(answer.status, 401, "route {index}, {text:?}");
        }
    }
    let twice = ask("GET", "/files").by("ada").by("ada");
    assert_eq!(twice.of(&place).await.status, 401);
    assert_eq!(
        ask("GET", "/nothing")
            .without_ticket()
            .of(&place)
            .await
            .status,
        401
    );
    assert_eq!(place.offset(&upload).await, 0);
    assert_eq!(place.read("f"), b"content");
}

#[tokio::test]
async fn every_refusal_of_a_ticket_reads_the_same() {
    let place = Place::new();
    let good = ticket("ada", Access::Write);
    let expired = key().sign(&Ticket {
        expires_at: domain::Clock::now(&*place.clock),
        ..good.clone()
    });
    let elsewhere = key().sign(&Ticket {
        volume: "claim-2".to_owned(),
        ..good
    });
    let mut bodies = Vec::new();
    for text in [expired, elsewhere, "x".to_owned()] {
        bodies.push(ask("GET", "/files").under(&text).of(&place).await.text());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn a_stranger_is_told_that_there_is_no_such_upload() {
    let place = Place::new();
    let upload = place.begin("u", 6, &[]).await;
    place.append(&upload, 0, "abc").await;
    let missing = "/uploads/0123456789abcdef0123456789abcdef";
    let asked = |address: &str| -> Vec<Asked> {
        vec![
            ask("HEAD", address).tus(),
            patch(address, 3, "def"),
            patch(address, 0, "x"),
            ask("DELETE", address).tus(),
        ]
    };
    for (theirs, none) in asked(&upload).into_iter().zip(asked(missing)) {
        let theirs: Answer = theirs.by("bob").of(&place).await;
        let none = none.by("bob").of(&place).await;
        assert_eq!(
            (theirs.status, &theirs.headers, &theirs.body),
            (404, &none.headers, &none.body)
        );
    }
    assert_eq!(place.offset(&upload).await, 3);
    let list: Vec<UnfinishedUpload> = ask("GET", "/uploads").by("bob").of(&place).await.read();
    assert_eq!(list, []);
}

#[tokio::test]
async fn a_person_finds_their_unfinished_uploads_again() {
    let place = Place::new();
    let second = place.begin("b/two", 6, &[("mtime", "1700000000123")]).await;
    let first = place.begin("a", 3, &[]).await;
    place.append(&second, 0, "abc").await;
    place.upload("done", b"x", &[]).await;
    let place = place.restarted(agent::Limits::default());
    let list: Vec<UnfinishedUpload> = ask("GET", "/uploads").of(&place).await.read();
    let seen: Vec<_> = list
        .iter()
        .map(|u| {
            (
                format!("/uploads/{}", u.id),
                u.path.as_str(),
                u.size_bytes.0,
                u.offset_bytes.0,
                u.modified_ms,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (first.clone(), "a", 3, 0, None),
            (second, "b/two", 6, 3, Some(1_700_000_000_123))
        ]
    );
    ask("DELETE", &first).tus().of(&place).await;
    let list: Vec<UnfinishedUpload> = ask("GET", "/uploads").of(&place).await.read();
    assert_eq!(list.len(), 1);
}

#[tokio::test]
async fn a_right_that_ends_while_a_file_arrives_does_not_publish_it() {
    let place = Place::new();
    let upload = place.begin("f", 6, &[]).await;
    let now = domain::Clock::now(&*place.clock);
    let short = Ticket {
        volume: CLAIM.to_owned(),
        subject: "ada".to_owned(),
        access: Access::Write,
        folders: vec![VolumePath::root()],
        expires_at: now.checked_add(SignedDuration::from_secs(60)).unwrap(),
        credential: None,
    };
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<bytes::Bytes, std::io::Error>>(1);
    let body = axum::body::Body::from_stream(tokio_stream(receiver));
    let request = patch(&upload, 0, "").body(body).under(&key().sign(&short));
    let answering = request.of(&place);
    let sending = async {
        sender.send(Ok("abc".into())).await.unwrap();
        place.clock.forward(SignedDuration::from_secs(61));
        sender.send(Ok("def".into())).await.unwrap();
        drop(sender);
    };
    let (answer, ()) = tokio::join!(answering, sending);
    assert_eq!(answer.problem().code, 409);
    assert!(!place.has("f"));
    assert_eq!(place.offset(&upload).await, 5);
    assert_eq!(place.append(&upload, 5, "f").await.status, 204);
    assert_eq!(place.read("f"), b"abcdef");
}

fn tokio_stream<T>(receiver: tokio::sync::mpsc::Receiver<T>) -> impl futures::Stream<Item = T> {
    futures::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|item| (item, receiver))
    })
}

#[tokio::test]
async fn who_has_a_folder_changes_what_is_in_it_and_nothing_else() {
    let place = Place::new();
    place.write("mine/f", "content");
    place.write("theirs/f", "content");
    let limited = key().sign(&Ticket {
        folders: vec!["mine".parse().unwrap()],
        ..ticket("ada", Access::Write)
    });
    let create = |path: &str| {
        ask("POST", "/uploads")
            .tus()
            .with("upload-length", "0")
            .with("upload-metadata", &metadata(path, &[]))
    };
    let refused = [
        (404, ask("GET", "/files?path=theirs")),
        (404, ask("GET", "/files/content?path=theirs%2Ff")),
        (404, ask("GET", "/files/details?path=theirs%2Ff")),
        (404, ask("GET", "/files/preview?path=theirs%2Ff")),
        (403, ask("POST", "/files/folder").json(r#"{"path":"n"}"#)),
        (
            403,
            ask("POST", "/files/rename").json(r#"{"from":"mine/f","to":"theirs/n"}"#),
        ),
        (
            403,
            ask("POST", "/files/rename").json(r#"{"from":"theirs/f","to":"mine/n"}"#),
        ),
        (
            403,
            ask("POST", "/files/rename").json(r#"{"from":"mine","to":"yours"}"#),
        ),
        (403, ask("DELETE", "/files?path=theirs%2Ff")),
        (403, ask("DELETE", "/files?path=mine")),
        (403, create("theirs/n")),
        (403, create("n")),
    ];
    for (index, (status, request)) in refused.into_iter().enumerate() {
        let answer = request.under(&limited).of(&place).await;
        assert_eq!(answer.problem().code, status, "request {index}");
    }
    let root: wire::FolderView = ask("GET", "/files").under(&limited).of(&place).await.read();
    let names: Vec<&str> = root.entries.iter().map(|entry| &*entry.name).collect();
    assert_eq!(names, ["mine"]);
    let stored = create("mine/n").under(&limited).of(&place).await;
    assert_eq!(stored.status, 201);
    assert_eq!(
        ask("POST", "/files/folder")
            .json(r#"{"path":"theirs/x"}"#)
            .of(&place)
            .await
            .status,
        201
    );
    let by_all = create("theirs/g").of(&place).await;
    assert_eq!(by_all.status, 201);
    let manifest = ask("GET", "/manifest")
        .under(&limited)
        .of(&place)
        .await
        .text();
    assert!(
        manifest.contains("mine/n") && !manifest.contains("theirs"),
        "{manifest}"
    );
    assert!(place.has("mine/n") && place.has("mine/f") && place.has("theirs/f"));
    assert!(!place.has("n") && !place.has("theirs/n") && !place.has("mine/theirs"));
}
