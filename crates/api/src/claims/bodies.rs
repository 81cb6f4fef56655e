//! What is asked for and answered about PVC assets, field by field.

use domain::{Bytes, ClaimAssetId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use service::{ClaimAssetView, ClaimAssetsQuery, NewClaimAsset};
use utoipa::{IntoParams, ToSchema};

use crate::Refused;
use crate::problem::bad_request;

/// Which assets.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AssetsQuery {
    /// With this name.
    name: Option<String>,
    /// Only `project` has any.
    #[param(inline)]
    scope: Option<AssetScope>,
    /// Of this project.
    project_id: Option<u64>,
    /// Of this department's projects.
    department_id: Option<String>,
    /// Of this cluster's projects.
    cluster_id: Option<String>,
    /// With one of these ids, joined by commas.
    asset_ids: Option<String>,
    /// Known, without effect.
    #[serde(rename = "usageInfo")]
    _usage_info: Option<bool>,
    /// Known, without effect.
    #[serde(rename = "statusInfo")]
    _status_info: Option<bool>,
    /// Known, without effect.
    #[serde(rename = "complyToProject")]
    _comply_to_project: Option<u64>,
    /// Known, without effect.
    #[serde(rename = "complyToWorkloadType")]
    _comply_to_workload_type: Option<String>,
    /// Known, without effect.
    #[serde(rename = "complyToReplicaType")]
    _comply_to_replica_type: Option<String>,
}

/// What Run:ai's clients may ask for beside an asset; nothing here answers it.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Extras {
    /// Known, without effect.
    #[serde(rename = "usageInfo")]
    _usage_info: Option<bool>,
    /// Known, without effect.
    #[serde(rename = "statusInfo")]
    _status_info: Option<bool>,
    /// Known, without effect.
    #[serde(rename = "complyToProject")]
    _comply_to_project: Option<u64>,
    /// Known, without effect.
    #[serde(rename = "complyToWorkloadType")]
    _comply_to_workload_type: Option<String>,
    /// Known, without effect.
    #[serde(rename = "complyToReplicaType")]
    _comply_to_replica_type: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AssetScope {
    System,
    Tenant,
    Cluster,
    Department,
    Project,
}

/// An asset to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPvcAsset {
    meta: NewPvcAssetMeta,
    spec: PvcAssetSpec,
}

/// What the asset is called, and where it belongs.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPvcAssetMeta {
    /// A label of a–z, 0–9 and hyphens, free in the project.
    name: String,
    /// One line about it.
    description: Option<String>,
    /// `project`: storage lies in a project.
    scope: AssetScope,
    /// The project.
    project_id: Option<u64>,
    /// Known, without effect: the project says it.
    #[serde(rename = "departmentId")]
    _department_id: Option<String>,
    /// Known, without effect: the project says it.
    #[serde(rename = "clusterId")]
    _cluster_id: Option<String>,
    /// `true` is refused.
    auto_delete: Option<bool>,
    /// `true` is refused.
    private: Option<bool>,
    /// Known, without effect.
    #[serde(rename = "workloadSupportedTypes")]
    #[schema(value_type = Option<Object>)]
    _workload_supported_types: Option<serde_json::Value>,
}

/// The claim itself.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PvcAssetSpec {
    /// Where workloads are to find it.
    path: Option<String>,
    /// Whether the claim is there; otherwise it is made.
    existing_pvc: Option<bool>,
    /// The claim's name; the asset's unless told otherwise.
    claim_name: Option<String>,
    /// Whether workloads are to read only.
    read_only: Option<bool>,
    /// `true` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    ephemeral: Option<bool>,
    /// `true` is refused: data volumes are shared instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    data_sharing: Option<bool>,
    /// What to make the claim of.
    claim_info: Option<ClaimDetails>,
}

