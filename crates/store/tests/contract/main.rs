//! What every function of the store promises, once on SQLite and once on PostgreSQL.
//!
//! PostgreSQL (15 or newer) is where `STOWAGE_TEST_POSTGRES` says: an address with the right to make
//! databases. Without it the tests on PostgreSQL do not exist, rather than pass; on CI that is a failure.

mod access;
mod access_keys;
mod catalogue;
mod claim_assets;
mod data_volumes;
mod database;
mod device_sign_ins;
mod events;
mod fixtures;
mod generations;
mod idempotency_keys;
mod imports;
mod people;
mod reconciling;
mod saved_views;
mod scopes;
mod secrets;
mod sessions;
mod share_requests;
mod shares;
mod telling;
mod transactions;
mod volume_offers;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};
use libtest_mimic::Arguments;

use crate::database::Server;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let server = match env::var("STOWAGE_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => Some(Server::make(url)?),
        _ if env::var("CI").is_ok_and(|value| value == "true") => {
            bail!("STOWAGE_TEST_POSTGRES is not set: on CI the tests need PostgreSQL");
        }
        _ => {
            eprintln!("STOWAGE_TEST_POSTGRES is not set: nothing is tested on PostgreSQL");
            None
        }
    };
    let contracts = [
        access::contracts(),
        access_keys::contracts(),
        catalogue::contracts(),
        claim_assets::contracts(),
        data_volumes::contracts(),
        device_sign_ins::contracts(),
        events::contracts(),
        generations::contracts(),
        idempotency_keys::contracts(),
        imports::contracts(),
        people::contracts(),
        reconciling::contracts(),
        saved_views::contracts(),
        scopes::contracts(),
        secrets::contracts(),
        sessions::contracts(),
        share_requests::contracts(),
        shares::contracts(),
        telling::contracts(),
        transactions::contracts(),
        volume_offers::contracts(),
    ];
    let trials = contracts
        .into_iter()
        .flatten()
        .flat_map(|contract| contract.trials(server.as_ref().map(Server::url)))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if let Some(server) = server {
        server.drop()?;
    }
    Ok(conclusion.exit_code())
}
