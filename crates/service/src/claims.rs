//! PVC assets: claims of a project that programs know by an id, and make data volumes of by name.
//!
//! The claim is the cluster's and the project's; the asset is a note of it. Hence whoever may create data
//! volumes in a project may note and make claims there, and forgetting an asset destroys nothing.

use authz::{Action, Caller};
use cluster::ClaimWish;
use domain::{
    Bytes, ClaimAsset, ClaimAssetId, Description, EventKind, MadeClaim, NameError, Placed, ScopeId,
    ScopeType, VolumeName,
};
use jiff::Timestamp;

use crate::audit::Target;
use crate::catalogue::names;
use crate::data_volumes::authorized_project;
use crate::error::Kind;
use crate::{Error, Result, Service};

/// The most assets of one list.
const MOST: u32 = 1000;
/// The longest path, in bytes.
const MAX_PATH: usize = 4096;

/// A claim to note, and to make unless it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewClaimAsset {
    /// The project.
    pub project_id: ScopeId,
    /// The asset's name, unique in the project.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// The claim's name; `None`: the asset's.
    pub claim_name: Option<String>,
    /// What to make it of: storage class and size; `None` for a claim that is there.
    pub make: Option<(String, Bytes)>,
    /// Where workloads are to find it.
    pub path: String,
    /// Whether workloads are to read only.
    pub is_read_only: bool,
}

/// Which assets: those that fit all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimAssetsQuery {
    /// With this name.
    pub name: Option<String>,
    /// At or beneath these scopes.
    pub scopes: Vec<ScopeId>,
    /// With one of these ids.
    pub ids: Option<Vec<ClaimAssetId>>,
}

/// An asset with the names that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimAssetView {
    /// The asset.
    pub asset: ClaimAsset,
    /// Its project.
    pub project_id: ScopeId,
    /// The project's name.
    pub project_name: String,
    /// Its department.
    pub department_id: ScopeId,
    /// Its cluster.
    pub cluster_id: ScopeId,
    /// Who noted it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
}

impl Service {
    /// The assets that the caller may see, by name; at most 1,000.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such scope.
    pub async fn list_claim_assets(
        &self,
        caller: &Caller,
        query: ClaimAssetsQuery,
    ) -> Result<Vec<ClaimAssetView>> {
        let tree = self.tree().await?;
        let mut chosen = Vec::new();
        for id in &query.scopes {
            let scope = tree.get(id).filter(|scope| caller.sees_scope(&scope.path));
            chosen.push(scope.ok_or(Error::NotFound(Kind::Scope))?.path.clone());
        }
        let mut tx = self.0.store.read().await?;
        let mut assets = tx.claim_assets(&caller.reach(Action::See), MOST).await?;
        assets.retain(|asset| {
            chosen.iter().all(|scope| scope.covers(&asset.place))
                && query
                    .name
                    .as_ref()
                    .is_none_or(|name| asset.thing.name.as_str() == name)
                && query
                    .ids
                    .as_ref()
                    .is_none_or(|ids| ids.contains(&asset.thing.id))
        });
        let people = names(&mut tx, assets.iter().map(|asset| asset.thing.created_by)).await?;
        Ok(assets
            .into_iter()
            .map(|asset| {
                let by = people.get(&asset.thing.created_by).cloned();
                view(asset, &tree, by)
            })
            .collect())
    }

    /// One asset.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such asset.
    pub async fn show_claim_asset(
        &self,
        caller: &Caller,
        id: ClaimAssetId,
    ) -> Result<ClaimAssetView> {
        let tree = self.tree().await?;
        let mut tx = self.0.store.read().await?;
        let asset = tx
            .claim_asset(id)
            .await?
            .ok_or(Error::NotFound(Kind::ClaimAsset))?;
        caller
            .authorize(Action::See, &asset)
            .map_err(|refusal| Error::refused(refusal, Kind::ClaimAsset))?;
        let by = asset.thing.created_by;
        let mut people = names(&mut tx, [by].into_iter()).await?;
        Ok(view(asset, &tree, people.remove(&by)))
    }

    /// Notes a claim, and makes it first unless it is to be there already.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such project, [`Error::Forbidden`],
    /// [`Error::Invalid`]; [`Error::Conflict`] when the name or the claim is taken or cannot be had.
    pub async fn create_claim_asset(
        &self,
        caller: &Caller,
        new: NewClaimAsset,
    ) -> Result<ClaimAssetView> {
        let target = Target::Scope(new.project_id.clone());
        let answer = self.make_claim_asset(caller, new).await;
        self.noted(caller, EventKind::Edited, target, answer).await
    }

