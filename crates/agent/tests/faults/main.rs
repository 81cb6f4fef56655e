//! Faults for real: this program serves a volume in one process, and kills, cuts, fills and fails it from
//! another.
//!
//! What was answered must be there afterwards, and what is there must be whole. `cargo xtask test` tries few of
//! each kind, `cargo xtask soak` many; see `docs/faults.md`.

mod client;
mod imports;
mod kills;
mod memory;
#[cfg(target_arch = "x86_64")]
mod points;
mod power;
mod server;
mod severed;
mod slow;
mod swaps;
#[cfg(target_arch = "x86_64")]
mod tracer;
mod worn;

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use adversity::may_mount;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use client::Server;
use kills::{again, what_was_answered_is_there};

/// Set in the process that has mounts of its own.
const INSIDE: &str = "STOWAGE_TEST_HAS_OWN_MOUNTS";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let texts: Vec<&str> = arguments.iter().filter_map(|text| text.to_str()).collect();
    match texts[..] {
        ["serve", folder] => server::serve(Path::new(folder), None),
        ["serve", folder, manner] => server::serve(Path::new(folder), Some(manner)),
        #[cfg(target_arch = "x86_64")]
        ["watched", folder] => {
            tracer::be_watched();
            server::serve(Path::new(folder), Some(server::EAGER));
        }
        #[cfg(target_arch = "x86_64")]
        ["watch", folder, at, code, report] => {
            let at = at.parse().expect("a number");
            tracer::watch(Path::new(folder), at, code, Path::new(report));
        }
        _ if may_mount() && std::env::var_os(INSIDE).is_none() => {
            return with_own_mounts(&arguments);
        }
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

/// Runs all of this where its mounts are seen by nobody else, and are gone when it is.
fn with_own_mounts(arguments: &[OsString]) -> ExitCode {
    let this = std::env::current_exe().expect("this program");
    let status = Command::new("unshare")
        .arg("--mount")
        .arg(this)
        .args(arguments)
        .env(INSIDE, "1")
        .status()
        .expect("the program unshare");
    match status.code().and_then(|code| u8::try_from(code).ok()) {
        Some(code) => ExitCode::from(code),
        None => ExitCode::FAILURE,
    }
}

/// A trial on a disk of its own; told as left out where nobody may mount one.
fn on_a_disk(name: &str, trial: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        if may_mount() {
            trial().map(|()| Completion::Completed)
        } else {
            Ok(Completion::ignored_with("needs root: it mounts a disk"))
        }
    })
}

fn trials() -> Vec<Trial> {
    let mut trials = killed();
    #[cfg(target_arch = "x86_64")]
    trials.extend([
        Trial::test(
            "a_kill_at_any_point_loses_nothing",
            points::a_kill_at_any_point_loses_nothing,
        ),
        Trial::test(
            "an_error_at_any_point_is_told_and_loses_nothing",
            points::an_error_at_any_point_is_told_and_loses_nothing,
        ),
    ]);
    trials.extend([
        on_a_disk(
            "what_was_answered_survives_a_power_cut",
            power::what_was_answered_survives_a_power_cut,
        ),
        on_a_disk(
            "a_disk_that_fails_is_told_and_loses_nothing_that_was_answered",
            worn::a_disk_that_fails_is_told_and_loses_nothing_that_was_answered,
        ),
        on_a_disk(
            "a_full_disk_is_told_and_goes_on_when_there_is_room",
            worn::a_full_disk_is_told_and_goes_on_when_there_is_room,
        ),
        Trial::test(
            "nothing_goes_through_a_folder_that_is_swapped_for_a_link",
            swaps::nothing_goes_through_a_folder_that_is_swapped_for_a_link,
        ),
        Trial::test(
            "nothing_is_staged_through_a_link",
            swaps::nothing_is_staged_through_a_link,
        ),
        Trial::test(
            "a_connection_may_be_cut_at_any_place",
            severed::a_connection_may_be_cut_at_any_place,
        ),
        Trial::test(
            "slow_senders_are_ended_and_cost_little_until_then",
            slow::slow_senders_are_ended_and_cost_little_until_then,
        ),
    ]);
    trials
}

/// Kills at random.
fn killed() -> Vec<Trial> {
    vec![
        Trial::test("an_answered_offset_survives_a_kill", || {
            again(
                "kills while a file arrives in order",
                kills::an_answered_offset_survives_a_kill,
            )
        }),
        Trial::test("a_file_that_was_answered_is_there_and_none_is_half", || {
            again("kills while single files arrive", || {
                what_was_answered_is_there(1, &|server, names, content| {
                    server.send(&names[0], content)
                })
            })
        }),
        Trial::test(
            "a_batch_that_was_answered_is_there_and_no_file_is_half",
            || {
                again("kills while batches arrive", || {
                    what_was_answered_is_there(20, &Server::send_batch)
                })
            },
        ),
        Trial::test(
            "an_archive_that_was_answered_is_there_and_no_file_is_half",
            || {
                again("kills while archives arrive", || {
                    what_was_answered_is_there(20, &Server::send_archive)
                })
            },
        ),
        Trial::test("an_answered_piece_of_a_lane_survives_a_kill", || {
            again(
                "kills while lanes arrive",
                kills::an_answered_piece_of_a_lane_survives_a_kill,
            )
        }),
        Trial::test(
            "an_import_that_is_killed_goes_on_and_no_file_is_half",
            || {
                again(
                    "kills while an import runs",
                    imports::an_import_that_is_killed_goes_on_and_no_file_is_half,
                )
            },
        ),
        Trial::test(
            "a_kill_in_the_middle_of_a_long_request_loses_little",
            kills::a_kill_in_the_middle_of_a_long_request_loses_little,
        ),
    ]
}
