//! A console on a port of its own, with two projects and a few access rules, and a clock in the test's hand.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use authz::{Caller, Principal};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use credentials::{ConsoleKey, Secret};
use domain::{
    AccessKey, AccessKeyId, AccessRule, AccessRuleId, ApplicationId, Clock, Ids, KeyHolder, Role,
    Scope, ScopePath, Subject, UserId,
};
use http::StatusCode;
use identity::{Identity, ProviderSettings, Settings};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::Store;
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

pub(crate) const KEY: [u8; 32] = [7; 32];
pub(crate) const CLIENT_SECRET: &str = "s3cret & more=%";

/// A clock that stands still until it is handed on.
pub(crate) struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub(crate) fn hand_on(&self, by: SignedDuration) {
        *self.0.lock().expect("the clock") += by;
    }

    pub(crate) fn hand_on_minutes(&self, minutes: i64) {
        self.hand_on(SignedDuration::from_mins(minutes));
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("the clock")
    }
}

/// 1, 2, 3 …
#[derive(Default)]
pub(crate) struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn fresh(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1))
    }
}

/// A port and an address, before anything answers there: providers want to know where people come back to.
pub(crate) struct Place {
    listener: TcpListener,
    pub(crate) origin: String,
    pub(crate) clock: Arc<HandClock>,
}

impl Place {
    pub(crate) async fn new() -> Self {
        Self::at("2026-03-02T09:00:00Z".parse().expect("an instant")).await
    }

    pub(crate) async fn at(now: Timestamp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        Self {
            listener,
            origin,
            clock: Arc::new(HandClock(Mutex::new(now))),
        }
    }
}

pub(crate) fn provider(key: &str, issuer: &str) -> ProviderSettings {
    let settings = json!({
        "key": key, "title": "Company", "issuer": issuer, "client_id": "stowage", "client_secret": CLIENT_SECRET,
    });
    serde_json::from_value(settings).expect("settings")
}

pub(crate) struct Console {
    pub(crate) origin: String,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) store: Store,
    settings: Settings,
    folder: TempDir,
}

impl Console {
    /// Answers at the place's address until the test ends.
    pub(crate) async fn open(place: Place, providers: Vec<ProviderSettings>) -> Self {
        let public_url = place.origin.clone();
        Self::open_behind(&public_url, place, providers).await
    }

    /// The same, known to browsers under another address.
    pub(crate) async fn open_behind(
        public_url: &str,
        place: Place,
        providers: Vec<ProviderSettings>,
    ) -> Self {
        let Place {
            listener,
            origin,
            clock,
        } = place;
        let folder = TempDir::new().expect("a folder");
        let store = database(&folder).await;
        store.migrate().await.expect("its tables");
        organise(&store).await.expect("an organisation");
        let mut settings: Settings =
            serde_json::from_value(json!({ "public_url": public_url })).expect("settings");
        settings.providers = providers;
        serve(listener, settings.clone(), store.clone(), clock.clone());
        Self {
            origin,
            clock,
            store,
            settings,
            folder,
        }
    }

    /// Opens a second console of the same database; answers its address.
    pub(crate) async fn open_second(&self) -> String {
        let place = Place::new().await;
        let store = database(&self.folder).await;
        serve(
            place.listener,
            self.settings.clone(),
            store,
            self.clock.clone(),
        );
        place.origin
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Whether those words lie anywhere in the files of the database.
    pub(crate) fn database_holds(&self, words: &str) -> bool {
        let files = fs::read_dir(self.folder.path()).expect("the folder");
        files
            .map(|file| fs::read(file.expect("a file").path()).expect("its bytes"))
            .any(|bytes| {
                bytes
                    .windows(words.len())
                    .any(|window| window == words.as_bytes())
            })
    }

    pub(crate) async fn add_rule(
        &self,
        number: u128,
        subject: Subject,
        role: Role,
        scope: ScopePath,
    ) {
        let id = AccessRuleId(Uuid::from_u128(number));
        let mut tx = self.store.begin().await.expect("a transaction");
        tx.add_access_rule(&AccessRule {
            id,
            subject,
            role,
            scope,
        })
        .await
        .expect("a rule");
        tx.commit().await.expect("it lasts");
    }
}

async fn database(folder: &TempDir) -> Store {
    let address = format!("sqlite:{}", folder.path().join("stowage.db").display());
    Store::connect(&address).await.expect("a database")
}

fn serve(listener: TcpListener, settings: Settings, store: Store, clock: Arc<dyn Clock>) {
    let ids = Arc::new(CountedIds::default());
    let identity = Identity::new(settings, ConsoleKey::new(KEY), store, clock, ids);
    let identity = identity.expect("an identity");
    let app = Router::new()
        .route("/me", get(me))
        .route("/change", post(change))
        .merge(identity.router())
        .layer(identity.layer());
    tokio::spawn(async move { axum::serve(listener, app).await });
}

/// A program with what it proves itself with.
pub(crate) struct Program {
    pub(crate) key: AccessKey,
    pub(crate) secret: String,
}

impl Console {
    /// An application that is an editor of the project, made at this moment.
    pub(crate) async fn add_application(
        &self,
        name: &str,
        expires_at: Option<Timestamp>,
    ) -> Program {
        let id = ApplicationId(Uuid::from_u128(0xa99));
        let holder = KeyHolder::Application(id);
        let program = self.program(id.into(), holder, name, expires_at);
        let mut tx = self.store.begin().await.expect("a transaction");
        let (key, by) = (&program.key, program.key.created_by);
        tx.add_application(id, &key.name, by, key.created_at)
            .await
            .expect("an application");
        let rule = AccessRule {
            id: AccessRuleId(Uuid::from_u128(0xa99)),
            subject: Subject::Application(id),
            role: Role::Editor,
            scope: vision(),
        };
        tx.add_access_rule(&rule).await.expect("a rule");
        let hash = ConsoleKey::new(KEY).hash(&program.secret);
        tx.add_access_key(key, &hash).await.expect("a key");
        tx.commit().await.expect("it lasts");
        program
    }

