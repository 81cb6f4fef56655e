//! That the table of addresses names all of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use credentials::ConsoleKey;
use identity::Identity;
use serde_json::json;
use store::Store;
use tempfile::TempDir;

use crate::setting::{CountedIds, KEY, Place};

#[tokio::test]
async fn every_address_of_the_router_stands_in_the_table() {
    let folder = TempDir::new().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("stowage.db").display());
    let store = Store::connect(&database).await.expect("a database");
    let place = Place::new().await;
    let settings = serde_json::from_value(json!({ "public_url": place.origin })).expect("settings");
    let ids = Arc::new(CountedIds::default());
    let identity = Identity::new(settings, ConsoleKey::new(KEY), store, place.clock, ids);
    let debugged = format!("{:?}", identity.expect("an identity").router());
    // A router tells its addresses in no other way. Those two are where it answers what has none.
    let unrouted = ["/", "/{*__private__axum_fallback}"];
    let routed: BTreeSet<&str> = debugged
        .split('"')
        .filter(|text| text.starts_with('/') && !unrouted.contains(text))
        .collect();
    let named: BTreeSet<&str> = identity::ADDRESSES.iter().map(|(_, path)| *path).collect();
    assert_eq!(routed, named);
}
