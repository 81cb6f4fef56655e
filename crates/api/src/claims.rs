//! PVC assets, as Run:ai's API has them: the storage that data volumes are made of.
//!
//! An asset here is always a project's, and always a plain volume of files: what Run:ai's workloads can ask
//! for beyond that is refused by its field's name, never ignored.

mod bodies;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use service::Service;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Problem;

use crate::Refused;
use crate::data_volumes::Asking;
use crate::read::{Asked, AssetId, Sent};
use bodies::{AssetsQuery, Extras, NewPvcAsset, PvcAsset, PvcAssets};

pub(crate) fn router() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(list_pvc_assets, create_pvc_asset))
        .routes(routes!(show_pvc_asset, delete_pvc_asset))
}

/// The PVC assets that the caller may see.
#[utoipa::path(
    get, path = "/asset/datasource/pvc", operation_id = "list_pvc_assets", tag = "Storage",
    params(AssetsQuery),
    responses(
        (status = 200, description = "The assets, at most 1,000.", body = PvcAssets),
        (status = 400, description = "A parameter is wrong.", body = Problem),
        (status = 404, description = "There is no such scope here.", body = Problem),
    ),
)]
async fn list_pvc_assets(
    (State(service), Extension(caller)): Asking,
    Asked(query): Asked<AssetsQuery>,
) -> Result<Json<PvcAssets>, Refused> {
    let entries = match query.checked()? {
        Some(query) => service.list_claim_assets(&caller, query).await?,
        None => Vec::new(),
    };
    Ok(Json(PvcAssets {
        entries: entries.into_iter().map(PvcAsset::from).collect(),
    }))
}

/// Notes a claim of a project, and makes it unless it is there.
#[utoipa::path(
    post, path = "/asset/datasource/pvc", operation_id = "create_pvc_asset", tag = "Storage",
    request_body = NewPvcAsset,
    responses(
        (status = 202, description = "The asset.", body = PvcAsset),
        (status = 400, description = "A field is wrong.", body = Problem),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such project here.", body = Problem),
        (status = 409, description = "The name or the claim is taken or cannot be had.", body = Problem),
        (status = 503, description = "The cluster does not answer.", body = Problem),
    ),
)]
async fn create_pvc_asset(
    (State(service), Extension(caller)): Asking,
    Sent(new): Sent<NewPvcAsset>,
) -> Result<(StatusCode, Json<PvcAsset>), Refused> {
    let asset = service.create_claim_asset(&caller, new.checked()?).await?;
    Ok((StatusCode::ACCEPTED, Json(asset.into())))
}

/// One PVC asset.
#[utoipa::path(
    get, path = "/asset/datasource/pvc/{asset_id}", operation_id = "show_pvc_asset", tag = "Storage",
    params(("asset_id" = String, Path, description = "Its id."), Extras),
    responses(
        (status = 200, description = "The asset.", body = PvcAsset),
        (status = 404, description = "There is no such asset here.", body = Problem),
    ),
)]
async fn show_pvc_asset(
    (State(service), Extension(caller)): Asking,
    AssetId(id): AssetId,
    Asked(_): Asked<Extras>,
) -> Result<Json<PvcAsset>, Refused> {
    Ok(Json(service.show_claim_asset(&caller, id).await?.into()))
}

/// Forgets a PVC asset. The claim stays, with its files.
#[utoipa::path(
    delete, path = "/asset/datasource/pvc/{asset_id}", operation_id = "delete_pvc_asset", tag = "Storage",
    params(("asset_id" = String, Path, description = "Its id.")),
    responses(
        (status = 202, description = "It is forgotten."),
        (status = 403, description = "Seen, but not allowed.", body = Problem),
        (status = 404, description = "There is no such asset here.", body = Problem),
        (status = 409, description = "A data volume is made of it.", body = Problem),
    ),
)]
async fn delete_pvc_asset(
    (State(service), Extension(caller)): Asking,
    AssetId(id): AssetId,
) -> Result<StatusCode, Refused> {
    service.delete_claim_asset(&caller, id).await?;
    Ok(StatusCode::ACCEPTED)
}
