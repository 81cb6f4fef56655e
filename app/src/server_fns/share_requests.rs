//! Requests for shares.

use domain::{DataVolumeId, ShareRequestId};
use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{NewAnswer, NewShare, Problem, ShareRequestView, ShareRequestsPage};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// Asks those who may share a data volume to share it with a scope.
///
/// # Errors
/// 403 when the caller may not even ask; 409 when the scope has it, or is asked for already.
#[server(prefix = "/fn", endpoint = "share-requests/ask", input = Json, output = JsonText)]
pub async fn ask_for_share(
    id: DataVolumeId,
    wanted: NewShare,
) -> Result<ShareRequestView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .ask_for_share(&caller, id, wanted)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Approves or refuses a request.
///
/// # Errors
/// 403 when the caller may not share the data volume with that scope; 409 when it was answered already.
#[server(prefix = "/fn", endpoint = "share-requests/answer", input = Json, output = JsonText)]
pub async fn answer_share_request(
    id: ShareRequestId,
    answer: NewAnswer,
) -> Result<ShareRequestView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .answer_share_request(&caller, id, answer)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Takes back a request of one's own.
///
/// # Errors
/// 404 when there is no such request; 409 when it was answered already.
#[server(prefix = "/fn", endpoint = "share-requests/withdraw", input = Json, output = JsonText)]
pub async fn withdraw_share_request(id: ShareRequestId) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .withdraw_share_request(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// The latest requests for a data volume, newest first.
///
/// # Errors
/// 404 when there is no such data volume that the caller may see.
#[server(prefix = "/fn", endpoint = "data-volumes/share-requests", input = GetUrl, output = JsonText)]
pub async fn list_share_requests(id: DataVolumeId) -> Result<Vec<ShareRequestView>, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_share_requests(&caller, id)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// What waits for the reader's answer, and what they asked for.
///
/// # Errors
/// 401 when nobody is signed in.
#[server(prefix = "/fn", endpoint = "share-requests/mine", input = GetUrl, output = JsonText)]
pub async fn my_share_requests() -> Result<ShareRequestsPage, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .my_share_requests(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}
