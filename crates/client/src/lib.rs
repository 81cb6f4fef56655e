//! The command line of people and scripts: data volumes and their files from a terminal.
//!
//! It is a program like any other: it speaks REST alone (`/api/v1`) and proves itself with an access key, so it
//! may do what its person may do and nothing more. What is sent follows the same queue as in the browser.

mod clock;
mod connection;
mod copy;
mod credentials;
mod error;
mod list_files;
mod location;
mod output;
mod scope;
mod sign_in;
mod volume;
mod volumes;
mod yaml;

use clap::{Args, Subcommand};
use url::Url;

use connection::Console;
pub use error::Error;
use output::Output;

/// What can be asked of a console.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Signs in to a console and keeps the access key.
    Login(sign_in::Login),
    /// Forgets the access key of a console.
    Logout(sign_in::Logout),
    /// Lists, shows, creates, edits, shares and deletes data volumes.
    #[command(subcommand, visible_alias = "volume")]
    Volumes(volumes::Command),
    /// Lists a folder of a data volume.
    Ls(list_files::Options),
    /// Copies files and folders into a data volume or out of it.
    ///
    /// A place in a data volume is written `VOLUME:PATH`. A copy that was cut off goes on where it stopped when
    /// the same command is run again.
    Cp(copy::Options),
}

/// Which console is asked, and how it is answered.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The console's address; otherwise the one that was signed in to last
    #[arg(long, env = "STOWAGE_URL", value_name = "URL")]
    url: Option<Url>,
    /// How to print what was asked for
    #[arg(long, short, value_enum, default_value_t = Output::Table)]
    output: Output,
}

impl Common {
    fn console(&self) -> Result<Console, Error> {
        let (url, key) = credentials::for_console(self.url.as_ref())?;
        Console::new(url, key)
    }
}

/// Does what was asked for. What is printed goes to the standard output, progress to the standard error.
///
/// # Errors
/// When it was not done, or not all of it; the error says what to do.
pub async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Login(login) => sign_in::login(login).await,
        Command::Logout(logout) => sign_in::logout(&logout),
        Command::Volumes(command) => volumes::run(command).await,
        Command::Ls(options) => list_files::run(options).await,
        Command::Cp(options) => copy::run(options).await,
    }
}
