//! Data volumes and their shares: the whole way, and who is told what.

use anyhow::Result;
use domain::Role;
use http::{Request, header};
use serde_json::{Value, json};

use crate::fixture::Console;

fn names(list: &Value) -> Vec<&str> {
    let volumes = list["datavolumes"].as_array();
    volumes
        .into_iter()
        .flatten()
        .filter_map(|volume| volume["name"].as_str())
        .collect()
}

#[tokio::test]
async fn a_program_makes_shares_unshares_and_deletes_a_data_volume() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "east").await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let folder = console.claim("imagenet", "faces")?;
    std::fs::write(folder.join("a.txt"), "hello")?;
    let id = console.volume(&ada, "imagenet", "faces").await?;
    let address = format!("/api/v1/datavolumes/{id}");

    let shown = console.get(&ada, &address).await?.json();
    assert_eq!(
        [
            &shown["name"],
            &shown["originPvcName"],
            &shown["projectName"],
            &shown["status"]["phase"]
        ],
        ["faces", "faces", "imagenet", "Ready"]
    );
    assert_eq!(shown["projectId"], console.id("imagenet"));
    assert_eq!(shown["clusterId"], console.id("east"));
    assert_eq!(shown["sharedScopes"], json!([]));

    let usable = format!(
        "/api/v1/datavolumes?requestType=UsableInProject&usableInProjectId={}",
        console.id("asr")
    );
    assert!(names(&console.get(&grace, &usable).await?.json()).is_empty());
    assert_eq!(console.get(&grace, &address).await?.status, 404);

    let department = json!({"scopeType": "department", "scopeId": console.id("Speech")});
    for spelling in ["sharedScopes", "shared-scopes"] {
        // Twice: what is shared already stays as it is.
        let patch = json!({"add": [department]});
        let shared = console
            .ask(&ada, "PATCH", &format!("{address}/{spelling}"), &patch)
            .await?;
        assert_eq!(shared.status, 200);
        assert_eq!(shared.json()[0]["scopeName"], "Speech");
    }
    assert_eq!(
        names(&console.get(&grace, &usable).await?.json()),
        ["faces"]
    );
    let originated = "/api/v1/datavolumes?requestType=Originated";
    assert!(names(&console.get(&grace, originated).await?.json()).is_empty());
    assert_eq!(
        names(&console.get(&ada, originated).await?.json()),
        ["faces"]
    );

    let refused = console.delete(&ada, &address).await?;
    assert_eq!(refused.status, 409);
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap_or_default()
            .contains("Speech")
    );

    let patch = json!({"remove": [department], "add": null});
    let shared = console
        .ask(&ada, "PATCH", &format!("{address}/sharedScopes"), &patch)
        .await?;
    assert_eq!(shared.json(), json!([]));
    assert_eq!(console.get(&grace, &address).await?.status, 404);

    assert_eq!(console.delete(&ada, &address).await?.status, 202);
    assert_eq!(
        console.get(&ada, &address).await?.json()["status"]["phase"],
        "Deleting"
    );
    assert_eq!(console.delete(&ada, &address).await?.status, 202);
    console.settle().await?;
    assert_eq!(console.get(&ada, &address).await?.status, 404);
    assert_eq!(std::fs::read_to_string(folder.join("a.txt"))?, "hello");
    Ok(())
}

