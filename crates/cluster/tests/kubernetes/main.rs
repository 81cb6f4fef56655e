//! The contract and the facts of Kubernetes, against a real API server and its controllers.
//!
//! The cluster is where `STOWAGE_TEST_KUBECONFIG` says, and may be one without nodes: the tests play what
//! would be missing, the provisioner and the node, with folders of this machine. Without a cluster
//! these tests do not exist, rather than pass; on CI that is a failure.

mod between;
mod console_account;
mod facts_of_adoption;
mod facts_of_agents;
mod facts_of_claims;
mod facts_of_folders;
mod facts_of_lifecycle;
mod facts_of_many_mounts;
mod facts_of_mounts;
mod facts_of_namespaces;
mod facts_of_receiving_claims;
mod facts_of_static_volumes;
mod facts_of_the_policy;
mod facts_of_watches;
mod hands;
#[expect(dead_code, reason = "the contract of folders moves its clock on")]
#[path = "../contract/harness.rs"]
mod harness;
mod node;
mod patient;
#[path = "../contract/suite/mod.rs"]
mod suite;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use libtest_mimic::{Arguments, Trial};

use crate::hands::{Hands, Server};

/// The promises and facts of a module as trials.
macro_rules! trials {
    ($server:expr, $($module:ident: $test:ident),+ $(,)?) => {
        vec![$(crate::trial($server, concat!(stringify!($module), "::", stringify!($test)), |hands| {
            Box::pin(async move { crate::suite::$module::$test(&hands).await })
        })),+]
    };
    (of $server:expr, $($test:ident),+ $(,)?) => {
        vec![$(crate::trial($server, concat!(module_path!(), "::", stringify!($test)), |hands| {
            Box::pin($test(hands))
        })),+]
    };
}
pub(crate) use trials;

type Test = fn(Hands) -> std::pin::Pin<Box<dyn Future<Output = ()>>>;

fn trial(server: &Arc<Server>, name: &str, test: Test) -> Trial {
    let server = Arc::clone(server);
    let name = name.trim_start_matches("kubernetes::").to_owned();
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let hands = Hands::new(&server).await;
            test(hands).await;
        });
        Ok(())
    })
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let kubeconfig = match env::var("STOWAGE_TEST_KUBECONFIG") {
        Ok(path) if !path.is_empty() => PathBuf::from(path),
        _ if env::var("CI").is_ok_and(|value| value == "true") => {
            bail!("STOWAGE_TEST_KUBECONFIG is not set: on CI the tests need a Kubernetes cluster");
        }
        _ => {
            eprintln!("STOWAGE_TEST_KUBECONFIG is not set: nothing is tested on Kubernetes");
            return Ok(libtest_mimic::run(&arguments, Vec::new()).exit_code());
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let server = Arc::new(runtime.block_on(Server::new(kubeconfig))?);
    let mut trials: Vec<Trial> = suite::promises! { trials! &server,
        files: files_are_read_through_the_data_path,
        files: a_claim_made_anew_is_not_found_by_the_old_uid,
        files: what_may_only_be_read_is_not_changed,
    };
    trials.extend(facts_of_adoption::trials(&server));
    trials.extend(facts_of_agents::trials(&server));
    trials.extend(facts_of_claims::trials(&server));
    trials.extend(facts_of_folders::trials(&server));
    trials.extend(facts_of_lifecycle::trials(&server));
    trials.extend(facts_of_many_mounts::trials(&server));
    trials.extend(facts_of_mounts::trials(&server));
    trials.extend(facts_of_namespaces::trials(&server));
    trials.extend(facts_of_receiving_claims::trials(&server));
    trials.extend(facts_of_static_volumes::trials(&server));
    trials.extend(facts_of_the_policy::trials(&server));
    trials.extend(facts_of_watches::trials(&server));
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
