//! Pods on a real node, and what they find in their volumes.
//!
//! They need a node whose disk is this machine's: `cargo xtask test pods` starts one and says where in
//! `STOWAGE_TEST_PODS`. Without it these tests do not exist, rather than pass.

mod image;
mod imports;
mod kubectl;
mod shares;

use std::env;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::kubectl::Kubectl;

/// Each gets namespaces of its own, which begin with its name.
type Test = fn(&Kubectl) -> Result<()>;

const TESTS: [(&str, Test); 6] = [
    (
        "a_pod_of_another_project_reads_a_share_and_cannot_write_it",
        shares::a_pod_of_another_project_reads_a_share_and_cannot_write_it,
    ),
    (
        "a_share_for_writing_is_written_from_the_other_project",
        shares::a_share_for_writing_is_written_from_the_other_project,
    ),
    (
        "the_manifest_on_the_page_runs_as_it_is_pasted",
        shares::the_manifest_on_the_page_runs_as_it_is_pasted,
    ),
    (
        "a_share_is_taken_away_when_the_last_pod_is_done_with_it",
        shares::a_share_is_taken_away_when_the_last_pod_is_done_with_it,
    ),
    (
        "an_import_is_fetched_by_the_agents_pod_from_another_pod",
        imports::an_import_is_fetched_by_the_agents_pod_from_another_pod,
    ),
    (
        "the_console_starts_from_its_image_without_any_rights",
        image::the_console_starts_from_its_image_without_any_rights,
    ),
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    if let Some(kubeconfig) = env::var_os("STOWAGE_TEST_PODS") {
        let kubectl = Arc::new(Kubectl::new(kubeconfig.into())?);
        for (name, test) in TESTS {
            let kubectl = Arc::clone(&kubectl);
            trials.push(Trial::test(name, move || {
                test(&kubectl).map_err(|error| Failed::from(format!("{error:?}")))
            }));
        }
    } else {
        eprintln!("STOWAGE_TEST_PODS is not set: nothing is tested with pods");
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
