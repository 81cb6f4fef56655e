//! Several people who send files at once, in all ways, until somebody says that it is enough.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::errands::{Ending, Errand, is_well};
use crate::ledger::Ledger;
use crate::requests::Door;

const PEOPLE: u64 = 3;

/// Ends the traffic however the block ends that it belongs to.
struct Enough<'e>(&'e AtomicBool);

impl Drop for Enough<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Which errand went amiss, and how it ended.
pub type Amiss = (Errand, u64, Ending);

/// Does something while files arrive. Answers what came of it, and the errands that went amiss meanwhile.
pub fn during<T>(server: &dyn Door, ledger: &Ledger, act: impl FnOnce() -> T) -> (T, Vec<Amiss>) {
    let is_enough = AtomicBool::new(false);
    let amiss = Mutex::new(Vec::new());
    let done = thread::scope(|scope| {
        for person in 1..=PEOPLE {
            let (is_enough, amiss) = (&is_enough, &amiss);
            scope.spawn(move || {
                let mut number = person * 1_000_000;
                while !is_enough.load(Ordering::SeqCst) {
                    let place = usize::try_from(number).unwrap_or(0) % Errand::ALL.len();
                    let errand = Errand::ALL[place];
                    let ending = errand.go(server, ledger, number);
                    let is_answered = ending.is_some();
                    if !ending.as_ref().is_some_and(is_well) {
                        let mut amiss = amiss.lock().unwrap_or_else(PoisonError::into_inner);
                        amiss.push((errand, number, ending));
                    }
                    if !is_answered {
                        return;
                    }
                    number += 1;
                }
            });
        }
        let _enough = Enough(&is_enough);
        act()
    });
    let amiss = amiss.into_inner();
    (done, amiss.unwrap_or_else(PoisonError::into_inner))
}
