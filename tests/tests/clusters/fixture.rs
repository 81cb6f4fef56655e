//! A console on a cluster: the real service and reconciler, with a small organisation whose projects have
//! namespaces of this test alone.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use authz::{Caller, Grant, Person};
use cluster::SharedCluster;
use cluster::kubernetes::{KubernetesCluster, SealKey, Settings};
use credentials::ConsoleKey;
use domain::{
    AccessRule, AccessRuleId, Clock, Ids, MountPhase, OriginSource, Phase, Role, ScopeId,
    ScopeType, ShareMode, Subject, UserId, VolumePath,
};
use jiff::Timestamp;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use service::{ImportSettings, Service, organisation};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use store::Store;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;
use wire::{DataVolumeView, NewDataVolume, NewShare};

use crate::hands::Hands;

const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);

struct System;

impl Clock for System {
    #[expect(
        clippy::disallowed_methods,
        reason = "the cluster has a clock of its own"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

impl Ids for System {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests on one cluster must not meet"
    )]
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// What all tests share.
pub(crate) struct Place {
    pub(crate) kubeconfig: PathBuf,
    postgres: Option<String>,
    tests: AtomicU32,
}

impl Place {
    pub(crate) fn new(kubeconfig: PathBuf, postgres: Option<String>) -> Result<Self> {
        Ok(Self {
            kubeconfig: std::path::absolute(kubeconfig)?,
            postgres,
            tests: AtomicU32::new(0),
        })
    }

    pub(crate) async fn hands(&self) -> Result<Hands> {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig)?;
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
        Ok(Hands(Client::try_from(config)?))
    }

    fn prefix(&self) -> String {
        let number = self.tests.fetch_add(1, Ordering::Relaxed);
        format!("c{}-{number}-", std::process::id())
    }

    /// An empty database of PostgreSQL.
    async fn database(&self) -> Result<String> {
        let server = self.postgres.as_deref().context("a PostgreSQL")?;
        let schema = format!("clusters_{}", Uuid::simple(System.fresh()));
        let options: sqlx::postgres::PgConnectOptions = server.parse()?;
        options
            .connect()
            .await?
            .execute(AssertSqlSafe(format!("CREATE SCHEMA {schema}")))
            .await?;
        let mark = if server.contains('?') { '&' } else { '?' };
        Ok(format!("{server}{mark}options[search_path]={schema}"))
    }
}

/// One database, and what every console on it agrees about.
pub(crate) struct Organisation {
    prefix: String,
    url: String,
    _folder: Option<TempDir>,
}

impl Organisation {
    pub(crate) async fn on_sqlite(place: &Place) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("stowage.db").display());
        Self::new(place, url, Some(folder)).await
    }

    pub(crate) async fn on_postgres(place: &Place) -> Result<Self> {
        Self::new(place, place.database().await?, None).await
    }

    async fn new(place: &Place, url: String, folder: Option<TempDir>) -> Result<Self> {
        let prefix = place.prefix();
        let store = Store::connect(&url).await?;
        store.migrate().await?;
        let project =
            |name: String| serde_json::json!({"name": name, "folder": format!("{prefix}{name}")});
        let many: Vec<_> = (0..8)
            .map(|number| project(format!("speech-{number}")))
            .collect();
        let organisation = serde_json::json!({
            "name": "Acme",
            "clusters": [{"name": "gpu", "kind": "kubernetes", "departments": [
                {"name": "Vision", "projects": [project("vision".into())]},
                {"name": "Speech", "projects": many},
            ]}, {"name": "gpu-b", "kind": "kubernetes", "departments": [
                {"name": "Robots", "projects": [project("robots".into())]},
            ]}],
        });
        organisation::seed(&store, &serde_json::from_value(organisation)?, &System).await?;
        Ok(Self {
            prefix,
            url,
            _folder: folder,
        })
    }

    pub(crate) fn namespace(&self, project: &str) -> String {
        format!("{}{project}", self.prefix)
    }

    /// A console that reaches the cluster by a kubeconfig.
    pub(crate) async fn console(&self, kubeconfig: &Path) -> Result<Console> {
        let store = Store::connect(&self.url).await?;
        let settings = Settings {
            kubeconfig: Some(kubeconfig.to_owned()),
            ..Settings::default()
        };
        let clock: Arc<dyn Clock> = Arc::new(System);
        let mut scopes = HashMap::new();
        let mut clusters: HashMap<_, SharedCluster> = HashMap::new();
        for scope in store.read().await?.scopes().await? {
            if scope.scope_type() == ScopeType::Cluster {
                let key = SealKey::new([7; 32]);
                let cluster = KubernetesCluster::new(&settings, key, clock.clone()).await?;
                clusters.insert(scope.id().clone(), Arc::new(cluster));
            }
            scopes.insert(scope.name.clone(), scope.path);
        }
        let administrator = administrator(&store, scopes["Acme"].clone()).await?;
        let key = ConsoleKey::new([7; 32]);
        let service = Service::new(
            store,
            clusters,
            clock,
            Arc::new(System),
            key,
            ImportSettings::default(),
        );
        Ok(Console {
            reconciler: tokio::spawn(service.clone().reconcile_for_ever()),
            service,
            administrator,
            scopes: scopes
                .into_iter()
                .map(|(name, path)| (name, path.id().clone()))
                .collect(),
        })
    }
}

