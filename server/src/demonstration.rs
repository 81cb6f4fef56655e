//! The demonstration identity provider, for trying out: a real one, on loopback, with people that the
//! configuration names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use demonstration_provider::{Client, Config, DemonstrationProvider, Person};
use domain::Clock;
use identity::ProviderSettings;
use serde::Deserialize;
use tokio::net::TcpListener;
use url::Url;

const KEY: &str = "demonstration";
const CLIENT_ID: &str = "stowage";

/// The table `[demonstration]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Demonstration {
    /// Where it listens; by default one port above the console, on the same address.
    listen: Option<SocketAddr>,
    /// Who can sign in.
    #[serde(default)]
    people: Vec<PersonEntry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonEntry {
    id: String,
    name: String,
    email: String,
    #[serde(default)]
    groups: Vec<String>,
}

/// Where the provider reaches the console: beside it on this machine, whatever stands in front of it for browsers.
fn back_channel(console: SocketAddr) -> String {
    let ip = match console.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, console.port());
    format!("http://{address}/auth/back-channel-logout/{KEY}")
}

/// Starts the provider and answers how the console signs in with it.
pub(crate) async fn start(
    demonstration: Demonstration,
    console: SocketAddr,
    public_url: &Url,
    data: &Path,
    client_secret: &str,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<ProviderSettings> {
    let beside = SocketAddr::new(console.ip(), console.port().checked_add(1).unwrap_or(0));
    let listen = demonstration.listen.unwrap_or(beside);
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("listening on {listen} for the demonstration identity provider")
    })?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let origin = public_url.origin().ascii_serialization();
    let config = Config {
        issuer: issuer.clone(),
        signing_key_path: data.join("demonstration-key.pem"),
        people: demonstration
            .people
            .into_iter()
            .map(|person| Person {
                id: person.id,
                name: person.name,
                email: person.email,
                groups: person.groups,
            })
            .collect(),
        clients: vec![Client {
            id: CLIENT_ID.into(),
            secret: client_secret.into(),
            redirect_uris: vec![format!("{origin}/auth/callback/{KEY}")],
            post_logout_redirect_uris: vec![format!("{origin}/sign-in")],
            back_channel_logout_uri: Some(back_channel(console)),
        }],
    };
    let provider = tokio::task::spawn_blocking(move || DemonstrationProvider::start(config, clock))
        .await?
        .context("starting the demonstration identity provider")?;
    tokio::spawn(async move {
        if let Err(error) = provider.serve(listener).await {
            tracing::error!(
                error = error.to_string(),
                "the demonstration identity provider stopped"
            );
        }
    });
    tracing::warn!(
        issuer,
        "the demonstration identity provider is on: anybody can sign in as anybody"
    );
    Ok(ProviderSettings {
        key: KEY.into(),
        title: "Demonstration".into(),
        issuer,
        client_id: CLIENT_ID.into(),
        client_secret: client_secret.into(),
        scopes: ["openid", "profile", "email", "groups"]
            .map(str::to_owned)
            .to_vec(),
        groups_claim: "groups".into(),
        is_demonstration: true,
    })
}
