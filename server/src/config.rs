//! The configuration: a TOML file, over it the environment. An unknown key is an error.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use anyhow::{Context, anyhow, bail};
use clap::Args;
use cluster::{filesystem, kubernetes};
use domain::ClusterKind;
use identity::{Network, ProviderSettings};
use serde::Deserialize;
use service::ImportSettings;
use service::organisation::Organisation;
use url::Url;

use crate::demonstration::Demonstration;

/// What the demonstration starts with, and an example to begin a file of one's own with.
const EXAMPLE: &str = include_str!("../stowage.example.toml");

/// What the environment or the command line may say instead of the file.
#[derive(Args, Debug, Default)]
pub(crate) struct Overrides {
    /// The address to listen on.
    #[arg(long, env = "STOWAGE_LISTEN")]
    listen: Option<SocketAddr>,
    /// The origin at which browsers reach the console.
    #[arg(long, env = "STOWAGE_PUBLIC_URL")]
    public_url: Option<Url>,
    /// The folder for the console's own data.
    #[arg(long, env = "STOWAGE_DATA")]
    data: Option<PathBuf>,
    /// The database: `sqlite:PATH` or `postgres://…`.
    #[arg(long, env = "STOWAGE_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

/// Everything that an administrator sets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The address to listen on.
    #[serde(default = "loopback")]
    pub(crate) listen: SocketAddr,
    /// The origin at which browsers reach the console; by default the address that it listens on.
    pub(crate) public_url: Option<Url>,
    /// What the console encrypts its connections with; without this table it leaves that to a proxy.
    pub(crate) tls: Option<Tls>,
    /// The folder for the console's own data: the SQLite database, keys.
    #[serde(default = "data_folder")]
    pub(crate) data: PathBuf,
    /// The file of the console's own key; by default `console.key` in the data folder, made on the first start.
    key_file: Option<PathBuf>,
    /// `sqlite:PATH` or `postgres://…`; by default `stowage.db` in the data folder.
    database: Option<String>,
    /// The proxies in front of the console, as addresses or networks: what they say in
    /// `X-Forwarded-For` goes into the audit log.
    #[serde(default)]
    pub(crate) trusted_proxies: Vec<Network>,
    /// How much one person or one address may ask for.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// From where imports may pull, and with what.
    #[serde(default)]
    pub(crate) imports: ImportSettings,
    /// Where the console tells numbers to those who run it; nowhere without this table.
    pub(crate) metrics: Option<Metrics>,
    /// Identity providers.
    #[serde(default)]
    pub(crate) providers: Vec<ProviderSettings>,
    /// How long a sign-in lasts.
    #[serde(default)]
    pub(crate) sessions: Sessions,
    /// The demonstration identity provider; off unless this table is there or no provider is.
    pub(crate) demonstration: Option<Demonstration>,
    /// How each cluster is reached, by its name in the organisation.
    pub(crate) clusters: BTreeMap<String, Reach>,
    /// The scope tree and access rules for the first start.
    pub(crate) organisation: Organisation,
}

/// What the console encrypts its connections with: two PEM files, read again when they change.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// The certificate, and behind it those of the authorities that lead to the root.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// Where the console tells numbers to those who run it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metrics {
    /// The address of `/metrics`. Nobody signs in there.
    pub(crate) listen: SocketAddr,
}

/// How long a sign-in lasts.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sessions {
    /// Without a request, in minutes.
    pub(crate) idle_limit_minutes: u32,
    /// In all, in minutes.
    pub(crate) absolute_limit_minutes: u32,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            idle_limit_minutes: 8 * 60,
            absolute_limit_minutes: 7 * 24 * 60,
        }
    }
}

/// How much one person or one address may ask for in a minute; 0 is no limit.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Requests of a person or an application.
    pub(crate) requests_per_minute: u32,
    /// Sign-ins and wrong secrets from an address, which many people may share.
    pub(crate) sign_ins_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: 60_000,
            sign_ins_per_minute: 300,
        }
    }
}

/// How a cluster is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Reach {
    /// A mounted file system; a relative root lies in the data folder.
    Filesystem(filesystem::Settings),
    /// A Kubernetes API server.
    Kubernetes(kubernetes::Settings),
}

