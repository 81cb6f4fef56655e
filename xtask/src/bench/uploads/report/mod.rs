//! What was measured, as a page of the documentation.

mod aims;
mod figures;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use figures::{Conditions, Costs, Figures, Native, Page, Pages, Server};

use super::chart::{Panel, chart};
use super::machine;
use crate::setup;
use crate::workspace::Workspace;

const PICTURE: &str = "benchmarks.svg";

/// Writes `benchmarks.md` and its picture into a folder.
pub(super) fn write(workspace: &Workspace, results: &Path, docs: &Path) -> Result<()> {
    let figures = Figures::read(results)?;
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
    if let Some(native) = &figures.native {
        page.push_str(&native_part(native));
    }
    if let Some(conditions) = &figures.conditions {
        page.push_str(&conditions_part(conditions));
    }
    if let Some(pages) = &figures.pages {
        page.push_str(&pages_part(pages));
    }
    if let Some(costs) = &figures.costs {
        page.push_str(&costs_part(costs));
    }
    page.push_str(&aims::part(&figures));
    page.push_str("\n## Versions\n");
    let versions = setup::peer_versions(workspace)?;
    let versions: Vec<String> = versions
        .into_iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    // Writing into a string cannot fail.
    let _ = writeln!(page, "{}.", versions.join(", "));
    fs::write(docs.join("benchmarks.md"), &page)?;
    let picture = chart("Uploads in bars", &panels(&figures));
    fs::write(docs.join(PICTURE), picture)?;
    println!(
        "{page}\nwritten to {}",
        docs.join("benchmarks.md").display()
    );
    Ok(())
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
    let memory = &native.memory;
    let _ = writeln!(
        part,
        "\nMost memory is what the processes of a server ever had resident, files that they map included. Stowage is \
         the whole console here, pages and database with it. Its heap and stacks:\n\n| | MiB |\n|---|--:|\n\
         | a data agent at rest, as in a pod | {:.1} |\n| the whole console at rest | {:.1} |\n\
         | more with 4 lanes into one file | {:.1} |\n| more with 64 uploads at once | {:.1} |\n\
         | more with {} uploads that are open | {:.1} |",
        memory.agent_at_rest,
        memory.console_at_rest,
        memory.more_with_lanes,
        memory.more_with_uploads,
        grouped(memory.sessions),
        memory.more_with_sessions
    );
    part
}

fn conditions_part(conditions: &Conditions) -> String {
    let mut part = format!(
        "\n## Many files, and pages beside them\n\
         {} files of 1 KiB from a program, in batches: {} files a second, and {} of 10,000 (median of \
         three before and three after).\n\
         The page of data volumes, asked for every 25 ms: p99 {:.1} ms, and {:.1} ms while four lanes bring one file \
         after the other.\n",
        grouped(conditions.many),
        rounded(conditions.many_files_per_second),
        rounded(conditions.few_files_per_second),
        conditions.idle_page_milliseconds,
        conditions.busy_page_milliseconds
    );
    if let Some(slow) = &conditions.slow_disk {
        let _ = writeln!(
            part,
            "The same onto a disk that writes 20 MB a second (a file system of our own under a real ext4): {:.1} MB/s \
             arrive, the most memory is {:+.1} MiB against that with this machine's disk, p99 {:.1} ms at rest and \
             {:.1} ms meanwhile.",
            slow.megabytes_per_second,
            slow.more_memory,
            slow.idle_page_milliseconds,
            slow.busy_page_milliseconds
        );
    }
    part
}

fn pages_part(pages: &Pages) -> String {
    let mut part = format!(
        "\n## In {}\nFiles are dropped on each server's own page (Uppy's dashboard for tusd), from the drop until all \
         of them lie whole in the server's folder: {} files of 4 KiB; one of {} MiB; and a mixed set of one of {} MiB \
         with {} of 8 KiB. {} rounds. A page that needs longer than {} seconds ({} for the mixed set) is stopped there \
         and taken to go on as it did until then.\n\n\
         | page | small files a second | one file, MB/s | mixed set, s |\n|---|--:|--:|--:|\n",
        pages.chromium,
        grouped(pages.files),
        grouped(pages.size_mebibytes),
        grouped(pages.mixed.size_mebibytes),
        grouped(pages.mixed.files),
        pages.rounds,
        pages.patience_seconds,
        pages.mixed.patience_seconds
    );
    let shown = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), rounded);
    for page in &pages.sites {
        let _ = writeln!(
            part,
            "| {} | {} | {} | {} |",
            page.name,
            shown(page.small_files_per_second),
            shown(page.large_megabytes_per_second),
            shown(page.mixed_seconds)
        );
    }
    let _ = writeln!(
        part,
        "| a server that keeps nothing | – | {} | – |",
        rounded(pages.sink_megabytes_per_second)
    );
    part
}

fn costs_part(costs: &Costs) -> String {
    let memory = &costs.memory_mebibytes;
    let mut part = format!(
        "\n## What it costs the browser\nMemory of all of Chromium's processes above that of the idle page, at most: \
         {:.0} MiB for one file of {} MiB, {:.0} for {} files, {:.0} for {} files in folders. Of the latter the first \
         request left after {:.2} s, nothing kept the page's thread for longer than {:.0} ms, and all were stored after \
         {:.0} s. What follows, and cuts and folders that are dropped again, was measured in {} {}.\n",
        memory.large,
        grouped(costs.size_mebibytes),
        memory.few,
        grouped(costs.files),
        memory.many,
        grouped(costs.many),
        costs.first_request_seconds,
        costs.longest_block_ms,
        costs.many_seconds,
        costs.rounds,
        if costs.rounds == 1 { "round" } else { "rounds" }
    );
    if let Some(ways) = &costs.megabytes_per_second {
        let _ = writeln!(
            part,
            "\n| one file, MB/s | HTTP/1.1 | HTTP/2 |\n|---|--:|--:|\n| plain | {} | – |\n| encrypted | {} | {} |\n\
             | encrypted, 50 ms there and back | {} | {} |",
            rounded(ways.plain),
            rounded(ways.encrypted_http1),
            rounded(ways.encrypted),
            rounded(ways.far_http1),
            rounded(ways.far)
        );
    }
    part
}

fn panels(figures: &Figures) -> Vec<Panel> {
    let mut panels = Vec::new();
    if let Some(native) = &figures.native {
        let of = |title, value: fn(&Server) -> f64| {
            let bar = |server: &Server| Some((server.name.clone(), value(server)));
            panel(title, &native.servers, bar)
        };
        panels.extend([
            of("One file from a program, MB/s", |server| {
                server.large_megabytes_per_second
            }),
            of("Small files from a program, files a second", |server| {
                server.small_files_per_second
            }),
        ]);
    }
    if let Some(pages) = &figures.pages {
        let of = |title, value: fn(&Page) -> Option<f64>| {
            let bar = |page: &Page| Some((page.name.clone(), value(page)?));
            panel(title, &pages.sites, bar)
        };
        panels.extend([
            of("One file in Chromium, MB/s", |page| {
                page.large_megabytes_per_second
            }),
            of("Small files in Chromium, files a second", |page| {
                page.small_files_per_second
            }),
        ]);
    }
    panels
}

fn panel<T>(title: &str, rows: &[T], bar: impl Fn(&T) -> Option<(String, f64)>) -> Panel {
    Panel {
        title: title.to_owned(),
        bars: rows.iter().filter_map(bar).collect(),
    }
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
