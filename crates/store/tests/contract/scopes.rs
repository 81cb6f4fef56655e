//! The scope tree.

use anyhow::Result;
use domain::ClusterKind;

use crate::database::{Database, contracts};
use crate::fixtures::{ACME, EAST, IMAGES, ROBOTS, VIDEO, VISION, WEST, path, plant, scope};

contracts![
    a_scope_comes_back_as_it_was_added,
    the_tree_has_parents_first_and_then_names_by_their_bytes,
    the_projects_beneath_a_scope_are_its_own_and_those_of_its_children,
    a_scope_needs_its_parent,
    two_projects_of_a_cluster_cannot_share_a_folder,
    a_scope_whose_columns_disagree_is_an_error_that_names_it,
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
