//! How long somebody waits who drops a file onto a volume that no pod has mounted yet.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::{DataVolumeId, OriginSource, VolumePath};
use reqwest::{Client, StatusCode};
use tests::console::Console;
use tests::figures::{Times, milliseconds};

use crate::place::{PERSON, Pair, Place, print};

pub(crate) async fn measure(place: &Place, claims: u32) -> Result<()> {
    println!("\nthe first byte on each of {claims} volumes that no pod has mounted");
    for (reach, name) in [
        ("pod-address", "from drop to stored, by pod address"),
        ("port-forward", "from drop to stored, by port-forward"),
    ] {
        let project = [format!("first-by-{reach}")];
        place.make_namespaces(&project).await?;
        let console = place.console(&[("Vision", &project)], Some(reach)).await?;
        let client = console.signed_in(PERSON).await?;
        let mut times = Times::default();
        for number in 0..claims {
            let claim = format!("data-{number}");
            let mut pair = Pair::on_server(&project[0], &claim);
            let folder = place.folder(&format!("{reach}-{number}"))?;
            pair.folder = Some(folder.clone());
            place.make_claims(&[pair]).await?;
            let source = OriginSource::ExistingClaim {
                claim,
                sub_path: VolumePath::root(),
            };
            let name = format!("faces-{number}");
            let volume = console
                .data_volume_of(&client, &project[0], &name, source)
                .await?;
            let since = Instant::now();
            drop_file(&console, &client, volume.id).await?;
            times.push(since.elapsed());
            ensure!(std::fs::read(folder.join("first.bin"))? == b"x");
        }
        let most = milliseconds(times.at(100));
        print(
            name,
            &format!("{} p50, {most} at most", milliseconds(times.at(50))),
        );
    }
    Ok(())
}

/// Uploads one byte; it is on the disk when this returns.
async fn drop_file(console: &Console, client: &Client, id: DataVolumeId) -> Result<()> {
    let origin = console.origin();
    let path = BASE64_STANDARD.encode("first.bin");
    let made = client
        .post(format!("{origin}/api/v1/datavolumes/{id}/uploads"))
        .header("origin", origin)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", 1)
        .header("upload-metadata", format!("relativePath {path}"))
        .send()
        .await?
        .error_for_status()?;
    let location = made.headers().get("location").context("no Location")?;
    let address = url::Url::parse(origin)?.join(location.to_str()?)?;
    let stored = client
        .patch(address)
        .header("origin", origin)
        .header("tus-resumable", "1.0.0")
        .header("upload-offset", 0)
        .header("content-type", "application/offset+octet-stream")
        .body("x")
        .send()
        .await?;
    ensure!(
        stored.status() == StatusCode::NO_CONTENT,
        "{}",
        stored.status()
    );
    Ok(())
}
