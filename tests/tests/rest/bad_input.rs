//! Nonsense, other people's ids and forged headers.

use anyhow::Result;
use axum::body::Body;
use domain::Role;
use http::{Request, header};
use serde_json::{Value, json};

use crate::fixture::Console;

const MISSING: &str = "00000000-0000-7000-8000-00000000dead";

#[tokio::test]
async fn what_is_not_ones_own_reads_like_what_is_not_there() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console
        .person("grace", Role::ResearchManager, "Speech")
        .await?;
    let foreign = console.volume(&ada, "imagenet", "faces").await?;
    let own = console.volume(&grace, "asr", "voices").await?;
    let patch = json!({"description": "mine now"});
    let share = json!({"add": [{"scopeType": "project", "scopeId": console.id("tts")}]});
    for (method, rest, body) in [
        ("GET", "", &Value::Null),
        ("PATCH", "", &patch),
        ("DELETE", "", &Value::Null),
        ("GET", "/sharedScopes", &Value::Null),
        ("PATCH", "/sharedScopes", &share),
        ("PATCH", "/shared-scopes", &share),
        ("GET", "/files", &Value::Null),
        ("GET", "/files/content?path=a", &Value::Null),
        ("DELETE", "/files?path=a", &Value::Null),
        ("POST", "/files/folder", &json!({"path": "a"})),
        ("POST", "/files/rename", &json!({"from": "a", "to": "b"})),
        ("POST", "/uploads", &Value::Null),
        (
            "HEAD",
            "/uploads/00000000-0000-0000-0000-000000000000",
            &Value::Null,
        ),
    ] {
        let mut answers = Vec::new();
        for id in [foreign.as_str(), MISSING, "no-id-at-all"] {
            let address = format!("/api/v1/datavolumes/{id}{rest}");
            let answer = console.ask(&grace, method, &address, body).await?;
            answers.push((answer.status.as_u16(), answer.bytes));
        }
        assert_eq!(answers[0].0, 404, "{method} {rest}");
        assert_eq!(answers[0], answers[1], "{method} {rest}");
        assert_eq!(answers[0], answers[2], "{method} {rest}");
    }
    // Other people's scopes in the body.
    for (method, address, body) in [
        (
            "PATCH",
            format!("/api/v1/datavolumes/{own}/sharedScopes"),
            json!({"add": [{"scopeType": "project", "scopeId": "SCOPE"}]}),
        ),
        (
            "PATCH",
            format!("/api/v1/datavolumes/{own}/sharedScopes"),
            json!({"remove": [{"scopeType": "project", "scopeId": "SCOPE"}]}),
        ),
        (
            "POST",
            "/api/v1/datavolumes".into(),
            json!({"name": "x", "originPvcName": "x", "projectId": "SCOPE"}),
        ),
        (
            "GET",
            "/api/v1/datavolumes?requestType=UsableInProject&usableInProjectId=SCOPE".into(),
            Value::Null,
        ),
        (
            "GET",
            "/api/v1/asset/datasource/pvc?projectId=SCOPE".into(),
            Value::Null,
        ),
    ] {
        let mut answers = Vec::new();
        for scope in [console.id("imagenet"), "4711"] {
            let body: Value = serde_json::from_str(&body.to_string().replace("SCOPE", scope))?;
            let answer = console
                .ask(&grace, method, &address.replace("SCOPE", scope), &body)
                .await?;
            answers.push((answer.status.as_u16(), answer.bytes));
        }
        assert_eq!(answers[0].0, 404, "{method} {address}");
        assert_eq!(answers[0], answers[1], "{method} {address}");
    }
    Ok(())
}

