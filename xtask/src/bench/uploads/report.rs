//! What was measured, as a page of the documentation.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::chart::{Panel, chart};
use super::machine;
use crate::setup;
use crate::workspace::Workspace;

const PICTURE: &str = "benchmarks.svg";
const OURS: &str = "Stowage";

/// What the program `bench_uploads` wrote.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Native {
    rounds: usize,
    size_mebibytes: usize,
    files: usize,
    is_memory_bounded: bool,
    servers: Vec<Server>,
    memory: Vec<Memory>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Server {
    name: String,
    large_megabytes_per_second: f64,
    large_processor_seconds_per_gibibyte: f64,
    small_files_per_second: f64,
    small_processor_milliseconds_per_file: f64,
    peak_mebibytes: f64,
}

#[derive(Deserialize)]
struct Memory {
    what: String,
    mebibytes: f64,
}

/// What `upload-pages.ts` wrote.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Browser {
    chromium: String,
    rounds: usize,
    size_mebibytes: usize,
    files: usize,
    patience_seconds: usize,
    pages: Vec<Page>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    name: String,
    small_files_per_second: Option<f64>,
    large_megabytes_per_second: Option<f64>,
}

/// Writes `benchmarks.md` and its picture into a folder.
pub(super) fn write(workspace: &Workspace, results: &Path, docs: &Path) -> Result<()> {
    let native: Option<Native> = read(&results.join("native.json"))?;
    let browser: Option<Browser> = read(&results.join("browser.json"))?;
    let mut page = format!(
        "# Benchmarks\n\nUploads, measured by `cargo xtask bench uploads` on {}: {}.\n\
         All servers run on that machine beside the client, over plain HTTP on the loopback interface, at their \
         defaults. Their turns are interleaved; figures are medians, and the first round is not counted.\n\
         Stowage's figures include a CRC-32C of what is sent, BLAKE3 and SHA-256 of every file, `fsync` before each \
         answer, and names only for files that are whole. nginx, tusd, @tus/server, miniserve and dufs do none of \
         it; copyparty hashes.\n\n![Uploads in bars]({PICTURE})\n",
        machine::today()?,
        machine::described(results)?
    );
    if let Some(native) = &native {
        page.push_str(&native_part(native));
    }
    if let Some(browser) = &browser {
        page.push_str(&browser_part(browser));
    }
    page.push_str(&aims(native.as_ref(), browser.as_ref()));
    page.push_str("\n## Versions\n");
    let versions = setup::peer_versions(workspace)?;
    let versions: Vec<String> = versions
        .into_iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    // Writing into a string cannot fail.
    let _ = writeln!(page, "{}.", versions.join(", "));
    fs::write(docs.join("benchmarks.md"), &page)?;
    let picture = chart(
        "Uploads in bars",
        &panels(native.as_ref(), browser.as_ref()),
    );
    fs::write(docs.join(PICTURE), picture)?;
    println!(
        "{page}\nwritten to {}",
        docs.join("benchmarks.md").display()
    );
    Ok(())
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match fs::read(file) {
        Ok(text) => Ok(Some(
            serde_json::from_slice(&text).with_context(|| format!("{}", file.display()))?,
        )),
        Err(_) => Ok(None),
    }
}

fn native_part(native: &Native) -> String {
    let mut part = format!(
        "\n## From a program\nOne file of {} MiB over one connection, and {} files of 4 KiB: to the others by one \
         request each over six connections, to Stowage in batches of 200 over three. {} rounds.{}\n\n\
         | server | one file, MB/s | processor, s per GiB | small files a second | processor, ms per file | \
         most memory, MiB |\n|---|--:|--:|--:|--:|--:|\n",
        grouped(native.size_mebibytes),
        grouped(native.files),
        native.rounds,
        if native.is_memory_bounded {
            " Each server has a memory group of 512 MiB, page cache included."
        } else {
            ""
        }
    );
    for server in &native.servers {
        let _ = writeln!(
            part,
            "| {} | {} | {:.2} | {} | {:.2} | {} |",
            server.name,
            rounded(server.large_megabytes_per_second),
            server.large_processor_seconds_per_gibibyte,
            rounded(server.small_files_per_second),
            server.small_processor_milliseconds_per_file,
            rounded(server.peak_mebibytes)
        );
    }
    part.push_str(
        "\nMost memory is what the processes of a server ever had resident, files that they map included. Stowage is \
         the whole console here, pages and database with it. Its heap and stacks:\n\n| | MiB |\n|---|--:|\n",
    );
    for memory in &native.memory {
        let _ = writeln!(part, "| {} | {:.1} |", memory.what, memory.mebibytes);
    }
    part
}

fn browser_part(browser: &Browser) -> String {
    let mut part = format!(
        "\n## In {}\nFiles are dropped on each server's own page (Uppy's dashboard for tusd), from the drop until all \
         of them lie whole in the server's folder: {} files of 4 KiB, and one of {} MiB. {} rounds. A page that needs \
         longer than {} seconds is stopped there, and its rate is that of what it stored until then.\n\n\
         | page | small files a second | one file, MB/s |\n|---|--:|--:|\n",
        browser.chromium,
        grouped(browser.files),
        grouped(browser.size_mebibytes),
        browser.rounds,
        browser.patience_seconds
    );
    let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), rounded);
    for page in &browser.pages {
        let _ = writeln!(
            part,
            "| {} | {} | {} |",
            page.name,
            shown(page.small_files_per_second),
            shown(page.large_megabytes_per_second)
        );
    }
    part
}

