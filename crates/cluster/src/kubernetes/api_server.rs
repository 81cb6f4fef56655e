//! Talking to the API server: every call has a limit of time, and every refusal comes back as a sentence.
//!
//! Changes carry the version that they were made from: on a conflict the object is read again and the
//! change made anew, so that nothing that another wrote is lost. Busy answers (429, 503, 504) are repeated
//! by the client itself, after the time that the server asks for.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::{Metadata, NamespaceResourceScope};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::names::FIELD_MANAGER;
use super::settings::Settings;
use crate::{Error, Result};

/// How long one call may take, repetitions included.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// How often a change is made anew before it is left to the next round, and the pause before the second
/// time; each pause is twice as long as the one before.
const TRIES: u32 = 9;
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// An object of a kind that we read and write.
pub(super) trait Object:
    Resource<DynamicType = ()>
    + Metadata<Ty = ObjectMeta>
    + Clone
    + Debug
    + DeserializeOwned
    + Serialize
    + Send
    + Sync
    + 'static
{
}
impl<K> Object for K where
    K: Resource<DynamicType = ()>
        + Metadata<Ty = ObjectMeta>
        + Clone
        + Debug
        + DeserializeOwned
        + Serialize
        + Send
        + Sync
        + 'static
{
}

/// What came of making an object.
#[derive(Debug)]
pub(super) enum Made<K> {
    /// It is there now.
    New(Box<K>),
    /// Something of that name was there before.
    There,
}

/// One cluster's API server.
#[derive(Clone)]
pub(super) struct ApiServer {
    client: Client,
    /// The namespace of the pod that the console runs in.
    own_namespace: Option<String>,
}

impl ApiServer {
    /// Reads how the server is reached; it is not asked yet.
    pub(super) async fn new(settings: &Settings) -> Result<Self> {
        let wrong = |source: Box<dyn std::error::Error + Send + Sync>| Error::Unavailable {
            doing: match &settings.kubeconfig {
                Some(path) => format!("reading the kubeconfig {}", path.display()),
                None => {
                    "reading the service account of this pod (set “kubeconfig” outside a cluster)"
                        .to_owned()
                }
            },
            source,
        };
        let config = match &settings.kubeconfig {
            None => Config::incluster().map_err(|error| wrong(error.into()))?,
            Some(path) => {
                let kubeconfig =
                    Kubeconfig::read_from(path).map_err(|error| wrong(error.into()))?;
                let options = KubeConfigOptions {
                    context: settings.context.clone(),
                    ..KubeConfigOptions::default()
                };
                Config::from_custom_kubeconfig(kubeconfig, &options)
                    .await
                    .map_err(|error| wrong(error.into()))?
            }
        };
        let own_namespace = settings
            .kubeconfig
            .is_none()
            .then(|| config.default_namespace.clone());
        let client = Client::try_from(config).map_err(|error| wrong(error.into()))?;
        Ok(Self {
            client,
            own_namespace,
        })
    }

    /// The namespace of the pod that the console runs in; `None` outside the cluster.
    pub(super) fn own_namespace(&self) -> Option<&str> {
        self.own_namespace.as_deref()
    }

    /// The objects of a kind that has no namespace.
    pub(super) fn everywhere<K: Object>(&self) -> Api<K> {
        Api::all(self.client.clone())
    }

    /// The objects of a kind in one namespace.
    pub(super) fn within<K>(&self, namespace: &str) -> Api<K>
    where
        K: Object + Resource<Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), namespace)
    }
}

/// An object, if it is there.
pub(super) async fn get<K: Object>(api: &Api<K>, name: &str, doing: &str) -> Result<Option<K>> {
    answered(doing, api.get_opt(name))
        .await?
        .map_err(|error| told(doing, error))
}

/// The objects that fit.
pub(super) async fn list<K: Object>(
    api: &Api<K>,
    which: &ListParams,
    doing: &str,
) -> Result<Vec<K>> {
    let mut found = Vec::new();
    let mut which = which.clone().limit(500);
    loop {
        let page = answered(doing, api.list(&which))
            .await?
            .map_err(|error| told(doing, error))?;
        found.extend(page.items);
        match page.metadata.continue_.filter(|next| !next.is_empty()) {
            Some(next) => {
                // The pages that follow are as old as the first.
                which.resource_version = None;
                which.version_match = None;
                which = which.continue_token(&next);
            }
            None => return Ok(found),
        }
    }
}

/// Whether there is any object that fits.
pub(super) async fn has_any<K: Object>(
    api: &Api<K>,
    which: &ListParams,
    doing: &str,
) -> Result<bool> {
    let page = answered(doing, api.list(&which.clone().limit(1))).await?;
    Ok(!page.map_err(|error| told(doing, error))?.items.is_empty())
}