#[tokio::test]
async fn a_parameter_that_is_wrong_is_named() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    for (query, field) in [
        ("", "requestType"),
        ("requestType=Everything", "requestType"),
        ("requestType=UsableInProject", "usableInProjectId"),
        (
            "requestType=Originated&usableInProjectId=1",
            "usableInProjectId",
        ),
        ("requestType=Originated&limit=-1", "limit"),
        ("requestType=Originated&limit=1e9", "limit"),
        ("requestType=Originated&limit=1000000000", "limit"),
        ("requestType=Originated&limit=0", "limit"),
        ("requestType=Originated&limit=501", "limit"),
        ("requestType=Originated&offset=-1", "offset"),
        ("requestType=Originated&sortBy=size;drop", "sortBy"),
        ("requestType=Originated&sortOrder=up", "sortOrder"),
        ("requestType=Originated&colour=red", "colour"),
        ("requestType=Originated&filterBy=name", "filterBy"),
        ("requestType=Originated&filterBy=name~x", "filterBy"),
        ("requestType=Originated&filterBy=secret==1", "filterBy"),
        (
            "requestType=Originated&filterBy=createdAt=@2026",
            "filterBy",
        ),
        (
            "requestType=Originated&filterBy=createdAt==soon",
            "filterBy",
        ),
        ("requestType=Originated&filterBy=%27%20OR%201=1", "filterBy"),
    ] {
        let answer = console
            .get(&ada, &format!("/api/v1/datavolumes?{query}"))
            .await?;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["details"]),
            (400, &json!(field)),
            "{query}"
        );
    }
    let many = vec!["name!=x"; 21].join(",");
    for (name, text, field) in [
        ("search", "x".repeat(201), "search"),
        ("filterBy", format!("name=={}", "x".repeat(256)), "filterBy"),
        ("filterBy", many, "filterBy"),
    ] {
        let address = format!("/api/v1/datavolumes?requestType=Originated&{name}={text}");
        let answer = console.get(&ada, &address).await?;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["details"]),
            (400, &json!(field)),
            "{name}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_wrong_is_refused_by_its_field() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    console.claim("imagenet", "claim")?;
    let good = json!({"name": "x", "originPvcName": "claim", "projectId": console.id("imagenet")});
    for (field, value) in [
        ("name", json!("Not A Label")),
        ("name", json!(1)),
        ("name", json!("x".repeat(1 << 20))),
        ("description", json!("x".repeat(128))),
        ("originPvcName", Value::Null),
        ("projectId", json!(["1"])),
        ("shouldDeleteOriginalVolume", json!(true)),
        ("useOriginalVolume", json!(false)),
        ("tags", json!(vec!["t"; 21])),
        (
            "storage",
            json!({"storageClass": "standard", "sizeBytes": 1}),
        ),
        ("originSubPath", json!("../asr")),
        ("originSubPath", json!("/etc")),
        ("originSubPath", json!("a//b")),
        ("originSubPath", json!("a/./b")),
        ("originSubPath", json!(".stowage/uploads")),
        ("originSubPath", json!("a\nb")),
        ("namespace", json!("kube-system")),
        ("volumeName", json!("pv-of-others")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = console
            .ask(&ada, "POST", "/api/v1/datavolumes", &body)
            .await?;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["details"]),
            (400, &json!(field)),
            "{field}"
        );
    }
    // What nobody offered reads like what is not there.
    let mut body = good.clone();
    body["originPvcName"] = Value::Null;
    body["offeredVolume"] = json!({"volumeName": "pv-of-others", "volumeUid": "1"});
    let answer = console
        .ask(&ada, "POST", "/api/v1/datavolumes", &body)
        .await?;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["details"], "storage.volume");
    // A folder of the project is taken as a whole.
    let mut body = good.clone();
    body["originSubPath"] = json!("a/b");
    let answer = console
        .ask(&ada, "POST", "/api/v1/datavolumes", &body)
        .await?;
    assert_eq!(answer.status, 409);
    for claim in ["../asr/secret", "/etc", ".stowage", "shared", "a/b"] {
        let mut body = good.clone();
        body["originPvcName"] = json!(claim);
        let answer = console
            .ask(&ada, "POST", "/api/v1/datavolumes", &body)
            .await?;
        assert_eq!(answer.status, 409, "{claim}");
    }
    let many: Vec<_> = vec![json!({"scopeType": "project", "scopeId": "1"}); 51];
    let id = console.volume(&ada, "imagenet", "faces").await?;
    let address = format!("/api/v1/datavolumes/{id}/sharedScopes");
    for (body, field) in [
        (json!({"add": many}), "add"),
        (json!({"remove": many}), "remove"),
        (
            json!({"add": [{"scopeType": "tenant", "scopeId": "1"}]}),
            "add[0].scopeType",
        ),
        (
            json!({"add": [{"scopeType": "cluster", "scopeId": console.id("segment")}]}),
            "add.scopeType",
        ),
        (
            json!({"add": [{"scopeType": "project", "scopeId": "1", "mode": "root"}]}),
            "add[0].mode",
        ),
        (json!({"replace": []}), "replace"),
    ] {
        let answer = console.ask(&ada, "PATCH", &address, &body).await?;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["details"]),
            (400, &json!(field)),
            "{body}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_json_is_refused() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let deep = "[".repeat(100_000);
    let large = format!("\"{}\"", "x".repeat(3 << 20));
    for (content_type, body, status) in [
        ("application/json", "", 400),
        ("application/json", "{", 400),
        ("application/json", "{} {}", 400),
        ("application/json", deep.as_str(), 400),
        ("application/json", large.as_str(), 413),
        ("text/plain", "{}", 415),
        ("application/x-www-form-urlencoded", "name=x", 415),
    ] {
        let request = Request::post("/api/v1/datavolumes")
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body.to_owned()))?;
        assert_eq!(console.send(Some(&ada), request).await?.status, status);
    }
    Ok(())
}

#[tokio::test]
async fn headers_make_nobody_of_somebody_else() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console
        .person("grace", Role::L2Researcher, "Speech")
        .await?;
    let id = console.volume(&ada, "imagenet", "faces").await?;
    let address = format!("/api/v1/datavolumes/{id}");
    let forged = |method: &str| {
        Request::builder()
            .method(method)
            .uri(&address)
            .header("x-forwarded-user", "ada")
            .header("x-forwarded-for", "127.0.0.1")
            .header("x-forwarded-host", "evil.example")
            .header("x-remote-user", "ada")
            .header("impersonate-user", "ada")
            .header("impersonate-group", "system:masters")
            .header("x-http-method-override", "DELETE")
            .header("x-method-override", "DELETE")
            .body(Body::empty())
    };
    assert_eq!(
        console.send(Some(&grace), forged("GET")?).await?.status,
        404
    );
    assert_eq!(console.send(None, forged("GET")?).await?.status, 401);
    // A method that is written in a header is no method.
    assert_eq!(console.send(Some(&ada), forged("POST")?).await?.status, 405);
    assert_eq!(
        console.send(Some(&ada), forged("GET")?).await?.json()["status"]["phase"],
        "Ready"
    );
    Ok(())
}

#[tokio::test]
async fn nobody_is_told_nothing() -> Result<()> {
    let console = Console::start().await?;
    let mut answers = Vec::new();
    for address in [
        "/api/v1/datavolumes",
        "/api/v1/clusters",
        "/api/v1/no-such-thing",
        "/api/v2/storage-classes",
    ] {
        let answer = console
            .send(None, Request::get(address).body(Body::empty())?)
            .await?;
        answers.push((answer.status.as_u16(), answer.bytes));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    Ok(())
}