/// What to make a claim of.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClaimDetails {
    /// How much is asked for, as in `100Gi` or `1TB`.
    size: Option<String>,
    /// The storage class to take it from.
    storage_class: Option<String>,
    /// Known, without effect: the storage says how it can be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_modes: Option<AccessModes>,
    /// `Block` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_mode: Option<VolumeMode>,
    /// Known, without effect.
    #[serde(default, rename = "addedAttrValues", skip_serializing)]
    #[schema(value_type = Option<Vec<Object>>)]
    _added_attr_values: Option<Vec<serde_json::Value>>,
}

/// How a claim may be opened.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "Run:ai's words for Kubernetes' access modes"
)]
struct AccessModes {
    /// From one node.
    read_write_once: Option<bool>,
    /// From many nodes, reading.
    read_only_many: Option<bool>,
    /// From many nodes.
    read_write_many: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
enum VolumeMode {
    Filesystem,
    Block,
}

/// All assets that were asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct PvcAssets {
    /// The assets, by name.
    pub(super) entries: Vec<PvcAsset>,
}

/// A claim that data volumes are made of.
#[derive(Serialize, ToSchema)]
pub(super) struct PvcAsset {
    meta: PvcAssetMeta,
    spec: PvcAssetSpec,
}

/// What the asset is called, and where it belongs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PvcAssetMeta {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// Its name.
    name: String,
    /// One line about it.
    description: String,
    /// `pvc`.
    kind: &'static str,
    /// `project`.
    scope: AssetScope,
    /// The project, as a number.
    project_id: Option<u64>,
    /// The project's name.
    project_name: String,
    /// The department's id.
    department_id: String,
    /// The cluster's id.
    cluster_id: String,
    /// Who made it.
    created_by: String,
    /// When.
    created_at: Timestamp,
    /// Who changed it last: assets do not change.
    updated_by: String,
    /// When it changed last.
    updated_at: Timestamp,
}

impl AssetsQuery {
    /// `None` where nothing can fit.
    pub(super) fn checked(self) -> Result<Option<ClaimAssetsQuery>, Refused> {
        if self.scope.is_some_and(|scope| scope != AssetScope::Project) {
            return Ok(None);
        }
        let ids = self.asset_ids.as_deref().map(asset_ids).transpose()?;
        let project = self.project_id.map(|id| id.to_string());
        let scopes = [self.cluster_id, self.department_id, project];
        Ok(Some(ClaimAssetsQuery {
            name: self.name,
            scopes: scopes
                .iter()
                .flatten()
                .map(|id| id.as_str().into())
                .collect(),
            ids,
        }))
    }
}

fn asset_ids(text: &str) -> Result<Vec<ClaimAssetId>, Refused> {
    let ids = text.split(',').map(str::parse);
    ids.collect::<Result<_, _>>()
        .map_err(|_| bad_request("assetIds", "Write ids, joined by commas."))
}

impl NewPvcAsset {
    /// The same for the service, if it asks for nothing that is never done.
    pub(super) fn checked(self) -> Result<NewClaimAsset, Refused> {
        let Self { meta, spec } = self;
        let volume_mode = spec.claim_info.as_ref().and_then(|info| info.volume_mode);
        for (is_asked, field, words) in [
            (
                meta.scope != AssetScope::Project,
                "meta.scope",
                "Storage lies in a project: write project, and its projectId.",
            ),
            (
                meta.auto_delete == Some(true),
                "meta.autoDelete",
                "Assets are deleted by whoever asks for it.",
            ),
            (
                meta.private == Some(true),
                "meta.private",
                "Assets are seen by all who see the project.",
            ),
            (
                spec.ephemeral == Some(true),
                "spec.ephemeral",
                "Storage of data volumes stays.",
            ),
            (
                spec.data_sharing == Some(true),
                "spec.dataSharing",
                "Make a data volume of it and share that.",
            ),
            (
                volume_mode == Some(VolumeMode::Block),
                "spec.claimInfo.volumeMode",
                "Data volumes hold files: write Filesystem.",
            ),
        ] {
            if is_asked {
                return Err(bad_request(field, words));
            }
        }
        let project = meta
            .project_id
            .ok_or_else(|| bad_request("meta.projectId", "Name the project."))?;
        let make = match (spec.existing_pvc, spec.claim_info) {
            (Some(true), _) => None,
            (_, info) => Some(made_of(info)?),
        };
        if make.is_none() && spec.claim_name.is_none() {
            return Err(bad_request(
                "spec.claimName",
                "Name the claim that is there.",
            ));
        }
        Ok(NewClaimAsset {
            project_id: project.to_string().as_str().into(),
            name: meta.name,
            description: meta.description.unwrap_or_default(),
            claim_name: spec.claim_name,
            make,
            path: spec.path.unwrap_or_default(),
            is_read_only: spec.read_only.unwrap_or_default(),
        })
    }
}

