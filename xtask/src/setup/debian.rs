//! Debian's packages.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

use anyhow::{Result, bail};

use crate::process;

/// Installs packages, or says what a person must install.
pub(crate) fn install(what: &str, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if process::find_program("apt-get").is_none() {
        bail!(
            "{what} is missing. On Debian: apt-get install {names}. Elsewhere: install its like and come back"
        );
    }
    if !rustix::process::geteuid().is_root()
        && !process::succeeds(Command::new("sudo").args(["-n", "true"]))
    {
        bail!("{what} is missing. Run: sudo apt-get install --no-install-recommends {names}");
    }
    process::announce(&format!("Installing {what}: {names}"));
    refresh_lists();
    process::run(
        apt_get()
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(packages),
    )
}

/// Unpacks packages into a folder, without those that they depend on. Nothing of the machine changes.
pub(super) fn unpack(what: &str, packages: &[&str], folder: &Path) -> Result<()> {
    if process::find_program("apt-get").is_none() || process::find_program("dpkg-deb").is_none() {
        bail!("{what} comes from Debian's packages, and this is no Debian");
    }
    process::announce(&format!("Downloading {what}: {}", packages.join(" ")));
    refresh_lists();
    let downloads = folder.join("packages");
    fs::create_dir_all(&downloads)?;
    let mut download = Command::new("apt-get");
    process::run(
        download
            .args(["download", "-qq", "-o", "APT::Sandbox::User=root"])
            .args(packages)
            .current_dir(&downloads),
    )?;
    for package in fs::read_dir(&downloads)? {
        let mut unpack = Command::new("dpkg-deb");
        process::run(unpack.arg("--extract").arg(package?.path()).arg(folder))?;
    }
    fs::remove_dir_all(downloads)?;
    Ok(())
}

/// Once per command; a list that cannot be refreshed may still do.
fn refresh_lists() {
    static REFRESHED: Once = Once::new();
    REFRESHED.call_once(|| {
        if let Err(error) = process::run(apt_get().args(["update", "-qq"])) {
            eprintln!("{error:#}; going on with the package lists that are there");
        }
    });
}

fn apt_get() -> Command {
    let settings = ["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1"];
    let mut command = if rustix::process::geteuid().is_root() {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "env"]);
        sudo
    };
    command.args(settings).arg("apt-get");
    command
}
