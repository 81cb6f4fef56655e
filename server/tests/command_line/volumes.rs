use anyhow::Result;
use serde_json::json;

use crate::terminal::Terminal;

#[tokio::test]
async fn a_data_volume_is_made_shared_taken_back_and_deleted() -> Result<()> {
    let terminal = Terminal::signed_in("katherine").await?;
    terminal.make_volume("faces").await?;
    let listed = terminal
        .ask(&["volumes", "list", "--filter", "name==faces"])
        .await?;
    assert_eq!(listed[0]["name"], "faces");
    let in_segmentation = ["volumes", "list", "--usable-in", "segmentation"];
    assert_eq!(terminal.ask(&in_segmentation).await?, json!([]));

    let shared = terminal
        .ask(&[
            "volumes",
            "share",
            "faces",
            "--with",
            "project:segmentation",
            "--reason",
            "Needed for training",
        ])
        .await?;
    assert_eq!(shared[0]["scopeName"], "segmentation");
    assert_eq!(shared[0]["mode"], "readOnly");
    assert_eq!(terminal.ask(&in_segmentation).await?[0]["name"], "faces");
    let complaint = terminal
        .refused(&["volumes", "delete", "faces", "--yes"])
        .await?;
    assert!(complaint.contains("segmentation"), "{complaint}");

    let edited = terminal
        .ask(&[
            "volumes",
            "edit",
            "faces",
            "--description",
            "People",
            "--tag",
            "images",
        ])
        .await?;
    assert_eq!(edited["description"], "People");
    assert_eq!(edited["tags"], json!(["images"]));
    let shown = terminal.run(&["volumes", "show", "faces"]).await?;
    let lines: Vec<_> = shown.printed.lines().collect();
    assert!(lines.contains(&"Name          faces"), "{}", shown.printed);
    assert!(lines.contains(&"Tags          images"), "{}", shown.printed);
    let yaml = terminal
        .run(&["volumes", "show", "faces", "-o", "yaml"])
        .await?;
    assert!(
        yaml.printed.contains("\ntags:\n  - images\n"),
        "{}",
        yaml.printed
    );

    let left = terminal
        .ask(&[
            "volumes",
            "unshare",
            "faces",
            "--from",
            "project:segmentation",
        ])
        .await?;
    assert_eq!(left, json!([]));
    let complaint = terminal.refused(&["volumes", "delete", "faces"]).await?;
    assert!(complaint.contains("--yes"), "{complaint}");
    let deleted = terminal
        .run(&["volumes", "delete", "faces", "--yes"])
        .await?;
    assert!(deleted.is_success, "{}", deleted.complained);
    assert_eq!(terminal.ask(&["volumes", "list"]).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn who_received_a_data_volume_finds_it_by_its_name() -> Result<()> {
    let terminal = Terminal::signed_in("katherine").await?;
    terminal.make_volume("faces").await?;
    terminal
        .ask(&["volumes", "share", "faces", "--with", "department:Speech"])
        .await?;
    let grace = terminal.console.signed_in("grace").await?;
    let list = |query: &str| {
        let address = format!("{}/api/v1/datavolumes?{query}", terminal.console.origin());
        grace.get(address).send()
    };
    let all: serde_json::Value = list("requestType=All").await?.json().await?;
    assert_eq!(all["datavolumes"][0]["name"], "faces");
    let originated: serde_json::Value = list("requestType=Originated").await?.json().await?;
    assert_eq!(originated["datavolumes"], json!([]));
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_named() -> Result<()> {
    let terminal = Terminal::signed_in("katherine").await?;
    terminal.make_volume("faces").await?;
    for (arguments, words) in [
        (
            &["volumes", "show", "nothing"][..],
            "there is no data volume “nothing” that you may see",
        ),
        (&["volumes", "show", "a,b"], "there is no data volume “a,b”"),
        (
            &["volumes", "share", "faces", "--with", "project:nowhere"],
            "there is no project “nowhere”",
        ),
        (
            &["volumes", "share", "faces", "--with", "nowhere"],
            "project:NAME",
        ),
        (&["volumes", "list", "--filter", "colour==red"], "filterBy"),
        (&["volumes", "edit", "faces"], "name what to change"),
        (
            &["ls", "faces:no/such"],
            "There is no such file or folder here",
        ),
    ] {
        let complaint = terminal.refused(arguments).await?;
        assert!(complaint.contains(words), "{words}: {complaint}");
    }
    Ok(())
}
