//! What Stowage aims at. Ratios hold from machine to machine better than figures do.

use std::fmt::Write as _;

use super::figures::{Conditions, Costs, Figures, Native, Page, Pages, Server, SlowDisk};
use super::grouped;

const OURS: &str = "Stowage";

struct Aim {
    what: String,
    is_least: bool,
    bound: f64,
    measured: f64,
}

fn at_least(what: impl Into<String>, bound: f64, measured: f64) -> Aim {
    Aim {
        what: what.into(),
        is_least: true,
        bound,
        measured,
    }
}

fn at_most(what: impl Into<String>, bound: f64, measured: f64) -> Aim {
    Aim {
        is_least: false,
        ..at_least(what, bound, measured)
    }
}

/// The part of the page that says how far the aims are met.
pub(super) fn part(figures: &Figures) -> String {
    let mut aims = Vec::new();
    aims.extend(figures.native.as_ref().map(native).unwrap_or_default());
    aims.extend(figures.pages.as_ref().map(pages).unwrap_or_default());
    aims.extend(
        figures
            .conditions
            .as_ref()
            .map(conditions)
            .unwrap_or_default(),
    );
    aims.extend(figures.costs.as_ref().map(costs).unwrap_or_default());
    let mut part =
        "\n## Against the aims\n| Stowage | aim | measured |\n|---|--:|--:|\n".to_owned();
    for aim in aims {
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

/// How many times as much as each of these others, as far as both were measured.
fn against(
    what: &str,
    others: &[(&str, f64)],
    ratio: impl Fn(&str) -> Option<f64>,
) -> impl Iterator<Item = Aim> {
    let aim = |&(other, bound): &(&str, f64)| {
        let what = format!("{what}, against {other}");
        Some(at_least(what, bound, ratio(other)?))
    };
    let aims: Vec<Aim> = others.iter().filter_map(aim).collect();
    aims.into_iter()
}

fn native(native: &Native) -> Vec<Aim> {
    let ratio = |other: &str, value: fn(&Server) -> f64| {
        let find = |name: &str| {
            let mut servers = native.servers.iter();
            servers.find(|server| server.name.starts_with(name))
        };
        Some(value(find(OURS)?) / value(find(other)?))
    };
    let large = against(
        "one file from a program",
        &[
            ("nginx", 0.95),
            ("tusd", 1.1),
            ("miniserve", 1.4),
            ("copyparty", 1.8),
            ("@tus/server", 1.9),
            ("dufs", 4.5),
        ],
        |other| ratio(other, |server| server.large_megabytes_per_second),
    );
    let processor = ratio("nginx", |server| {
        server.large_processor_seconds_per_gibibyte
    })
    .map(|measured| at_most("processor time for one file, against nginx", 1.8, measured));
    let small = against(
        "small files from a program",
        &[
            ("tusd", 3.0),
            ("dufs", 1.3),
            ("nginx", 0.7),
            ("@tus/server", 10.0),
        ],
        |other| ratio(other, |server| server.small_files_per_second),
    );
    let memory = &native.memory;
    let agent = |more: f64| memory.agent_at_rest + more;
    let memory = [
        at_most("a data agent at rest, MiB", 12.0, memory.agent_at_rest),
        at_most("… with 4 lanes, MiB", 24.0, agent(memory.more_with_lanes)),
        at_most(
            "… with 64 uploads, MiB",
            64.0,
            agent(memory.more_with_uploads),
        ),
        at_most(
            format!("… with {} open uploads, MiB", grouped(memory.sessions)),
            96.0,
            agent(memory.more_with_sessions),
        ),
    ];
    large.chain(processor).chain(small).chain(memory).collect()
}

fn pages(pages: &Pages) -> Vec<Aim> {
    let find = |name: &str| pages.sites.iter().find(|page| page.name == name);
    let ratio = |other: &str, value: fn(&Page) -> Option<f64>| {
        Some(value(find(OURS)?)? / value(find(other)?)?)
    };
    let small = against(
        "small files in Chromium",
        &[
            ("Uppy + tusd", 8.0),
            ("miniserve", 6.0),
            ("copyparty", 25.0),
            ("dufs", 40.0),
        ],
        |other| ratio(other, |page| page.small_files_per_second),
    );
    let large = against(
        "one file in Chromium",
        &[
            ("Uppy + tusd", 1.2),
            ("Uppy + tusd, three parts", 1.0),
            ("copyparty", 2.0),
            ("miniserve", 2.0),
        ],
        |other| ratio(other, |page| page.large_megabytes_per_second),
    );
    let ours = find(OURS);
    let sunk = ours
        .and_then(|page| page.large_megabytes_per_second)
        .map(|rate| {
            let what = "one file in Chromium, against a server that keeps nothing";
            at_least(what, 0.85, rate / pages.sink_megabytes_per_second)
        });
    let others = pages.sites.iter().filter(|page| page.name != OURS);
    let best = others
        .filter_map(|page| page.mixed_seconds)
        .min_by(f64::total_cmp);
    let mixed = ours.and_then(|page| page.mixed_seconds).zip(best);
    let mixed = mixed.map(|(ours, best)| {
        at_most(
            "time for the mixed set, against the best other",
            0.35,
            ours / best,
        )
    });
    small.chain(large).chain(sunk).chain(mixed).collect()
}

fn conditions(conditions: &Conditions) -> Vec<Aim> {
    let many = grouped(conditions.many);
    let slow = conditions.slow_disk.as_ref().map(slow_disk);
    let aims = [
        at_least(
            format!("{many} files of 1 KiB, files a second against 10,000 of them"),
            0.8,
            conditions.many_files_per_second / conditions.few_files_per_second,
        ),
        at_most(
            "… memory above that with 10,000, MiB",
            8.0,
            conditions.more_with_many,
        ),
        at_most(
            "a page's p99 beside four lanes, against that at rest",
            3.0,
            conditions.busy_page_milliseconds / conditions.idle_page_milliseconds,
        ),
    ];
    aims.into_iter().chain(slow.into_iter().flatten()).collect()
}

fn slow_disk(slow: &SlowDisk) -> [Aim; 2] {
    [
        at_most(
            "a disk of 20 MB/s: memory above that with a quick one, MiB",
            8.0,
            slow.more_memory,
        ),
        at_most(
            "… a page's p99 beside four lanes onto it, against that at rest",
            2.0,
            slow.busy_page_milliseconds / slow.idle_page_milliseconds,
        ),
    ]
}

fn costs(costs: &Costs) -> Vec<Aim> {
    let memory = &costs.memory_mebibytes;
    let many = grouped(costs.many);
    let size = grouped(costs.size_mebibytes);
    let mut aims = vec![
        at_most(
            format!("memory of Chromium for a file of {size} MiB, MiB"),
            40.0,
            memory.large,
        ),
        at_most(
            format!("… for {} files, MiB", grouped(costs.files)),
            120.0,
            memory.few,
        ),
        at_most(format!("… for {many} files, MiB"), 400.0, memory.many),
        at_most(
            format!("{many} files dropped: first request, s"),
            5.0,
            costs.first_request_seconds,
        ),
        at_most(
            "… longest block of the page's thread, ms",
            200.0,
            costs.longest_block_ms,
        ),
    ];
    if let Some(cut) = &costs.cut {
        aims.push(at_most(
            "a cut connection: sent twice, % of the file",
            2.0,
            100.0 * cut.sent_twice,
        ));
        aims.push(at_most(
            "… first byte after it is back, s",
            2.0,
            cut.first_byte_seconds,
        ));
    }
    if let Some(killed) = &costs.killed {
        aims.push(at_most(
            "a killed browser: sent twice, % of the file",
            2.0,
            100.0 * killed.sent_twice,
        ));
    }
    if let Some(again) = &costs.again {
        aims.push(at_least(
            format!("{} files dropped again: times faster", grouped(again.files)),
            20.0,
            again.first_seconds / again.next_seconds,
        ));
    }
    if let Some(ways) = &costs.megabytes_per_second {
        aims.push(at_least(
            "one file in Chromium, encrypted against plain",
            0.6,
            ways.encrypted / ways.plain,
        ));
        aims.push(at_least(
            "… at 50 ms, HTTP/2 against HTTP/1.1",
            0.8,
            ways.far / ways.far_http1,
        ));
    }
    aims
}
