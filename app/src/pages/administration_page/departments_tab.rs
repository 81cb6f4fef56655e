//! “Departments and projects”: the departments first; the address names the one whose projects are shown.

use domain::{ScopeId, ScopeType};
use leptos::prelude::*;
use leptos_meta::Title;
use wire::{AdministrationView, DepartmentView, Problem, ProjectView, ScopeNode};

use crate::components::problem_notice::ProblemNotice;
use crate::components::remove_scope_dialog::RemoveScopeDialog;
use crate::forms::scope_form::{ScopeChange, ScopeForm};
use crate::routes;
use crate::server_fns::{list_departments, list_projects, scope_tree};
use crate::ui::{
    Breadcrumb, Breadcrumbs, Button, Choice, Dialog, EmptyState, Glyph, Heading, LinkButton, Look,
    Menu, MenuButton, Pagination, SkeletonTable, Table, count,
};

/// Rows on a page.
const LIMIT: u64 = 50;

/// What the dialogs of the tab are about.
#[derive(Clone, Copy)]
struct Dialogs {
    change: RwSignal<Option<ScopeChange>>,
    is_changing: RwSignal<bool>,
    removed: RwSignal<Option<(ScopeType, ScopeId, String)>>,
    is_removing: RwSignal<bool>,
}

impl Dialogs {
    fn change(self, change: ScopeChange) {
        self.change.set(Some(change));
        self.is_changing.set(true);
    }

    fn remove(self, kind: ScopeType, id: ScopeId, name: String) {
        self.removed.set(Some((kind, id, name)));
        self.is_removing.set(true);
    }
}

type Loaded = (Vec<DepartmentView>, Vec<ProjectView>, Vec<ScopeNode>);

