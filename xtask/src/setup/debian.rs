//! Debian's packages.

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