async fn administrator(store: &Store, scope: domain::ScopePath) -> Result<Caller> {
    let mut tx = store.begin().await?;
    let name = "ada";
    let issuer = "https://id.example";
    let id = tx
        .remember_person(
            UserId(System.fresh()),
            issuer,
            name,
            name,
            None,
            System.now(),
        )
        .await?;
    let given = AccessRule {
        id: AccessRuleId(System.fresh()),
        subject: Subject::User {
            issuer: issuer.into(),
            subject: name.into(),
        },
        role: Role::SystemAdministrator,
        scope,
    };
    tx.add_access_rule(&given).await?;
    tx.commit().await?;
    let person = Person {
        id,
        issuer: issuer.into(),
        subject: name.into(),
        name: name.into(),
        email: None,
        groups: Vec::new(),
    };
    Ok(Caller::new(person, vec![Grant::from(given)]))
}

/// A console that reconciles, as long as it is not killed.
pub(crate) struct Console {
    pub(crate) service: Service,
    pub(crate) administrator: Caller,
    scopes: HashMap<String, ScopeId>,
    reconciler: JoinHandle<()>,
}

impl Drop for Console {
    fn drop(&mut self) {
        self.reconciler.abort();
    }
}

impl Console {
    /// Ends it wherever it is: between any two calls.
    pub(crate) async fn kill(mut self) {
        self.reconciler.abort();
        let _ = (&mut self.reconciler).await;
    }

    /// A data volume of a claim that is there.
    pub(crate) async fn volume(&self, name: &str, claim: &str) -> Result<DataVolumeView> {
        let new = NewDataVolume {
            project_id: self.scopes["vision"].clone(),
            name: name.into(),
            description: String::new(),
            tags: Vec::new(),
            storage: OriginSource::ExistingClaim {
                claim: claim.into(),
                sub_path: VolumePath::root(),
            },
        };
        let made = self
            .service
            .create_data_volume(&self.administrator, new)
            .await?;
        self.until(&made, "ready", |view| view.phase == Phase::Ready)
            .await
    }

    /// The id of a cluster, department or project by its name.
    pub(crate) fn scope(&self, name: &str) -> ScopeId {
        self.scopes[name].clone()
    }

    pub(crate) async fn share(&self, volume: &DataVolumeView, scope: &str) -> Result<()> {
        let new = NewShare {
            scope_id: self.scopes[scope].clone(),
            mode: ShareMode::ReadOnly,
            sub_path: VolumePath::root(),
            reason: String::new(),
            expires_at: None,
        };
        self.service
            .share_data_volume(&self.administrator, volume.id, new)
            .await?;
        Ok(())
    }

    pub(crate) async fn unshare_all(&self, volume: &DataVolumeView) -> Result<()> {
        for share in self.show(volume).await?.shares {
            self.service
                .unshare_data_volume(&self.administrator, volume.id, share.id)
                .await?;
        }
        Ok(())
    }

    pub(crate) async fn show(&self, volume: &DataVolumeView) -> Result<DataVolumeView> {
        Ok(self
            .service
            .show_data_volume(&self.administrator, volume.id)
            .await?)
    }

    /// Waits until the page says so.
    pub(crate) async fn until(
        &self,
        volume: &DataVolumeView,
        what: &str,
        is_so: impl Fn(&DataVolumeView) -> bool,
    ) -> Result<DataVolumeView> {
        let since = Instant::now();
        loop {
            let view = self.show(volume).await?;
            if is_so(&view) {
                return Ok(view);
            }
            if since.elapsed() > PATIENCE {
                bail!("“{}” is not {what}: {view:#?}", volume.name);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until so many projects have it.
    pub(crate) async fn until_mounted(
        &self,
        volume: &DataVolumeView,
        count: usize,
    ) -> Result<DataVolumeView> {
        self.until(volume, "mounted", |view| are_mounted(view, count))
            .await
    }
}

pub(crate) fn are_mounted(view: &DataVolumeView, count: usize) -> bool {
    view.mounts.len() == count
        && view
            .mounts
            .iter()
            .all(|mount| mount.phase == MountPhase::Ready)
}
