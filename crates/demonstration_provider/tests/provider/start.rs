//! What the provider needs before it answers: loopback, addresses that can be right, and its key.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use demonstration_provider::{Config, DemonstrationProvider, Error, serve};
use domain::Clock;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::setting::{HandClock, config};

fn clock() -> Arc<dyn Clock> {
    Arc::new(HandClock::new())
}

#[tokio::test]
async fn a_listener_that_can_be_reached_from_elsewhere_is_refused() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let listener = TcpListener::bind("0.0.0.0:0").await?;
    let refused = serve(listener, config(&folder), clock()).await;
    assert!(matches!(refused, Err(Error::NotLoopback(_))), "{refused:?}");
    assert!(!config(&folder).signing_key_path.exists());
    Ok(())
}

#[tokio::test]
async fn the_first_start_makes_a_key_for_its_owner_only_and_the_next_one_keeps_it()
-> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let config = Config {
        issuer: format!("http://{address}"),
        ..config(&folder)
    };
    let path = config.signing_key_path.clone();
    let serving = tokio::spawn(serve(listener, config.clone(), clock()));
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /jwks HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    serving.abort();
    assert!(answer.contains("\"kty\":\"RSA\""), "{answer}");

    let pem = std::fs::read_to_string(&path)?;
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(
        std::fs::metadata(&path)?.permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
    DemonstrationProvider::start(config, clock())?;
    assert_eq!(std::fs::read_to_string(&path)?, pem);
    Ok(())
}

#[test]
fn a_configuration_that_cannot_be_right_is_refused() -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    for issuer in [
        "http://192.0.2.1:8081",
        "http://127.0.0.1:8081/",
        "https://127.0.0.1:8081",
        "http://example.org",
        "",
    ] {
        let refused = DemonstrationProvider::start(
            Config {
                issuer: issuer.to_owned(),
                ..config(&folder)
            },
            clock(),
        );
        assert!(matches!(refused, Err(Error::Issuer(_))), "{issuer}");
    }
    let mut twice = config(&folder);
    twice.people.extend(twice.people.clone());
    assert!(matches!(
        DemonstrationProvider::start(twice, clock()),
        Err(Error::Id(_))
    ));
    let mut script = config(&folder);
    script.clients[0]
        .redirect_uris
        .push("javascript:alert(1)".to_owned());
    assert!(matches!(
        DemonstrationProvider::start(script, clock()),
        Err(Error::ReturnAddress { .. })
    ));
    std::fs::write(folder.path().join("key.pem"), "no key")?;
    assert!(matches!(
        DemonstrationProvider::start(config(&folder), clock()),
        Err(Error::KeyFormat { .. })
    ));
    Ok(())
}

#[test]
fn a_clients_secret_is_not_in_its_debug() -> anyhow::Result<()> {
    let text = format!("{:?}", config(&TempDir::new()?));
    assert!(!text.contains(crate::setting::SECRET), "{text}");
    Ok(())
}
