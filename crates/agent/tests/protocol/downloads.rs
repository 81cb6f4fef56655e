//! Downloads: ranges, conditions, and what a browser is told about somebody's file.

use std::os::unix::fs::MetadataExt as _;

use http::HeaderMap;

use super::place::{Answer, Place, ask};

const TEXT: &[u8] = b"0123456789";

async fn get(place: &Place, address: &str, headers: &[(&'static str, &str)]) -> Answer {
    headers
        .iter()
        .fold(ask("GET", address), |asked, (name, value)| {
            asked.with(name, value)
        })
        .of(place)
        .await
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers
        .get(name)
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_range_is_exactly_what_was_asked_for() {
    let place = Place::new();
    place.write("f", TEXT);
    for (range, status, body, content_range) in [
        ("bytes=0-3", 206, "0123", "bytes 0-3/10"),
        ("bytes=4-", 206, "456789", "bytes 4-9/10"),
        ("bytes=-2", 206, "89", "bytes 8-9/10"),
        ("bytes=9-100", 206, "9", "bytes 9-9/10"),
        ("bytes=0-1,4-5", 200, "0123456789", ""),
        ("lines=1-2", 200, "0123456789", ""),
        ("bytes=5-2", 200, "0123456789", ""),
    ] {
        let answer = get(&place, "/files/content?path=f", &[("range", range)]).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (status, body),
            "{range}"
        );
        assert_eq!(
            text(&answer.headers, "content-range"),
            content_range,
            "{range}"
        );
        assert_eq!(
            text(&answer.headers, "content-length"),
            body.len().to_string(),
            "{range}"
        );
        assert_eq!(text(&answer.headers, "accept-ranges"), "bytes", "{range}");
    }
    for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let answer = get(&place, "/files/content?path=f", &[("range", range)]).await;
        assert_eq!(answer.problem().code, 416, "{range}");
        assert_eq!(
            answer.header("content-range"),
            Some("bytes */10"),
            "{range}"
        );
    }
}

#[tokio::test]
async fn a_large_file_comes_whole_and_in_any_part() {
    let place = Place::new();
    let content: Vec<u8> = (0_u32..700_000).flat_map(u32::to_le_bytes).collect();
    place.write("large", &content);
    assert_eq!(
        get(&place, "/files/content?path=large", &[]).await.body,
        content
    );
    let part = get(
        &place,
        "/files/content?path=large",
        &[("range", "bytes=524287-1048577")],
    )
    .await;
    assert_eq!(part.body, content[524_287..=1_048_577]);
}

#[tokio::test]
async fn head_says_the_same_and_sends_nothing() {
    let place = Place::new();
    place.write("f", TEXT);
    let whole = get(&place, "/files/content?path=f", &[]).await;
    let head = ask("HEAD", "/files/content?path=f")
        .with("range", "bytes=0-3")
        .of(&place)
        .await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.headers, whole.headers);
}

#[tokio::test]
async fn what_a_client_has_already_is_not_sent_again() {
    let place = Place::new();
    place.write("f", TEXT);
    let first = get(&place, "/files/content?path=f", &[]).await;
    let (tag, date) = (
        text(&first.headers, "etag"),
        text(&first.headers, "last-modified"),
    );
    assert!(
        tag.starts_with('"') && date.ends_with("GMT"),
        "{tag} {date}"
    );
    let weak = format!("W/{tag}");
    let list = format!("\"other\", {tag}");
    for (header, value, status) in [
        ("if-none-match", tag.as_str(), 304),
        ("if-none-match", &weak, 304),
        ("if-none-match", &list, 304),
        ("if-none-match", "*", 304),
        ("if-none-match", "\"other\"", 200),
        ("if-modified-since", &date, 304),
        ("if-modified-since", "Sat, 01 Jan 2000 00:00:00 GMT", 200),
        ("if-modified-since", "yesterday", 200),
    ] {
        let answer = get(&place, "/files/content?path=f", &[(header, value)]).await;
        assert_eq!(answer.status, status, "{header}: {value}");
        assert_eq!(
            answer.body.len(),
            if status == 304 { 0 } else { 10 },
            "{header}: {value}"
        );
    }
    let both = [
        ("if-none-match", "\"other\""),
        ("if-modified-since", date.as_str()),
    ];
    assert_eq!(
        get(&place, "/files/content?path=f", &both).await.status,
        200
    );
}

