//! The console on a real Kubernetes: what people do on the cluster, and what becomes of a share when
//! something goes wrong in the middle of it.
//!
//! The cluster is where `STOWAGE_TEST_KUBECONFIG` says and may be one without nodes. What needs several
//! consoles takes the PostgreSQL of `STOWAGE_TEST_POSTGRES`. Without them these tests do not exist, rather
//! than pass; on CI that is a failure.

mod fixture;
mod hands;
mod offered;
mod reconciling;
mod relay;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::fixture::Place;

type Test = fn(Arc<Place>) -> std::pin::Pin<Box<dyn Future<Output = Result<()>>>>;

/// The tests of a module.
macro_rules! tests {
    ($module:ident: $($test:ident),+ $(,)?) => {
        vec![$((stringify!($test), (|place| Box::pin($module::$test(place))) as Test)),+]
    };
}

fn setting(name: &str) -> Result<Option<String>> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        _ if env::var("CI").is_ok_and(|value| value == "true") => {
            bail!("{name} is not set: on CI these tests need it");
        }
        _ => {
            eprintln!("{name} is not set: nothing is tested that needs it");
            Ok(None)
        }
    }
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let kubeconfig = setting("STOWAGE_TEST_KUBECONFIG")?;
    let postgres = setting("STOWAGE_TEST_POSTGRES")?;
    let mut trials = Vec::new();
    if let Some(kubeconfig) = kubeconfig {
        let mut tests = tests! { reconciling:
            what_somebody_does_on_the_cluster_is_on_the_page_at_once,
            a_receiving_claim_that_was_deleted_by_hand_comes_back,
            a_console_that_is_killed_at_any_moment_goes_on_where_it_was,
            a_share_comes_together_after_the_server_was_away,
            a_receiving_namespace_that_is_deleted_is_made_anew,
            a_namespace_that_is_deleted_under_a_shared_volume_keeps_the_bytes,
            a_claim_that_does_not_go_is_told_and_goes_when_it_can,
            a_quota_stops_one_project_and_no_other,
        };
        tests.extend(tests! { offered:
            a_static_volume_goes_to_the_scope_that_it_was_offered_to_and_to_no_other,
            a_kept_volume_is_taken_into_use_on_another_cluster_that_mounts_the_storage,
        });
        if postgres.is_some() {
            tests.extend(
                tests! { reconciling: one_console_of_two_reconciles_and_the_other_takes_over },
            );
        }
        let place = Arc::new(Place::new(kubeconfig.into(), postgres)?);
        trials.extend(tests.into_iter().map(|(name, test)| {
            let place = Arc::clone(&place);
            Trial::test(name, move || {
                run(test(place)).map_err(|error| Failed::from(format!("{error:?}")))
            })
        }));
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn run(test: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(test)
}
