//! Views of the catalogue that people saved.

use anyhow::Result;
use domain::{SavedView, SavedViewId, UserId};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, BEN, at};

contracts![
    each_person_has_views_of_different_names,
    a_view_of_nobody_is_refused,
];

fn view(number: u128, person_id: UserId, name: &str) -> SavedView {
    SavedView {
        id: SavedViewId(Uuid::from_u128(number)),
        person_id,
        name: name.parse().unwrap(),
        query: "phases=Ready".into(),
        created_at: at(1),
    }
}

async fn each_person_has_views_of_different_names(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    for (id, subject) in [(ADA, "ada"), (BEN, "ben")] {
        tx.remember_person(id, "https://id", subject, subject, None, at(1))
            .await?;
    }
    let ready = view(1, ADA, "Ready ones");
    assert!(tx.add_saved_view(&ready).await?);
    assert!(!tx.add_saved_view(&view(2, ADA, "Ready ones")).await?);
    assert!(tx.add_saved_view(&view(3, BEN, "Ready ones")).await?);
    assert!(tx.add_saved_view(&view(4, ADA, "Mine")).await?);
    let names: Vec<String> = tx
        .saved_views_of(ADA)
        .await?
        .iter()
        .map(|view| view.name.to_string())
        .collect();
    assert_eq!(names, ["Mine", "Ready ones"]);
    assert_eq!(tx.saved_view(ready.id).await?, Some(ready.clone()));
    tx.remove_saved_view(ready.id).await?;
    tx.remove_saved_view(ready.id).await?;
    assert_eq!(tx.saved_view(ready.id).await?, None);
    assert_eq!(tx.saved_views_of(BEN).await?.len(), 1);
    Ok(())
}

async fn a_view_of_nobody_is_refused(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    assert!(tx.add_saved_view(&view(1, ADA, "Mine")).await.is_err());
    Ok(())
}
