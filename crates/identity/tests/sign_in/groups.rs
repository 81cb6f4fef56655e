//! Groups and names, from the ID token and from userinfo, and what follows from them.

use domain::{Role, Subject};
use serde_json::{Value, json};

use crate::hostile_provider::Scene;
use crate::setting::vision;

#[tokio::test]
async fn groups_give_the_roles_of_their_access_rules() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let me = scene.me().await.json();
    assert_eq!(me["name"], "Ada Lovelace");
    assert_eq!(me["subject"], "ada");
    assert_eq!(me["issuer"], scene.provider.issuer());
    assert_eq!(me["groups"], json!(["vision-editors"]));
    assert_eq!(me["grants"], json!(["Editor of 1 through vision-editors"]));
}

#[tokio::test]
async fn a_rule_for_a_person_is_for_that_issuer_alone() {
    let mut scene = Scene::new().await;
    let person = |issuer: &str| Subject::User {
        issuer: issuer.to_owned(),
        subject: "ada".to_owned(),
    };
    scene
        .console
        .add_rule(2, person(scene.provider.issuer()), Role::Viewer, vision())
        .await;
    scene
        .console
        .add_rule(
            3,
            person("https://other.example"),
            Role::SystemAdministrator,
            vision(),
        )
        .await;
    scene.sign_in().await;
    let me = scene.me().await.json();
    assert_eq!(
        me["grants"],
        json!([
            "Editor of 1 through vision-editors",
            "Viewer of 1 through you"
        ])
    );
}

#[tokio::test]
async fn a_new_access_rule_counts_with_the_next_request() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    assert_eq!(
        scene.me().await.json()["grants"].as_array().map(Vec::len),
        Some(1)
    );
    let group = Subject::Group("vision-editors".to_owned());
    scene
        .console
        .add_rule(2, group, Role::ResearchManager, vision())
        .await;
    assert_eq!(
        scene.me().await.json()["grants"].as_array().map(Vec::len),
        Some(2)
    );
}

#[tokio::test]
async fn groups_are_compared_exactly() {
    for group in [
        "Vision-Editors",
        "vision-editors ",
        "/vision-editors",
        "vision-editors\u{0}",
    ] {
        let mut scene = Scene::new().await;
        assert_eq!(
            scene
                .verdict(|token| token.claims["groups"] = json!([group]))
                .await,
            ""
        );
        assert_eq!(scene.me().await.json()["grants"], json!([]), "{group:?}");
    }
}

#[tokio::test]
async fn one_group_may_come_as_text() {
    let mut scene = Scene::new().await;
    assert_eq!(
        scene
            .verdict(|token| token.claims["groups"] = json!("vision-editors"))
            .await,
        ""
    );
    assert_eq!(scene.me().await.json()["groups"], json!(["vision-editors"]));
}

#[tokio::test]
async fn no_groups_claim_anywhere_means_no_groups() {
    let mut scene = Scene::new().await;
    scene.provider.tell(json!({ "sub": "ada" }));
    assert_eq!(
        scene
            .verdict(|token| token.claims["groups"] = Value::Null)
            .await,
        ""
    );
    let me = scene.me().await.json();
    assert_eq!(me["groups"], json!([]));
    assert_eq!(me["grants"], json!([]));
}

#[tokio::test]
async fn groups_of_the_last_sign_in_are_forgotten() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    scene.provider.tell(json!({ "sub": "ada" }));
    assert_eq!(
        scene
            .verdict(|token| token.claims["groups"] = Value::Null)
            .await,
        ""
    );
    assert_eq!(scene.me().await.json()["grants"], json!([]));
}

#[tokio::test]
async fn what_the_token_does_not_say_userinfo_says() {
    let mut scene = Scene::new().await;
    scene.provider.tell(json!({
        "sub": "ada", "name": "Ada", "email": "ada@example.org", "email_verified": true, "groups": ["vision-editors"],
    }));
    let silent = |token: &mut crate::hostile_provider::Token| {
        token.claims["groups"] = Value::Null;
        token.claims["name"] = Value::Null;
    };
    assert_eq!(scene.verdict(silent).await, "");
    let me = scene.me().await.json();
    assert_eq!(me["name"], "Ada");
    assert_eq!(me["email"], "ada@example.org");
    assert_eq!(me["grants"], json!(["Editor of 1 through vision-editors"]));
}

#[tokio::test]
async fn userinfo_of_somebody_else_is_refused() {
    let mut scene = Scene::new().await;
    scene
        .provider
        .tell(json!({ "sub": "grace", "groups": ["vision-editors"] }));
    assert_eq!(
        scene
            .verdict(|token| token.claims["groups"] = Value::Null)
            .await,
        "token"
    );
}

#[tokio::test]
async fn userinfo_that_is_refused_ends_the_sign_in() {
    let mut scene = Scene::new().await;
    assert_eq!(
        scene
            .verdict(|token| token.claims["groups"] = Value::Null)
            .await,
        "token"
    );
}

#[tokio::test]
async fn an_overage_marker_is_refused_with_its_own_words() {
    let mut scene = Scene::new().await;
    let elsewhere = |token: &mut crate::hostile_provider::Token| {
        token.claims["groups"] = Value::Null;
        token.claims["_claim_names"] = json!({ "groups": "src1" });
        token.claims["_claim_sources"] =
            json!({ "src1": { "endpoint": "https://graph.example/groups" } });
    };
    assert_eq!(scene.verdict(elsewhere).await, "groups-overage");
    assert_eq!(
        scene
            .verdict(|token| token.claims["hasgroups"] = json!(true))
            .await,
        "groups-overage"
    );
    scene
        .provider
        .tell(json!({ "sub": "ada", "hasgroups": true }));
    assert_eq!(
        scene
            .verdict(|token| token.claims["groups"] = Value::Null)
            .await,
        "groups-overage"
    );
}

#[tokio::test]
async fn groups_out_of_bounds_are_refused_with_their_own_words() {
    let mut scene = Scene::new().await;
    let many: Vec<String> = (0..501).map(|number| format!("group-{number}")).collect();
    for groups in [
        json!(many),
        json!(["a".repeat(257)]),
        json!([1]),
        json!({ "vision-editors": true }),
    ] {
        assert_eq!(
            scene.verdict(|token| token.claims["groups"] = groups).await,
            "groups"
        );
    }
}

#[tokio::test]
async fn a_person_stays_the_same_when_everything_but_the_subject_changes() {
    let mut scene = Scene::new().await;
    scene.sign_in().await;
    let first = scene.me().await.json();
    scene
        .verdict(|token| token.claims["name"] = json!("Countess Lovelace"))
        .await;
    let later = scene.me().await.json();
    assert_eq!(first["id"], later["id"]);
    assert_eq!(later["name"], "Countess Lovelace");
    let namesake = |token: &mut crate::hostile_provider::Token| {
        token.claims["sub"] = json!("Ada");
        token.claims["email"] = json!("ada@example.org");
        token.claims["email_verified"] = json!(true);
    };
    scene.verdict(namesake).await;
    assert_ne!(scene.me().await.json()["id"], first["id"]);
}
