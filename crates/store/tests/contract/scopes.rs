//! The scope tree.

use anyhow::Result;
use domain::{
    AccessRule, AccessRuleId, ClusterKind, Mount, MountPhase, Role, ShareMode, SortBy, Subject,
    VolumePath,
};
use store::{Added, Listing, ScopeContents};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{
    ACME, EAST, IMAGES, ROBOTS, SPEECH, VIDEO, VISION, VOICES, WEST, at, fill, path, plant, scope,
    share, volume, volume_id,
};

contracts![
    a_scope_comes_back_as_it_was_added,
    the_tree_has_parents_first_and_then_names_by_their_bytes,
    the_projects_beneath_a_scope_are_its_own_and_those_of_its_children,
    a_scope_needs_its_parent,
    two_projects_of_a_cluster_cannot_share_a_folder,
    a_scope_whose_columns_disagree_is_an_error_that_names_it,
    a_renamed_project_sorts_its_volumes_by_the_new_name,
    a_scope_tells_what_is_in_it,
    a_project_that_leaves_is_out_of_sight_until_nothing_is_mounted_in_it,
    no_number_is_given_twice,
    what_is_shared_above_a_project_becomes_due,
];

async fn a_scope_comes_back_as_it_was_added(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.read().await?;
    assert_eq!(
        tx.scope(&"101".into()).await?,
        Some(scope(IMAGES, "images"))
    );
    assert_eq!(tx.scope(&"east".into()).await?, Some(scope(EAST, "East")));
    assert_eq!(tx.scope(&"acme".into()).await?, Some(scope(ACME, "Acme")));
    assert_eq!(tx.scope(&"EAST".into()).await?, None);
    Ok(())
}

async fn the_tree_has_parents_first_and_then_names_by_their_bytes(
    database: Database,
) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.begin().await?;
    let mut kubernetes = scope(&["acme", "cloud"], "a-cloud");
    kubernetes.cluster_kind = Some(ClusterKind::Kubernetes);
    tx.add_scope(&kubernetes).await?;
    let names: Vec<String> = tx
        .scopes()
        .await?
        .into_iter()
        .map(|scope| scope.name)
        .collect();
    let expected = [
        "Acme", "East", "West", "a-cloud", "Robots", "Speech", "Vision", "arms", "images", "video",
        "voices",
    ];
    assert_eq!(names, expected);
    Ok(())
}

async fn the_projects_beneath_a_scope_are_its_own_and_those_of_its_children(
    database: Database,
) -> Result<()> {
    plant(&database.store).await?;
    let mut tx = database.store.read().await?;
    for (ids, expected) in [
        (ACME, vec!["301", "101", "102", "201"]),
        (EAST, vec!["101", "102", "201"]),
        (VISION, vec!["101", "102"]),
        (VIDEO, vec!["102"]),
    ] {
        let beneath = tx.projects_beneath(&path(ids)).await?;
        let found: Vec<&str> = beneath.iter().map(|scope| scope.id().as_str()).collect();
        assert_eq!(found, expected, "{ids:?}");
    }
    assert!(
        tx.projects_beneath(&path(&["acme", "north"]))
            .await?
            .is_empty()
    );
    Ok(())
}

async fn a_scope_needs_its_parent(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    tx.add_scope(&scope(ACME, "Acme")).await?;
    assert!(tx.add_scope(&scope(ROBOTS, "Robots")).await.is_err());
    Ok(())
}

async fn two_projects_of_a_cluster_cannot_share_a_folder(database: Database) -> Result<()> {
    plant(&database.store).await?;
    let mut twin = scope(&["acme", "east", "speech", "202"], "images");
    let mut tx = database.store.begin().await?;
    assert!(tx.add_scope(&twin).await.is_err());
    drop(tx);
    twin.path = path(&["acme", "west", "robots", "302"]);
    let mut tx = database.store.begin().await?;
    tx.add_scope(&twin).await?;
    assert_eq!(tx.projects_beneath(&path(WEST)).await?.len(), 2);
    Ok(())
}

async fn a_scope_whose_columns_disagree_is_an_error_that_names_it(
    database: Database,
) -> Result<()> {
    plant(&database.store).await?;
    database
        .behind_its_back("UPDATE scopes SET cluster_kind = 'abacus' WHERE id = 'east'")
        .await?;
    database
        .behind_its_back("UPDATE scopes SET scope_type = 'cluster' WHERE id = '101'")
        .await?;
    let mut tx = database.store.read().await?;
    let error = tx.scope(&"east".into()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "scopes.cluster_kind of east cannot be read: “abacus” is not a kind of cluster"
    );
    let error = tx.scope(&"101".into()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "scopes.scope_type of 101 cannot be read: the path has another length"
    );
    Ok(())
}

