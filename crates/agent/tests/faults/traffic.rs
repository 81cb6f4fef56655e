//! Several people who send files at once, in all ways, until somebody says that it is enough.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::client::{Answer, Server};
use crate::errands::Errand;
use crate::ledger::Ledger;

const PEOPLE: u64 = 3;

/// Ends the traffic however the block ends that it belongs to.
struct Enough<'e>(&'e AtomicBool);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Does something while files arrive. Answers what came of it, and the refusals that people got meanwhile.
pub(crate) fn during<T>(
    server: &Server,
    ledger: &Ledger,
    act: impl FnOnce() -> T,
) -> (T, Vec<Answer>) {
    let is_enough = AtomicBool::new(false);
    let refusals = Mutex::new(Vec::new());
    let done = thread::scope(|scope| {
        for person in 1..=PEOPLE {
            let (is_enough, refusals) = (&is_enough, &refusals);
            scope.spawn(move || {
                let mut number = person * 1_000_000;
                while !is_enough.load(Ordering::SeqCst) {
                    let place = usize::try_from(number).unwrap_or(0) % Errand::ALL.len();
                    let Some(answer) = Errand::ALL[place].go(server, ledger, number) else {
                        return;
                    };
                    if answer.status >= 300 {
                        let mut refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
                        refusals.push(answer);
                    }
                    number += 1;
                }
            });
        }
        let _enough = Enough(&is_enough);
        act()
    });
    (
        done,
        refusals
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
    )
}
