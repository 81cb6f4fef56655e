//! Data agents: one pod per volume that somebody opens, made when it is needed. It ends by itself when
//! nobody uses it; what is left of it is cleared away before the next one.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod, Secret};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::Api;
use kube::api::ListParams;
use tokio::sync::Mutex;

use super::KubernetesCluster;
use super::agent_pod::{
    Blueprint, address, failure, is_for_one_node, is_for_one_pod, is_over, name, obstacle,
};
use super::api_server::{Made, create, delete, delete_whatever, get, list, uid_of};
use super::copies::is_using;
use super::names::{MADE_FOR, MANAGED_BY, namespace};
use super::settings::AgentSettings;
use crate::{ClaimKey, Error, Result};

/// How long a pod may take to answer before the caller is told to come again.
const STARTS_WITHIN: Duration = Duration::from_mins(1);
const LOOKED_AT_EVERY: Duration = Duration::from_millis(250);

/// For how long it is taken as known which agents there are, where nobody waits for one.
const THERE_FOR: Duration = Duration::from_secs(5);

/// The names of the agents' pods, and when they were asked for.
#[derive(Default)]
pub(super) struct AgentsThere(Mutex<Option<(Instant, HashSet<String>)>>);

/// A pod that answers.
pub(super) struct Agent {
    pub(super) pod: String,
    pub(super) namespace: String,
    pub(super) address: String,
}

impl KubernetesCluster {
    /// The agent of a claim, started if it has to be; `None` if it does not run and is not to be started.
    pub(super) async fn agent(&self, key: &ClaimKey, may_start: bool) -> Result<Option<Agent>> {
        let shown = format!("{}/{}", key.project.0, key.name);
        let settings = self.agent_settings(&shown)?;
        let pods: Api<Pod> = self.api.within(namespace(&key.project)?);
        let doing = format!("to open the files of {shown}");
        let pod_name = name(&key.uid);
        if !may_start && !self.agent_is_there(&pod_name).await? {
            return Ok(None);
        }
        let claim = self.claim_of(key).await?.ok_or_else(|| {
            Error::NotFound(format!(
                "The claim {shown} is gone, or is another one by now."
            ))
        })?;
        let since = Instant::now();
        let mut is_started = false;
        loop {
            let found = get(&pods, &pod_name, &doing).await?;
            let mut why = None;
            match found {
                Some(pod) if !self.is_agent_of(&pod, key) => {
                    return Err(Error::Refused(format!(
                        "In the namespace {} stands a pod {pod_name} that the console did not make: delete it.",
                        key.project.0
                    )));
                }
                Some(pod) if is_over(&pod) => {
                    if !may_start {
                        return Ok(None);
                    }
                    if is_started && let Some(why) = failure(&pod) {
                        return Err(does_not_start(doing, &why));
                    }
                    delete(&pods, &pod_name, uid_of(&pod), &doing).await?;
                }
                Some(pod) => {
                    if let Some(address) = address(&pod) {
                        return Ok(Some(Agent {
                            pod: pod_name,
                            namespace: key.project.0.clone(),
                            address: address.to_owned(),
                        }));
                    }
                    why = obstacle(&pod);
                }
                None if !may_start => return Ok(None),
                None => {
                    self.start_agent(key, &claim, settings).await?;
                    is_started = true;
                }
            }
            if since.elapsed() > STARTS_WITHIN {
                let why = why.unwrap_or_else(|| "it takes long".to_owned());
                return Err(does_not_start(doing, &why));
            }
            tokio::time::sleep(LOOKED_AT_EVERY).await;
        }
    }

    /// Starts the agent of a claim that waits for its first pod.
    pub(super) async fn be_first_consumer(
        &self,
        key: &ClaimKey,
        claim: &PersistentVolumeClaim,
    ) -> Result<()> {
        let Some(settings) = &self.settings.agent else {
            return Ok(());
        };
        let pods: Api<Pod> = self.api.within(namespace(&key.project)?);
        let doing = format!("to use the claim {}/{} first", key.project.0, key.name);
        match get(&pods, &name(&key.uid), &doing).await? {
            Some(_) => Ok(()),
            None => self.start_agent(key, claim, settings).await,
        }
    }

