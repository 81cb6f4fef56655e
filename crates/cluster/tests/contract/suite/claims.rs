//! Claims: made once, known by their UID, destroyed only if they are ours.

use cluster::{Error, ProjectFolder, Removal};
use domain::{ConditionStatus, Sharing};

use crate::harness::{Harness, existing_claim, filled_claim, key, knowing, new_claim, volume};

pub(crate) async fn a_new_claim_is_ready_and_has_a_uid(harness: &dyn Harness) {
    let order = new_claim(volume(1), "imagenet", "vision", harness.storage_class());
    let state = harness.cluster().ensure_claim(&order).await.unwrap();

    assert!(state.is_ready, "{state:?}");
    assert!(state.uid.is_some());
    assert_eq!(state.storage_class, harness.storage_class());
    assert!(!state.access_modes.is_empty());
    assert!(!state.persistence.unwrap().reason.is_empty());
    assert!(!state.location.is_empty());
    let bound = state
        .conditions
        .iter()
        .find(|condition| condition.kind == "ClaimBound")
        .unwrap();
    assert_eq!(bound.status, ConditionStatus::True);
    harness.write("vision", &state.name, "a.txt", "a").await;
}

pub(crate) async fn making_a_claim_again_finds_it(harness: &dyn Harness) {
    let order = new_claim(volume(1), "imagenet", "vision", harness.storage_class());
    let first = harness.cluster().ensure_claim(&order).await.unwrap();
    harness.write("vision", &first.name, "a.txt", "a").await;

    let by_volume = harness.cluster().ensure_claim(&order).await.unwrap();
    let by_uid = harness
        .cluster()
        .ensure_claim(&knowing(&order, first.uid.clone()))
        .await
        .unwrap();

    assert_eq!(by_volume, first);
    assert_eq!(by_uid, first);
    assert_eq!(
        harness
            .read("vision", &first.name, "a.txt")
            .await
            .as_deref(),
        Some("a")
    );
}

pub(crate) async fn an_existing_claim_is_taken_and_kept_when_its_volume_goes(
    harness: &dyn Harness,
) {
    harness.make_claim("vision", "old-data", "a.txt", "a").await;
    let order = existing_claim(volume(1), "old-data", "vision");
    let plan = harness.cluster().plan_claim(&order).await.unwrap();
    assert!(plan.deletion.contains("keeps"), "{}", plan.deletion);
    let state = harness.cluster().ensure_claim(&order).await.unwrap();
    assert!(state.is_ready);
    assert_eq!(state.name, "old-data");

    let key = key(&order, &state);
    assert_eq!(
        harness.cluster().remove_claim(&key).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        harness.cluster().remove_claim(&key).await.unwrap(),
        Removal::Done
    );

    assert_eq!(
        harness.read("vision", "old-data", "a.txt").await.as_deref(),
        Some("a")
    );
    let again = harness
        .cluster()
        .ensure_claim(&existing_claim(volume(2), "old-data", "vision"))
        .await
        .unwrap();
    assert!(again.is_ready, "another volume may take it now");
}

pub(crate) async fn a_claim_of_one_volume_is_not_given_to_another(harness: &dyn Harness) {
    harness.make_claim("vision", "old-data", "a.txt", "a").await;
    let first = existing_claim(volume(1), "old-data", "vision");
    harness.cluster().ensure_claim(&first).await.unwrap();

    let second = existing_claim(volume(2), "old-data", "vision");
    assert!(matches!(
        harness.cluster().plan_claim(&second).await,
        Err(Error::Refused(_))
    ));
    assert!(matches!(
        harness.cluster().ensure_claim(&second).await,
        Err(Error::Refused(_))
    ));
    assert!(
        harness
            .cluster()
            .ensure_claim(&first)
            .await
            .unwrap()
            .is_ready
    );
}

pub(crate) async fn a_name_that_is_taken_is_refused(harness: &dyn Harness) {
    harness.make_claim("vision", "imagenet", "a.txt", "a").await;
    let order = new_claim(volume(1), "imagenet", "vision", harness.storage_class());
    assert!(matches!(
        harness.cluster().plan_claim(&order).await,
        Err(Error::Refused(_))
    ));
    assert!(matches!(
        harness.cluster().ensure_claim(&order).await,
        Err(Error::Refused(_))
    ));
    assert_eq!(
        harness.read("vision", "imagenet", "a.txt").await.as_deref(),
        Some("a")
    );
}

pub(crate) async fn an_unknown_storage_class_is_refused(harness: &dyn Harness) {
    let order = new_claim(volume(1), "imagenet", "vision", "gold");
    for error in [
        harness.cluster().plan_claim(&order).await.unwrap_err(),
        harness.cluster().ensure_claim(&order).await.unwrap_err(),
    ] {
        assert!(
            matches!(&error, Error::Refused(message) if message.contains("gold")),
            "{error}"
        );
    }
}

pub(crate) async fn a_claim_of_ours_goes_with_its_bytes_and_going_again_is_done(
    harness: &dyn Harness,
) {
    let key = filled_claim(harness, "imagenet").await;
    assert_eq!(
        harness.cluster().remove_claim(&key).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        harness.cluster().remove_claim(&key).await.unwrap(),
        Removal::Done
    );

    assert_eq!(harness.read("vision", &key.name, "labels.csv").await, None);
    let project = ProjectFolder("vision".to_owned());
    assert_eq!(
        harness.cluster().existing_claims(&project).await.unwrap(),
        []
    );
}

