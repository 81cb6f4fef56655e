use std::os::unix::fs::PermissionsExt as _;

use anyhow::Result;

use crate::terminal::Terminal;

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
