//! The few pages that people see here: plain HTML, no script. Every text that comes from elsewhere goes through
//! [`escaped`], names of people included.

use std::fmt::Write;
use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::Person;

const STYLE: &str = include_str!("page.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

/// Lists the people; choosing one sends the form with its one-time token.
pub(crate) fn sign_in(
    people: &[Person],
    client_id: &str,
    redirect_uri: &str,
    token: &str,
) -> Response {
    let mut list = String::new();
    for person in people {
        let groups = if person.groups.is_empty() {
            "in no group".to_owned()
        } else {
            person.groups.join(", ")
        };
        let _ = write!(
            list,
            r#"<li><button class="person" name="person" value="{id}"><span class="initials" aria-hidden="true">{initials}</span><span class="who"><span class="name">{name}</span> <span class="groups">{groups}</span></span></button></li>"#,
            id = escaped(&person.id),
            initials = escaped(&initials(&person.name)),
            name = escaped(&person.name),
            groups = escaped(&groups),
        );
    }
    let body = format!(
        r#"<h1>Demonstration sign-in</h1>
<p><strong>{client}</strong> asks who you are. Choose a person to go on.</p>
<p class="note" role="note">For trying out only: nobody is asked for a password here. Connect your company’s sign-in before real people or real data come in.</p>
<form method="post" action="/sign-in">
<input type="hidden" name="sign_in" value="{token}">
<ul aria-label="People">{list}</ul>
<button class="quiet" name="cancel" value="yes">Back without signing in</button>
</form>
<footer>These people and their groups are made up. This page can be reached from this computer only.</footer>"#,
        client = escaped(client_id),
        token = escaped(token),
    );
    // Browsers hold the redirect that follows a form to `form-action` as well.
    let back = Url::parse(redirect_uri)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default();
    page(
        StatusCode::OK,
        "Demonstration sign-in",
        &body,
        &format!("'self' {back}"),
    )
}

/// Asks before signing out, when a request does not prove that a client of this session sent it.
pub(crate) fn ask_to_sign_out(person_id: &str, token: &str) -> Response {
    let body = format!(
        r#"<h1>Sign out?</h1>
<p>You are signed in to the demonstration provider as <strong>{person}</strong>.</p>
<form method="post" action="/sign-out">
<input type="hidden" name="sign_out" value="{token}">
<button class="main">Sign out</button>
</form>"#,
        person = escaped(person_id),
        token = escaped(token),
    );
    page(StatusCode::OK, "Sign out?", &body, "'self'")
}

pub(crate) fn signed_out() -> Response {
    notice(
        StatusCode::OK,
        "You are signed out",
        "The demonstration provider no longer knows who you are.",
    )
}

pub(crate) fn wrong_request(text: &str) -> Response {
    let text = format!("{text} Go back to where you came from and try again.");
    notice(
        StatusCode::BAD_REQUEST,
        "This request cannot be answered",
        &text,
    )
}

pub(crate) fn notice(status: StatusCode, title: &str, text: &str) -> Response {
    let body = format!("<h1>{}</h1>\n<p>{}</p>", escaped(title), escaped(text));
    page(status, title, &body, "'none'")
}

fn page(status: StatusCode, title: &str, body: &str, form_action: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'",
        *STYLE_HASH
    );
    let html = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#,
        escaped(title)
    );
    (status, [(CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(2)
        .collect()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}
