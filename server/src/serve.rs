//! Wires the parts together and serves until told to stop.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agent::Figures;
use anyhow::{Context, anyhow};
use cluster::SharedCluster;
use cluster::filesystem::FilesystemCluster;
use cluster::kubernetes::{KubernetesCluster, SealKey};
use credentials::ConsoleKey;
use domain::{Clock, ScopeId, ScopeType};
use identity::{Identity, Settings};
use service::{Service, organisation};
use store::Store;
use url::Url;

use crate::clock::System;
use crate::config::{Config, Reach};
use crate::door::Door;
use crate::metrics::Metrics;
use crate::{console_key, demonstration, router, site};

/// How often staging folders are swept of uploads that nobody finished.
const SWEPT_EVERY: Duration = Duration::from_hours(1);

/// Serves the console.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(System);
    std::fs::create_dir_all(&config.data)
        .with_context(|| format!("making the data folder {}", config.data.display()))?;
    let store = Store::connect(&config.database_url()?)
        .await
        .context("opening the database")?;
    store.migrate().await.context("migrating the database")?;
    if organisation::seed(&store, &config.organisation, &System).await? {
        tracing::info!("the organisation of the configuration is in the database now");
    }

    let door = Door::open(config.listen, config.tls.as_ref())?;
    let address = door.address();
    let public_url = match &config.public_url {
        Some(url) => url.clone(),
        None => Url::parse(&format!("{}://{address}", door.scheme()))?,
    };

    let key = console_key::read_or_make(&config.key_file(), &store).await?;
    let identity = identity(&config, &key, &store, &public_url, address, clock.clone()).await?;
    let (clusters, data_paths) = clusters(&config, &store, clock.clone()).await?;
    let service = Service::new(
        store,
        clusters,
        clock,
        Arc::new(System),
        key,
        config.imports.clone(),
    );
    tokio::spawn(service.clone().reconcile_for_ever());
    tokio::spawn(service.clone().hear_others_for_ever());

    let options = site::options(&config.data)?;
    let mut router = router::router(service, &identity, &options);
    if let Some(settings) = config.metrics {
        let metrics = Metrics::new(data_paths);
        router = metrics.counting(router);
        metrics.serve(settings.listen).await?;
    }
    tracing::info!(%address, %public_url, "Stowage serves");
    door.serve(router, stop_signal()).await
}

async fn identity(
    config: &Config,
    key: &ConsoleKey,
    store: &Store,
    public_url: &Url,
    address: SocketAddr,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Identity> {
    let mut providers = config.providers.clone();
    if let Some(demonstration) = config.demonstration.clone() {
        let secret = kept_secret(store, "demonstration-client").await?;
        let secret = secret
            .iter()
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        providers.push(
            demonstration::start(
                demonstration,
                address,
                public_url,
                &config.data,
                &secret,
                clock.clone(),
            )
            .await?,
        );
    }
    let settings = Settings {
        public_url: public_url.clone(),
        providers,
        session_idle_limit_minutes: config.sessions.idle_limit_minutes,
        session_absolute_limit_minutes: config.sessions.absolute_limit_minutes,
        requests_per_minute: config.limits.requests_per_minute,
        sign_ins_per_minute: config.limits.sign_ins_per_minute,
        trusted_proxies: config.trusted_proxies.clone(),
    };
    Identity::new(
        settings,
        key.clone(),
        store.clone(),
        clock,
        Arc::new(System),
    )
    .context("in the identity providers")
}

/// The clusters of the scope tree, by id, and what is counted of the data paths that go through this process.
async fn clusters(
    config: &Config,
    store: &Store,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(HashMap<ScopeId, SharedCluster>, Vec<(String, Arc<Figures>)>)> {
    let key = kept_key(store, "agent-tickets").await?;
    let seal_key = kept_key(store, "claim-seals").await?;
    let mut clusters: HashMap<ScopeId, SharedCluster> = HashMap::new();
    let mut data_paths = Vec::new();
    for scope in store.read().await?.scopes().await? {
        if scope.scope_type() != ScopeType::Cluster {
            continue;
        }
        let in_table = || format!("in [clusters.{}]", scope.name);
        let cluster: SharedCluster = match config.clusters.get(&scope.name) {
            Some(Reach::Filesystem(settings)) => {
                let key = agent::TicketKey::new(key);
                let cluster =
                    FilesystemCluster::new(settings, key, clock.clone()).with_context(in_table)?;
                let cluster = Arc::new(cluster);
                data_paths.push((scope.name.clone(), cluster.figures()));
                tokio::spawn(sweep_for_ever(cluster.clone()));
                tokio::spawn(stop_when_told(cluster.clone()));
                cluster
            }
            Some(Reach::Kubernetes(settings)) => {
                let key = SealKey::new(seal_key);
                let cluster = KubernetesCluster::new(settings, key, clock.clone())
                    .await
                    .with_context(in_table)?;
                Arc::new(cluster)
            }
            None => {
                tracing::warn!(
                    cluster = scope.name,
                    "the configuration does not say how to reach this cluster"
                );
                continue;
            }
        };
        clusters.insert(scope.id().clone(), cluster);
    }
    Ok((clusters, data_paths))
}

/// Uploads may last for hours: they end when the console is told to stop, and are gone on with later.
async fn stop_when_told(cluster: Arc<FilesystemCluster>) {
    stop_signal().await;
    cluster.stop();
}

async fn sweep_for_ever(cluster: Arc<FilesystemCluster>) {
    let mut every = tokio::time::interval(SWEPT_EVERY);
    loop {
        every.tick().await;
        match cluster.sweep().await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "gave up uploads that nobody finished"),
            Err(error) => tracing::warn!(
                error = error.to_string(),
                "sweeping unfinished uploads failed"
            ),
        }
    }
}

/// A secret that is made on the first start and kept in the database.
async fn kept_secret(store: &Store, name: &str) -> anyhow::Result<Vec<u8>> {
    let fresh: [u8; 32] = rand::random();
    let mut tx = store.begin().await?;
    let secret = tx.put_secret_if_absent(name, &fresh).await?;
    tx.commit().await?;
    Ok(secret)
}

/// The same, of 32 bytes.
async fn kept_key(store: &Store, name: &str) -> anyhow::Result<[u8; 32]> {
    let secret = kept_secret(store, name).await?;
    let wrong = |_| anyhow!("the secret {name} in the database is not of 32 bytes");
    secret.try_into().map_err(wrong)
}

pub(crate) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
