//! Who may talk to the API server, and the files that say so on both sides.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Somebody with a token.
pub(super) struct Account {
    /// Of its file.
    pub(super) name: &'static str,
    pub(super) user: &'static str,
    pub(super) group: Option<&'static str>,
}

impl Account {
    /// May do everything.
    pub(super) const ADMINISTRATOR: Self = Self {
        name: "administrator",
        user: "administrator",
        group: Some("system:masters"),
    };
}

/// The certificate that the API server makes for itself, with the authority that signed it behind it.
pub(super) fn certificate(folder: &Path) -> PathBuf {
    folder.join("tls/apiserver.crt")
}

/// Its key.
pub(super) fn key(folder: &Path) -> PathBuf {
    folder.join("tls/apiserver.key")
}

/// The list of tokens that the API server knows.
pub(super) fn tokens(folder: &Path) -> PathBuf {
    folder.join("tokens.csv")
}

/// The file of an account; the administrator's is the one that people are told.
pub(super) fn path(folder: &Path, account: &Account) -> PathBuf {
    folder.join(match account.name {
        "administrator" => "kubeconfig".to_owned(),
        name => format!("{name}.kubeconfig"),
    })
}

/// Gives each account a token of its own and writes it down for both sides.
pub(super) fn write(folder: &Path, port: u16, accounts: &[Account]) -> Result<()> {
    let mut list = String::new();
    for account in accounts {
        let token = new_token()?;
        let group = account.group.unwrap_or_default();
        let _ = writeln!(list, "{token},{user},{user},{group}", user = account.user);
        let text = text_of(&certificate(folder), port, account.name, &token);
        fs::write(path(folder, account), text)?;
    }
    fs::write(tokens(folder), list)?;
    Ok(())
}

fn text_of(certificate: &Path, port: u16, user: &str, token: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: stowage-test
  cluster:
    server: https://127.0.0.1:{port}
    certificate-authority: {certificate}
users:
- name: {user}
  user:
    token: {token}
contexts:
- name: stowage-test
  context:
    cluster: stowage-test
    user: {user}
current-context: stowage-test
",
        certificate = certificate.display()
    )
}

/// Other users of this machine reach the port as well.
fn new_token() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
