//! A console that is killed while files are uploaded through it: what it answered is there afterwards.
//!
//! The data agent of a cluster of folders runs within the console, so this is a kill of both, and of the console's
//! database. What is sent and what is expected of it is the same as of the data agent by itself, and so is the
//! code: see `docs/faults.md`.

mod client;
mod rounds;

use std::path::Path;
use std::process::ExitCode;

use adversity::{Dice, Findings, Tally, is_soak, setting};
use libtest_mimic::{Arguments, Failed, Trial};
use tests::console::Console;
use tokio::runtime::Runtime;

use crate::rounds::Rounds;

/// Of so many kills in a soak one is of the console, which takes longer to start than an agent.
const SHARE: u64 = 10;
/// How long the console lives while files arrive, in milliseconds.
const SHORTEST: u64 = 20;
const LONGEST: u64 = 800;

fn main() -> ExitCode {
    let trial = Trial::test(
        "what_a_console_answered_is_there_after_it_was_killed",
        what_a_console_answered_is_there_after_it_was_killed,
    );
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn what_a_console_answered_is_there_after_it_was_killed() -> Result<(), Failed> {
    let kills = setting("STOWAGE_KILLS").map_or(3, |kills| kills.div_ceil(SHARE));
    let runtime = Runtime::new()?;
    let binary = Path::new(env!("CARGO_BIN_EXE_stowage"));
    let console = runtime.block_on(Console::start_from(binary, None, None))?;
    let mut rounds = Rounds::new(runtime, console)?;
    let mut tally = Tally::new("kills of the console", kills);
    for number in 0..kills {
        let until = Dice::new().while_between(SHORTEST, LONGEST);
        let after = format!("kill {number}, after {until:?}");
        match rounds.one(number, until) {
            Ok(findings) => tally.add(&after, findings),
            // There is no console any more that could be killed.
            Err(error) => {
                let mut findings = Findings::default();
                findings.other(format!("{error:#}"));
                tally.add(&after, findings);
                return tally.end();
            }
        }
    }
    rounds.tell();
    // Otherwise nobody was disturbed.
    assert!(rounds.stored_files > 0, "nothing was ever stored");
    if is_soak() {
        assert!(rounds.continued > 0, "no upload was ever cut");
    }
    tally.end()
}
