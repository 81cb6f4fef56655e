//! What is sent and answered about data volumes.
//!
//! Fields that Run:ai has no word for come after those that it has, and are never required.

use domain::{Condition, ConditionStatus, PersistenceClass, Sharing};
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::Amendment;
use utoipa::{IntoParams, ToSchema};
use wire::{DataVolumeView, MountView};

use crate::Refused;
use crate::shared_scopes::SharedScope;

/// Whether a name is free.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NameQuery {
    /// The name.
    pub(crate) data_name: String,
    /// The cluster's id.
    pub(crate) cluster_id: String,
}

/// What is switched on.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Data volumes.
    pub(crate) enable_data_volumes: bool,
}

/// New words for a data volume; what is not sent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DataVolumePatch {
    /// One line about it.
    #[schema(max_length = 127)]
    description: Option<String>,
    /// Words to find it by.
    tags: Option<Vec<String>>,
}

impl DataVolumePatch {
    pub(super) fn amending(self, seen_updated_at: Option<Timestamp>) -> Amendment {
        Amendment {
            description: self.description,
            tags: self.tags,
            seen_updated_at,
        }
    }
}

/// The tag of a data volume that was last changed then.
pub(super) fn etag(updated_at: Timestamp) -> String {
    format!("\"{}\"", updated_at.as_microsecond())
}

/// What `If-Match` says; a tag that is none of ours never matches.
pub(super) fn seen_at(headers: &HeaderMap) -> Result<Option<Timestamp>, Refused> {
    let Some(tag) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let tag = tag.to_str().unwrap_or_default();
    if tag == "*" {
        return Ok(None);
    }
    let micros = tag.trim_matches('"').parse().ok();
    let seen = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    seen.map(Some).ok_or_else(|| service::Error::Changed.into())
}

/// A data volume.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataVolume {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// When it was made.
    created_at: Timestamp,
    /// The name of the person or application that made it.
    created_by: String,
    /// When a person last changed it.
    updated_at: Timestamp,
    /// Its name, unique in its cluster.
    name: String,
    /// One line about it.
    description: String,
    /// The claim that holds the bytes.
    origin_pvc_name: String,
    /// The origin project's id.
    project_id: String,
    /// Always `false`.
    should_delete_original_volume: bool,
    /// Always `true`.
    use_original_volume: bool,
    /// The origin project's name.
    project_name: String,
    /// The department's id.
    department_id: String,
    /// The cluster's id.
    cluster_id: String,
    /// The scopes that it is shared with, as far as the caller may see them; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_scopes: Option<Vec<SharedScope>>,
    /// How it stands.
    status: Status,
    /// Words to find it by.
    tags: Vec<String>,
    /// Its capacity, where the storage knows one.
    capacity_bytes: Option<u64>,
    /// Bytes of all files, when last measured.
    used_bytes: Option<u64>,
    /// Number of files, when last measured.
    file_count: Option<u64>,
    /// How programs may open it, with Kubernetes' words.
    access_modes: Vec<String>,
    /// The folder of the claim that is the data volume, where it is not all of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    origin_sub_path: String,
    /// The storage class; empty for a claim that was there before.
    storage_class: String,
    /// What becomes of the bytes; absent until the cluster told.
    #[serde(skip_serializing_if = "Option::is_none")]
    persistence: Option<Persistence>,
    /// Whether it can be shared; absent until the cluster told.
    #[serde(skip_serializing_if = "Option::is_none")]
    sharing: Option<SharingAnswer>,
    /// Where it is usable, as far as the caller may see the projects; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    mounts: Option<Vec<Mount>>,
}

/// How a data volume stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// In one word.
    phase: DataVolumePhase,
    /// The first thing that is wrong; empty if all is well.
    phase_message: String,
    /// What is so and what is not.
    conditions: Vec<VolumeCondition>,
    /// The claim that holds the bytes.
    datavolume_pvc_name: String,
}

/// How a data volume stands, in one word.
#[derive(Serialize, ToSchema)]
pub(crate) enum DataVolumePhase {
    /// It can be used.
    Ready,
    /// Something is wrong; the conditions say what.
    NotReady,
    /// Its storage is being made.
    Creating,
    /// It is being taken away.
    Deleting,
    /// The cluster does not answer.
    Unknown,
}

