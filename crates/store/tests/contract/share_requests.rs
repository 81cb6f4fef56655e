//! Requests for shares.

use anyhow::Result;
use domain::{RequestAnswer, ShareMode, ShareRequest, ShareRequestId};
use uuid::Uuid;

use crate::database::{Database, contracts};
use crate::fixtures::{
    ACME, ADA, ARMS, BEN, EAST, IMAGES, SPEECH, VOICES, at, fill, path, volume, volume_id,
};

contracts![
    a_request_comes_back_and_is_answered_once,
    those_who_answer_find_what_waits_within_their_scopes,
    a_request_goes_with_its_data_volume,
    a_request_is_taken_back_while_it_waits,
];

fn request(number: u32, volume: u128, scope: &[&str]) -> ShareRequest {
    ShareRequest {
        id: ShareRequestId(Uuid::from_u128(number.into())),
        data_volume_id: volume_id(volume),
        scope: path(scope),
        mode: ShareMode::ReadWrite,
        reason: "for the paper".into(),
        expires_at: Some(at(90)),
        requested_by: BEN,
        requested_at: at(number.into()),
        answer: None,
    }
}

fn no() -> RequestAnswer {
    RequestAnswer {
        is_approved: false,
        reason: "it is not finished".into(),
        answered_by: ADA,
        answered_at: at(50),
    }
}

async fn a_request_comes_back_and_is_answered_once(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    let (first, second) = (request(1, 1, SPEECH), request(2, 1, EAST));
    tx.add_share_request(&first).await?;
    tx.add_share_request(&second).await?;
    assert_eq!(tx.share_request(first.id).await?, Some(first.clone()));
    assert_eq!(
        tx.share_requests_of(volume_id(1), 9).await?,
        [second.clone(), first.clone()]
    );
    assert_eq!(tx.share_requests_by(BEN, 1).await?, [second]);
    assert!(tx.share_requests_by(ADA, 9).await?.is_empty());
    assert!(tx.answer_share_request(first.id, &no()).await?);
    let yes = RequestAnswer {
        is_approved: true,
        ..no()
    };
    assert!(!tx.answer_share_request(first.id, &yes).await?);
    let answered = ShareRequest {
        answer: Some(no()),
        ..first
    };
    assert_eq!(tx.share_request(answered.id).await?, Some(answered));
    Ok(())
}

async fn those_who_answer_find_what_waits_within_their_scopes(database: Database) -> Result<()> {
    let volumes = [volume(1, "faces", IMAGES), volume(2, "arms", ARMS)];
    fill(&database.store, &volumes).await?;
    let mut tx = database.store.begin().await?;
    for request in [
        request(1, 1, SPEECH),
        request(2, 2, EAST),
        request(3, 1, VOICES),
    ] {
        tx.add_share_request(&request).await?;
    }
    tx.answer_share_request(request(3, 1, VOICES).id, &no())
        .await?;
    for (reach, expected) in [
        (vec![path(ACME)], vec![1, 2]),
        (vec![path(EAST)], vec![1]),
        (vec![path(ARMS)], vec![2]),
        (vec![path(SPEECH)], vec![]),
        (vec![], vec![]),
    ] {
        let found = tx.share_requests_within(&reach, 9).await?;
        let ids: Vec<u128> = found.iter().map(|request| request.id.0.as_u128()).collect();
        assert_eq!(ids, expected, "{reach:?}");
    }
    Ok(())
}

async fn a_request_goes_with_its_data_volume(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    tx.add_share_request(&request(1, 1, SPEECH)).await?;
    tx.remove_data_volume(volume_id(1)).await?;
    assert!(tx.share_requests_by(BEN, 9).await?.is_empty());
    Ok(())
}

async fn a_request_is_taken_back_while_it_waits(database: Database) -> Result<()> {
    fill(&database.store, &[volume(1, "faces", IMAGES)]).await?;
    let mut tx = database.store.begin().await?;
    let (first, second) = (request(1, 1, SPEECH), request(2, 1, EAST));
    tx.add_share_request(&first).await?;
    tx.add_share_request(&second).await?;
    assert!(tx.withdraw_share_request(first.id).await?);
    assert!(!tx.withdraw_share_request(first.id).await?);
    assert!(tx.answer_share_request(second.id, &no()).await?);
    assert!(!tx.withdraw_share_request(second.id).await?);
    assert_eq!(tx.share_request(first.id).await?, None);
    assert!(tx.share_request(second.id).await?.is_some());
    Ok(())
}