/// What Stowage aims at, as ratios: they hold from machine to machine better than figures do.
fn aims(native: Option<&Native>, browser: Option<&Browser>) -> String {
    let mut part =
        "\n## Against the aims\n| Stowage against | aim | measured |\n|---|--:|--:|\n".to_owned();
    let native = native.map(native_aims).unwrap_or_default();
    let browser = browser.map(browser_aims).unwrap_or_default();
    for aim in native.into_iter().chain(browser) {
        let Aim {
            what,
            is_least,
            bound,
            measured,
        } = aim;
        let is_met = if is_least {
            measured >= bound
        } else {
            measured <= bound
        };
        let sign = if is_least { "≥" } else { "≤" };
        let verdict = if is_met { "" } else { " (missed)" };
        // Writing into a string cannot fail.
        let _ = writeln!(part, "| {what} | {sign} {bound} | {measured:.2}{verdict} |");
    }
    part
}

struct Aim {
    what: String,
    is_least: bool,
    bound: f64,
    measured: f64,
}

fn native_aims(native: &Native) -> Vec<Aim> {
    let aim = |other: &str, what: &str, is_least: bool, bound: f64, value: fn(&Server) -> f64| {
        let find = |name: &str| {
            let mut servers = native.servers.iter();
            servers.find(|server| server.name.starts_with(name))
        };
        Some(Aim {
            what: format!("{other}, {what}"),
            is_least,
            bound,
            measured: value(find(OURS)?) / value(find(other)?),
        })
    };
    let large = |(other, bound)| {
        aim(other, "one file from a program", true, bound, |server| {
            server.large_megabytes_per_second
        })
    };
    let small = |(other, bound)| {
        aim(other, "small files from a program", true, bound, |server| {
            server.small_files_per_second
        })
    };
    let processor = aim(
        "nginx",
        "processor time for one file",
        false,
        1.8,
        |server| server.large_processor_seconds_per_gibibyte,
    );
    let speeds = [
        ("nginx", 0.95),
        ("tusd", 1.1),
        ("miniserve", 1.4),
        ("copyparty", 1.8),
        ("@tus/server", 1.9),
        ("dufs", 4.5),
    ];
    let rates = [
        ("tusd", 3.0),
        ("dufs", 1.3),
        ("nginx", 0.7),
        ("@tus/server", 10.0),
    ];
    let large = speeds.into_iter().filter_map(large);
    large
        .chain(processor)
        .chain(rates.into_iter().filter_map(small))
        .collect()
}

fn browser_aims(browser: &Browser) -> Vec<Aim> {
    let aim = |other: &str, what: &str, bound: f64, value: fn(&Page) -> Option<f64>| {
        let find = |name: &str| browser.pages.iter().find(|page| page.name == name);
        Some(Aim {
            what: format!("{other}, {what}"),
            is_least: true,
            bound,
            measured: value(find(OURS)?)? / value(find(other)?)?,
        })
    };
    let small = |(other, bound)| {
        aim(other, "small files in Chromium", bound, |page| {
            page.small_files_per_second
        })
    };
    let large = |(other, bound)| {
        aim(other, "one file in Chromium", bound, |page| {
            page.large_megabytes_per_second
        })
    };
    let rates = [
        ("Uppy + tusd", 8.0),
        ("miniserve", 6.0),
        ("copyparty", 25.0),
        ("dufs", 40.0),
    ];
    let speeds = [
        ("Uppy + tusd", 1.2),
        ("Uppy + tusd, three parts", 1.0),
        ("copyparty", 2.0),
        ("miniserve", 2.0),
    ];
    let small = rates.into_iter().filter_map(small);
    small.chain(speeds.into_iter().filter_map(large)).collect()
}

fn panels(native: Option<&Native>, browser: Option<&Browser>) -> Vec<Panel> {
    let mut panels = Vec::new();
    if let Some(native) = native {
        let bars = |value: &dyn Fn(&Server) -> f64| {
            let bar = |server: &Server| (server.name.clone(), value(server));
            native.servers.iter().map(bar).collect()
        };
        panels.push(Panel {
            title: "One file from a program, MB/s".to_owned(),
            bars: bars(&|server| server.large_megabytes_per_second),
        });
        panels.push(Panel {
            title: "Small files from a program, files a second".to_owned(),
            bars: bars(&|server| server.small_files_per_second),
        });
    }
    if let Some(browser) = browser {
        let bars = |value: &dyn Fn(&Page) -> Option<f64>| {
            let bar = |page: &Page| Some((page.name.clone(), value(page)?));
            browser.pages.iter().filter_map(bar).collect()
        };
        panels.push(Panel {
            title: "One file in Chromium, MB/s".to_owned(),
            bars: bars(&|page| page.large_megabytes_per_second),
        });
        panels.push(Panel {
            title: "Small files in Chromium, files a second".to_owned(),
            bars: bars(&|page| page.small_files_per_second),
        });
    }
    panels
}

/// A figure with as many digits as it is worth.
pub(super) fn rounded(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    digits.parse().map_or(digits, grouped)
}

/// `3,000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_with_as_many_digits_as_they_are_worth() {
        let told: Vec<String> = [0.95, 9.99, 117.4, 17_200.0].map(rounded).into();
        assert_eq!(told, ["0.9", "10.0", "117", "17,200"]);
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
