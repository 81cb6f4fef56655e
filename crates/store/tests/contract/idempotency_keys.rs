//! Requests that came with an `Idempotency-Key`.

use anyhow::Result;
use domain::UserId;
use store::{EarlierRequest, RepeatableRequest, Tx};

use crate::database::{Database, contracts};
use crate::fixtures::{ADA, BEN, at};

contracts![
    an_answer_is_kept_for_its_caller_until_it_expires,
    a_request_that_came_to_nothing_may_come_again,
];

fn request(caller_id: UserId) -> RepeatableRequest<'static> {
    RepeatableRequest {
        caller_id,
        key: "once",
        fingerprint: "POST a",
    }
}

/// At that second, with five seconds to be at work and ten to be remembered.
async fn begin(tx: &mut Tx, caller: UserId, second: i64) -> Result<Option<EarlierRequest>> {
    let found = tx.begin_request(request(caller), at(second), at(second - 5), at(second + 10));
    Ok(found.await?)
}

fn earlier(answer: Option<&str>) -> EarlierRequest {
    EarlierRequest {
        fingerprint: "POST a".into(),
        answer: answer.map(str::to_owned),
    }
}

async fn an_answer_is_kept_for_its_caller_until_it_expires(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    assert_eq!(begin(&mut tx, ADA, 100).await?, None);
    assert_eq!(begin(&mut tx, ADA, 101).await?, Some(earlier(None)));
    assert_eq!(begin(&mut tx, BEN, 101).await?, None);
    tx.keep_answer(request(ADA), "sealed").await?;
    tx.forget_request(request(ADA)).await?;
    assert_eq!(
        begin(&mut tx, ADA, 109).await?,
        Some(earlier(Some("sealed")))
    );
    assert_eq!(begin(&mut tx, ADA, 110).await?, None);
    Ok(())
}

async fn a_request_that_came_to_nothing_may_come_again(database: Database) -> Result<()> {
    let mut tx = database.store.begin().await?;
    assert_eq!(begin(&mut tx, ADA, 100).await?, None);
    tx.forget_request(request(ADA)).await?;
    assert_eq!(begin(&mut tx, ADA, 101).await?, None);
    assert_eq!(begin(&mut tx, ADA, 105).await?, Some(earlier(None)));
    // The console that was at work on it went down.
    assert_eq!(begin(&mut tx, ADA, 106).await?, None);
    Ok(())
}
