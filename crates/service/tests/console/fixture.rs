//! A small fixed organisation with named people, on SQLite and a folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Result;
use authz::{Caller, Grant, Person};
use cluster::SharedCluster;
use cluster::filesystem::{FilesystemCluster, Mounts, Settings};
use credentials::ConsoleKey;
use domain::{
    AccessRule, AccessRuleId, Bytes, Clock, ClusterKind, Ids, OriginSource, Role, ScopePath,
    ScopeType, Subject, UserId,
};
use jiff::{SignedDuration, Timestamp};
use service::{ImportSettings, Service, organisation};
use store::Store;
use tempfile::TempDir;
use uuid::Uuid;
use wire::{DataVolumeView, NewDataVolume};

/// A clock that stands until it is handed on.
#[derive(Default)]
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn advance(&self, by: SignedDuration) {
        self.0
            .fetch_add(by.as_micros().try_into().unwrap(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        // Each look is a microsecond later, so that what came later is later.
        let micros = self.0.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_microsecond(1_700_000_000_000_000 + micros).unwrap()
    }
}

/// Ids in order.
#[derive(Default)]
pub(crate) struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn fresh(&self) -> Uuid {
        Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::SeqCst))
    }
}

pub(crate) struct Console {
    pub(crate) service: Service,
    pub(crate) clock: Arc<HandClock>,
    folder: TempDir,
    scopes: HashMap<String, ScopePath>,
    people: Mutex<HashMap<&'static str, UserId>>,
    pub(crate) store: Store,
}

const ORGANISATION: &str = r#"{
    "name": "Acme",
    "clusters": [{
        "name": "east", "kind": "filesystem",
        "departments": [
            {"name": "Vision", "projects": [
                {"name": "imagenet", "folder": "imagenet"}, {"name": "segment", "folder": "segment"}]},
            {"name": "Speech", "projects": [
                {"name": "asr", "folder": "asr"}, {"name": "tts", "folder": "tts"}]}
        ]
    }]
}"#;

impl Console {
    /// A console with links for mounts: what a process without the right to mount does.
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = Store::connect(&format!(
            "sqlite:{}",
            folder.path().join("stowage.db").display()
        ))
        .await?;
        store.migrate().await?;
        let ids = Arc::new(CountedIds::default());
        organisation::seed(&store, &serde_json::from_str(ORGANISATION)?, ids.as_ref()).await?;
        let clock = Arc::new(HandClock::default());
        let mut scopes = HashMap::new();
        let mut clusters: HashMap<_, SharedCluster> = HashMap::new();
        for scope in store.read().await?.scopes().await? {
            if scope.scope_type() == ScopeType::Cluster {
                assert_eq!(scope.cluster_kind, Some(ClusterKind::Filesystem));
                let settings = Settings {
                    root: folder.path().join("east"),
                    storage_classes: Vec::new(),
                    mounts: Mounts::Link,
                };
                let key = agent::TicketKey::new([7; 32]);
                let cluster = FilesystemCluster::new(&settings, key, clock.clone())?;
                clusters.insert(scope.id().clone(), Arc::new(cluster));
            }
            scopes.insert(scope.name.clone(), scope.path);
        }
        let service = Service::new(
            store.clone(),
            clusters,
            clock.clone(),
            ids,
            ConsoleKey::new([7; 32]),
            imports(folder.path())?,
        );
        Ok(Self {
            service,
            clock,
            folder,
            scopes,
            people: Mutex::default(),
            store,
        })
    }

    pub(crate) fn scope(&self, name: &str) -> &ScopePath {
        &self.scopes[name]
    }

    pub(crate) fn project_folder(&self, project: &str) -> PathBuf {
        self.folder.path().join("east/projects").join(project)
    }

    /// Somebody with one role at one scope.
    pub(crate) async fn person(
        &self,
        name: &'static str,
        role: Role,
        scope: &str,
    ) -> Result<Caller> {
        let fresh = UserId(Uuid::from_u64_pair(
            9,
            self.people.lock().unwrap().len() as u64,
        ));
        let mut tx = self.store.begin().await?;
        let at = self.clock.now();
        let id = tx
            .remember_person(fresh, "https://id.example", name, name, None, at)
            .await?;
        let given = AccessRule {
            id: AccessRuleId(Uuid::from_u64_pair(8, fresh.0.as_u64_pair().1)),
            subject: Subject::User {
                issuer: "https://id.example".into(),
                subject: name.into(),
            },
            role,
            scope: self.scope(scope).clone(),
        };
        tx.add_access_rule(&given).await?;
        tx.commit().await?;
        self.people.lock().unwrap().insert(name, id);
        let person = Person {
            id,
            issuer: "https://id.example".into(),
            subject: name.into(),
            name: name.into(),
            email: None,
            groups: vec!["a-group".into()],
        };
        Ok(Caller::new(person, vec![Grant::from(given)]))
    }

    /// What a form would send for a new claim.
    pub(crate) fn new_volume(&self, project: &str, name: &str) -> NewDataVolume {
        NewDataVolume {
            project_id: self.scope(project).id().clone(),
            name: name.into(),
            description: String::new(),
            tags: Vec::new(),
            storage: OriginSource::NewClaim {
                storage_class: "standard".into(),
                size: Bytes(1 << 30),
            },
        }
    }

    /// A data volume that is ready.
    pub(crate) async fn volume(
        &self,
        caller: &Caller,
        project: &str,
        name: &str,
    ) -> Result<DataVolumeView> {
        let made = self
            .service
            .create_data_volume(caller, self.new_volume(project, name))
            .await?;
        self.service.reconcile_due().await?;
        Ok(self.service.show_data_volume(caller, made.id).await?)
    }

    /// Lets the reconciler do what is due by now and in the next minute.
    pub(crate) async fn settle(&self) -> Result<()> {
        self.clock.advance(SignedDuration::from_mins(1));
        self.service.reconcile_due().await?;
        Ok(())
    }
}

/// Imports from this machine, and a token for one address of it.
fn imports(folder: &Path) -> Result<ImportSettings> {
    let token_file = folder.join("token");
    std::fs::write(&token_file, "hush\n")?;
    let settings = serde_json::json!({
        "permitted_networks": ["127.0.0.0/8"],
        "credentials": [{
            "name": "pictures", "origins": ["https://pictures.example"], "scopes": ["east/Vision"],
            "bearer": { "token_file": token_file },
        }],
    });
    Ok(serde_json::from_value(settings)?)
}
