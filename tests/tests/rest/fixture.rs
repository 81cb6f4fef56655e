//! A console in this process: the real API over the real service, with callers put in by hand, as the layer
//! of `identity` does it. Every JSON answer is held against the document.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use authz::{Caller, CallerNow, Grant, Person};
use axum::body::Body;
use axum::{Extension, Router};
use cluster::SharedCluster;
use cluster::filesystem::{FilesystemCluster, Mounts, Settings};
use credentials::ConsoleKey;
use domain::{AccessRule, AccessRuleId, Clock, Ids, Role, ScopePath, ScopeType, Subject, UserId};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use service::{ImportSettings, Service, organisation};
use store::Store;
use tempfile::TempDir;
use tower::ServiceExt;
use uuid::Uuid;

use crate::document::Document;

/// A clock that stands until it is handed on.
#[derive(Default)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let micros = self.0.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_microsecond(1_700_000_000_000_000 + micros).unwrap()
    }
}

/// Ids in order.
#[derive(Default)]
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn fresh(&self) -> Uuid {
        Uuid::from_u64_pair(7, self.0.fetch_add(1, Ordering::SeqCst))
    }
}

pub(crate) struct Console {
    service: Service,
    clock: Arc<HandClock>,
    document: Document,
    folder: TempDir,
    scopes: HashMap<String, ScopePath>,
    store: Store,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }
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
    pub(crate) async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let database = folder.path().join("stowage.db");
        let store = Store::connect(&format!("sqlite:{}", database.display())).await?;
        store.migrate().await?;
        let ids = Arc::new(CountedIds::default());
        organisation::seed(&store, &serde_json::from_str(ORGANISATION)?, ids.as_ref()).await?;
        let clock = Arc::new(HandClock::default());
        let mut scopes = HashMap::new();
        let mut clusters: HashMap<_, SharedCluster> = HashMap::new();
        for scope in store.read().await?.scopes().await? {
            if scope.scope_type() == ScopeType::Cluster {
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
            ImportSettings::default(),
        );
        Ok(Self {
            service,
            clock,
            document: Document::new(serde_json::to_value(api::document())?),
            folder,
            scopes,
            store,
        })
    }

    /// Where its database lies.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The id of a scope, by its name.
    pub(crate) fn id(&self, scope: &str) -> &str {
        self.scopes[scope].id().as_str()
    }

    /// A folder of a project, made.
    pub(crate) fn claim(&self, project: &str, name: &str) -> Result<PathBuf> {
        let folder = self
            .folder
            .path()
            .join("east/projects")
            .join(project)
            .join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Somebody with one role at one scope.
    pub(crate) async fn person(&self, name: &str, role: Role, scope: &str) -> Result<Caller> {
        let number = self.clock.now().as_microsecond().unsigned_abs();
        let fresh = UserId(Uuid::from_u64_pair(9, number));
        let issuer = "https://id.example";
        let mut tx = self.store.begin().await?;
        let at = self.clock.now();
        let id = tx
            .remember_person(fresh, issuer, name, name, None, at)
            .await?;
        let given = AccessRule {
            id: AccessRuleId(Uuid::from_u64_pair(8, number)),
            subject: Subject::User {
                issuer: issuer.into(),
                subject: name.into(),
            },
            role,
            scope: self.scopes[scope].clone(),
        };
        tx.add_access_rule(&given).await?;
        tx.commit().await?;
        let person = Person {
            id,
            issuer: issuer.into(),
            subject: name.into(),
            name: name.into(),
            email: None,
            groups: vec![],
        };
        Ok(Caller::new(person, vec![Grant::from(given)]))
    }

    /// Lets the reconciler do what is due by now and in the next minute.
    pub(crate) async fn settle(&self) -> Result<()> {
        let minute = SignedDuration::from_mins(1).as_micros();
        self.clock
            .0
            .fetch_add(i64::try_from(minute)?, Ordering::SeqCst);
        self.service.reconcile_due().await?;
        Ok(())
    }

    /// Sends a request as it is and holds the answer against the document.
    pub(crate) async fn send(
        &self,
        caller: Option<&Caller>,
        request: Request<Body>,
    ) -> Result<Answer> {
        let method = request.method().as_str().to_lowercase();
        let path = request.uri().path().to_owned();
        let answer = self.raw(caller, request).await?;
        self.document
            .check(&method, &path, &answer)
            .with_context(|| format!("{method} {path} → {}", answer.status))?;
        Ok(answer)
    }

    /// Every address of the API, for nobody yet.
    pub(crate) fn router(&self) -> Router {
        api::router(self.service.clone())
    }

    /// Sends a request as it is.
    pub(crate) async fn raw(
        &self,
        caller: Option<&Caller>,
        request: Request<Body>,
    ) -> Result<Answer> {
        let mut router = self.router();
        if let Some(caller) = caller {
            router = router
                .layer(Extension(caller.clone()))
                .layer(Extension(CallerNow::unchanging(caller.clone())));
        }
        let response = router.oneshot(request).await?;
        let (parts, body) = response.into_parts();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            bytes: body.collect().await?.to_bytes().to_vec(),
        })
    }

    pub(crate) async fn get(&self, caller: &Caller, address: &str) -> Result<Answer> {
        let request = Request::get(address).body(Body::empty())?;
        self.send(Some(caller), request).await
    }

    pub(crate) async fn ask(
        &self,
        caller: &Caller,
        method: &str,
        address: &str,
        body: &Value,
    ) -> Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(address)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))?;
        self.send(Some(caller), request).await
    }

    pub(crate) async fn delete(&self, caller: &Caller, address: &str) -> Result<Answer> {
        let request = Request::delete(address).body(Body::empty())?;
        self.send(Some(caller), request).await
    }

    /// A data volume on a folder that was there; answers its id when it is ready.
    pub(crate) async fn volume(
        &self,
        caller: &Caller,
        project: &str,
        name: &str,
    ) -> Result<String> {
        self.claim(project, name)?;
        let body = json!({"name": name, "originPvcName": name, "projectId": self.id(project)});
        let made = self
            .ask(caller, "POST", "/api/v1/datavolumes", &body)
            .await?;
        if made.status != StatusCode::CREATED {
            bail!("{}: {}", made.status, made.json());
        }
        self.settle().await?;
        let id = made.json()["id"].as_str().context("an id")?.to_owned();
        Ok(id)
    }
}