#[tokio::test]
async fn a_range_of_a_file_that_changed_is_the_whole_file() {
    let place = Place::new();
    place.write("f", TEXT);
    let first = get(&place, "/files/content?path=f", &[]).await;
    let (tag, date) = (
        text(&first.headers, "etag"),
        text(&first.headers, "last-modified"),
    );
    let range = ("range", "bytes=0-3");
    for (value, status) in [
        (tag.as_str(), 206),
        (&date, 206),
        ("\"other\"", 200),
        (&format!("W/{tag}"), 200),
        ("x", 200),
    ] {
        assert_eq!(
            get(
                &place,
                "/files/content?path=f",
                &[range, ("if-range", value)]
            )
            .await
            .status,
            status,
            "{value}"
        );
    }
    place.write("f", b"0123456789 and more");
    let after = get(
        &place,
        "/files/content?path=f",
        &[range, ("if-range", &tag)],
    )
    .await;
    assert_eq!(
        (after.status, after.text().as_str()),
        (200, "0123456789 and more")
    );
}

#[tokio::test]
async fn a_file_that_was_replaced_by_one_of_the_same_size_and_time_has_another_tag() {
    let place = Place::new();
    let mtime = [("mtime", "1700000000000"), ("overwrite", "yes")];
    place.upload("f", b"one", &mtime).await;
    let before = text(
        &get(&place, "/files/content?path=f", &[]).await.headers,
        "etag",
    );
    let inode = place.path("f").metadata().unwrap().ino();
    place.upload("f", b"two", &mtime).await;
    assert_ne!(place.path("f").metadata().unwrap().ino(), inode);
    assert_ne!(
        text(
            &get(&place, "/files/content?path=f", &[]).await.headers,
            "etag"
        ),
        before
    );
}

#[tokio::test]
async fn nothing_that_is_downloaded_is_run_by_a_browser() {
    let place = Place::new();
    place.write("page.html", "<script>alert(1)</script>");
    place.write(
        "picture.svg",
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    );
    place.write("false.png", "<!doctype html>");
    place.write("true.png", b"\x89PNG\r\n\x1a\n and so on");
    for (name, inline, kind, way) in [
        ("page.html", "", "application/octet-stream", "attachment"),
        (
            "page.html",
            "&inline=1",
            "application/octet-stream",
            "attachment",
        ),
        (
            "picture.svg",
            "&inline=1",
            "application/octet-stream",
            "attachment",
        ),
        (
            "false.png",
            "&inline=1",
            "application/octet-stream",
            "attachment",
        ),
        ("true.png", "", "application/octet-stream", "attachment"),
        ("true.png", "&inline=1", "image/png", "inline"),
    ] {
        let answer = get(&place, &format!("/files/content?path={name}{inline}"), &[]).await;
        assert_eq!(answer.header("content-type"), Some(kind), "{name}{inline}");
        assert_eq!(
            answer.header("content-disposition"),
            Some(format!("{way}; filename=\"{name}\"").as_str())
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; sandbox")
        );
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    }
}

#[tokio::test]
async fn a_name_of_any_script_reaches_the_browser_and_nothing_else_does() {
    let place = Place::new();
    place.write("Ä\"; evil=\"数据.csv", "x");
    let answer = get(
        &place,
        "/files/content?path=%C3%84%22%3B%20evil%3D%22%E6%95%B0%E6%8D%AE.csv",
        &[],
    )
    .await;
    let expected = "attachment; filename=\"__; evil=___.csv\"; \
                    filename*=UTF-8''%C3%84%22%3B%20evil%3D%22%E6%95%B0%E6%8D%AE.csv";
    assert_eq!(answer.header("content-disposition"), Some(expected));
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let place = Place::new();
    place.write("empty", "");
    let answer = get(&place, "/files/content?path=empty", &[]).await;
    assert_eq!(
        (answer.status, answer.header("content-length")),
        (200, Some("0"))
    );
    assert_eq!(
        get(
            &place,
            "/files/content?path=empty",
            &[("range", "bytes=0-")]
        )
        .await
        .status,
        416
    );
}

#[tokio::test]
async fn a_file_that_shrinks_while_it_is_sent_does_not_look_whole() {
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    let place = Place::new();
    place.write("f", vec![7; 4 << 20]);
    let request = ask("GET", "/files/content?path=f").into_request();
    let mut body = place
        .router
        .clone()
        .oneshot(request)
        .await
        .unwrap()
        .into_body();
    assert!(body.frame().await.unwrap().is_ok());
    place.write("f", vec![7; 1 << 20]);
    let mut has_failed = false;
    while let Some(frame) = body.frame().await {
        has_failed |= frame.is_err();
    }
    assert!(has_failed);
}
