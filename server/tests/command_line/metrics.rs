use std::net::TcpListener;

use anyhow::{Context, Result};

use crate::terminal::Terminal;

const EXAMPLE: &str = include_str!("../../stowage.example.toml");

/// The number that stands behind a name with its labels.
fn number(shown: &str, name: &str) -> Result<u64> {
    let line = shown.lines().find_map(|line| line.strip_prefix(name));
    let number = line.with_context(|| format!("{name} in {shown}"))?;
    Ok(number.trim().parse()?)
}

#[tokio::test]
async fn what_is_uploaded_is_told_to_those_who_run_the_console() -> Result<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = format!("{EXAMPLE}\n[metrics]\nlisten = \"{address}\"\n");
    let terminal = Terminal::start_with("katherine", Some(&config)).await?;
    terminal.sign_in(terminal.console.origin()).await?;
    terminal.make_volume("faces").await?;
    std::fs::write(terminal.home.path().join("large.bin"), vec![7; 9 << 20])?;
    terminal.ask(&["cp", "large.bin", "faces:"]).await?;

    let answer = reqwest::get(format!("http://{address}/metrics")).await?;
    let content_type = answer.headers()["content-type"].to_str()?.to_owned();
    assert!(
        content_type.starts_with("application/openmetrics-text"),
        "{content_type}"
    );
    let shown = answer.text().await?;
    assert!(shown.ends_with("# EOF\n"), "{shown}");
    let of_cluster = |name| number(&shown, &format!("{name}{{data_path=\"slurm-a\"}}"));
    assert_eq!(of_cluster("stowage_received_bytes_total")?, 9 << 20);
    assert_eq!(of_cluster("stowage_published_files_total")?, 1);
    assert_eq!(of_cluster("stowage_running_uploads")?, 0);
    let made = r#"stowage_requests_total{method="POST",route="/api/v1/datavolumes",status="201"}"#;
    assert_eq!(number(&shown, made)?, 1, "{shown}");

    // Nobody signs in there, so that nothing else is there; and the console's own address does not tell.
    let console = reqwest::get(format!("{}/metrics", terminal.console.origin())).await?;
    assert!(!console.text().await?.contains("stowage_requests_total"));
    Ok(())
}