    /// A key of somebody who has signed in before.
    pub(crate) async fn add_access_key(&self, person: UserId) -> Program {
        let id = AccessKeyId(Uuid::from_u128(0xe1));
        let program = self.program(id, KeyHolder::Person(person), "laptop", None);
        let hash = ConsoleKey::new(KEY).hash(&program.secret);
        let mut tx = self.store.begin().await.expect("a transaction");
        tx.add_access_key(&program.key, &hash).await.expect("a key");
        tx.commit().await.expect("it lasts");
        program
    }

    fn program(
        &self,
        id: AccessKeyId,
        holder: KeyHolder,
        name: &str,
        expires_at: Option<Timestamp>,
    ) -> Program {
        let now = self.clock.now();
        let key = AccessKey {
            id,
            holder,
            name: name.parse().expect("a name"),
            is_enabled: true,
            secret_number: 1,
            created_by: UserId(Uuid::from_u128(1)),
            created_at: now,
            updated_at: now,
            expires_at,
            last_used_at: None,
        };
        let secret = Secret::fresh().reveal().to_owned();
        Program { key, secret }
    }

    /// Changes a key behind the console's back.
    pub(crate) async fn save_key(&self, key: &AccessKey) {
        let mut tx = self.store.begin().await.expect("a transaction");
        tx.save_access_key(key).await.expect("the key");
        tx.commit().await.expect("it lasts");
    }
}

pub(crate) fn vision() -> ScopePath {
    ["east", "vision", "1"]
        .into_iter()
        .fold(ScopePath::tenant("acme".into()), |path, id| {
            path.child(id.into()).expect("a child")
        })
}

async fn organise(store: &Store) -> Result<(), store::Error> {
    let mut tx = store.begin().await?;
    let mut path = ScopePath::tenant("acme".into());
    for id in ["acme", "east", "vision", "1"] {
        if id != "acme" {
            path = path.child(id.into()).expect("a child");
        }
        let is_cluster = id == "east";
        let scope = Scope {
            path: path.clone(),
            name: id.to_owned(),
            folder: (id == "1").then(|| "vision-1".to_owned()),
            cluster_kind: is_cluster.then_some(domain::ClusterKind::Filesystem),
        };
        tx.add_scope(&scope).await?;
    }
    let rule = AccessRule {
        id: AccessRuleId(Uuid::from_u128(1)),
        subject: Subject::Group("vision-editors".to_owned()),
        role: Role::Editor,
        scope: path,
    };
    tx.add_access_rule(&rule).await?;
    tx.commit().await
}

async fn me(caller: Option<Extension<Caller>>) -> Result<Json<Value>, StatusCode> {
    let Extension(caller) = caller.ok_or(StatusCode::UNAUTHORIZED)?;
    let grants = caller.grants().iter();
    let grants: Vec<String> = grants
        .map(|grant| {
            format!(
                "{} of {} through {}",
                grant.role,
                grant.scope.id(),
                grant.through
            )
        })
        .collect();
    let Principal::Person(person) = caller.principal() else {
        let name = caller.principal().name();
        return Ok(Json(
            json!({ "id": caller.id(), "application": name, "grants": grants }),
        ));
    };
    Ok(Json(json!({
        "id": person.id, "issuer": person.issuer, "subject": person.subject, "name": person.name,
        "email": person.email, "groups": person.groups, "grants": grants,
    })))
}

async fn change(caller: Option<Extension<Caller>>) -> StatusCode {
    if caller.is_some() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::UNAUTHORIZED
    }
}