    /// Ends the agent of a claim, with its secret and policy.
    pub(super) async fn stop_agent(&self, key: &ClaimKey) -> Result<()> {
        if self.settings.agent.is_none() {
            return Ok(());
        }
        let namespace = namespace(&key.project)?;
        let (pods, name): (Api<Pod>, String) = (self.api.within(namespace), name(&key.uid));
        let doing = format!("to end the data agent of {namespace}/{}", key.name);
        if let Some(pod) = get(&pods, &name, &doing).await?
            && pod.metadata.deletion_timestamp.is_none()
        {
            delete(&pods, &name, uid_of(&pod), &doing).await?;
        }
        delete_whatever(&self.api.within::<Secret>(namespace), &name, &doing).await?;
        delete_whatever(&self.api.within::<NetworkPolicy>(namespace), &name, &doing).await
    }

    /// Whether there is a pod of that name, as of a few seconds ago.
    async fn agent_is_there(&self, pod: &str) -> Result<bool> {
        let mut there = self.agents_there.0.lock().await;
        let is_old = |(at, _): &(Instant, _)| at.elapsed() > THERE_FOR;
        if there.as_ref().is_none_or(is_old) {
            let pods: Api<Pod> = self.api.everywhere();
            let (label, value) = MANAGED_BY;
            let which = ListParams::default().labels(&format!("{label}={value}"));
            let found = list(&pods, &which, "looking for data agents").await?;
            let names = found.into_iter().filter_map(|pod| pod.metadata.name);
            *there = Some((Instant::now(), names.collect()));
        }
        Ok(there.as_ref().is_some_and(|(_, names)| names.contains(pod)))
    }

    fn agent_settings(&self, shown: &str) -> Result<&AgentSettings> {
        self.settings.agent.as_ref().ok_or_else(|| {
            Error::Refused(format!(
                "The files of {shown} cannot be opened: an administrator has to name the data agent's image in the configuration of this cluster (“agent”)."
            ))
        })
    }

    async fn start_agent(
        &self,
        key: &ClaimKey,
        claim: &PersistentVolumeClaim,
        settings: &AgentSettings,
    ) -> Result<()> {
        let namespace = namespace(&key.project)?;
        let pods: Api<Pod> = self.api.within(namespace);
        let doing = format!("to start the data agent of {namespace}/{}", key.name);
        let users = list(&pods, &ListParams::default(), &doing).await?;
        let user = users.iter().find(|pod| is_using(pod, &key.name));
        if user.is_some() && is_for_one_pod(claim) {
            return Err(Error::Refused(format!(
                "The claim {namespace}/{} may be used by one single pod (ReadWriteOncePod), and one uses it: its files can be opened when that has ended.",
                key.name
            )));
        }
        let node = user.filter(|_| is_for_one_node(claim));
        let blueprint = Blueprint {
            settings,
            key,
            seal: self
                .seal_key
                .seal(key.data_volume_id, namespace, &name(&key.uid)),
            node: node.and_then(|pod| pod.spec.as_ref()?.node_name.clone()),
            console_namespace: self.api.own_namespace(),
        };
        let name = name(&key.uid);
        let secrets: Api<Secret> = self.api.within(namespace);
        // One that stands there may be anybody's: the console cannot read secrets, and writes its own.
        delete_whatever(&secrets, &name, &doing).await?;
        create(
            &secrets,
            &blueprint.secret(&self.seal_key.of_agent(&key.uid)),
            &doing,
        )
        .await?;
        create(
            &self.api.within::<NetworkPolicy>(namespace),
            &blueprint.policy()?,
            &doing,
        )
        .await?;
        let (Made::New(_) | Made::There) = create(&pods, &blueprint.pod()?, &doing).await?;
        *self.agents_there.0.lock().await = None;
        Ok(())
    }

    fn is_agent_of(&self, pod: &Pod, key: &ClaimKey) -> bool {
        let annotations = pod.metadata.annotations.as_ref();
        let seal = annotations.and_then(|annotations| annotations.get(MADE_FOR));
        seal.is_some_and(|seal| {
            self.seal_key
                .is_seal(seal, key.data_volume_id, &key.project.0, &name(&key.uid))
        })
    }
}

fn does_not_start(doing: String, why: &str) -> Error {
    Error::Unavailable {
        doing,
        source: format!("its data agent does not start: {why}").into(),
    }
}
