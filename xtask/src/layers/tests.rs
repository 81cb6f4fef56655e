use super::*;

fn found(manifest: &str) -> Vec<String> {
    let metadata = format!(r#"{{"packages": [{manifest}]}}"#);
    offences(&serde_json::from_str(&metadata).expect("made-up metadata"))
}

#[test]
fn the_drawing_passes() {
    let manifests = r#"
        {"name": "domain", "dependencies": [{"name": "serde", "kind": null}]},
        {"name": "service", "dependencies": [
            {"name": "store", "kind": null, "path": "/crates/store"},
            {"name": "agent", "kind": "dev", "path": "/crates/agent"},
            {"name": "anyhow", "kind": "dev"}
        ]},
        {"name": "app", "dependencies": [{"name": "service", "kind": null, "path": "/crates/service", "optional": true}]},
        {"name": "server", "dependencies": [{"name": "store", "kind": null, "path": "/crates/store"}]}"#;
    assert_eq!(found(manifests), Vec::<String>::new());
}

#[test]
fn an_edge_that_is_not_drawn_is_an_offence() {
    let manifest = r#"{"name": "api", "dependencies": [{"name": "store", "kind": null, "path": "/crates/store"}]}"#;
    assert_eq!(found(manifest), ["api -> store: not in the layers"]);
}

#[test]
fn a_test_of_a_crate_may_not_reach_into_a_layer_above_either() {
    let manifest = r#"{"name": "agent", "dependencies": [{"name": "store", "kind": "dev", "path": "/crates/store"}]}"#;
    assert_eq!(found(manifest), ["agent -> store: not in the layers"]);
}

#[test]
fn what_tests_may_name_the_crate_itself_may_not() {
    let manifest = r#"{"name": "service", "dependencies": [{"name": "agent", "kind": null, "path": "/crates/agent"}]}"#;
    assert_eq!(found(manifest), ["service -> agent: not in the layers"]);
}

#[test]
fn pages_name_the_service_only_behind_a_feature() {
    let manifest = r#"{"name": "app", "dependencies": [{"name": "service", "kind": null, "path": "/crates/service"}]}"#;
    assert_eq!(
        found(manifest),
        ["app -> service: only behind a feature (`optional = true`)"]
    );
}

#[test]
fn nouns_name_no_library_but_the_few() {
    let manifest = r#"{"name": "domain", "dependencies": [{"name": "tokio", "kind": null}]}"#;
    assert_eq!(
        found(manifest),
        ["domain -> tokio: domain names only jiff, serde, thiserror, url, uuid"]
    );
    let manifest = r#"{"name": "authz", "dependencies": [{"name": "serde", "kind": null}]}"#;
    assert_eq!(
        found(manifest),
        ["authz -> serde: authz names only crates of this workspace"]
    );
}

#[test]
fn a_library_with_a_home_is_named_there_only() {
    let manifest = r#"{"name": "service", "dependencies": [
        {"name": "sqlx", "kind": null}, {"name": "axum-extra", "kind": null}, {"name": "kube", "kind": null}]}"#;
    let offences = found(manifest);
    assert_eq!(offences.len(), 3, "{offences:?}");
    assert_eq!(offences[0], "service -> sqlx: only store may name it");
}

#[test]
fn a_crate_without_a_place_is_an_offence() {
    assert_eq!(
        found(r#"{"name": "helpers", "dependencies": []}"#),
        ["helpers: this crate has no place in the layers"]
    );
}
