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

/// For so many kills of the data agent a soak has one of the console, which takes longer to start.
const SHARE: u64 = 10;
/// How long the console lives while files arrive, in milliseconds.
const SHORTEST: u64 = 20;
const LONGEST: u64 = 800;
/// How long it takes to start, about, in milliseconds.
const START: u64 = 500;
/// One of so many starts is killed too.
const STARTS: usize = 3;

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
        let mut dice = Dice::new();
        let until = dice.while_between(SHORTEST, LONGEST);
        let again = (dice.below(STARTS) == 0).then(|| dice.while_between(1, START));
        let start = again.map_or(String::new(), |again| format!(" and {again:?} of a start"));
        let after = format!("kill {number}, after {until:?}{start}");
        match rounds.one(number, until, again) {
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
    tally.end()?;
    // Otherwise nobody was disturbed.
    assert!(rounds.stored_files > 0, "nothing was ever stored");
    if is_soak() {
        assert!(rounds.continued > 0, "no upload was ever cut");
    }
    Ok(())
}