fn made_of(info: Option<ClaimDetails>) -> Result<(String, Bytes), Refused> {
    let (storage_class, size) = info
        .map(|info| (info.storage_class, info.size))
        .unwrap_or_default();
    let storage_class = storage_class
        .ok_or_else(|| bad_request("spec.claimInfo.storageClass", "Name a storage class."))?;
    let size = size
        .as_deref()
        .and_then(quantity)
        .ok_or_else(|| bad_request("spec.claimInfo.size", "Write a size, as in 100Gi or 1TB."))?;
    Ok((storage_class, size))
}

/// A size as Kubernetes and Run:ai write it: `100Gi`, `1G`, `1TB`, `5GiB`, `1024`; nothing is no size.
fn quantity(text: &str) -> Option<Bytes> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (base, letter) = match unit.strip_suffix('i') {
        Some(letter) => (1024_u64, letter),
        None => (1000, unit),
    };
    let power = match letter {
        "" if base == 1000 => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let bytes = number
        .parse::<u64>()
        .ok()?
        .checked_mul(base.checked_pow(power)?)?;
    (1..=i64::MAX.unsigned_abs())
        .contains(&bytes)
        .then_some(Bytes(bytes))
}

impl From<ClaimAssetView> for PvcAsset {
    fn from(view: ClaimAssetView) -> Self {
        let asset = view.asset;
        let claim_info = asset.made.as_ref().map(|made| ClaimDetails {
            size: Some(made.size.0.to_string()),
            storage_class: Some(made.storage_class.clone()),
            access_modes: None,
            volume_mode: Some(VolumeMode::Filesystem),
            _added_attr_values: None,
        });
        Self {
            meta: PvcAssetMeta {
                id: asset.id.to_string(),
                name: asset.name.to_string(),
                description: asset.description.to_string(),
                kind: "pvc",
                scope: AssetScope::Project,
                project_id: view.project_id.as_str().parse().ok(),
                project_name: view.project_name,
                department_id: view.department_id.0,
                cluster_id: view.cluster_id.0,
                created_by: view.created_by.clone(),
                created_at: view.created_at,
                updated_by: view.created_by,
                updated_at: view.created_at,
            },
            spec: PvcAssetSpec {
                path: Some(asset.path),
                existing_pvc: Some(asset.made.is_none()),
                claim_name: Some(asset.claim_name),
                read_only: Some(asset.is_read_only),
                ephemeral: None,
                data_sharing: None,
                claim_info,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_every_spelling_of_kubernetes_and_run_ai() {
        for (text, bytes) in [
            ("1024", 1024),
            ("1G", 1_000_000_000),
            ("1GB", 1_000_000_000),
            ("100Gi", 100 << 30),
            ("5 GiB", 5 << 30),
            ("2TIB", 2 << 40),
        ] {
            assert_eq!(quantity(text), Some(Bytes(bytes)), "{text}");
        }
        for text in ["", "0", "-1", "1.5G", "G", "1X", "1i", "99999999P", "1e9"] {
            assert_eq!(quantity(text), None, "{text}");
        }
    }
}
