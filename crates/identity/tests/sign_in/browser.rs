//! A browser without a window: it keeps cookies, follows redirects when told to, and fills in forms.
//!
//! As in real ones, cookies belong to a host whatever the port, so the console and the provider share its jar.

use std::collections::BTreeMap;
use std::sync::Once;

use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use url::{Url, form_urlencoded};

pub(crate) struct Browser {
    http: reqwest::Client,
    pub(crate) cookies: BTreeMap<String, String>,
}

pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        assert_eq!(
            self.status,
            StatusCode::SEE_OTHER,
            "{} {}",
            self.url,
            self.text
        );
        self.headers[LOCATION].to_str().expect("text")
    }

    /// One word of the address that the browser is sent to.
    pub(crate) fn sent_with(&self, name: &str) -> String {
        let url = self.url.join(self.location()).expect("an address");
        let found = url.query_pairs().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The value of a field of the page's form.
    pub(crate) fn field(&self, name: &str) -> &str {
        let (_, rest) = self
            .text
            .split_once(&format!("name=\"{name}\""))
            .expect("a field");
        let (_, rest) = rest.split_once("value=\"").expect("a value");
        rest.split_once('"').expect("its end").0
    }

    /// Where the page's form goes.
    pub(crate) fn form_action(&self) -> String {
        let (_, rest) = self.text.split_once("action=\"").expect("a form");
        let action = rest.split_once('"').expect("its end").0;
        self.url.join(action).expect("an address").into()
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        static CRYPTOGRAPHY: Once = Once::new();
        CRYPTOGRAPHY.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let policy = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder()
            .redirect(policy)
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            http,
            cookies: BTreeMap::new(),
        }
    }

    pub(crate) async fn get(&mut self, address: &str) -> Page {
        self.send(Method::GET, address, &[], String::new()).await
    }

    /// Sends a form the way that a page of the same origin does.
    pub(crate) async fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let headers = [
            (CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send(Method::POST, address, &headers, body).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Page {
        let mut request = self.http.request(method, address).body(body);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        let headers = answer.headers().clone();
        for cookie in headers.get_all(SET_COOKIE) {
            self.keep(cookie.to_str().expect("text"));
        }
        let (url, status) = (answer.url().clone(), answer.status());
        Page {
            url,
            status,
            headers,
            text: answer.text().await.expect("text"),
        }
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a cookie");
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Goes on until there is a page to look at, or an address below `stop` comes next.
    pub(crate) async fn follow(&mut self, mut page: Page, stop: &str) -> Page {
        for _ in 0..10 {
            if !page.status.is_redirection() {
                return page;
            }
            let to = page.headers[LOCATION].to_str().expect("text");
            let next = page.url.join(to).expect("an address");
            if next.as_str().starts_with(stop) {
                return page;
            }
            page = self.get(next.as_str()).await;
        }
        panic!("round in a circle at {}", page.url)
    }
}