impl Reach {
    fn kind(&self) -> ClusterKind {
        match self {
            Self::Filesystem(_) => ClusterKind::Filesystem,
            Self::Kubernetes(_) => ClusterKind::Kubernetes,
        }
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

fn data_folder() -> PathBuf {
    "data".into()
}

impl Config {
    /// Reads the file, or the example where there is none.
    pub(crate) fn read(file: Option<&Path>, overrides: Overrides) -> anyhow::Result<Self> {
        let mut config: Self = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("reading the configuration {}", path.display()))?;
                toml::from_str(&text)
                    .with_context(|| format!("in the configuration {}", path.display()))?
            }
            None => toml::from_str(EXAMPLE).context("in the built-in example configuration")?,
        };
        config.listen = overrides.listen.unwrap_or(config.listen);
        config.public_url = overrides.public_url.or(config.public_url);
        config.data = overrides.data.unwrap_or(config.data);
        config.database = overrides.database.or(config.database);
        for reach in config.clusters.values_mut() {
            if let Reach::Filesystem(settings) = reach {
                settings.root = config.data.join(&settings.root);
            }
        }
        if config.providers.is_empty() && config.demonstration.is_none() {
            config.demonstration = Some(Demonstration::default());
        }
        config.check()?;
        Ok(config)
    }

    /// What the parts cannot check by themselves: that they fit together.
    fn check(&self) -> anyhow::Result<()> {
        for cluster in &self.organisation.clusters {
            match self.clusters.get(&cluster.name) {
                Some(reach) if reach.kind() == cluster.kind => {}
                Some(_) => bail!(
                    "the cluster “{}” is of the kind {} in [organisation] and of another in [clusters]",
                    cluster.name,
                    cluster.kind.as_str()
                ),
                None => bail!(
                    "the cluster “{0}” of the organisation has no table [clusters.{0}] that says how to reach it",
                    cluster.name
                ),
            }
        }
        for network in &self.imports.permitted_networks {
            Network::from_str(network)
                .map_err(|error| anyhow!("permitted_networks of [imports]: {error}"))?;
        }
        Ok(())
    }

    /// The file of the console's own key.
    pub(crate) fn key_file(&self) -> PathBuf {
        let usual = || self.data.join("console.key");
        self.key_file.clone().unwrap_or_else(usual)
    }

    /// The database's address.
    pub(crate) fn database_url(&self) -> anyhow::Result<String> {
        if let Some(url) = &self.database {
            return Ok(url.clone());
        }
        std::fs::create_dir_all(&self.data)
            .with_context(|| format!("making the data folder {}", self.data.display()))?;
        Ok(format!("sqlite:{}", self.data.join("stowage.db").display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let config = Config::read(None, Overrides::default()).unwrap();
        assert!(config.demonstration.is_some());
        assert!(!config.organisation.access_rules.is_empty());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let text = format!("listne = \"127.0.0.1:1\"\n{EXAMPLE}");
        assert!(
            toml::from_str::<Config>(&text)
                .unwrap_err()
                .to_string()
                .contains("listne")
        );
    }

    #[test]
    fn a_cluster_is_of_one_kind() {
        let text = EXAMPLE.replace(
            "kind = \"filesystem\"\n# A relative",
            "kind = \"kubernetes\"\nkubeconfig = \"/k\"\n# A relative",
        );
        let text = text.replace("root = \"clusters/slurm-a\"", "");
        let config: Config = toml::from_str(&text).unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("of another in [clusters]"), "{error}");
        let text = text.replace(
            "name = \"slurm-a\"\nkind = \"filesystem\"",
            "name = \"slurm-a\"\nkind = \"kubernetes\"",
        );
        let config: Config = toml::from_str(&text).unwrap();
        config.check().unwrap();
    }

    #[test]
    fn a_cluster_that_nobody_can_reach_is_an_error() {
        let text = EXAMPLE.replace("[clusters.slurm-a]", "[clusters.slurm-b]");
        let config: Config = toml::from_str(&text).unwrap();
        assert!(
            config
                .check()
                .unwrap_err()
                .to_string()
                .contains("[clusters.slurm-a]")
        );
    }
}
