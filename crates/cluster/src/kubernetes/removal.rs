//! Taking a claim out of use: only when nobody else uses its storage, and only the one of that UID.

use serde_json::{Value, json};

use super::KubernetesCluster;
use super::api_server::{change, delete, uid_of};
use super::claims::annotation;
use super::mounts::in_use_by;
use super::names::{TAKEN_BY, namespace};
use crate::{ClaimKey, Removal, Result};

impl KubernetesCluster {
    /// Deletes a claim that is ours; gives one back that was there before.
    pub(super) async fn take_claim_down(&self, key: &ClaimKey) -> Result<Removal> {
        let copies = self.copies_of(&key.uid).await?.len();
        if copies > 0 {
            return Ok(Removal::Waiting(format!(
                "still mounted in other projects ({copies})"
            )));
        }
        Box::pin(self.release_origin(key)).await?;
        let namespace = namespace(&key.project)?;
        let claims = self.claims(namespace);
        let shown = format!("{namespace}/{}", key.name);
        if !key.is_ours {
            self.stop_agent(key).await?;
            Box::pin(self.unmark_origin(key)).await?;
            let id = key.data_volume_id.to_string();
            let doing = format!("to give the claim {shown} back");
            change(&claims, &key.name, &key.uid, &doing, |claim| {
                (annotation(claim, TAKEN_BY) == Some(&id))
                    .then(|| json!({"metadata": {"annotations": {TAKEN_BY: Value::Null}}}))
            })
            .await?;
            return Ok(Removal::Done);
        }
        let Some(claim) = self.claim_of(key).await? else {
            return Ok(Removal::Done);
        };
        self.stop_agent(key).await?;
        if claim.metadata.deletion_timestamp.is_none() {
            let doing = format!("to delete the claim {shown}");
            delete(&claims, &key.name, uid_of(&claim), &doing).await?;
        }
        if self.claim_of(key).await?.is_none() {
            return Ok(Removal::Done);
        }
        let pods = self.pods_using(namespace, &key.name).await?;
        Ok(Removal::Waiting(in_use_by(&pods)))
    }
}
