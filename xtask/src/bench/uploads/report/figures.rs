//! What was measured, as the programs that measured wrote it down.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::Part;

/// All figures that there are.
pub(super) struct Figures {
    pub(super) native: Option<Native>,
    pub(super) conditions: Option<Conditions>,
    pub(super) pages: Option<Pages>,
    pub(super) costs: Option<Costs>,
}

impl Figures {
    pub(super) fn read(results: &Path) -> Result<Self> {
        Ok(Self {
            native: read(&Part::Native.results(results))?,
            conditions: read(&Part::Conditions.results(results))?,
            pages: read(&Part::Pages.results(results))?,
            costs: read(&Part::Costs.results(results))?,
        })
    }
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match fs::read(file) {
        Ok(text) => Ok(Some(
            serde_json::from_slice(&text).with_context(|| format!("{}", file.display()))?,
        )),
        Err(_) => Ok(None),
    }
}

/// By the program `bench_uploads measure`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Native {
    pub(super) rounds: usize,
    pub(super) size_mebibytes: usize,
    pub(super) files: usize,
    pub(super) is_memory_bounded: bool,
    pub(super) servers: Vec<Server>,
    pub(super) memory: Memory,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) large_megabytes_per_second: f64,
    pub(super) large_processor_seconds_per_gibibyte: f64,
    pub(super) small_files_per_second: f64,
    pub(super) small_processor_milliseconds_per_file: f64,
    pub(super) peak_mebibytes: f64,
}

/// Heap and stacks, in MiB.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Memory {
    pub(super) sessions: usize,
    pub(super) agent_at_rest: f64,
    pub(super) console_at_rest: f64,
    pub(super) more_with_lanes: f64,
    pub(super) more_with_uploads: f64,
    pub(super) more_with_sessions: f64,
}

/// By the program `bench_uploads conditions`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conditions {
    pub(super) many: usize,
    pub(super) few_files_per_second: f64,
    pub(super) many_files_per_second: f64,
    /// In MiB.
    pub(super) more_with_many: f64,
    pub(super) idle_page_milliseconds: f64,
    pub(super) busy_page_milliseconds: f64,
    /// Where nobody may mount there is none.
    pub(super) slow_disk: Option<SlowDisk>,
}

/// Four lanes onto a disk that writes 20 MB a second.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SlowDisk {
    pub(super) megabytes_per_second: f64,
    /// Above that on the machine's own disk, in MiB.
    pub(super) more_memory: f64,
    pub(super) idle_page_milliseconds: f64,
    pub(super) busy_page_milliseconds: f64,
}

/// By `upload-pages.ts`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pages {
    pub(super) chromium: String,
    pub(super) rounds: usize,
    pub(super) size_mebibytes: usize,
    pub(super) files: usize,
    pub(super) patience_seconds: usize,
    pub(super) mixed: Mixed,
    pub(super) sink_megabytes_per_second: f64,
    pub(super) sites: Vec<Page>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mixed {
    pub(super) size_mebibytes: usize,
    pub(super) files: usize,
    pub(super) patience_seconds: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) small_files_per_second: Option<f64>,
    pub(super) large_megabytes_per_second: Option<f64>,
    pub(super) mixed_seconds: Option<f64>,
}

/// By `upload-costs.ts`; a part of it that failed is not there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Costs {
    /// Of all that is a median.
    pub(super) rounds: usize,
    pub(super) size_mebibytes: usize,
    pub(super) files: usize,
    pub(super) many: usize,
    /// Of the browser, above the idle page, in MiB.
    pub(super) memory_mebibytes: BrowserMemory,
    pub(super) first_request_seconds: f64,
    pub(super) longest_block_ms: f64,
    pub(super) many_seconds: f64,
    pub(super) cut: Option<Cut>,
    pub(super) killed: Option<Killed>,
    pub(super) again: Option<Again>,
    pub(super) megabytes_per_second: Option<Ways>,
}

#[derive(Deserialize)]
pub(super) struct BrowserMemory {
    pub(super) large: f64,
    pub(super) few: f64,
    pub(super) many: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cut {
    /// Share of the file.
    pub(super) sent_twice: f64,
    pub(super) first_byte_seconds: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Killed {
    /// Share of the file.
    pub(super) sent_twice: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Again {
    pub(super) files: usize,
    pub(super) first_seconds: f64,
    pub(super) next_seconds: f64,
}

/// One file in megabytes a second.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ways {
    pub(super) plain: f64,
    pub(super) encrypted: f64,
    pub(super) encrypted_http1: f64,
    pub(super) far: f64,
    pub(super) far_http1: f64,
}
