//! One large file to a volume: through the data agent's pod, reached in both ways, against `kubectl cp`.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::{Bytes, OriginSource, VolumePath};
use reqwest::Client;
use serde_json::{Value, json};
use tests::console::Console;
use tests::figures::Times;

use crate::place::{PERSON, Pair, Place, print, text};

/// How many times as fast as `kubectl cp` the way by pod address is to be.
const AIM: f64 = 3.0;

/// A console with one data volume, and the folder that holds its files.
struct Door {
    name: &'static str,
    console: Console,
    /// What the command line signs in with.
    access: [(&'static str, String); 3],
    folder: PathBuf,
    times: Times,
}

pub(crate) async fn measure(place: &Place, mebibytes: u32, rounds: u32) -> Result<()> {
    println!("\nuploading a file of {mebibytes} MiB, {rounds} rounds");
    let size = u64::from(mebibytes) << 20;
    let source = place.file("large.bin");
    let mut random = File::open("/dev/urandom")?.take(size);
    io::copy(&mut random, &mut File::create(&source)?)?;
    let sum = sha256(&source)?;

    let mut doors = [
        Door::open(place, "by pod address", "pod-address").await?,
        Door::open(place, "by port-forward", "port-forward").await?,
    ];
    let copied = pod_with_claim(place).await?;
    let mut copying = Times::default();
    // The first round starts agents and is not counted.
    for round in 0..=rounds {
        for door in &mut doors {
            let took = door.upload(&source, round)?;
            check(&door.folder, &sum)?;
            if round > 0 {
                door.times.push(took);
            }
        }
        let mut copy = place.kubectl();
        copy.args(["cp", text(&source)?, "copying/user:/data/large.bin"]);
        let took = run(&mut copy)?;
        check(&copied, &sum)?;
        if round > 0 {
            copying.push(took);
        }
    }
    let copying = copying.at(50);
    for door in &doors {
        let median = door.times.at(50);
        let ratio = copying.as_secs_f64() / median.as_secs_f64();
        let is_short = ratio < AIM && door.name == "by pod address";
        let over = if is_short { "  short of the aim" } else { "" };
        print(
            &format!("stowage cp, {}", door.name),
            &format!("{}, {ratio:.1} times kubectl cp{over}", rate(size, median)),
        );
    }
    print("kubectl cp", &rate(size, copying));
    println!(
        "Each file arrived whole (SHA-256); Stowage's is on the disk when it says so, kubectl cp's is not."
    );
    Ok(())
}

impl Door {
    async fn open(place: &Place, name: &'static str, reach: &'static str) -> Result<Self> {
        let project = [reach.to_owned()];
        place.make_namespaces(&project).await?;
        let folder = place.folder(reach)?;
        let mut pair = Pair::on_server(reach, "data");
        pair.folder = Some(folder.clone());
        place.make_claims(&[pair]).await?;
        let console = place.console(&[("Vision", &project)], Some(reach)).await?;
        let client = console.signed_in(PERSON).await?;
        let claim = OriginSource::ExistingClaim {
            claim: "data".into(),
            sub_path: VolumePath::root(),
        };
        console
            .data_volume_of(&client, reach, "faces", claim)
            .await?;
        Ok(Self {
            name,
            access: access(&console, &client).await?,
            console,
            folder,
            times: Times::default(),
        })
    }

    fn upload(&self, source: &Path, round: u32) -> Result<Duration> {
        let server = env::var_os("STOWAGE_BIN").context("STOWAGE_BIN is not set")?;
        let mut copy = Command::new(server);
        copy.arg("cp")
            .arg(source)
            .arg(format!("faces:large-{round}.bin"));
        copy.env("XDG_CONFIG_HOME", self.console.folder());
        for (name, value) in &self.access {
            copy.env(name, value);
        }
        run(&mut copy)
    }
}

/// An access key for the command line.
async fn access(console: &Console, client: &Client) -> Result<[(&'static str, String); 3]> {
    let address = format!("{}/api/v1/access-keys", console.origin());
    let asked = client.post(address).header("origin", console.origin());
    let made = asked.json(&json!({ "name": "bench" })).send().await?;
    let key: Value = made.error_for_status()?.json().await?;
    let part = |name: &str| key[name].as_str().map(str::to_owned).context("a key");
    Ok([
        ("STOWAGE_URL", console.origin().to_owned()),
        ("STOWAGE_CLIENT_ID", part("clientId")?),
        ("STOWAGE_CLIENT_SECRET", part("clientSecret")?),
    ])
}

/// A pod with a claim at `/data`, for `kubectl cp`.
async fn pod_with_claim(place: &Place) -> Result<PathBuf> {
    place.make_namespaces(&["copying".to_owned()]).await?;
    let folder = place.folder("copying")?;
    let mut pair = Pair::on_server("copying", "data");
    pair.folder = Some(folder.clone());
    place.make_claims(&[pair]).await?;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "user", "namespace": "copying" },
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{
                "name": "user", "image": "toolbox:test",
                "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
            }],
            "volumes": [{ "name": "data", "persistentVolumeClaim": { "claimName": "data" } }],
        },
    });
    let manifest = place.file("pod.json");
    fs::write(&manifest, pod.to_string())?;
    place.run(&["apply", "--filename", text(&manifest)?])?;
    let ready = ["wait", "--for=condition=Ready", "--timeout=60s"];
    place.run(&[&ready[..], &["--namespace=copying", "pod/user"]].concat())?;
    Ok(folder)
}

/// How long a program takes to its end.
fn run(command: &mut Command) -> Result<Duration> {
    let since = Instant::now();
    let status = command.stdout(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?} ({status})");
    Ok(since.elapsed())
}

/// Looks whether the one file of a folder arrived whole, and makes room for the next.
fn check(folder: &Path, sum: &str) -> Result<()> {
    let is_shown = |entry: &fs::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
    let mut files = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .filter(is_shown);
    let file = files.next().context("no file arrived")?.path();
    ensure!(
        sha256(&file)? == sum,
        "{} is not what was sent",
        file.display()
    );
    fs::remove_file(file)?;
    Ok(())
}

fn sha256(file: &Path) -> Result<String> {
    let output = Command::new("sha256sum").arg("--").arg(file).output()?;
    ensure!(output.status.success(), "sha256sum");
    let text = String::from_utf8(output.stdout)?;
    Ok(text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned())
}

fn rate(size: u64, time: Duration) -> String {
    let each_second = u128::from(size) * 1000 / time.as_millis().max(1);
    let each_second = Bytes(u64::try_from(each_second).unwrap_or(u64::MAX));
    format!("{each_second}/s ({:.2} s)", time.as_secs_f64())
}
