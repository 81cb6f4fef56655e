use anyhow::Result;
use domain::{MountPhase, Role, ScopeId, ShareMode, VolumePath};
use service::{Error, Kind};
use wire::{NewDepartment, NewProject, NewShare, ProjectView};

use crate::fixture::Console;

fn project(console: &Console, department: &str, name: &str) -> NewProject {
    NewProject {
        department_id: console.scope(department).id().clone(),
        name: name.into(),
        folder: None,
    }
}

async fn found(
    console: &Console,
    caller: &authz::Caller,
    id: &ScopeId,
) -> Result<Option<ProjectView>> {
    let projects = console.service.list_projects(caller).await?;
    Ok(projects.into_iter().find(|project| project.id == *id))
}

#[tokio::test]
async fn a_project_that_enters_a_shared_department_gets_the_volume_and_loses_it_with_it()
-> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let dora = console
        .person("dora", Role::DepartmentAdministrator, "Speech")
        .await?;
    let service = &console.service;
    let id = console.volume(&root, "imagenet", "images").await?.id;
    let share = NewShare {
        scope_id: console.scope("Speech").id().clone(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: String::new(),
        expires_at: None,
    };
    service.share_data_volume(&root, id, share).await?;
    console.settle().await?;
    let made = service
        .create_project(&dora, project(&console, "Speech", "Über Sprache"))
        .await?;
    assert!(
        made.folder.ends_with(&format!("-{}", made.id)),
        "{}",
        made.folder
    );
    service.reconcile_due().await?;
    let mounts = service.show_data_volume(&root, id).await?.mounts;
    let mount = mounts.iter().find(|mount| mount.project_id == made.id);
    assert_eq!(mount.map(|mount| mount.phase), Some(MountPhase::Ready));
    let link = console.project_folder(&made.folder).join("shared/images");
    assert!(link.exists());

    service.delete_project(&dora, made.id.clone()).await?;
    assert_eq!(found(&console, &dora, &made.id).await?, None);
    service.reconcile_due().await?;
    assert!(!link.exists());
    let again = service
        .create_project(&dora, project(&console, "Speech", "Über Sprache"))
        .await?;
    assert_ne!(
        (again.id, again.folder),
        (made.id, made.folder),
        "no number comes back"
    );
    Ok(())
}

#[tokio::test]
async fn only_what_is_empty_is_removed_and_the_refusal_says_what_is_not() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let ada = console.person("ada", Role::Editor, "imagenet").await?;
    let service = &console.service;
    console.volume(&ada, "imagenet", "images").await?;
    let vision = console.scope("Vision").id().clone();
    let imagenet = console.scope("imagenet").id().clone();
    let refused = service.delete_department(&root, vision).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Vision is not empty: 2 projects. Remove what is in it first."
    );
    let refused = service.delete_project(&root, imagenet).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "imagenet is not empty: 1 data volume, 1 access rule. Remove what is in it first."
    );
    let new = NewDepartment {
        cluster_id: console.scope("east").id().clone(),
        name: "Robots".into(),
    };
    let robots = service.create_department(&root, new.clone()).await?;
    assert!(matches!(
        service.create_department(&root, new).await,
        Err(Error::Conflict(_))
    ));
    service
        .rename_department(&root, robots.id.clone(), "Arms")
        .await?;
    let names: Vec<String> = service
        .list_departments(&root)
        .await?
        .into_iter()
        .map(|department| department.name)
        .collect();
    assert_eq!(names, ["Arms", "Speech", "Vision"]);
    service.delete_department(&root, robots.id).await?;
    assert_eq!(service.list_departments(&root).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn projects_are_managed_within_ones_department_and_folders_by_those_above() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let dora = console
        .person("dora", Role::DepartmentAdministrator, "Vision")
        .await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let service = &console.service;
    let own = service
        .create_project(&dora, project(&console, "Vision", "depth"))
        .await?;
    service
        .rename_project(&dora, own.id.clone(), "depth maps")
        .await?;
    let renamed = found(&console, &ada, &own.id).await?.expect("it is there");
    assert_eq!(
        (renamed.name.as_str(), renamed.folder == own.folder),
        ("depth maps", true)
    );
    assert!(!renamed.may_manage);

    let elsewhere = service
        .create_project(&dora, project(&console, "Speech", "x"))
        .await;
    assert!(matches!(
        elsewhere.unwrap_err(),
        Error::NotFound(Kind::Scope)
    ));
    let editor = service
        .create_project(&ada, project(&console, "Vision", "x"))
        .await;
    assert!(matches!(editor.unwrap_err(), Error::Forbidden(_)));
    let chosen = NewProject {
        folder: Some("kube-system".into()),
        ..project(&console, "Vision", "x")
    };
    let refused = service.create_project(&dora, chosen.clone()).await;
    assert!(matches!(refused.unwrap_err(), Error::Forbidden(_)));
    service.create_project(&root, chosen).await?;
    let taken = NewProject {
        folder: Some("asr".into()),
        ..project(&console, "Vision", "y")
    };
    assert!(matches!(
        service.create_project(&root, taken).await,
        Err(Error::Conflict(_))
    ));
    for (name, folder) in [("", None), ("a/b", None), ("z", Some("../etc"))] {
        let wrong = NewProject {
            folder: folder.map(str::to_owned),
            ..project(&console, "Vision", name)
        };
        assert!(matches!(
            service.create_project(&root, wrong).await,
            Err(Error::Invalid { .. })
        ));
    }
    let department = console.scope("Vision").id().clone();
    let rename = service.rename_department(&dora, department, "Sight").await;
    assert!(matches!(rename.unwrap_err(), Error::Forbidden(_)));
    Ok(())
}
