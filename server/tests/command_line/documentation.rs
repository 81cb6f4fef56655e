//! The page about the command line says what the binary says.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/cli.md");

/// The commands of people; those of the console stand in `docs/running.md`.
const COMMANDS: [&str; 13] = [
    "",
    "login",
    "logout",
    "volumes",
    "volumes list",
    "volumes show",
    "volumes create",
    "volumes edit",
    "volumes share",
    "volumes unshare",
    "volumes delete",
    "ls",
    "cp",
];

fn stowage(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_stowage"))
        .args(arguments)
        .env_remove("STOWAGE_URL")
        .output()?;
    ensure!(output.status.success(), "{arguments:?}");
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn the_page_shows_the_help_of_every_command() -> Result<()> {
    let mut help = String::new();
    for command in COMMANDS {
        let mut arguments: Vec<_> = command.split_whitespace().collect();
        arguments.push("--help");
        let shown = ["stowage"].into_iter().chain(arguments.iter().copied());
        let shown: Vec<_> = shown.collect();
        let said = stowage(&arguments)?;
        let said = said
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n");
        write!(
            help,
            "\n```console\n$ {}\n{}\n```\n",
            shown.join(" "),
            said.trim_end()
        )?;
    }
    let page = std::fs::read_to_string(PAGE)?;
    let (text, shown) = page
        .split_once("\n## Every command\n")
        .context("the page has no section “Every command”")?;
    if std::env::var_os("STOWAGE_WRITE_DOCS").is_some() {
        return Ok(std::fs::write(
            PAGE,
            format!("{text}\n## Every command\n{help}"),
        )?);
    }
    assert!(
        shown == help,
        "docs/cli.md is not what the binary says: run `STOWAGE_WRITE_DOCS=1 cargo test --package server --test command_line`"
    );
    Ok(())
}

#[test]
fn shells_complete_every_command() -> Result<()> {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stowage(&["completions", shell])?;
        assert!(
            script.contains("unshare") && script.contains("on-conflict"),
            "{shell}"
        );
    }
    assert!(Path::new(PAGE).exists());
    Ok(())
}