#[tokio::test]
async fn a_change_of_what_was_changed_meanwhile_is_refused() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let id = console.volume(&ada, "imagenet", "faces").await?;
    let address = format!("/api/v1/datavolumes/{id}");
    let shown = console.get(&ada, &address).await?;
    let tag = shown.headers[header::ETAG].clone();
    let patch = |tag: &http::HeaderValue, body: Value| {
        Request::patch(&address)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, tag)
            .body(body.to_string().into())
    };

    let first = console
        .send(Some(&ada), patch(&tag, json!({"description": "one"}))?)
        .await?;
    assert_eq!(
        (first.status.as_u16(), &first.json()["description"]),
        (200, &json!("one"))
    );
    let second = console
        .send(Some(&ada), patch(&tag, json!({"description": "two"}))?)
        .await?;
    assert_eq!(second.status, 412);
    let fresh = &first.headers[header::ETAG];
    let third = console
        .send(Some(&ada), patch(fresh, json!({"tags": ["a", "b"]}))?)
        .await?;
    assert_eq!(third.json()["tags"], json!(["a", "b"]));
    assert_eq!(third.json()["description"], "one");
    Ok(())
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "east").await?;
    for (project, name) in [
        ("imagenet", "a1"),
        ("segment", "b2"),
        ("asr", "c3"),
        ("tts", "a4"),
    ] {
        console.volume(&ada, project, name).await?;
    }
    let imagenet = console.id("imagenet");
    for (query, expected) in [
        ("filterBy=name=^a", vec!["a1", "a4"]),
        ("filterBy=name=$3", vec!["c3"]),
        ("filterBy=name=@4", vec!["a4"]),
        ("filterBy=name!@a", vec!["b2", "c3"]),
        ("filterBy=name==b2", vec!["b2"]),
        ("filterBy=name!=b2", vec!["a1", "a4", "c3"]),
        ("filterBy=name%3C=a4", vec!["a1", "a4"]),
        ("filterBy=name%3E=b2,name!=c3", vec!["b2"]),
        ("filterBy=name=@a&filterBy=projectName==tts", vec!["a4"]),
        (&format!("filterBy=projectId=={imagenet}"), vec!["a1"]),
        (
            "filterBy=createdBy==ada,phase==Ready",
            vec!["a1", "a4", "b2", "c3"],
        ),
        ("filterBy=createdBy==grace", vec![]),
        ("filterBy=createdAt%3E=2026-01-01T00:00:00Z", vec![]),
        (
            "sortBy=projectName&sortOrder=desc",
            vec!["a4", "b2", "a1", "c3"],
        ),
        ("sortBy=createdBy", vec!["a1", "b2", "c3", "a4"]),
        ("search=A", vec!["a1", "a4"]),
    ] {
        let address = format!("/api/v1/datavolumes?requestType=Originated&{query}");
        let answer = console.get(&ada, &address).await?;
        assert_eq!(names(&answer.json()), expected, "{query}");
        if !query.contains("sortBy") {
            let address = format!("/api/v1/datavolumes/count?requestType=Originated&{query}");
            let count = console.get(&ada, &address).await?;
            assert_eq!(count.json(), json!({"count": expected.len()}), "{query}");
        }
    }
    let page =
        |offset: u8| format!("/api/v1/datavolumes?requestType=Originated&limit=3&offset={offset}");
    let first = console.get(&ada, &page(0)).await?.json();
    assert_eq!(
        (names(&first), &first["next"]),
        (vec!["a1", "a4", "b2"], &json!(3))
    );
    let last = console.get(&ada, &page(3)).await?.json();
    assert_eq!((names(&last), &last["next"]), (vec!["c3"], &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_name_is_free_until_somebody_has_it() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let reader = console.person("reader", Role::Viewer, "Speech").await?;
    console.volume(&ada, "imagenet", "faces").await?;
    let ask = |name: &str| {
        format!(
            "/api/v1/datavolumes/name-availability?dataName={name}&clusterId={}",
            console.id("east")
        )
    };
    assert_eq!(console.get(&ada, &ask("voices")).await?.status, 204);
    assert_eq!(console.get(&ada, &ask("faces")).await?.status, 409);
    assert_eq!(
        console.get(&ada, &ask("Faces")).await?.json()["details"],
        "dataName"
    );
    assert_eq!(console.get(&reader, &ask("faces")).await?.status, 403);
    let settings = console.get(&ada, "/api/v1/datavolumes/settings").await?;
    assert_eq!(settings.json(), json!({"enableDataVolumes": true}));
    Ok(())
}

#[tokio::test]
async fn files_are_reached_by_the_same_door() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let folder = console.claim("imagenet", "faces")?;
    std::fs::write(folder.join("a b.txt"), "hello")?;
    let id = console.volume(&ada, "imagenet", "faces").await?;
    let address = format!("/api/v1/datavolumes/{id}");
    let listed = console.get(&ada, &format!("{address}/files")).await?;
    assert_eq!(listed.json()["entries"][0]["name"], "a b.txt");
    let file = format!("{address}/files/content?path=a%20b.txt");
    assert_eq!(console.get(&ada, &file).await?.bytes, b"hello");
    let made = console
        .ask(
            &ada,
            "POST",
            &format!("{address}/files/folder"),
            &json!({"path": "x/y"}),
        )
        .await?;
    assert_eq!(made.status, 201);
    assert!(folder.join("x/y").is_dir());
    let options = Request::options(format!("{address}/uploads")).body(axum::body::Body::empty())?;
    let options = console.raw(Some(&ada), options).await?;
    assert_eq!(
        (
            options.status.as_u16(),
            options.headers["tus-version"].to_str()?
        ),
        (204, "1.0.0")
    );
    Ok(())
}