/// Makes an object; one that is there stays as it is.
pub(super) async fn create<K: Object>(api: &Api<K>, object: &K, doing: &str) -> Result<Made<K>> {
    make(api, object, doing, false).await
}

/// Asks whether an object could be made, admission included; nothing is kept.
pub(super) async fn try_to_create<K: Object>(
    api: &Api<K>,
    object: &K,
    doing: &str,
) -> Result<Made<K>> {
    make(api, object, doing, true).await
}

async fn make<K: Object>(api: &Api<K>, object: &K, doing: &str, dry_run: bool) -> Result<Made<K>> {
    let how = PostParams {
        dry_run,
        field_manager: Some(FIELD_MANAGER.to_owned()),
    };
    match answered(doing, api.create(&how, object)).await? {
        Ok(object) => Ok(Made::New(Box::new(object))),
        Err(kube::Error::Api(status)) if status.reason == "AlreadyExists" => Ok(Made::There),
        Err(error) => Err(told(doing, error)),
    }
}

/// Deletes the object of that UID; another one of the same name stays.
pub(super) async fn delete<K: Object>(
    api: &Api<K>,
    name: &str,
    uid: &str,
    doing: &str,
) -> Result<()> {
    let how = DeleteParams {
        preconditions: Some(Preconditions {
            uid: Some(uid.to_owned()),
            resource_version: None,
        }),
        ..DeleteParams::default()
    };
    delete_as(api, name, &how, &[404, 409], doing).await
}

/// Deletes what stands under a name, whoever made it.
pub(super) async fn delete_whatever<K: Object>(
    api: &Api<K>,
    name: &str,
    doing: &str,
) -> Result<()> {
    delete_as(api, name, &DeleteParams::default(), &[404], doing).await
}

/// Deletes; the codes say that there is nothing of the kind to delete.
async fn delete_as<K: Object>(
    api: &Api<K>,
    name: &str,
    how: &DeleteParams,
    gone: &[u16],
    doing: &str,
) -> Result<()> {
    match answered(doing, api.delete(name, how)).await? {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if gone.contains(&status.code) => Ok(()),
        Err(error) => Err(told(doing, error)),
    }
}

/// Changes the object of that UID by the merge patch that `change` makes of it, or leaves it where that
/// makes none. Answers the object as it is then; `None` if it is gone.
pub(super) async fn change<K: Object>(
    api: &Api<K>,
    name: &str,
    uid: &str,
    doing: &str,
    change: impl Fn(&K) -> Option<Value>,
) -> Result<Option<K>> {
    let mut tries = 0;
    loop {
        let Some(object) = get(api, name, doing)
            .await?
            .filter(|found| uid_of(found) == uid)
        else {
            return Ok(None);
        };
        let Some(mut patch) = change(&object) else {
            return Ok(Some(object));
        };
        patch["metadata"]["uid"] = json!(uid);
        patch["metadata"]["resourceVersion"] = json!(object.metadata().resource_version);
        let how = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        tries += 1;
        match answered(doing, api.patch(name, &how, &Patch::Merge(patch))).await? {
            Ok(object) => return Ok(Some(object)),
            Err(kube::Error::Api(status)) if status.code == 404 => return Ok(None),
            Err(kube::Error::Api(status)) if status.code == 409 && tries < TRIES => {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries - 1)).await;
            }
            Err(error) => return Err(told(doing, error)),
        }
    }
}

/// The UID of an object that the API server answered.
pub(super) fn uid_of<K: Object>(object: &K) -> &str {
    object.metadata().uid.as_deref().unwrap_or_default()
}

/// Waits for the answer for so long. The call is boxed: what calls the client is large, and every verb
/// makes several.
fn answered<'a, T: 'a>(
    doing: &'a str,
    call: impl Future<Output = kube::Result<T>> + Send + 'a,
) -> Pin<Box<dyn Future<Output = Result<kube::Result<T>>> + Send + 'a>> {
    Box::pin(async move {
        tokio::time::timeout(ANSWERS_WITHIN, call)
            .await
            .map_err(|elapsed| Error::Unavailable {
                doing: doing.to_owned(),
                source: elapsed.into(),
            })
    })
}

/// What an error of the API server means to people: a refusal is in its own words, quotas and admission
/// policies included.
fn told(doing: &str, error: kube::Error) -> Error {
    if let kube::Error::Api(status) = &error {
        match status.code {
            400 | 403 | 422 => {
                return Error::Refused(format!("The cluster refuses {doing}: {}", status.message));
            }
            404 => return Error::NotFound(format!("{doing}: {}", status.message)),
            _ => {}
        }
    }
    Error::Unavailable {
        doing: doing.to_owned(),
        source: error.into(),
    }
}
