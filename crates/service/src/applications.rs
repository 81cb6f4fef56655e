//! Applications: programs that act for themselves.
//!
//! An application does nothing before an access rule names it. Whoever may give it another secret may do whatever
//! it may, so all of this is for those who may do everything anyway.

use authz::{Action, Caller, Refusal};
use credentials::Secret;
use domain::{
    AccessKey, AccessKeyId, ApplicationId, EventKind, KeyHolder, KeyName, ObjectType, Scope,
    ScopePath, ScopeType,
};
use jiff::Timestamp;
use store::Tx;
use wire::{ApplicationView, ApplicationsPage, KeyPatch, MadeKey, NewKey};

use crate::audit::Target;
use crate::catalogue::names;
use crate::changes::Heard;
use crate::{Error, Kind, Result, Service};

impl Service {
    /// Makes an application, and shows its secret.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the caller may not; [`Error::Invalid`] when a field is wrong; [`Error::Conflict`] when
    /// the name is taken.
    pub async fn create_application(&self, caller: &Caller, new: NewKey) -> Result<MadeKey> {
        let tenant = self.tenant().await?.path.id().clone();
        let name = new.name.chars().take(KeyName::MAX_LENGTH).collect();
        let target = Target::New(ObjectType::Application, name, tenant);
        let answer = self.make_application(caller, &new).await;
        self.noted(caller, EventKind::Created, target, answer).await
    }

    async fn make_application(&self, caller: &Caller, new: &NewKey) -> Result<MadeKey> {
        self.may_manage_applications(caller).await?;
        let mut tx = self.0.store.begin().await?;
        let id = ApplicationId(self.0.ids.fresh());
        let (key, secret) = self.new_key(caller, id.into(), KeyHolder::Application(id), new)?;
        let is_new = tx
            .add_application(id, &key.name, caller.id(), key.created_at)
            .await?;
        if !is_new {
            return Err(name_taken(&key.name));
        }
        let hash = self.0.key.hash(secret.reveal());
        tx.add_access_key(&key, &hash).await?;
        tx.record(&self.event(Some(caller), EventKind::Created, &key, key.name.as_str()))
            .await?;
        tx.commit().await?;
        Ok(made(&key, &secret))
    }

    /// The applications, by name.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when the caller may not see them.
    pub async fn list_applications(
        &self,
        caller: &Caller,
        offset: u32,
        limit: u32,
    ) -> Result<ApplicationsPage> {
        let tenant = self.may_manage_applications(caller).await?;
        let mut tx = self.0.store.read().await?;
        let mut keys = tx.applications(offset, limit.saturating_add(1)).await?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let next = (keys.len() > shown).then(|| offset.saturating_add(limit));
        keys.truncate(shown);
        let people = names(&mut tx, keys.iter().map(|key| key.created_by)).await?;
        let applications = keys.iter().map(|key| {
            let by = people.get(&key.created_by).cloned();
            view(key, by, &tenant)
        });
        Ok(ApplicationsPage {
            applications: applications.collect(),
            next,
        })
    }

    /// One application.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the caller may see.
    pub async fn show_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<ApplicationView> {
        let mut tx = self.0.store.read().await?;
        let (key, tenant) = self.managed_application(&mut tx, caller, id).await?;
        let by = names(&mut tx, std::iter::once(key.created_by)).await?;
        let by = by.get(&key.created_by).cloned();
        Ok(view(&key, by, &tenant))
    }

