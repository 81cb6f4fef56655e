//! The provider alone, to look at: `cargo run -p demonstration_provider --example provider -- 127.0.0.1:8081 key.pem`.

use std::sync::Arc;

use demonstration_provider::{Client, Config, Person, serve};
use domain::Clock;
use jiff::Timestamp;
use tokio::net::TcpListener;

struct SystemClock;

#[expect(
    clippy::disallowed_methods,
    reason = "a program of its own, with nobody above it to hand it a clock"
)]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

fn person(id: &str, name: &str, groups: &[&str]) -> Person {
    Person {
        id: id.to_owned(),
        name: name.to_owned(),
        email: format!("{id}@example.org"),
        groups: groups.iter().map(ToString::to_string).collect(),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let signing_key_path = arguments
        .next()
        .unwrap_or_else(|| "demonstration-key.pem".to_owned())
        .into();
    let listener = TcpListener::bind(&address).await?;
    let config = Config {
        issuer: format!("http://{}", listener.local_addr()?),
        signing_key_path,
        people: vec![
            person("ada", "Ada Lovelace", &["platform-administrators"]),
            person(
                "grace",
                "Grace Hopper",
                &["vision-editors", "speech-viewers"],
            ),
            person("alan", "Alan Turing", &["vision-researchers"]),
            person("katherine", "Katherine Johnson", &[]),
        ],
        clients: vec![Client {
            id: "stowage".to_owned(),
            secret: "demonstration".to_owned(),
            redirect_uris: vec!["http://127.0.0.1:8080/sign-in/callback".to_owned()],
            post_logout_redirect_uris: vec!["http://127.0.0.1:8080/".to_owned()],
            back_channel_logout_uri: None,
        }],
    };
    serve(listener, config, Arc::new(SystemClock)).await?;
    Ok(())
}
