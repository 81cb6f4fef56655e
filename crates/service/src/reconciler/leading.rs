//! One console reconciles, of all that share a database.
//!
//! Who loses the right notices within seconds, and the next one may have begun by then. That does no harm:
//! a cluster finds there what the other one made, and every change names the version that it is made from.

use std::time::Duration;

use store::Leadership;

use super::rounds::AFTER_FAILURE;
use crate::Service;
use crate::error::chain;

/// How often a console asks whether it may lead, and whether it still does.
const ASKED_EVERY: Duration = Duration::from_secs(2);

impl Service {
    /// Reconciles for ever, whenever no other console does.
    pub async fn reconcile_for_ever(self) {
        loop {
            let sleep = match self.0.store.lead().await {
                Ok(Some(leadership)) => {
                    tracing::debug!("this console reconciles");
                    tokio::select! {
                        () = self.go_round_for_ever() => {}
                        () = self.follow_clusters() => {}
                        () = self.import_for_ever() => {}
                        () = lost(leadership) => {}
                    }
                    tracing::warn!(
                        "the database is away or was: another console may reconcile now"
                    );
                    ASKED_EVERY
                }
                Ok(None) => ASKED_EVERY,
                Err(error) => {
                    let error = crate::Error::from(error);
                    tracing::error!(error = chain(&error), "who reconciles could not be asked");
                    AFTER_FAILURE
                }
            };
            tokio::time::sleep(sleep).await;
        }
    }
}

/// Waits until the right to reconcile is gone.
async fn lost(mut leadership: Leadership) {
    while leadership.is_held().await {
        tokio::time::sleep(ASKED_EVERY).await;
    }
}
