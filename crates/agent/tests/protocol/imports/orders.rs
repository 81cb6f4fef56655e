//! Orders: who may give which, and what is wrong with others.

use agent::{Access, Credential, Limits, SourceCredential, Ticket};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::hostile_names::{hostile, tree};
use super::super::place::{Place, ask, key, ticket};
use super::source::{Source, endless};
use super::{counts, http_order, imported, over, put, quick, showing};

fn s3_order() -> Value {
    json!({
        "source": {
            "kind": "s3",
            "endpoint": "https://s3.example.org",
            "region": "us-east-1",
            "bucket": "b",
        },
        "into": "",
    })
}

#[tokio::test]
async fn an_order_that_cannot_be_followed_is_refused_with_its_reason() {
    let place = Place::new();
    let url = |url: &str| http_order(&json!([{ "url": url }]));
    let with = |key: &str, value: Value| {
        let mut order = url("https://data.example/x");
        order[key] = value;
        order
    };
    let hugging_face = |repository: &str| {
        json!({
            "source": {
                "kind": "huggingFace",
                "endpoint": "https://hub.example",
                "repositoryType": "model",
                "repository": repository,
                "revision": "main",
            },
            "into": "",
        })
    };
    let s3 = |key: &str, value: &str| {
        let mut order = s3_order();
        order["source"][key] = json!(value);
        order
    };
    for (order, reason) in [
        (json!({}), "source"),
        (json!([]), "cannot be read"),
        (with("more", json!(1)), "unknown field"),
        (with("existing", json!("keep")), "unknown variant"),
        (with("into", json!("../x")), "is not the name"),
        (with("into", json!(".stowage")), "own folder"),
        (
            with("permittedNetworks", json!(["all"])),
            "is not a network",
        ),
        (with("source", json!({"kind": "ftp"})), "unknown variant"),
        (http_order(&json!([])), "1 to 10000"),
        (url("data.example/x"), "is not an address"),
        (url("ftp://data.example/x"), "http and https only"),
        (url("file:///etc/passwd"), "http and https only"),
        (url("https://ada:hush@data.example/x"), "use a credential"),
        (
            http_order(&json!([{"url": "https://x", "sha256": "0"}])),
            "64",
        ),
        (s3("endpoint", "s3.example.org"), "is not an address"),
        (s3("endpoint", "https://s3.example.org/?x=1"), "no “?”"),
        (s3("bucket", "../b"), "no name of a bucket"),
        (s3("bucket", ""), "no name of a bucket"),
        (hugging_face("../../api"), "owner/name"),
        (hugging_face(""), "owner/name"),
    ] {
        let problem = put("one", &order).of(&place).await.problem();
        assert_eq!(problem.code, 400, "{order}");
        assert!(
            problem.message.contains(reason),
            "{order}: {}",
            problem.message
        );
        assert!(!problem.message.contains("hush"));
    }
    for id in ["a.b", "a%2Fb", "%20", &"a".repeat(65)] {
        for method in ["PUT", "GET", "DELETE"] {
            let answer = ask(method, &format!("/imports/{id}")).of(&place).await;
            assert_eq!(answer.problem().code, 400, "{method} {id}");
        }
    }
    assert_eq!(
        ask("GET", "/imports/one").of(&place).await.problem().code,
        404
    );
    assert!(!place.has(".stowage"));
}

