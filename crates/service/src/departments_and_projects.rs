//! Departments and projects: listed, made, renamed, removed.
//!
//! A new project in a department that something is shared with gets its mounts from the reconciler. A
//! removed one is out of sight at once and gone when the cluster has taken the last mount away.

use std::collections::HashMap;

use authz::{Action, Caller};
use domain::{EventKind, NameError, ObjectType, Scope, ScopeId, ScopeName, ScopeType, VolumeName};
use store::{ScopeContents, Tx};
use wire::{DepartmentView, NewDepartment, NewProject, ProjectView};

use crate::audit::Target;
use crate::error::Kind;
use crate::scope_tree::ScopeTree;
use crate::{Error, Result, Service};

/// The first number that a department or project may have.
const FIRST_NUMBER: u64 = 1001;
/// How much of a project's name goes into the name of its folder.
const MAX_FOLDER_STEM: usize = 40;

impl Service {
    /// The departments that the caller may see, by cluster and name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_departments(&self, caller: &Caller) -> Result<Vec<DepartmentView>> {
        let tree = self.tree().await?;
        Ok(seen(caller, &tree, ScopeType::Department)
            .map(|scope| department_view(caller, &tree, scope))
            .collect())
    }

    /// The projects that the caller may see, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_projects(&self, caller: &Caller) -> Result<Vec<ProjectView>> {
        let tree = self.tree().await?;
        let reach = caller.reach(Action::See);
        let counts = self.0.store.read().await?.count_by_scope(&reach).await?;
        let counts: HashMap<ScopeId, u64> = counts.into_iter().collect();
        Ok(seen(caller, &tree, ScopeType::Project)
            .map(|scope| {
                let count = counts.get(scope.id()).copied().unwrap_or(0);
                project_view(caller, &tree, scope, count)
            })
            .collect())
    }

    /// Makes a department in a cluster.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the caller can see no such cluster, [`Error::Forbidden`],
    /// [`Error::Invalid`] for a name that is none, [`Error::Conflict`] for one that is taken.
    pub async fn create_department(
        &self,
        caller: &Caller,
        new: NewDepartment,
    ) -> Result<DepartmentView> {
        let target = Target::New(
            ObjectType::Department,
            new.name.clone(),
            new.cluster_id.clone(),
        );
        let answer = self.make_department(caller, &new).await;
        self.noted(caller, EventKind::Created, target, answer).await
    }

    async fn make_department(
        &self,
        caller: &Caller,
        new: &NewDepartment,
    ) -> Result<DepartmentView> {
        let mut tx = self.0.store.begin().await?;
        let cluster = authorized_scope(
            &mut tx,
            caller,
            Action::ManageDepartments,
            &new.cluster_id,
            ScopeType::Cluster,
        )
        .await?;
        let department = self.child(&mut tx, &cluster, &new.name, None).await?;
        tx.add_scope(&department).await?;
        tx.record(&self.event(Some(caller), EventKind::Created, &department, &cluster.name))
            .await?;
        tx.commit().await?;
        self.forget_tree();
        Ok(department_view(caller, &*self.tree().await?, &department))
    }

    /// Makes a project in a department. What is shared with the department or the cluster is mounted in it
    /// soon.
    ///
    /// # Errors
    /// As [`Service::create_department`]; [`Error::Forbidden`] also for choosing a folder without managing the
    /// cluster's departments.
    pub async fn create_project(&self, caller: &Caller, new: NewProject) -> Result<ProjectView> {
        let target = Target::New(
            ObjectType::Project,
            new.name.clone(),
            new.department_id.clone(),
        );
        let answer = self.make_project(caller, &new).await;
        self.noted(caller, EventKind::Created, target, answer).await
    }

    async fn make_project(&self, caller: &Caller, new: &NewProject) -> Result<ProjectView> {
        let mut tx = self.0.store.begin().await?;
        let department = authorized_scope(
            &mut tx,
            caller,
            Action::ManageProjects,
            &new.department_id,
            ScopeType::Department,
        )
        .await?;
        if new.folder.is_some() {
            // A folder or namespace that is there already may hold what the department has no right to.
            caller
                .authorize(Action::ManageDepartments, &department)
                .map_err(|refusal| Error::refused(refusal, Kind::Scope))?;
        }
        let project = self
            .child(&mut tx, &department, &new.name, new.folder.as_deref())
            .await?;
        tx.add_scope(&project).await?;
        tx.reconcile_shared_with(&project.path, self.0.clock.now())
            .await?;
        tx.record(&self.event(Some(caller), EventKind::Created, &project, &department.name))
            .await?;
        tx.commit().await?;
        self.forget_tree();
        self.wake();
        Ok(project_view(caller, &*self.tree().await?, &project, 0))
    }

    /// Gives a department another name.
    ///
    /// # Errors
    /// As [`Service::create_department`].
    pub async fn rename_department(&self, caller: &Caller, id: ScopeId, name: &str) -> Result<()> {
        let answer = self.rename(caller, &id, name, ScopeType::Department).await;
        self.noted(caller, EventKind::Edited, Target::Scope(id), answer)
            .await
    }

    /// Gives a project another name. Its folder or namespace keeps the old one.
    ///
    /// # Errors
    /// As [`Service::create_department`].
    pub async fn rename_project(&self, caller: &Caller, id: ScopeId, name: &str) -> Result<()> {
        let answer = self.rename(caller, &id, name, ScopeType::Project).await;
        self.noted(caller, EventKind::Edited, Target::Scope(id), answer)
            .await
    }

    async fn rename(
        &self,
        caller: &Caller,
        id: &ScopeId,
        name: &str,
        kind: ScopeType,
    ) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let scope = authorized_scope(&mut tx, caller, managed_by(kind), id, kind).await?;
        let name = scope_name(name)?;
        if name.as_str() == scope.name {
            return Ok(());
        }
        check_free(&mut tx, scope.path.parent_id(), &name).await?;
        tx.rename_scope(id, name.as_str()).await?;
        let subject = format!("{} → {name}", scope.name);
        tx.record(&self.event(Some(caller), EventKind::Edited, &scope, subject))
            .await?;
        tx.commit().await?;
        self.forget_tree();
        Ok(())
    }

    /// Removes an empty department.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] says what is in the way.
    pub async fn delete_department(&self, caller: &Caller, id: ScopeId) -> Result<()> {
        let answer = self.remove_scope(caller, &id, ScopeType::Department).await;
        self.noted(caller, EventKind::Deleted, Target::Scope(id), answer)
            .await
    }

    /// Removes an empty project. What was mounted in it because it is shared with its department is taken
    /// away; its folder or namespace stays with all that is in it.
    ///
    /// # Errors
    /// As [`Service::delete_department`].
    pub async fn delete_project(&self, caller: &Caller, id: ScopeId) -> Result<()> {
        let answer = self.remove_scope(caller, &id, ScopeType::Project).await;
        self.noted(caller, EventKind::Deleted, Target::Scope(id), answer)
            .await
    }

    async fn remove_scope(&self, caller: &Caller, id: &ScopeId, kind: ScopeType) -> Result<()> {
        let mut tx = self.0.store.begin().await?;
        let scope = authorized_scope(&mut tx, caller, managed_by(kind), id, kind).await?;
        let contents = tx.scope_contents(id).await?;
        if let Some(in_the_way) = in_the_way(&contents) {
            return Err(Error::Conflict(format!(
                "{} is not empty: {in_the_way}. Remove what is in it first.",
                scope.name
            )));
        }
        let now = self.0.clock.now();
        tx.leave_scope(id, now).await?;
        tx.reconcile_mounted_in(id, now).await?;
        tx.remove_scope_if_left(id).await?;
        tx.record(&self.event(Some(caller), EventKind::Deleted, &scope, ""))
            .await?;
        tx.commit().await?;
        self.forget_tree();
        self.wake();
        Ok(())
    }

    /// A new scope beneath another.
    async fn child(
        &self,
        tx: &mut Tx,
        parent: &Scope,
        name: &str,
        folder: Option<&str>,
    ) -> Result<Scope> {
        let name = scope_name(name)?;
        check_free(tx, Some(parent.id()), &name).await?;
        let highest = tx.scopes().await?;
        let highest = highest
            .iter()
            .filter_map(|scope| scope.id().as_str().parse::<u64>().ok())
            .max();
        let at_least = highest.map_or(FIRST_NUMBER, |highest| highest.saturating_add(1));
        let number = tx.next_scope_number(at_least.max(FIRST_NUMBER)).await?;
        let path = parent
            .path
            .child(ScopeId(number.to_string()))
            .ok_or(Error::NotFound(Kind::Scope))?;
        let folder = match path.scope_type() {
            ScopeType::Project => Some(match folder {
                Some(folder) => chosen_folder(tx, &path, folder).await?,
                None => made_folder(&name, number),
            }),
            _ => None,
        };
        Ok(Scope {
            path,
            name: name.to_string(),
            folder,
            cluster_kind: None,
        })
    }
}

