use anyhow::Result;
use domain::Role;
use service::Error;
use wire::{CatalogueQuery, CatalogueView};

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
