use std::process::{Child, Command};
use std::time::Duration;

use anyhow::Result;
use reqwest::{Certificate, Client, ClientBuilder, Response, Version};
use tests::console::free_pair;

const EXAMPLE: &str = include_str!("../../stowage.example.toml");

/// Ends when dropped.
struct Console(Child);

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn answer_of(client: &Client, address: &str) -> Result<Response> {
    let mut tries = 0;
    loop {
        match client.get(address).send().await {
            Err(error) if error.is_connect() && tries < 600 => tries += 1,
            other => return Ok(other?),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_console_with_a_certificate_speaks_http_2_and_1_1_and_nothing_in_the_clear() -> Result<()>
{
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let (certificate, key) = (folder.path().join("crt"), folder.path().join("key"));
    std::fs::write(&certificate, pair.cert.pem())?;
    std::fs::write(&key, pair.signing_key.serialize_pem())?;
    let config = folder.path().join("stowage.toml");
    let tls = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n");
    std::fs::write(&config, format!("{EXAMPLE}\n{tls}"))?;
    let address = format!("127.0.0.1:{}", free_pair()?);
    let mut command = Command::new(env!("CARGO_BIN_EXE_stowage"));
    command.args(["serve", "--listen", &address, "--config"]);
    let _console = Console(
        command
            .arg(config)
            .arg("--data")
            .arg(folder.path())
            .spawn()?,
    );

    let trusted = Certificate::from_pem(pair.cert.pem().as_bytes())?;
    let trusting = |builder: ClientBuilder| builder.tls_certs_only([trusted.clone()]).build();
    let page = format!("https://{address}/sign-in");
    let answer = answer_of(&trusting(Client::builder())?, &page).await?;
    assert_eq!(answer.version(), Version::HTTP_2);
    assert_eq!(answer.status(), 200);
    // Without a public_url the origin is this address with https, so browsers are told to stay with it.
    assert!(answer.headers().contains_key("strict-transport-security"));
    let answer = answer_of(&trusting(Client::builder().http1_only())?, &page).await?;
    assert_eq!(answer.version(), Version::HTTP_11);
    let clear = Client::new().get(format!("http://{address}/sign-in"));
    assert!(clear.send().await.is_err());
    Ok(())
}
