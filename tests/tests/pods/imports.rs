//! Imports: the data agent in its pod fetches what another pod serves.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use domain::{HttpFile, ImportSource, ImportState, OriginSource, VolumePath};
use reqwest::Client;
use tests::console::Console;
use wire::{DataVolumeView, ImportView, NewImport};

use crate::kubectl::Kubectl;

const SOURCE: &str = "importing-source";
const TARGET: &str = "importing-target";
const PERSON: &str = "ada";

pub(crate) fn an_import_is_fetched_by_the_agents_pod_from_another_pod(
    kubectl: &Kubectl,
) -> Result<()> {
    let shelf = kubectl.make_claim(SOURCE)?;
    let images: Vec<u8> = (0..3_u32 << 20)
        .map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    fs::write(shelf.join("images.bin"), &images)?;
    fs::write(shelf.join("labels.csv"), "cat,1\n")?;
    let address = kubectl.start_web_server(SOURCE)?;
    let node = kubectl.run(&[
        "get",
        "nodes",
        "--output=jsonpath={.items[0].status.addresses[0].address}",
    ])?;
    let folder = kubectl.make_claim(TARGET)?;

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server = env::var_os("STOWAGE_BIN").context("STOWAGE_BIN is not set")?;
        let config = configuration(&kubectl.console(), &address);
        let console = Console::start_from(Path::new(&server), Some(&config), None).await?;
        let client = console.signed_in(PERSON).await?;
        let claim = OriginSource::ExistingClaim {
            claim: "data".into(),
            sub_path: VolumePath::root(),
        };
        let volume = console
            .data_volume_of(&client, TARGET, "imagenet", claim)
            .await?;

        let urls = ["images.bin", "labels.csv"].map(|file| format!("http://{address}:8080/{file}"));
        let import = imported(&console, &client, &volume, &urls).await?;
        ensure!(import.state == ImportState::Succeeded, "{import:#?}");
        ensure!(fs::read(folder.join("images.bin"))? == images);
        ensure!(fs::read_to_string(folder.join("labels.csv"))? == "cat,1\n");

        // Nobody permitted another address of the cluster.
        let elsewhere = [format!("http://{node}:8080/labels.csv")];
        let import = imported(&console, &client, &volume, &elsewhere).await?;
        ensure!(import.state == ImportState::Failed, "{import:#?}");
        let problems = &import.progress.problems;
        let why = problems.first().map_or("", |problem| &problem.message);
        ensure!(why.contains("private or reserved network"), "{import:#?}");
        Ok(())
    })
}

/// Asks for files and waits until that is over.
async fn imported(
    console: &Console,
    client: &Client,
    volume: &DataVolumeView,
    urls: &[String],
) -> Result<ImportView> {
    let files = urls.iter().map(|url| HttpFile {
        url: url.clone(),
        path: None,
        sha256: None,
    });
    let new = NewImport {
        source: ImportSource::Http {
            files: files.collect(),
        },
        into: VolumePath::root(),
        existing: domain::ExistingFiles::default(),
        credential: None,
    };
    console.import(client, volume.id, &new).await
}

/// A console whose imports may ask this one address that is not public.
fn configuration(kubeconfig: &Path, permitted: &str) -> String {
    format!(
        r#"[demonstration]
people = [{{ id = "{PERSON}", name = "{PERSON}", email = "{PERSON}@acme.example", groups = ["administrators"] }}]
[imports]
permitted_networks = ["{permitted}"]
[clusters.gpu-a]
kind = "kubernetes"
kubeconfig = "{}"
[clusters.gpu-a.agent]
image = "stowage:test"
reach = "port-forward"
[organisation]
name = "Acme"
[[organisation.clusters]]
name = "gpu-a"
kind = "kubernetes"
[[organisation.clusters.departments]]
name = "Vision"
projects = [{{ name = "{TARGET}", folder = "{TARGET}" }}]
[[organisation.access_rules]]
group = "administrators"
role = "system-administrator"
"#,
        kubeconfig.display()
    )
}