/// A scope of that kind that the caller may manage.
async fn authorized_scope(
    tx: &mut Tx,
    caller: &Caller,
    action: Action,
    id: &ScopeId,
    kind: ScopeType,
) -> Result<Scope> {
    let scope = tx
        .scope(id)
        .await?
        .filter(|scope| scope.scope_type() == kind)
        .ok_or(Error::NotFound(Kind::Scope))?;
    match caller.authorize(action, &scope) {
        Ok(()) => Ok(scope),
        // Who works beneath a scope sees it in the tree.
        Err(_) if caller.sees_scope(&scope.path) => Err(Error::Forbidden(action)),
        Err(refusal) => Err(Error::refused(refusal, Kind::Scope)),
    }
}

fn managed_by(kind: ScopeType) -> Action {
    match kind {
        ScopeType::Project => Action::ManageProjects,
        _ => Action::ManageDepartments,
    }
}

fn scope_name(text: &str) -> Result<ScopeName> {
    text.parse()
        .map_err(|error: NameError| Error::invalid("name", format!("{error}.")))
}

/// Two scopes of one name beneath one parent could not be told apart.
async fn check_free(tx: &mut Tx, parent: Option<&ScopeId>, name: &ScopeName) -> Result<()> {
    let is_taken = tx
        .scopes()
        .await?
        .iter()
        .any(|scope| scope.path.parent_id() == parent && scope.name == name.as_str());
    if is_taken {
        return Err(Error::Conflict(format!(
            "The name “{name}” is taken here. Choose another."
        )));
    }
    Ok(())
}