    async fn make_claim_asset(
        &self,
        caller: &Caller,
        new: NewClaimAsset,
    ) -> Result<ClaimAssetView> {
        let mut tx = self.0.store.read().await?;
        let (scope, folder) = authorized_project(&mut tx, caller, &new.project_id).await?;
        drop(tx);
        let asset = self.asset(caller, &new)?;
        let cluster = self.cluster_at(&scope.path)?;
        let is_there = cluster
            .existing_claims(&folder)
            .await?
            .iter()
            .any(|claim| claim.name == asset.claim_name);
        match (&new.make, is_there) {
            (None, true) => {}
            (None, false) => {
                return Err(Error::invalid(
                    "spec.claimName",
                    format!("The project has no claim “{}”.", asset.claim_name),
                ));
            }
            (Some(_), true) => {
                return Err(Error::Conflict(format!(
                    "The project has a claim “{}” already: name it as an existing one, or choose another name.",
                    asset.claim_name
                )));
            }
            (Some((storage_class, size)), false) => {
                let wish = ClaimWish {
                    project: folder,
                    name: asset.claim_name.clone(),
                    storage_class: storage_class.clone(),
                    size: *size,
                };
                cluster.make_claim(&wish).await?;
            }
        }
        let id = asset.id;
        let name = asset.name.clone();
        let placed = Placed {
            thing: asset,
            place: scope.path.clone(),
            reaches: Vec::new(),
        };
        let subject = format!("PVC asset {name}");
        let mut tx = self.0.store.begin().await?;
        if !tx.add_claim_asset(&placed).await? {
            return Err(Error::Conflict(format!(
                "The project has a PVC asset with the name “{name}” or of this claim already."
            )));
        }
        tx.record(&self.event(Some(caller), EventKind::Edited, &scope, subject))
            .await?;
        tx.commit().await?;
        self.show_claim_asset(caller, id).await
    }

    /// Forgets an asset. The claim and what lies in it stay.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such asset, [`Error::Forbidden`];
    /// [`Error::Conflict`] while a data volume is made of it.
    pub async fn delete_claim_asset(&self, caller: &Caller, id: ClaimAssetId) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let asset = tx
            .claim_asset(id)
            .await?
            .ok_or(Error::NotFound(Kind::ClaimAsset))?;
        caller
            .authorize(Action::Delete, &asset)
            .map_err(|refusal| Error::refused(refusal, Kind::ClaimAsset))?;
        let claims = tx.claims_in_use(asset.place.id()).await?;
        if claims.contains(&asset.thing.claim_name) {
            return Err(Error::Conflict(
                "A data volume holds its bytes in this claim. Delete the data volume first.".into(),
            ));
        }
        tx.remove_claim_asset(id).await?;
        if let Some(project) = tx.scope(asset.place.id()).await? {
            let subject = format!("PVC asset {} forgotten", asset.thing.name);
            tx.record(&self.event(Some(caller), EventKind::Edited, &project, subject))
                .await?;
        }
        Ok(tx.commit().await?)
    }

    fn asset(&self, caller: &Caller, new: &NewClaimAsset) -> Result<ClaimAsset> {
        let name: VolumeName = new
            .name
            .parse()
            .map_err(|error: NameError| Error::invalid("meta.name", error.to_string()))?;
        let description: Description = new
            .description
            .parse()
            .map_err(|error: NameError| Error::invalid("meta.description", error.to_string()))?;
        if new.path.len() > MAX_PATH || new.path.chars().any(char::is_control) {
            return Err(Error::invalid(
                "spec.path",
                "A path has at most 4096 bytes and no control characters.",
            ));
        }
        let made = new.make.clone().map(|(storage_class, size)| MadeClaim {
            storage_class,
            size,
        });
        Ok(ClaimAsset {
            id: ClaimAssetId(self.0.ids.fresh()),
            claim_name: new.claim_name.clone().unwrap_or_else(|| name.to_string()),
            name,
            description,
            made,
            path: new.path.clone(),
            is_read_only: new.is_read_only,
            created_by: caller.id(),
            created_at: self.0.clock.now(),
        })
    }
}

fn view(
    asset: Placed<ClaimAsset>,
    tree: &crate::scope_tree::ScopeTree,
    created_by: Option<String>,
) -> ClaimAssetView {
    let at = |kind: ScopeType| {
        asset
            .place
            .at(kind)
            .cloned()
            .unwrap_or_else(|| asset.place.id().clone())
    };
    ClaimAssetView {
        project_id: asset.place.id().clone(),
        project_name: tree.name(asset.place.id()),
        department_id: at(ScopeType::Department),
        cluster_id: at(ScopeType::Cluster),
        created_by: created_by.unwrap_or_else(|| "somebody who left".to_owned()),
        created_at: asset.thing.created_at,
        asset: asset.thing,
    }
}
