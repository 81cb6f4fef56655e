//! `stowage login` and `stowage logout`.
//!
//! Without a client id a person lets this program in, in a browser of theirs on any machine (RFC 8628).

use std::env;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::time::Duration;

use clap::Args;
use console::Term;
use serde::Deserialize;
use url::Url;

use crate::Error;
use crate::connection::{Console, http, send_form};
use crate::credentials::{Credentials, Key, for_console, origin};
use crate::output::harmless;

/// How much a machine says of itself.
const LONGEST_NAME: usize = 64;

/// Where to sign in, and as whom.
#[derive(Debug, Args)]
pub struct Login {
    /// The console's address
    #[arg(env = "STOWAGE_URL")]
    url: Url,
    /// Signs in with an access key or an application instead of a browser; its secret is asked for, or read from the
    /// standard input or `STOWAGE_CLIENT_SECRET`
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
}

/// Which console to forget.
#[derive(Debug, Args)]
pub struct Logout {
    /// The console's address; otherwise the one that was signed in to last
    #[arg(env = "STOWAGE_URL")]
    url: Option<Url>,
}

pub(crate) async fn login(login: Login) -> Result<(), Error> {
    let url = origin(&login.url)?;
    let key = match login.client_id {
        Some(client_id) => Key {
            client_secret: secret()?,
            client_id,
        },
        None => let_in(&url).await?,
    };
    Console::new(url.clone(), key.clone())?.sign_in().await?;
    let mut credentials = Credentials::read()?;
    credentials.consoles.insert(url.clone(), key);
    credentials.current = Some(url.clone());
    credentials.write()?;
    println!("Signed in to {url}");
    Ok(())
}

pub(crate) fn logout(logout: &Logout) -> Result<(), Error> {
    let mut credentials = Credentials::read()?;
    let (url, _) = for_console(logout.url.as_ref())?;
    credentials.consoles.remove(&url);
    if credentials.current.as_ref() == Some(&url) {
        credentials.current = None;
    }
    credentials.write()?;
    println!(
        "Signed out of {url} here. The access key itself is still good: remove it at {url}my-access"
    );
    Ok(())
}

/// What a console answers a program without a browser.
#[derive(Deserialize)]
struct Codes {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    interval: u64,
}

/// Waits until somebody lets this program in; answers the key that it gets.
async fn let_in(url: &Url) -> Result<Key, Error> {
    let http = http()?;
    // What Linux calls this machine; elsewhere it has no name.
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_NAME)
        .collect();
    let asked = [("device_name", name.as_str())];
    let begun = send_form(&http, url, "/api/v2/device-authorization", &asked);
    let codes: Codes = begun.await?.map_err(|word| {
        Error::Unfit(format!(
            "the console does not let programs in ({word}): use --client-id"
        ))
    })?;
    eprintln!(
        "Open {} in a browser",
        harmless(&codes.verification_uri_complete)
    );
    eprintln!(
        "or {} and type the code {}",
        harmless(&codes.verification_uri),
        harmless(&codes.user_code)
    );
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", codes.device_code.as_str()),
    ];
    let mut interval = Duration::from_secs(codes.interval.clamp(1, 60));
    loop {
        tokio::time::sleep(interval).await;
        match send_form(&http, url, "/api/v2/token", &fields).await {
            Ok(Ok(key)) => return Ok(key),
            Ok(Err(word)) => match word.as_str() {
                "authorization_pending" => {}
                "slow_down" => interval += Duration::from_secs(5),
                "access_denied" => {
                    return Err(Error::Unfit(
                        "somebody refused to let this program in".to_owned(),
                    ));
                }
                _ => {
                    return Err(Error::Unfit(
                        "nobody let this program in: run it again".to_owned(),
                    ));
                }
            },
            // The network or a neighbour is away: the code still holds.
            Err(Error::Unreachable { .. }) => {}
            Err(Error::Refused(problem)) if problem.is_temporary() => {}
            Err(error) => return Err(error),
        }
    }
}

fn secret() -> Result<String, Error> {
    if let Ok(secret) = env::var("STOWAGE_CLIENT_SECRET") {
        return Ok(secret);
    }
    let failed = |error| Error::Unfit(format!("the secret cannot be read: {error}"));
    let text = if io::stdin().is_terminal() {
        let terminal = Term::stderr();
        terminal.write_str("Client secret: ").map_err(failed)?;
        terminal.read_secure_line().map_err(failed)?
    } else {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(failed)?;
        text
    };
    match text.trim() {
        "" => Err(Error::Unfit(
            "there is no secret: send it on the standard input".to_owned(),
        )),
        secret => Ok(secret.to_owned()),
    }
}