async fn chosen_folder(tx: &mut Tx, path: &domain::ScopePath, text: &str) -> Result<String> {
    let folder: VolumeName = text
        .parse()
        .map_err(|error: NameError| Error::invalid("folder", format!("{error}.")))?;
    let cluster = path
        .at(ScopeType::Cluster)
        .ok_or(Error::NotFound(Kind::Scope))?;
    if tx.is_folder_taken(cluster, folder.as_str()).await? {
        return Err(Error::Conflict(format!(
            "“{folder}” belongs to another project of this cluster. Choose another folder or namespace."
        )));
    }
    Ok(folder.to_string())
}

/// Ends with the project's number, which no other project has or had: it cannot be another's, and hardly
/// something that was on the cluster before.
fn made_folder(name: &ScopeName, number: u64) -> String {
    let label = name.to_label();
    let stem = label[..label.len().min(MAX_FOLDER_STEM)].trim_end_matches('-');
    match stem {
        "" => format!("project-{number}"),
        stem => format!("{stem}-{number}"),
    }
}

/// What keeps a scope from being removed, in words.
fn in_the_way(contents: &ScopeContents) -> Option<String> {
    let ScopeContents {
        scopes,
        data_volumes,
        shares,
        access_rules,
        mounts: _,
    } = *contents;
    let parts: Vec<String> = [
        (scopes, "project", "projects"),
        (data_volumes, "data volume", "data volumes"),
        (shares, "share with it", "shares with it"),
        (access_rules, "access rule", "access rules"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn seen<'a>(
    caller: &'a Caller,
    tree: &'a ScopeTree,
    kind: ScopeType,
) -> impl Iterator<Item = &'a Scope> {
    tree.all()
        .iter()
        .filter(move |scope| scope.scope_type() == kind && caller.sees_scope(&scope.path))
}

fn department_view(caller: &Caller, tree: &ScopeTree, scope: &Scope) -> DepartmentView {
    let cluster_id = scope.path.ids()[1].clone();
    let projects = seen(caller, tree, ScopeType::Project)
        .filter(|project| scope.path.covers(&project.path))
        .count();
    DepartmentView {
        id: scope.id().clone(),
        name: scope.name.clone(),
        cluster_name: tree.name(&cluster_id),
        cluster_id,
        project_count: projects as u64,
        may_manage: caller.may(Action::ManageDepartments, scope),
        may_add_projects: caller.may(Action::ManageProjects, scope),
    }
}

fn project_view(
    caller: &Caller,
    tree: &ScopeTree,
    scope: &Scope,
    data_volume_count: u64,
) -> ProjectView {
    let ids = scope.path.ids();
    ProjectView {
        id: scope.id().clone(),
        name: scope.name.clone(),
        folder: scope.folder.clone().unwrap_or_default(),
        department_id: ids[2].clone(),
        department_name: tree.name(&ids[2]),
        cluster_id: ids[1].clone(),
        cluster_name: tree.name(&ids[1]),
        data_volume_count,
        may_manage: caller.may(Action::ManageProjects, scope),
    }
}
