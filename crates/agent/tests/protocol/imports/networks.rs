//! Where imports must not go, however that is spelled.

use axum::response::{IntoResponse as _, Redirect};
use serde_json::json;

use super::super::place::Place;
use super::source::Source;
use super::{counts, http_order, imported, only_problem, quick};

#[tokio::test]
async fn a_private_address_is_never_asked_whatever_it_is_called() {
    let place = Place::with(quick());
    let source = Source::of(&[("/f", b"secret")]).await;
    let port = source.address.port();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "0.0.0.0",
    ];
    let files = hosts.map(|host| json!({"url": format!("http://{host}:{port}/f"), "path": host}));
    let mut order = http_order(&files.into());
    order["permittedNetworks"] = json!(["10.0.0.0/8"]);
    let standing = imported(&place, "one", &order).await;
    assert_eq!(counts(&standing), [9, 0, 0, 9], "{standing:?}");
    for problem in &standing.progress.problems {
        assert!(
            problem.message.contains("private or reserved"),
            "{problem:?}"
        );
    }
    assert!(source.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_is_judged_like_an_address_that_was_ordered() {
    let place = Place::with(quick());
    let source = Source::answering(|seen, _| {
        let port = seen.header("host").unwrap().rsplit(':').next().unwrap();
        let to = match seen.path.as_str() {
            "/elsewhere" => format!("http://127.0.0.2:{port}/x"),
            "/metadata" => "http://169.254.169.254/latest/meta-data".to_owned(),
            "/file" => "file:///etc/passwd".to_owned(),
            "/password" => format!("http://ada:hush@127.0.0.1:{port}/x"),
            _ => "/again".to_owned(),
        };
        Redirect::temporary(&to).into_response()
    })
    .await;
    for (path, reason) in [
        ("/elsewhere", "private or reserved"),
        ("/metadata", "private or reserved"),
        ("/file", "http and https only"),
        ("/password", "no name or password"),
        ("/again", "too often"),
    ] {
        let order = http_order(&json!([{"url": source.url(path)}]));
        let standing = imported(&place, "one", &order).await;
        assert!(only_problem(&standing).contains(reason), "{standing:?}");
        assert!(!only_problem(&standing).contains("hush"));
    }
    assert_eq!(source.count("/x"), 0);
    assert_eq!(source.count("/again"), 6);
}