/// One thing that is so or not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct VolumeCondition {
    /// What is told about.
    r#type: String,
    /// `True`, `False` or `Unknown`.
    status: &'static str,
    /// One sentence for people.
    message: String,
    /// One word for programs.
    reason: String,
    /// When the status last changed.
    last_transition_time: Timestamp,
}

/// What becomes of the bytes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Persistence {
    /// `durable`, `deleted-with-its-claim`, `node-local` or `ephemeral`.
    class: &'static str,
    /// Why.
    reason: String,
}

/// Whether something can be shared.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharingAnswer {
    /// Whether it can.
    is_possible: bool,
    /// How, or why not.
    reason: String,
}

/// A data volume in one project.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Mount {
    /// The project's id.
    project_id: String,
    /// Its name.
    project_name: String,
    /// `readOnly` or `readWrite`.
    mode: &'static str,
    /// `Pending`, `Ready`, `Revoking` or `Failed`.
    phase: &'static str,
    /// A claim's name or a path; empty until known.
    location: String,
    /// What enforces read-only, or what is wrong.
    message: String,
}

impl DataVolume {
    /// With its shares and mounts.
    pub(super) fn whole(mut view: DataVolumeView) -> Self {
        let shares = std::mem::take(&mut view.shares);
        let mounts = std::mem::take(&mut view.mounts);
        Self {
            shared_scopes: Some(shares.into_iter().map(SharedScope::from).collect()),
            mounts: Some(mounts.into_iter().map(Mount::from).collect()),
            ..Self::listed(view)
        }
    }

    /// As it stands in a list.
    pub(super) fn listed(view: DataVolumeView) -> Self {
        let unmet = view
            .conditions
            .iter()
            .find(|condition| condition.status != ConditionStatus::True);
        let status = Status {
            phase: view.phase.into(),
            phase_message: unmet.map(|unmet| unmet.message.clone()).unwrap_or_default(),
            datavolume_pvc_name: view.claim_name.clone(),
            conditions: view.conditions.into_iter().map(Into::into).collect(),
        };
        Self {
            id: view.id.to_string(),
            created_at: view.created_at,
            created_by: view.created_by,
            updated_at: view.updated_at,
            name: view.name,
            description: view.description,
            origin_pvc_name: view.claim_name,
            project_id: view.project_id.0,
            should_delete_original_volume: false,
            use_original_volume: true,
            project_name: view.project_name,
            department_id: view.department_id.0,
            cluster_id: view.cluster.id.0,
            shared_scopes: None,
            status,
            tags: view.tags,
            capacity_bytes: view.capacity_bytes.map(|bytes| bytes.0),
            used_bytes: view.used_bytes.map(|bytes| bytes.0),
            file_count: view.file_count,
            access_modes: view
                .access_modes
                .iter()
                .map(|mode| mode.as_str().to_owned())
                .collect(),
            origin_sub_path: view.claim_sub_path.to_string(),
            storage_class: view.storage_class,
            persistence: view.persistence.map(Into::into),
            sharing: view.sharing.map(Into::into),
            mounts: None,
        }
    }
}

impl From<Condition> for VolumeCondition {
    fn from(condition: Condition) -> Self {
        Self {
            r#type: condition.kind,
            status: match condition.status {
                ConditionStatus::True => "True",
                ConditionStatus::False => "False",
                ConditionStatus::Unknown => "Unknown",
            },
            message: condition.message,
            reason: condition.reason,
            last_transition_time: condition.last_transition_time,
        }
    }
}

impl From<domain::Persistence> for Persistence {
    fn from(persistence: domain::Persistence) -> Self {
        let class: PersistenceClass = persistence.class;
        Self {
            class: class.as_str(),
            reason: persistence.reason,
        }
    }
}

impl From<Sharing> for SharingAnswer {
    fn from(sharing: Sharing) -> Self {
        let (is_possible, reason) = match sharing {
            Sharing::Possible { how } => (true, how),
            Sharing::Refused { reason } => (false, reason),
        };
        Self {
            is_possible,
            reason,
        }
    }
}

impl From<MountView> for Mount {
    fn from(mount: MountView) -> Self {
        Self {
            project_id: mount.project_id.0,
            project_name: mount.project_name,
            mode: mount.mode.as_str(),
            phase: mount.phase.as_str(),
            location: mount.location,
            message: mount.message,
        }
    }
}
