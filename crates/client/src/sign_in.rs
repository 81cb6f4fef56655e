//! `stowage login` and `stowage logout`.

use std::env;
use std::io::{self, IsTerminal as _, Read as _};

use clap::Args;
use console::Term;
use url::Url;

use crate::Error;
use crate::connection::Console;
use crate::credentials::{Credentials, Key, for_console, origin};

/// Where to sign in, and as whom.
#[derive(Debug, Args)]
pub struct Login {
    /// The console's address
    #[arg(env = "STOWAGE_URL")]
    url: Url,
    /// The client id of an access key or an application; its secret is asked for, or read from the standard input
    /// or `STOWAGE_CLIENT_SECRET`
    #[arg(long, value_name = "ID")]
    client_id: String,
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
    let key = Key {
        client_secret: secret()?,
        client_id: login.client_id,
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
