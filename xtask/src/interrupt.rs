//! What happens when somebody stops a command.
//!
//! The signal goes on to the children, and the command then ends the ordinary way, so that a database
//! that it started is stopped and its folder deleted. Nothing here calls `exit`.

use std::io::IsTerminal;
use std::process::Child;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static CHILDREN: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Whether a signal has asked this command to stop.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Starts passing signals on to the children.
pub(crate) fn watch() {
    let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else {
        return;
    };
    thread::spawn(move || {
        for number in signals.forever() {
            INTERRUPTED.store(true, Ordering::Relaxed);
            // A terminal sends Ctrl-C to the children itself, and a server takes the second one as "at once".
            if number == SIGINT && std::io::stdin().is_terminal() {
                continue;
            }
            let signal = match number {
                SIGHUP => Signal::HUP,
                SIGINT => Signal::INT,
                _ => Signal::TERM,
            };
            for pid in children().iter() {
                let _ = kill_process(*pid, signal);
            }
        }
    });
}

/// Signals reach `child` as long as the answer lives.
pub(crate) fn reaches(child: &Child) -> Reached {
    let pid = Pid::from_child(child);
    children().push(pid);
    Reached(pid)
}

/// A child that signals are passed on to.
pub(crate) struct Reached(Pid);

impl Reached {
    pub(crate) fn send(&self, signal: Signal) {
        let _ = kill_process(self.0, signal);
    }
}

impl Drop for Reached {
    fn drop(&mut self) {
        children().retain(|pid| *pid != self.0);
    }
}

fn children() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    CHILDREN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