pub(crate) async fn a_claim_made_anew_is_another_claim(harness: &dyn Harness) {
    let order = new_claim(volume(1), "imagenet", "vision", harness.storage_class());
    let state = harness.cluster().ensure_claim(&order).await.unwrap();
    let key = key(&order, &state);
    harness.delete_claim("vision", &state.name).await;
    harness
        .make_claim("vision", &state.name, "mine.txt", "mine")
        .await;

    let found = harness
        .cluster()
        .ensure_claim(&knowing(&order, state.uid.clone()))
        .await
        .unwrap();
    assert!(!found.is_ready);
    assert_eq!(found.uid, state.uid);
    let bound = found
        .conditions
        .iter()
        .find(|condition| condition.kind == "ClaimBound")
        .unwrap();
    assert_eq!(
        (bound.status, bound.reason.as_str()),
        (ConditionStatus::False, "AnotherClaim")
    );

    assert_eq!(
        harness.cluster().remove_claim(&key).await.unwrap(),
        Removal::Done
    );
    assert_eq!(
        harness
            .read("vision", &state.name, "mine.txt")
            .await
            .as_deref(),
        Some("mine")
    );
}

pub(crate) async fn a_lost_claim_is_not_made_anew(harness: &dyn Harness) {
    let order = new_claim(volume(1), "imagenet", "vision", harness.storage_class());
    let state = harness.cluster().ensure_claim(&order).await.unwrap();
    harness.delete_claim("vision", &state.name).await;

    let found = harness
        .cluster()
        .ensure_claim(&knowing(&order, state.uid))
        .await
        .unwrap();
    assert!(!found.is_ready);
    let bound = found
        .conditions
        .iter()
        .find(|condition| condition.kind == "ClaimBound")
        .unwrap();
    assert_eq!(
        (bound.status, bound.reason.as_str()),
        (ConditionStatus::False, "ClaimLost")
    );
    assert_eq!(harness.read("vision", &state.name, ".").await, None);
}

pub(crate) async fn a_plan_changes_nothing(harness: &dyn Harness) {
    harness.make_claim("vision", "old-data", "a.txt", "a").await;
    let before = harness.everything().await;

    let new = new_claim(volume(1), "imagenet", "vision", harness.storage_class());
    let plan = harness.cluster().plan_claim(&new).await.unwrap();
    assert!(plan.makes.contains("imagenet"), "{}", plan.makes);
    assert!(plan.deletion.contains("destroys"), "{}", plan.deletion);
    assert!(matches!(plan.sharing, Sharing::Possible { .. }));
    harness
        .cluster()
        .plan_claim(&existing_claim(volume(2), "old-data", "vision"))
        .await
        .unwrap();

    assert_eq!(harness.everything().await, before);
}

pub(crate) async fn names_that_lead_elsewhere_are_refused(harness: &dyn Harness) {
    harness.make_claim("vision", "old-data", "a.txt", "a").await;
    let before = harness.everything().await;
    for name in [
        "",
        ".",
        "..",
        "../speech",
        "a/b",
        "/etc",
        ".hidden",
        "a\0b",
        "a\nb",
    ] {
        let claim = existing_claim(volume(1), name, "vision");
        assert!(
            matches!(
                harness.cluster().ensure_claim(&claim).await,
                Err(Error::Refused(_))
            ),
            "{name:?}"
        );
        let project = ProjectFolder(name.to_owned());
        assert!(
            matches!(
                harness.cluster().ensure_project(&project).await,
                Err(Error::Refused(_))
            ),
            "{name:?}"
        );
        let claim = new_claim(volume(1), "imagenet", name, harness.storage_class());
        assert!(
            matches!(
                harness.cluster().ensure_claim(&claim).await,
                Err(Error::Refused(_))
            ),
            "{name:?}"
        );
    }
    assert_eq!(harness.everything().await, before);
}

pub(crate) async fn claims_are_listed_with_those_of_data_volumes(harness: &dyn Harness) {
    let project = ProjectFolder("vision".to_owned());
    harness.cluster().ensure_project(&project).await.unwrap();
    harness.cluster().ensure_project(&project).await.unwrap();
    assert_eq!(
        harness.cluster().existing_claims(&project).await.unwrap(),
        []
    );

    harness.make_claim("vision", "old-data", "a.txt", "a").await;
    filled_claim(harness, "imagenet").await;

    let claims = harness.cluster().existing_claims(&project).await.unwrap();
    let names: Vec<&str> = claims.iter().map(|claim| claim.name.as_str()).collect();
    assert_eq!(names, ["imagenet", "old-data"]);
}

pub(crate) async fn every_storage_class_tells_what_becomes_of_bytes_and_shares(
    harness: &dyn Harness,
) {
    let classes = harness.cluster().storage_classes().await.unwrap();
    assert!(
        classes
            .iter()
            .any(|class| class.name == harness.storage_class())
    );
    assert!(classes.iter().filter(|class| class.is_default).count() <= 1);
    for class in classes {
        assert!(!class.persistence.reason.is_empty(), "{}", class.name);
        match class.sharing {
            Sharing::Possible { how: text } | Sharing::Refused { reason: text } => {
                assert!(!text.is_empty());
            }
        }
    }
}