/// The tab “Departments and projects”.
#[component]
pub(crate) fn DepartmentsTab() -> impl IntoView {
    let address = routes::use_query();
    let may_add = use_context::<AdministrationView>().is_some_and(|may| may.departments);
    let loaded: Resource<Result<Loaded, Problem>> = Resource::new_blocking(
        || (),
        |()| async {
            Ok((
                list_departments().await?,
                list_projects().await?,
                scope_tree().await?,
            ))
        },
    );
    let dialogs = Dialogs {
        change: RwSignal::new(None),
        is_changing: RwSignal::new(false),
        removed: RwSignal::new(None),
        is_removing: RwSignal::new(false),
    };
    let content = move || {
        let address = address.get();
        Suspend::new(async move {
            match loaded.await {
                Ok((departments, projects, scopes)) => {
                    let offset = address.get("offset").and_then(|n| n.parse().ok());
                    let offset = offset.unwrap_or(0_u64);
                    let chosen = address.get("department").map(ScopeId::from);
                    match chosen {
                        None => all_departments(&departments, &scopes, offset, dialogs, may_add),
                        Some(id) => match departments.into_iter().find(|d| d.id == id) {
                            Some(department) => {
                                one_department(department, projects, offset, dialogs)
                            }
                            None => no_such_department(),
                        },
                    }
                }
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| loaded.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    let changed = Callback::new(move |()| loaded.refetch());
    let title = Signal::derive(move || {
        let change = dialogs.change.get();
        change.map(|change| change.title()).unwrap_or_default()
    });
    view! {
        <Title text="Departments and projects"/>
        <Transition fallback=|| view! { <SkeletonTable label="Loading the departments" rows=6/> }>{content}</Transition>
        <Dialog is_open=dialogs.is_changing id="change-scope" title>
            {move || dialogs.change.get().map(|change| view! {
                <ScopeForm change is_open=dialogs.is_changing on_changed=changed/>
            })}
        </Dialog>
        <RemoveScopeDialog scope=dialogs.removed is_open=dialogs.is_removing on_removed=changed/>
    }
}

fn all_departments(
    departments: &[DepartmentView],
    scopes: &[ScopeNode],
    offset: u64,
    dialogs: Dialogs,
    may_add: bool,
) -> AnyView {
    let refusal = (!may_add).then(|| "Only system administrators make departments.".to_owned());
    let clusters: Vec<Choice> = scopes
        .iter()
        .filter(|scope| scope.scope_type == ScopeType::Cluster)
        .map(|scope| Choice {
            value: scope.id.to_string(),
            title: scope.name.clone(),
        })
        .collect();
    let add = move |()| dialogs.change(ScopeChange::NewDepartment(clusters.clone()));
    let rows: Vec<_> = page(departments, offset)
        .map(|department| department_row(department, dialogs))
        .collect();
    let head = view! {
        <Heading title="Department"/>
        <Heading title="Cluster"/>
        <Heading title="Projects" class="number"/>
        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
    }
    .into_any();
    let list = if departments.is_empty() {
        view! {
            <EmptyState title="No departments yet" glyph=Glyph::Department>
                <p>"A department holds projects, and what is shared with it reaches all of them."</p>
            </EmptyState>
        }
        .into_any()
    } else {
        let href = |offset: u64| departments_from(offset);
        view! {
            <Table caption="Departments" class="scopes" head>{rows}</Table>
            <Pagination what="departments" offset limit=LIMIT total=departments.len() as u64 href/>
        }
        .into_any()
    };
    view! {
        <header class="page__header">
            <h2>"Departments"</h2>
            <Button look=Look::Primary icon=Glyph::Plus refusal=Signal::stored(refusal) on_press=add>"New department"</Button>
        </header>
        {list}
    }
    .into_any()
}

fn departments_from(offset: u64) -> String {
    routes::Query::default()
        .with_some("offset", (offset > 0).then_some(offset))
        .address(routes::DEPARTMENTS)
}

fn page<T>(rows: &[T], offset: u64) -> impl Iterator<Item = &T> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let limit = usize::try_from(LIMIT).unwrap_or(usize::MAX);
    rows.iter().skip(start).take(limit)
}

fn department_row(department: &DepartmentView, dialogs: Dialogs) -> AnyView {
    let (id, name) = (department.id.clone(), department.name.clone());
    let rename = ScopeChange::RenameDepartment(id.clone(), name.clone());
    let refusal = (!department.may_manage)
        .then(|| "Only system administrators change departments.".to_owned());
    view! {
        <tr>
            <th scope="row"><a href=routes::projects(&department.id, 0)>{name.clone()}</a></th>
            <td>{department.cluster_name.clone()}</td>
            <td class="number">{count(department.project_count)}</td>
            <td class="scopes__action">
                {actions(ScopeType::Department, id, name, rename, refusal, dialogs)}
            </td>
        </tr>
    }
    .into_any()
}

fn actions(
    kind: ScopeType,
    id: ScopeId,
    name: String,
    rename: ScopeChange,
    refusal: Option<String>,
    dialogs: Dialogs,
) -> impl IntoView {
    let refusal = Signal::stored(refusal);
    let menu_id = format!("scope-{id}");
    let label = format!("Actions for {name}");
    view! {
        <Menu id=menu_id label look=Look::Quiet icon=Glyph::More is_icon_only=true>
            <MenuButton icon=Glyph::Edit refusal on_press=move |()| dialogs.change(rename.clone())>"Rename"</MenuButton>
            <MenuButton icon=Glyph::Trash is_danger=true refusal on_press=move |()| dialogs.remove(kind, id.clone(), name.clone())>
                "Remove"
            </MenuButton>
        </Menu>
    }
}

fn one_department(
    department: DepartmentView,
    projects: Vec<ProjectView>,
    offset: u64,
    dialogs: Dialogs,
) -> AnyView {
    let projects: Vec<ProjectView> = projects
        .into_iter()
        .filter(|project| project.department_id == department.id)
        .collect();
    let refusal = (!department.may_add_projects).then(|| {
        "Your roles do not let you make projects here. A department or system administrator can."
            .to_owned()
    });
    let new = ScopeChange::NewProject {
        department_id: department.id.clone(),
        may_choose_folder: department.may_manage,
    };
    let rows: Vec<_> = page(&projects, offset)
        .map(|project| project_row(project, dialogs))
        .collect();
    let head = view! {
        <Heading title="Project"/>
        <Heading title="Folder or namespace" class="scopes__folder"/>
        <Heading title="Data volumes" class="number"/>
        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
    }
    .into_any();
    let list = if projects.is_empty() {
        view! {
            <EmptyState title="No projects yet" glyph=Glyph::Project>
                <p>"A project is where people work: it owns a folder or namespace, and data volumes originate in it."</p>
            </EmptyState>
        }
        .into_any()
    } else {
        let id = department.id.clone();
        let href = move |offset: u64| routes::projects(&id, offset);
        view! {
            <Table caption=format!("Projects of {}", department.name) class="scopes" head>{rows}</Table>
            <Pagination what="projects" offset limit=LIMIT total=projects.len() as u64 href/>
        }
        .into_any()
    };
    let steps = vec![
        Breadcrumb {
            title: "Departments".to_owned(),
            href: Some(routes::DEPARTMENTS.to_owned()),
        },
        Breadcrumb {
            title: department.name.clone(),
            href: None,
        },
    ];
    view! {
        <Breadcrumbs label="Departments" steps/>
        <header class="page__header">
            <h2>{department.name}</h2>
            <Button
                look=Look::Primary
                icon=Glyph::Plus
                key="n"
                refusal=Signal::stored(refusal)
                on_press=move |()| dialogs.change(new.clone())
            >
                "New project"
            </Button>
        </header>
        {list}
    }
    .into_any()
}

fn project_row(project: &ProjectView, dialogs: Dialogs) -> AnyView {
    let (id, name) = (project.id.clone(), project.name.clone());
    let rename = ScopeChange::RenameProject(id.clone(), name.clone());
    let refusal = (!project.may_manage)
        .then(|| "Only administrators of the department change its projects.".to_owned());
    let volumes = routes::data_volumes(&wire::CatalogueQuery {
        scope: Some(id.clone()),
        ..wire::CatalogueQuery::default()
    });
    view! {
        <tr>
            <th scope="row"><a href=volumes>{name.clone()}</a></th>
            <td class="scopes__folder"><code>{project.folder.clone()}</code></td>
            <td class="number">{count(project.data_volume_count)}</td>
            <td class="scopes__action">
                {actions(ScopeType::Project, id, name, rename, refusal, dialogs)}
            </td>
        </tr>
    }
    .into_any()
}

fn no_such_department() -> AnyView {
    view! {
        <EmptyState title="There is no such department" glyph=Glyph::Department>
            <p>"It was removed, or none of your roles reaches it."</p>
            <LinkButton href=routes::DEPARTMENTS look=Look::Primary>"Show all departments"</LinkButton>
        </EmptyState>
    }
    .into_any()
}
