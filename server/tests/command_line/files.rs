use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Result;
use serde_json::json;

use crate::terminal::Terminal;

/// What lies at each path: a file's bytes and its time of change in milliseconds; nothing for a folder.
type Tree = BTreeMap<String, Option<(Vec<u8>, u128)>>;

fn tree(root: &Path) -> Result<Tree> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(root)?.display().to_string();
            if path.is_dir() {
                found.insert(name, None);
                folders.push(path);
            } else {
                let modified = fs::metadata(&path)?
                    .modified()?
                    .duration_since(UNIX_EPOCH)?;
                found.insert(name, Some((fs::read(&path)?, modified.as_millis())));
            }
        }
    }
    Ok(found)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, content)?;
    let file = fs::File::options().write(true).open(path)?;
    Ok(file.set_modified(UNIX_EPOCH + Duration::from_millis(1_700_000_000_123))?)
}

#[tokio::test]
async fn a_folder_goes_up_and_comes_down_the_same() -> Result<()> {
    let terminal = Terminal::signed_in("katherine").await?;
    terminal.make_volume("faces").await?;
    let dataset = terminal.home.path().join("dataset");
    write(&dataset.join("README.md"), b"# Faces\n")?;
    write(&dataset.join("a/b/c/größe 数.txt"), b"deep")?;
    write(&dataset.join("empty.bin"), b"")?;
    write(&dataset.join("large.bin"), &vec![7; 9 << 20])?;
    for number in 0..300 {
        write(
            &dataset.join(format!("many/{number:03}.txt")),
            format!("{number}").as_bytes(),
        )?;
    }
    fs::create_dir(dataset.join("nothing in it"))?;
    fs::create_dir(terminal.home.path().join("down"))?;

    let up = ["cp", "dataset", "faces:"];
    let sent = terminal.ask(&up).await?;
    assert_eq!(sent["copiedFiles"], 304);
    assert_eq!(sent["failed"], json!([]));
    let again = terminal.ask(&up).await?;
    assert_eq!(
        (&again["copiedFiles"], &again["presentFiles"]),
        (&json!(0), &json!(304))
    );

    let listed = terminal.ask(&["ls", "faces:dataset"]).await?;
    let names = listed
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["name"].as_str());
    let names: Vec<_> = names.collect();
    assert_eq!(
        names,
        [
            "a",
            "many",
            "nothing in it",
            "README.md",
            "empty.bin",
            "large.bin"
        ]
    );

    let down = ["cp", "faces:dataset", "down"];
    let fetched = terminal.ask(&down).await?;
    assert_eq!(fetched["copiedFiles"], 304);
    assert!(tree(&dataset)? == tree(&terminal.home.path().join("down/dataset"))?);
    let again = terminal.ask(&down).await?;
    assert_eq!(
        (&again["copiedFiles"], &again["presentFiles"]),
        (&json!(0), &json!(304))
    );
    Ok(())
}