async fn a_renamed_project_sorts_its_volumes_by_the_new_name(database: Database) -> Result<()> {
    let volumes = [volume(1, "faces", IMAGES), volume(2, "talks", VOICES)];
    fill(&database.store, &volumes).await?;
    let mut tx = database.store.begin().await?;
    tx.rename_scope(&"101".into(), "zebra").await?;
    let name = tx.scope(&"101".into()).await?.map(|scope| scope.name);
    assert_eq!(name.as_deref(), Some("zebra"));
    let by_project = Listing {
        reach: vec![path(ACME)],
        sort: SortBy::Project,
        limit: 10,
        ..Listing::default()
    };
    let (found, _) = tx.list_data_volumes(&by_project).await?;
    let found: Vec<_> = found.iter().map(|volume| volume.thing.id).collect();
    assert_eq!(found, [volume_id(2), volume_id(1)]);
    Ok(())
}

async fn a_scope_tells_what_is_in_it(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    tx.add_share(&share(1, volume_id(1), VOICES, ShareMode::ReadOnly))
        .await?;
    tx.save_mount(&mount("201")).await?;
    tx.add_access_rule(&AccessRule {
        id: AccessRuleId(Uuid::from_u128(1)),
        subject: Subject::Group("vision".to_owned()),
        role: Role::Editor,
        scope: path(VISION),
    })
    .await?;
    let contents = [
        tx.scope_contents(&"vision".into()).await?,
        tx.scope_contents(&"101".into()).await?,
        tx.scope_contents(&"201".into()).await?,
        tx.scope_contents(&"nowhere".into()).await?,
    ];
    let nothing = ScopeContents::default();
    let expected = [
        ScopeContents {
            scopes: 2,
            access_rules: 1,
            ..nothing
        },
        ScopeContents {
            data_volumes: 1,
            ..nothing
        },
        ScopeContents {
            shares: 1,
            mounts: 1,
            ..nothing
        },
        nothing,
    ];
    assert_eq!(contents, expected);
    Ok(())
}

async fn a_project_that_leaves_is_out_of_sight_until_nothing_is_mounted_in_it(
    database: Database,
) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    tx.save_mount(&mount("201")).await?;
    tx.remove_scope_if_left(&"201".into()).await?;
    assert!(tx.scope(&"201".into()).await?.is_some());
    tx.leave_scope(&"201".into(), at(1)).await?;
    tx.remove_scope_if_left(&"201".into()).await?;
    assert_eq!(tx.scope(&"201".into()).await?, None);
    assert_eq!(tx.scopes().await?.len(), 9);
    assert!(tx.projects_beneath(&path(SPEECH)).await?.is_empty());
    assert_eq!(tx.scope_contents(&"speech".into()).await?.scopes, 1);
    assert_eq!(
        tx.project_folder(&"201".into()).await?.as_deref(),
        Some("projects/voices")
    );
    assert!(
        tx.is_folder_taken(&"east".into(), "projects/voices")
            .await?
    );
    let late = volume(2, "late", VOICES);
    assert!(!matches!(
        tx.add_data_volume(&late, None).await,
        Ok(Added::Yes)
    ));
    tx.reconcile_mounted_in(&"201".into(), at(2)).await?;
    assert_eq!(tx.due_for_reconciliation(at(2), 9).await?, [volume_id(1)]);
    tx.remove_mount(volume_id(1), &"201".into()).await?;
    tx.remove_scope_if_left(&"201".into()).await?;
    assert_eq!(tx.project_folder(&"201".into()).await?, None);
    assert!(
        !tx.is_folder_taken(&"east".into(), "projects/voices")
            .await?
    );
    assert_eq!(tx.scope_contents(&"speech".into()).await?.scopes, 0);
    Ok(())
}

async fn no_number_is_given_twice(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    let mut numbers = Vec::new();
    for at_least in [1001, 1001, 1001, 2000, 5] {
        numbers.push(tx.next_scope_number(at_least).await?);
    }
    assert_eq!(numbers, [1001, 1002, 1003, 2000, 2001]);
    Ok(())
}

async fn what_is_shared_above_a_project_becomes_due(database: Database) -> Result<()> {
    let volumes = [
        volume(1, "faces", IMAGES),
        volume(2, "cats", IMAGES),
        volume(3, "dogs", IMAGES),
        volume(4, "own", IMAGES),
    ];
    fill(&database.store, &volumes).await?;
    let mut tx = database.store.begin().await?;
    for (number, scope) in [(1, SPEECH), (2, EAST), (3, VOICES)] {
        let share = share(number, volume_id(number), scope, ShareMode::ReadOnly);
        assert!(tx.add_share(&share).await?);
    }
    let newcomer = path(&["acme", "east", "speech", "202"]);
    tx.reconcile_shared_with(&newcomer, at(1)).await?;
    assert_eq!(
        tx.due_for_reconciliation(at(1), 9).await?,
        [volume_id(1), volume_id(2)]
    );
    Ok(())
}

fn mount(project: &str) -> Mount {
    Mount {
        data_volume_id: volume_id(1),
        project_id: project.into(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        phase: MountPhase::Ready,
        location: String::new(),
        message: String::new(),
        updated_at: at(0),
    }
}
