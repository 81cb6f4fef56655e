//! A data volume that is one folder of a claim: who sees what of the claim.

use std::os::unix::fs::symlink;
use std::sync::Arc;

use axum::body::Body;
use cluster::{ClaimKey, ClaimOrder, Cluster, DataPath, Visit};
use domain::{MountPhase, OriginSource, ShareMode, Sharing, VolumePath};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use libtest_mimic::Trial;
use tower::ServiceExt;

use crate::hands::{Hands, Server};
use crate::harness::{Harness, existing_claim, key, mount, volume};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials! { of server,
        a_folder_of_a_claim_is_all_that_its_data_volume_shows,
        a_folder_that_is_missing_is_made,
        a_link_in_the_folders_place_is_not_followed,
        a_folder_of_a_claim_is_not_mounted_elsewhere_and_the_plan_says_so,
        a_volume_of_which_a_folder_was_taken_is_not_taken_back_as_a_whole,
    }
}

fn order(folder: &str) -> ClaimOrder {
    ClaimOrder {
        source: OriginSource::ExistingClaim {
            claim: "data".to_owned(),
            sub_path: folder.parse().unwrap(),
        },
        ..existing_claim(volume(1), "data", "vision")
    }
}

async fn taken(hands: &Hands, folder: &str) -> ClaimKey {
    let order = order(folder);
    let state = hands.patient.ensure_claim(&order).await.unwrap();
    assert!(state.is_ready, "{state:?}");
    key(&order, &state)
}

async fn enter(hands: &Hands, claim: &ClaimKey) -> cluster::Result<DataPath> {
    let visit = Visit {
        subject: "ada".to_owned(),
        may_write: true,
        may_wait: true,
        credential: None,
        folders: vec![VolumePath::root()],
    };
    hands.patient.data_path(claim, &visit).await
}

async fn ask(path: &DataPath, method: Method, address: &str, body: &str) -> (StatusCode, String) {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = path.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

async fn a_folder_of_a_claim_is_all_that_its_data_volume_shows(hands: Hands) {
    hands
        .make_claim("vision", "data", "secret.txt", "secret")
        .await;
    let root = hands.mounted("vision", "data").await.unwrap();
    std::fs::create_dir_all(root.join("train/images")).unwrap();
    std::fs::write(root.join("train/images/1.png"), "one").unwrap();
    let claim = taken(&hands, "train/images").await;
    let path = enter(&hands, &claim).await.unwrap();
    let (status, listing) = ask(&path, Method::GET, "/files?path=", "").await;
    assert_eq!(status, StatusCode::OK, "{listing}");
    assert!(listing.contains("1.png"), "{listing}");
    assert!(!listing.contains("secret.txt"), "{listing}");
    for (address, expected) in [
        ("/files/content?path=1.png", StatusCode::OK),
        ("/files/content?path=secret.txt", StatusCode::NOT_FOUND),
        (
            "/files/content?path=train/images/1.png",
            StatusCode::NOT_FOUND,
        ),
        (
            "/files/content?path=../../secret.txt",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let (status, body) = ask(&path, Method::GET, address, "").await;
        assert_eq!(status, expected, "{address}: {body}");
        assert!(!body.contains("secret\n"), "{address}");
    }
    let (_, usage) = ask(&path, Method::GET, "/usage", "").await;
    assert!(usage.contains(r#""fileCount":1"#), "{usage}");
    let folder = r#"{"path": "new"}"#;
    let (status, body) = ask(&path, Method::POST, "/files/folder", folder).await;
    assert!(status.is_success(), "{status} {body}");
    assert!(root.join("train/images/new").is_dir());
}

async fn a_folder_that_is_missing_is_made(hands: Hands) {
    hands.make_claim("vision", "data", "a.txt", "a").await;
    let claim = taken(&hands, "datasets/数据 1").await;
    let path = enter(&hands, &claim).await.unwrap();
    let (status, listing) = ask(&path, Method::GET, "/files?path=", "").await;
    assert_eq!(status, StatusCode::OK, "{listing}");
    assert!(!listing.contains("a.txt"), "{listing}");
    let root = hands.mounted("vision", "data").await.unwrap();
    assert!(root.join("datasets/数据 1").is_dir());
}

async fn a_link_in_the_folders_place_is_not_followed(hands: Hands) {
    hands.make_claim("vision", "data", "a.txt", "a").await;
    let root = hands.mounted("vision", "data").await.unwrap();
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), root.join("way")).unwrap();
    let claim = taken(&hands, "way/in").await;
    let refused = enter(&hands, &claim).await;
    assert!(refused.is_err(), "a link was followed");
    assert!(!outside.path().join("in").exists());
}

async fn a_folder_of_a_claim_is_not_mounted_elsewhere_and_the_plan_says_so(hands: Hands) {
    hands.make_claim("vision", "data", "a.txt", "a").await;
    let plan = hands.patient.plan_claim(&order("train")).await.unwrap();
    assert!(plan.makes.contains("folder train of the claim"), "{plan:?}");
    assert!(plan.warnings[0].contains("reach all of it"), "{plan:?}");
    let says_so = |sharing: &Sharing| matches!(sharing, Sharing::Possible { how } if how.contains("pods do not get it"));
    assert!(says_so(&plan.sharing), "{plan:?}");

    let claim = taken(&hands, "train").await;
    let state = hands.patient.ensure_claim(&order("train")).await.unwrap();
    assert!(says_so(state.sharing.as_ref().unwrap()), "{state:?}");
    for mode in [ShareMode::ReadOnly, ShareMode::ReadWrite] {
        let share = mount(&claim, "train", "speech", mode);
        let mounted = hands.patient.ensure_mount(&share).await.unwrap();
        assert_eq!(mounted.phase, MountPhase::Failed);
        assert!(
            mounted.message.contains("one folder of a claim"),
            "{mounted:?}"
        );
    }
    let claims = hands.claims("speech");
    assert!(claims.get_opt("train").await.unwrap().is_none());
}

async fn a_volume_of_which_a_folder_was_taken_is_not_taken_back_as_a_whole(hands: Hands) {
    hands.make_claim("vision", "data", "a.txt", "a").await;
    taken(&hands, "train").await;
    let labels = hands.volume_of("vision", "data").await.metadata.labels;
    assert!(
        !labels
            .unwrap_or_default()
            .contains_key("stowage.dev/origin-of")
    );
}