#[tokio::test]
async fn a_place_is_a_folder_or_a_name_as_with_cp() -> Result<()> {
    let terminal = Terminal::signed_in("katherine").await?;
    terminal.make_volume("faces").await?;
    let home = terminal.home.path();
    write(&home.join("dataset/one.txt"), b"one")?;
    write(&home.join("two.txt"), b"two")?;
    for arguments in [
        ["cp", "two.txt", "faces:"],
        ["cp", "two.txt", "faces:zwei.txt"],
        ["cp", "two.txt", "faces:folder/"],
        ["cp", "two.txt", "faces:folder/"],
        ["cp", "dataset", "faces:renamed"],
        ["cp", "dataset", "faces:folder"],
        ["cp", "dataset/.", "faces:content"],
    ] {
        terminal.ask(&arguments).await?;
    }
    fs::create_dir(home.join("there"))?;
    terminal.ask(&["cp", "faces:", "whole"]).await?;
    terminal
        .ask(&["cp", "faces:zwei.txt", "faces:folder/two.txt", "there"])
        .await?;
    terminal
        .ask(&["cp", "faces:zwei.txt", "there/drei.txt"])
        .await?;
    let names = |folder: &str| {
        Ok::<_, anyhow::Error>(tree(&home.join(folder))?.into_keys().collect::<Vec<_>>())
    };
    assert_eq!(
        names("whole")?,
        [
            "content",
            "content/one.txt",
            "folder",
            "folder/dataset",
            "folder/dataset/one.txt",
            "folder/two.txt",
            "renamed",
            "renamed/one.txt",
            "two.txt",
            "zwei.txt",
        ]
    );
    assert_eq!(names("there")?, ["drei.txt", "two.txt", "zwei.txt"]);
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_taken_by_another_file_is_left_unless_told_otherwise() -> Result<()> {
    let terminal = Terminal::signed_in("katherine").await?;
    terminal.make_volume("faces").await?;
    let file = terminal.home.path().join("a.txt");
    write(&file, b"first")?;
    terminal.ask(&["cp", "a.txt", "faces:"]).await?;
    write(&file, b"another")?;
    let content = |name: &str| {
        let place = format!("faces:{name}");
        let terminal = &terminal;
        async move {
            let fetched = terminal.home.path().join("fetched");
            let _ = fs::remove_file(&fetched);
            terminal.ask(&["cp", &place, "fetched"]).await?;
            Ok::<_, anyhow::Error>(fs::read_to_string(fetched)?)
        }
    };
    let complaint = terminal.refused(&["cp", "a.txt", "faces:"]).await?;
    assert!(
        complaint.contains("a.txt: another file of this name is there"),
        "{complaint}"
    );
    assert!(complaint.contains("1 file was not copied"), "{complaint}");
    terminal
        .ask(&["cp", "a.txt", "faces:", "--on-conflict", "skip"])
        .await?;
    assert_eq!(content("a.txt").await?, "first");
    terminal
        .ask(&["cp", "a.txt", "faces:", "--on-conflict", "rename"])
        .await?;
    assert_eq!(content("a (2).txt").await?, "another");
    terminal
        .ask(&["cp", "a.txt", "faces:", "--on-conflict", "replace"])
        .await?;
    assert_eq!(content("a.txt").await?, "another");

    write(&file, b"something of here")?;
    let complaint = terminal.refused(&["cp", "faces:a.txt", "."]).await?;
    assert!(
        complaint.contains("another file of this name is here"),
        "{complaint}"
    );
    terminal
        .ask(&["cp", "faces:a.txt", ".", "--on-conflict", "rename"])
        .await?;
    assert_eq!(
        fs::read_to_string(terminal.home.path().join("a (2).txt"))?,
        "another"
    );
    assert_eq!(fs::read_to_string(&file)?, "something of here");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_copied_is_named_and_the_rest_goes_on() -> Result<()> {
    let terminal = Terminal::signed_in("katherine").await?;
    terminal.make_volume("faces").await?;
    let home = terminal.home.path();
    write(&home.join("dataset/good.txt"), b"good")?;
    write(&home.join("dataset/a\\b.txt"), b"backslash")?;
    std::os::unix::fs::symlink("/etc/passwd", home.join("dataset/link"))?;
    let complaint = terminal.refused(&["cp", "dataset", "faces:"]).await?;
    assert!(
        complaint.contains("link: links, pipes and devices are not copied"),
        "{complaint}"
    );
    assert!(
        complaint.contains("a\\b.txt: This name cannot be stored"),
        "{complaint}"
    );
    assert!(complaint.contains("2 files were not copied"), "{complaint}");
    assert_eq!(
        terminal.ask(&["ls", "faces:dataset"]).await?[0]["name"],
        "good.txt"
    );
    for arguments in [["cp", "a", "b"], ["cp", "faces:", "faces:b"]] {
        let complaint = terminal.refused(&arguments).await?;
        assert!(complaint.contains("one end lies here"), "{complaint}");
    }
    Ok(())
}
