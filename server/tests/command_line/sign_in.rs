use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;

use crate::terminal::Terminal;

/// Begins to sign in without a client id; answers the running program and the code that it shows.
async fn begin(terminal: &Terminal) -> Result<(Child, String)> {
    let mut running = terminal
        .command(&["login", terminal.console.origin()])
        .spawn()?;
    let said = running.stderr.take().context("its words")?;
    let mut lines = BufReader::new(said).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, code)) = line.split_once("type the code ") {
            return Ok((running, code.to_owned()));
        }
    }
    anyhow::bail!("it shows no code")
}

/// What a person who is signed in with a browser answers.
async fn answer(terminal: &Terminal, person: &str, code: &str, is_approved: bool) -> Result<u16> {
    let browser = terminal.console.signed_in(person).await?;
    let to = |function: &str| {
        format!(
            "{}/fn/device-sign-ins/{function}",
            terminal.console.origin()
        )
    };
    let page = format!("{}/device?code={code}", terminal.console.origin());
    let page = browser.get(page).send().await?.error_for_status()?;
    assert!(
        page.text()
            .await?
            .contains("asks for an access key of yours")
    );
    let answered = browser
        .post(to("answer"))
        .header("sec-fetch-site", "same-origin")
        .json(&json!({"answer": {"userCode": code.to_lowercase(), "isApproved": is_approved}}))
        .send()
        .await?;
    Ok(answered.status().as_u16())
}

#[tokio::test]
async fn a_person_lets_the_program_in_with_a_browser() -> Result<()> {
    let terminal = Terminal::start("katherine").await?;
    let (running, code) = begin(&terminal).await?;
    assert_eq!(answer(&terminal, "ada", &code, true).await?, 200);
    let ended = running.wait_with_output().await?;
    assert!(ended.status.success());
    terminal.make_volume("faces").await?;
    let ada = terminal.console.signed_in("ada").await?;
    let keys = format!("{}/api/v1/access-keys", terminal.console.origin());
    let keys: serde_json::Value = ada.get(keys).send().await?.json().await?;
    let name = keys["accessKeys"][0]["name"].as_str().context("a key")?;
    assert!(name.starts_with("cli"), "{name}");

    let again = terminal.console.signed_in("ada").await?;
    let page = format!("{}/device?code={code}", terminal.console.origin());
    let page = again.get(page).send().await?.text().await?;
    assert!(page.contains("No program waits with this code"));
    Ok(())
}

#[tokio::test]
async fn a_program_that_is_refused_gets_nothing() -> Result<()> {
    let terminal = Terminal::start("katherine").await?;
    let (running, code) = begin(&terminal).await?;
    assert_eq!(answer(&terminal, "ada", &code, false).await?, 200);
    let ended = running.wait_with_output().await?;
    assert!(!ended.status.success());
    assert!(!terminal.home.path().join("stowage").exists());
    Ok(())
}

#[tokio::test]
async fn the_access_key_lies_in_a_file_of_its_owner_alone() -> Result<()> {
    let terminal = Terminal::start("katherine").await?;
    let complaint = terminal.refused(&["volumes", "list"]).await?;
    assert!(complaint.contains("run `stowage login URL`"), "{complaint}");

    let origin = terminal.console.origin().to_owned();
    let ran = terminal.sign_in(&origin).await?;
    assert_eq!(ran.printed, format!("Signed in to {origin}/\n"));
    let file = terminal.home.path().join("stowage/credentials.json");
    let mode = std::fs::metadata(&file)?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    terminal.ask(&["volumes", "list"]).await?;

    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644))?;
    let complaint = terminal.refused(&["volumes", "list"]).await?;
    assert!(complaint.contains("chmod 600"), "{complaint}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;

    let ran = terminal.run(&["logout"]).await?;
    assert!(ran.is_success, "{}", ran.complained);
    assert!(!std::fs::read_to_string(&file)?.contains(&terminal.client_secret));
    terminal.refused(&["volumes", "list"]).await?;
    Ok(())
}

#[tokio::test]
async fn a_job_is_told_by_its_environment_who_it_is() -> Result<()> {
    let terminal = Terminal::start("katherine").await?;
    let mut command = terminal.command(&["volumes", "list", "--output", "json"]);
    command
        .env("STOWAGE_URL", terminal.console.origin())
        .env("STOWAGE_CLIENT_ID", &terminal.client_id)
        .env("STOWAGE_CLIENT_SECRET", &terminal.client_secret);
    let listed = command.output().await?;
    assert_eq!(String::from_utf8(listed.stdout)?, "[]\n");
    assert!(!terminal.home.path().join("stowage").exists());
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_in_is_said_and_nothing_is_kept() -> Result<()> {
    let terminal = Terminal::start("katherine").await?;
    let origin = terminal.console.origin().to_owned();
    let id = terminal.client_id.as_str();
    for (arguments, secret, words) in [
        (
            ["login", &origin, "--client-id", id],
            "wrong",
            "There is no such client id with this secret",
        ),
        (
            ["login", &origin, "--client-id", id],
            "",
            "there is no secret",
        ),
        (
            ["login", "http://127.0.0.1:9", "--client-id", id],
            "x",
            "cannot be reached",
        ),
        (
            ["login", "http://console.example", "--client-id", id],
            "x",
            "use https://",
        ),
    ] {
        let ran = terminal.run_with(&arguments, secret).await?;
        assert!(!ran.is_success);
        assert!(
            ran.complained.contains(words),
            "{words}: {}",
            ran.complained
        );
    }
    assert!(!terminal.home.path().join("stowage").exists());
    Ok(())
}