    /// Enables or disables an application. What it is doing ends within seconds.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the caller may see.
    pub async fn edit_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        patch: KeyPatch,
    ) -> Result<ApplicationView> {
        let answer = self.enable_application(caller, id, patch.enabled).await;
        self.noted(caller, EventKind::Edited, Target::Application(id), answer)
            .await
    }

    async fn enable_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        is_enabled: bool,
    ) -> Result<ApplicationView> {
        let mut tx = self.0.store.begin().await?;
        let (key, tenant) = self.managed_application(&mut tx, caller, id).await?;
        let key = key.enabled(is_enabled, self.0.clock.now());
        tx.save_access_key(&key).await?;
        tx.record(&self.event(
            Some(caller),
            EventKind::Edited,
            &key,
            enabled_word(is_enabled),
        ))
        .await?;
        let by = names(&mut tx, std::iter::once(key.created_by)).await?;
        let by = by.get(&key.created_by).cloned();
        tx.commit().await?;
        Ok(view(&key, by, &tenant))
    }

    /// Gives an application another secret, and shows it. The one before, and all tokens of it, are worth nothing
    /// from then on.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the caller may see.
    pub async fn rotate_application_secret(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<MadeKey> {
        let answer = self.renew_application(caller, id).await;
        self.noted(caller, EventKind::Edited, Target::Application(id), answer)
            .await
    }

    async fn renew_application(&self, caller: &Caller, id: ApplicationId) -> Result<MadeKey> {
        let mut tx = self.0.store.begin().await?;
        let (key, _) = self.managed_application(&mut tx, caller, id).await?;
        let made = self.rotate(&mut tx, caller, key).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Removes an application with the access rules that name it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the caller may see.
    pub async fn delete_application(&self, caller: &Caller, id: ApplicationId) -> Result<()> {
        let answer = self.remove_application(caller, id).await;
        self.noted(caller, EventKind::Deleted, Target::Application(id), answer)
            .await
    }

    async fn remove_application(&self, caller: &Caller, id: ApplicationId) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let (key, _) = self.managed_application(&mut tx, caller, id).await?;
        tx.delete_application(id).await?;
        tx.record(&self.event(Some(caller), EventKind::Deleted, &key, key.name.as_str()))
            .await?;
        tx.commit().await?;
        // Whatever it listens to or carries is asked anew.
        self.tell(Heard::AccessRules);
        Ok(())
    }

    /// The organisation, if the caller may manage its applications.
    async fn may_manage_applications(&self, caller: &Caller) -> Result<ScopePath> {
        let tenant = self.tenant().await?;
        match caller.authorize(Action::ManageApplications, &tenant) {
            Ok(()) => Ok(tenant.path),
            // That there are applications is no secret, only which.
            Err(Refusal::Invisible | Refusal::Forbidden(_)) => {
                Err(Error::Forbidden(Action::ManageApplications))
            }
        }
    }

    pub(crate) async fn tenant(&self) -> Result<Scope> {
        let tree = self.tree().await?;
        let mut scopes = tree.all().iter();
        let tenant = scopes.find(|scope| scope.scope_type() == ScopeType::Tenant);
        tenant.cloned().ok_or(Error::NotFound(Kind::Scope))
    }

    async fn managed_application(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<(AccessKey, ScopePath)> {
        let there_is_none = || Error::NotFound(Kind::Application);
        let tenant = match self.may_manage_applications(caller).await {
            Err(Error::Forbidden(_)) => return Err(there_is_none()),
            other => other?,
        };
        let key = tx.application(id).await?.ok_or_else(there_is_none)?;
        Ok((key, tenant))
    }

    /// A key as it is wished for, and its first secret.
    pub(crate) fn new_key(
        &self,
        caller: &Caller,
        id: AccessKeyId,
        holder: KeyHolder,
        new: &NewKey,
    ) -> Result<(AccessKey, Secret)> {
        let now = self.0.clock.now();
        let name: KeyName = new
            .name
            .parse()
            .map_err(|error: domain::NameError| Error::invalid("name", error.to_string()))?;
        let key = AccessKey {
            id,
            holder,
            name,
            is_enabled: true,
            secret_number: 1,
            created_by: caller.id(),
            created_at: now,
            updated_at: now,
            expires_at: later(new.expires_at, now)?,
            last_used_at: None,
        };
        Ok((key, Secret::fresh()))
    }

    /// Gives a key another secret.
    pub(crate) async fn rotate(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        key: AccessKey,
    ) -> Result<MadeKey> {
        let key = key.rotated(self.0.clock.now());
        let secret = Secret::fresh();
        tx.save_access_key(&key).await?;
        tx.save_secret_hash(key.id, &self.0.key.hash(secret.reveal()))
            .await?;
        tx.record(&self.event(Some(caller), EventKind::Edited, &key, "another secret"))
            .await?;
        Ok(made(&key, &secret))
    }
}

/// What the log says of a change.
pub(crate) fn enabled_word(is_enabled: bool) -> &'static str {
    if is_enabled { "enabled" } else { "disabled" }
}

fn later(expires_at: Option<Timestamp>, now: Timestamp) -> Result<Option<Timestamp>> {
    if expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid(
            "expiresAt",
            "This moment has passed. Choose a later one.",
        ));
    }
    Ok(expires_at)
}

pub(crate) fn made(key: &AccessKey, secret: &Secret) -> MadeKey {
    MadeKey {
        id: key.id,
        name: key.name.to_string(),
        client_id: key.id,
        client_secret: secret.reveal().to_owned(),
        created_at: key.created_at,
    }
}

pub(crate) fn name_taken(name: &KeyName) -> Error {
    Error::Conflict(format!("“{name}” is taken. Choose another name."))
}

fn view(key: &AccessKey, created_by: Option<String>, tenant: &ScopePath) -> ApplicationView {
    ApplicationView {
        id: ApplicationId(key.id.0),
        name: key.name.to_string(),
        client_id: key.id,
        enabled: key.is_enabled,
        created_by: created_by.unwrap_or_else(|| "somebody who left".to_owned()),
        created_at: key.created_at,
        updated_at: key.updated_at,
        expires_at: key.expires_at,
        last_login: key.last_used_at,
        tenant_id: tenant.id().to_string(),
    }
}