#[tokio::test]
async fn a_credential_is_refused_where_it_does_not_belong() {
    let place = Place::new();
    let s3 = || Credential::S3 {
        access_key_id: "AKIA".to_owned(),
        secret_access_key: "hush".to_owned(),
        session_token: None,
    };
    let bearer = || Credential::Bearer {
        token: "hush".to_owned(),
    };
    let order = http_order(&json!([{"url": "https://data.example/x"}]));
    for (credential, origins, order, reason) in [
        (
            bearer(),
            vec!["https://other.example"],
            &order,
            "is elsewhere",
        ),
        (
            bearer(),
            vec!["http://data.example"],
            &order,
            "is elsewhere",
        ),
        (
            bearer(),
            vec!["https://data.example:444"],
            &order,
            "is elsewhere",
        ),
        (bearer(), vec![], &order, "is elsewhere"),
        (s3(), vec!["https://data.example"], &order, "does not fit"),
        (
            bearer(),
            vec!["https://s3.example.org"],
            &s3_order(),
            "does not fit",
        ),
        (
            s3(),
            vec!["https://s3.example.com"],
            &s3_order(),
            "is elsewhere",
        ),
    ] {
        let shown = SourceCredential {
            credential,
            origins: origins.into_iter().map(ToOwned::to_owned).collect(),
        };
        let answer = put("one", order).under(&showing(shown)).of(&place).await;
        let problem = answer.problem();
        assert_eq!(problem.code, 400);
        assert!(problem.message.contains(reason), "{}", problem.message);
        assert!(!answer.text().contains("hush"));
    }
}

#[tokio::test]
async fn only_who_may_write_there_orders_sees_and_ends_an_import() {
    let place = Place::with(quick());
    let source = Source::answering(|_, _| Response::new(endless(vec![1]))).await;
    let reading = key().sign(&ticket("ada", Access::Read));
    let within = |folder: &str| {
        key().sign(&Ticket {
            folders: vec![folder.parse().unwrap()],
            ..ticket("bob", Access::Write)
        })
    };
    let mut order = http_order(&json!([{"url": source.url("/f")}]));
    order["into"] = json!("a/b");
    for (ticket, status) in [
        (&reading, 403),
        (&within("c"), 403),
        (&within("a/b/c"), 403),
    ] {
        let answer = put("one", &order).under(ticket).of(&place).await;
        assert_eq!(answer.problem().code, status);
    }
    assert_eq!(
        put("one", &order)
            .under(&within("a/b"))
            .of(&place)
            .await
            .status,
        200
    );
    for (method, ticket, status) in [
        ("GET", &reading, 403),
        ("DELETE", &reading, 403),
        ("GET", &within("c"), 404),
        ("DELETE", &within("c"), 404),
        ("GET", &within("a"), 200),
        ("DELETE", &within("a/b"), 204),
    ] {
        let asked = ask(method, "/imports/one").under(ticket);
        assert_eq!(asked.of(&place).await.status, status, "{method}");
    }
}

#[tokio::test]
async fn an_import_runs_once_and_so_many_at_a_time() {
    let place = Place::with(Limits {
        max_imports: 2,
        ..quick()
    });
    let source = Source::answering(|_, _| Response::new(endless(vec![1]))).await;
    let order = http_order(&json!([{"url": source.url("/f")}]));
    for id in ["one", "two", "one", "two"] {
        assert_eq!(put(id, &order).of(&place).await.status, 200);
    }
    let refused = put("three", &order).of(&place).await;
    assert_eq!(refused.problem().code, 429);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(place.volume.figures().running_imports(), 2);
    assert_eq!(ask("DELETE", "/imports/one").of(&place).await.status, 204);
    assert_eq!(put("three", &order).of(&place).await.status, 200);
    place.volume.cancel_imports();
    over(&place, "two").await;
    over(&place, "three").await;
    assert!(place.staged().is_empty(), "{:?}", place.staged());
}

#[tokio::test]
async fn a_hostile_name_is_refused_alone() {
    let place = Place::with(quick());
    let source = Source::of(&[("/f", b"evil"), ("/good", b"good")]).await;
    let before = tree(place.outer());
    let names = hostile();
    let mut files: Vec<Value> = names
        .iter()
        .map(|name| json!({"url": source.url("/f"), "path": name}))
        .collect();
    files.push(json!({"url": source.url("/good")}));
    let standing = imported(&place, "one", &http_order(&files.into())).await;
    let count = names.len() as u64;
    assert_eq!(counts(&standing), [count + 1, 1, 0, count], "{standing:?}");
    assert_eq!(source.count("/f"), 0);
    assert_eq!(place.read("good"), b"good");
    let own: Vec<_> = tree(place.outer())
        .into_iter()
        .filter(|path| !before.contains(path) && !path.contains("/.stowage"))
        .collect();
    assert_eq!(own, [place.path("good").to_string_lossy()]);
}
