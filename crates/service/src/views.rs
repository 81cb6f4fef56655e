//! Domain values as this caller may see them.

use std::collections::HashMap;

use authz::{Action, Caller};
use domain::{ClusterKind, ConditionStatus, DataVolume, Mount, Placed, Share, UserId};
use wire::{CatalogueRow, ClusterView, DataVolumeView, May, MountView, ShareView};

use crate::scope_tree::ScopeTree;

/// What views are made with: names, and who looks.
pub(crate) struct Eyes<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) tree: &'a ScopeTree,
    pub(crate) people: &'a HashMap<UserId, String>,
}

impl Eyes<'_> {
    pub(crate) fn person(&self, id: UserId) -> String {
        self.people
            .get(&id)
            .cloned()
            .unwrap_or_else(|| "somebody who left".to_owned())
    }

    pub(crate) fn share(&self, share: &Share) -> ShareView {
        ShareView {
            id: share.id,
            scope_type: share.scope.scope_type(),
            scope_id: share.scope.id().clone(),
            scope_name: self.tree.name(share.scope.id()),
            mode: share.mode,
            sub_path: share.sub_path.clone(),
            reason: share.reason.clone(),
            created_by: self.person(share.created_by),
            created_at: share.created_at,
            expires_at: share.expires_at,
        }
    }

    /// The mount, unless its project is none that the caller may see.
    pub(crate) fn mount(&self, mount: &Mount) -> Option<MountView> {
        let project = self.tree.get(&mount.project_id)?;
        self.caller.sees_scope(&project.path).then(|| MountView {
            project_id: mount.project_id.clone(),
            project_name: project.name.clone(),
            department_name: project
                .path
                .parent_id()
                .map(|id| self.tree.name(id))
                .unwrap_or_default(),
            mode: mount.mode,
            sub_path: mount.sub_path.clone(),
            phase: mount.phase,
            location: mount.location.clone(),
            message: mount.message.clone(),
        })
    }

    pub(crate) fn row(&self, volume: &Placed<DataVolume>, shares: &[Share]) -> CatalogueRow {
        let DataVolume {
            id,
            name,
            description,
            tags,
            origin,
            phase,
            usage,
            ..
        } = &volume.thing;
        let ids = volume.place.ids();
        let name_at = |depth: usize| {
            ids.get(depth)
                .map(|id| self.tree.name(id))
                .unwrap_or_default()
        };
        CatalogueRow {
            id: *id,
            name: name.to_string(),
            description: description.to_string(),
            tags: tags.iter().map(ToString::to_string).collect(),
            phase: *phase,
            phase_message: unmet(&volume.thing),
            persistence: origin.persistence.clone(),
            sharing: origin.sharing.clone(),
            capacity_bytes: origin.capacity,
            used_bytes: usage.map(|usage| usage.used_bytes),
            file_count: usage.map(|usage| usage.file_count),
            access_modes: origin.access_modes.clone(),
            storage_class: origin.storage_class.clone(),
            claim_name: origin.name.clone(),
            project_id: volume.place.id().clone(),
            project_name: name_at(3),
            department_name: name_at(2),
            cluster_name: name_at(1),
            shared_with: shares
                .iter()
                .filter(|share| share.data_volume_id == *id && self.caller.sees_scope(&share.scope))
                .map(|share| self.tree.name(share.scope.id()))
                .collect(),
            created_by: self.person(volume.thing.created_by),
            created_at: volume.thing.created_at,
            updated_at: volume.thing.updated_at,
        }
    }

    pub(crate) fn data_volume(
        &self,
        volume: &Placed<DataVolume>,
        shares: &[Share],
        mounts: &[Mount],
    ) -> DataVolumeView {
        let row = self.row(volume, &[]);
        let DataVolume {
            origin,
            conditions,
            usage,
            ..
        } = &volume.thing;
        DataVolumeView {
            id: row.id,
            name: row.name,
            description: row.description,
            tags: row.tags,
            phase: row.phase,
            conditions: conditions.clone(),
            project_id: row.project_id,
            project_name: row.project_name,
            department_id: volume.place.ids()[2].clone(),
            department_name: row.department_name,
            cluster: self.cluster(volume),
            claim_name: row.claim_name,
            claim_location: origin.location.clone(),
            claim_sub_path: origin.source.sub_path(),
            claim_is_existing: !origin.source.makes_claim(),
            storage_class: row.storage_class,
            access_modes: row.access_modes,
            capacity_bytes: row.capacity_bytes,
            used_bytes: row.used_bytes,
            file_count: row.file_count,
            measured_at: usage.map(|usage| usage.measured_at),
            persistence: row.persistence,
            sharing: row.sharing,
            shares: shares
                .iter()
                .filter(|share| self.caller.sees_scope(&share.scope))
                .map(|share| self.share(share))
                .collect(),
            mounts: mounts
                .iter()
                .filter_map(|mount| self.mount(mount))
                .collect(),
            created_by: row.created_by,
            created_at: row.created_at,
            updated_at: row.updated_at,
            may: self.may(volume),
        }
    }

    fn cluster(&self, volume: &Placed<DataVolume>) -> ClusterView {
        let id = volume.place.ids()[1].clone();
        let scope = self.tree.get(&id);
        ClusterView {
            name: self.tree.name(&id),
            kind: scope
                .and_then(|scope| scope.cluster_kind)
                .unwrap_or(ClusterKind::Filesystem),
            id,
        }
    }

    fn may(&self, volume: &Placed<DataVolume>) -> May {
        let may = |action| self.caller.may(action, volume);
        May {
            read_files: may(Action::ReadFiles),
            write_files: may(Action::WriteFiles),
            edit: may(Action::Edit),
            delete: may(Action::Delete),
            share: may(Action::Share),
            ask_for_share: may(Action::AskForShare),
        }
    }
}

/// The first condition that is not met, for people; empty if all is well.
fn unmet(volume: &DataVolume) -> String {
    volume
        .conditions
        .iter()
        .find(|condition| condition.status != ConditionStatus::True)
        .map(|condition| condition.message.clone())
        .unwrap_or_default()
}
