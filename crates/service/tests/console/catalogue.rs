use anyhow::Result;
use domain::{Role, ShareMode, VolumePath};
use futures::TryStreamExt;
use service::Error;
use wire::{CatalogueQuery, CatalogueView, NewSavedView, NewShare};

use crate::fixture::Console;

#[tokio::test]
async fn each_person_sees_what_their_scopes_reach() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    console.volume(&ada, "imagenet", "images").await?;
    console.volume(&ada, "segment", "masks").await?;

    let page = console
        .service
        .list_data_volumes(&ada, CatalogueQuery::default())
        .await?;
    let names: Vec<_> = page.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(
        (names, page.total, page.may_create),
        (vec!["images", "masks"], 2, true)
    );

    let page = console
        .service
        .list_data_volumes(&grace, CatalogueQuery::default())
        .await?;
    assert_eq!(
        (page.rows.len(), page.total, page.may_create),
        (0, 0, false)
    );

    let tree = console.service.scope_tree(&grace).await?;
    let names: Vec<_> = tree.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["Acme", "east", "Speech", "asr"]);
    Ok(())
}

#[tokio::test]
async fn a_scope_narrows_the_list_and_a_foreign_one_is_not_there() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    console.volume(&ada, "imagenet", "images").await?;
    let at = |scope: &str| CatalogueQuery {
        view: CatalogueView::Originated,
        scope: Some(console.scope(scope).id().clone()),
        ..CatalogueQuery::default()
    };
    assert_eq!(
        console
            .service
            .list_data_volumes(&ada, at("imagenet"))
            .await?
            .total,
        1
    );
    assert_eq!(
        console
            .service
            .list_data_volumes(&ada, at("segment"))
            .await?
            .total,
        0
    );
    let foreign = console
        .service
        .list_data_volumes(&ada, at("asr"))
        .await
        .unwrap_err();
    let missing = CatalogueQuery {
        scope: Some("no-such-scope".into()),
        ..CatalogueQuery::default()
    };
    let missing = console
        .service
        .list_data_volumes(&ada, missing)
        .await
        .unwrap_err();
    assert_eq!(wire::Problem::from(&foreign), wire::Problem::from(&missing));
    Ok(())
}

#[tokio::test]
async fn limits_out_of_bounds_are_refused_not_clamped() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    for limit in [0, 501, u32::MAX] {
        let query = CatalogueQuery {
            limit,
            ..CatalogueQuery::default()
        };
        let error = console
            .service
            .list_data_volumes(&ada, query)
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::Invalid { field: "limit", .. }),
            "{limit}"
        );
    }
    let query = CatalogueQuery {
        search: "x".repeat(1 << 20),
        ..CatalogueQuery::default()
    };
    let error = console
        .service
        .list_data_volumes(&ada, query)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Invalid {
            field: "search",
            ..
        }
    ));
    Ok(())
}

#[tokio::test]
async fn an_export_holds_every_row_that_the_filters_leave_and_the_caller_may_see() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    for name in ["images", "masks", "video"] {
        console.volume(&ada, "imagenet", name).await?;
    }
    let names = async |caller, filter: &str| -> Result<Vec<String>> {
        let query = CatalogueQuery {
            filters: vec![filter.parse()?],
            offset: 2,
            limit: 1,
            ..CatalogueQuery::default()
        };
        let rows = console.service.export_data_volumes(caller, query).await?;
        let rows: Vec<_> = rows.try_collect().await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    };
    assert_eq!(names(&ada, "name!=masks").await?, ["images", "video"]);
    assert!(names(&grace, "name!=masks").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_leaves_the_callers_sight_while_an_export_runs_is_left_out() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let images = console.volume(&ada, "imagenet", "images").await?;
    console.volume(&ada, "imagenet", "masks").await?;
    let query = CatalogueQuery::default();
    let rows = console.service.export_data_volumes(&ada, query).await?;
    let delete = wire::DeleteDataVolume {
        name: "images".into(),
        seen_mount_count: 0,
    };
    console
        .service
        .delete_data_volume(&ada, images.id, delete)
        .await?;
    console.settle().await?;
    let rows: Vec<_> = rows.try_collect().await?;
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["masks"]);
    Ok(())
}

#[tokio::test]
async fn a_saved_view_is_its_persons_and_nobody_elses() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let new = |name: &str| NewSavedView {
        name: name.into(),
        query: "phases=Ready".into(),
    };
    let saved = console.service.save_view(&ada, new(" Ready ")).await?;
    assert_eq!(saved.name, "Ready");
    let taken = console.service.save_view(&ada, new("Ready")).await;
    assert!(matches!(taken, Err(Error::Conflict(_))));
    let empty = console.service.save_view(&ada, new("  ")).await;
    assert!(matches!(empty, Err(Error::Invalid { field: "name", .. })));
    assert!(console.service.list_saved_views(&grace).await?.is_empty());
    let foreign = console.service.delete_saved_view(&grace, saved.id).await;
    let missing = console
        .service
        .delete_saved_view(&ada, domain::SavedViewId(uuid::Uuid::nil()))
        .await;
    assert_eq!(
        wire::Problem::from(&foreign.unwrap_err()),
        wire::Problem::from(&missing.unwrap_err())
    );
    let views = console.service.list_saved_views(&ada).await?;
    assert_eq!(views, std::slice::from_ref(&saved));
    console.service.delete_saved_view(&ada, saved.id).await?;
    assert!(console.service.list_saved_views(&ada).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_list_that_was_kept_is_never_older_than_a_change() -> Result<()> {
    let console = Console::start().await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::Editor, "Speech").await?;
    let service = &console.service;
    let list = async |caller| -> Result<Vec<(String, Vec<String>)>> {
        let page = service
            .list_data_volumes(caller, CatalogueQuery::default())
            .await?;
        let rows = page.rows.into_iter();
        Ok(rows.map(|row| (row.name, row.shared_with)).collect())
    };
    let volume = console.volume(&ada, "imagenet", "images").await?;
    let alone = vec![("images".to_owned(), Vec::new())];
    assert_eq!(list(&ada).await?, alone);
    assert_eq!(list(&ada).await?, alone);
    assert!(list(&grace).await?.is_empty());

    let new = NewShare {
        scope_id: console.scope("asr").id().clone(),
        mode: ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: String::new(),
        expires_at: None,
    };
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let share = service.share_data_volume(&root, volume.id, new).await?;
    assert_eq!(
        list(&grace).await?,
        [("images".to_owned(), vec!["asr".to_owned()])]
    );
    assert_eq!(list(&ada).await?, alone, "she does not see with whom");
    service
        .unshare_data_volume(&root, volume.id, share.id)
        .await?;
    assert!(list(&grace).await?.is_empty());

    let nobody = ada.clone().with_grants(Vec::new());
    assert!(
        list(&nobody).await?.is_empty(),
        "rights belong to the question"
    );
    assert_eq!(list(&ada).await?, alone);
    Ok(())
}
