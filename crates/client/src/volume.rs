//! A data volume as the REST API answers it, as far as it is shown in tables.

use domain::DataVolumeId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::Error;
use crate::connection::Console;
use crate::output::{Table, minute, size};

/// So many are asked for at once: the most that the API answers.
const PAGE: u64 = 500;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Volume {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) project_name: String,
    pub(crate) origin_pvc_name: String,
    pub(crate) status: Status,
    pub(crate) capacity_bytes: Option<u64>,
    pub(crate) used_bytes: Option<u64>,
    pub(crate) file_count: Option<u64>,
    pub(crate) created_by: String,
    pub(crate) created_at: Timestamp,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) persistence: Option<Persistence>,
    #[serde(default)]
    pub(crate) shared_scopes: Vec<Share>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) phase: String,
    pub(crate) phase_message: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Persistence {
    pub(crate) class: String,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Share {
    pub(crate) scope_type: String,
    pub(crate) scope_name: String,
    pub(crate) mode: String,
    pub(crate) created_by: String,
    pub(crate) reason: String,
}

impl Volume {
    pub(crate) fn read(value: &Value, console: &Console) -> Result<Self, Error> {
        Self::deserialize(value).map_err(|source| Error::Answer {
            url: console.url().to_string(),
            source,
        })
    }

    /// The table of one data volume: a line for each thing there is to say.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::default();
        let mut line = |name: &str, text: String| {
            if !text.is_empty() {
                table.row([name.to_owned(), text]);
            }
        };
        line("Name", self.name.clone());
        line("Id", self.id.clone());
        line("Description", self.description.clone());
        line("Status", self.status.phase.clone());
        line("", self.status.phase_message.clone());
        line("Project", self.project_name.clone());
        line("Claim", self.origin_pvc_name.clone());
        line("Size", size(self.capacity_bytes));
        line("Used", size(self.used_bytes));
        line("Files", count(self.file_count));
        if let Some(Persistence { class, reason }) = &self.persistence {
            line("Persistence", format!("{class}: {reason}"));
        }
        line("Tags", self.tags.join(", "));
        line(
            "Created",
            format!("{} by {}", minute(self.created_at), self.created_by),
        );
        for share in &self.shared_scopes {
            line("Shared with", share.line());
        }
        table
    }
}

impl Share {
    fn line(&self) -> String {
        let Self {
            scope_type,
            scope_name,
            mode,
            created_by,
            reason,
        } = self;
        let reason = if reason.is_empty() {
            String::new()
        } else {
            format!(": {reason}")
        };
        format!("{scope_type}:{scope_name} ({mode}, by {created_by}{reason})")
    }
}

/// Data volumes beneath each other.
pub(crate) fn table(volumes: &[Volume]) -> Table {
    let mut table = Table::with_head([
        "NAME", "STATUS", "PROJECT", "SIZE", "USED", "FILES", "CREATED",
    ]);
    for volume in volumes {
        table.row([
            volume.name.clone(),
            volume.status.phase.clone(),
            volume.project_name.clone(),
            size(volume.capacity_bytes),
            size(volume.used_bytes),
            count(volume.file_count),
            minute(volume.created_at),
        ]);
    }
    table
}

fn count(count: Option<u64>) -> String {
    count.map_or_else(|| "–".to_owned(), |count| count.to_string())
}

/// All data volumes that a query finds, up to a limit.
pub(crate) async fn list(
    console: &Console,
    query: &[(&str, &str)],
    limit: Option<u64>,
) -> Result<Vec<Value>, Error> {
    let mut all = Vec::new();
    loop {
        let left = limit.map_or(PAGE, |limit| limit.saturating_sub(all.len() as u64));
        let (page_limit, offset) = (left.min(PAGE).to_string(), all.len().to_string());
        let query = [
            query,
            &[("limit", page_limit.as_str()), ("offset", offset.as_str())],
        ]
        .concat();
        let mut page: Value = console.get("datavolumes", &query).await?;
        if let Value::Array(found) = page["datavolumes"].take() {
            all.extend(found);
        }
        if page["next"].is_null() || limit.is_some_and(|limit| all.len() as u64 >= limit) {
            return Ok(all);
        }
    }
}

/// The id of the data volume that a name or an id means.
pub(crate) async fn id(console: &Console, name: &str) -> Result<DataVolumeId, Error> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let none = || Error::Unfit(format!("there is no data volume “{name}” that you may see"));
    let is_label = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if !name.chars().all(is_label) {
        return Err(none());
    }
    let filter = format!("name=={name}");
    let query = [("requestType", "All"), ("filterBy", filter.as_str())];
    let found = list(console, &query, Some(PAGE)).await?;
    let ids: Vec<&str> = found
        .iter()
        .filter_map(|volume| volume["id"].as_str())
        .collect();
    match ids[..] {
        [] => Err(none()),
        [only] => only.parse().map_err(|_| none()),
        _ => Err(Error::Unfit(format!(
            "several clusters have a data volume “{name}”: write one of the ids {}",
            ids.join(", ")
        ))),
    }
}
