//! A server whose system calls are watched, and that is hit at one of them: killed right before it, or told that
//! it failed.
//!
//! Only calls count that change something beneath the volume, or make a change durable. To be killed before each
//! of them is to be killed between any two. The watcher is a process of its own, because a thread that traces has
//! to wait for what it traces.

use std::collections::HashMap;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    Kill,
    /// It fails with this error, and nothing of it is done.
    Fail(i32),
}

impl Hit {
    /// As an argument of the watcher.
    pub(crate) fn code(self) -> String {
        match self {
            Self::Kill => "0".to_owned(),
            Self::Fail(errno) => errno.to_string(),
        }
    }

    fn of(code: &str) -> Self {
        match code.parse().expect("an error's number") {
            0 => Self::Kill,
            errno => Self::Fail(errno),
        }
    }
}

/// Lets its starter watch this process from here on.
pub(crate) fn be_watched() {
    ptrace::traceme().expect("a starter that watches");
    raise(Signal::SIGSTOP).expect("to be able to stop");
}

/// Starts a server and hits it at the call number `at`, counted from 1. Writes down in `report` which call
/// that was.
pub(crate) fn watch(folder: &Path, at: u64, code: &str, report: &Path) {
    let this = std::env::current_exe().expect("this program");
    let mut process = Command::new(this)
        .arg("watched")
        .arg(folder)
        .spawn()
        .expect("a server");
    let id = i32::try_from(process.id()).expect("a process id");
    let mut watcher = Watcher {
        server: Pid::from_raw(id),
        folder: folder.canonicalize().expect("a folder"),
        report: report.to_owned(),
        at,
        hit: Hit::of(code),
        count: 0,
        within: HashMap::new(),
    };
    watcher.watch();
    // It is over, and was told to the watcher already.
    drop(process.wait());
}

struct Watcher {
    server: Pid,
    folder: PathBuf,
    report: PathBuf,
    at: u64,
    hit: Hit,
    /// Calls so far.
    count: u64,
    /// Threads that are in a call, and the error that it is to come back with.
    within: HashMap<Pid, Option<i32>>,
}

impl Watcher {
    fn watch(&mut self) {
        waitpid(self.server, None).expect("a server that stops at its beginning");
        let options = Options::PTRACE_O_EXITKILL
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACESYSGOOD;
        ptrace::setoptions(self.server, options).expect("to watch all of its threads");
        go_on(self.server, None);
        loop {
            match waitpid(None, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::PtraceSyscall(thread)) => {
                    self.at_a_call(thread);
                    go_on(thread, None);
                }
                // A new thread begins with a stop.
                Ok(
                    WaitStatus::Stopped(thread, Signal::SIGSTOP)
                    | WaitStatus::PtraceEvent(thread, _, _),
                ) => go_on(thread, None),
                Ok(WaitStatus::Stopped(thread, signal)) => go_on(thread, Some(signal)),
                Ok(WaitStatus::Exited(thread, _) | WaitStatus::Signaled(thread, _, _)) => {
                    self.within.remove(&thread);
                    if thread == self.server {
                        return;
                    }
                }
                Ok(_) => {}
                // Nobody is left.
                Err(_) => return,
            }
        }
    }

    fn at_a_call(&mut self, thread: Pid) {
        // A thread that is being killed has no registers any more.
        let Ok(mut registers) = ptrace::getregs(thread) else {
            return;
        };
        if let Some(error) = self.within.remove(&thread) {
            if let Some(error) = error {
                registers.rax = i64::from(-error).cast_unsigned();
                let _ = ptrace::setregs(thread, registers);
            }
            return;
        }
        let mut error = None;
        if let Some(name) = self.name_of(thread, &registers) {
            self.count += 1;
            if self.count == self.at {
                std::fs::write(&self.report, &name).expect("a report");
                match self.hit {
                    Hit::Kill => {
                        let _ = kill(self.server, Signal::SIGKILL);
                    }
                    Hit::Fail(errno) => {
                        // There is no such call, so nothing is done.
                        registers.orig_rax = u64::MAX;
                        let _ = ptrace::setregs(thread, registers);
                        error = Some(errno);
                    }
                }
            }
        }
        self.within.insert(thread, error);
    }

    /// What a call does to the volume: its name and what it is about; `None` if it does nothing.
    fn name_of(&self, thread: Pid, registers: &libc::user_regs_struct) -> Option<String> {
        let (first, third) = (registers.rdi, registers.rdx);
        let call = i64::try_from(registers.orig_rax).ok()?;
        let (name, file) = match call {
            libc::SYS_write => ("write", first),
            libc::SYS_pwrite64 => ("pwrite", first),
            libc::SYS_pwritev | libc::SYS_pwritev2 => ("pwritev", first),
            libc::SYS_fsync => ("fsync", first),
            libc::SYS_fdatasync => ("fdatasync", first),
            libc::SYS_syncfs => ("syncfs", first),
            libc::SYS_ftruncate => ("ftruncate", first),
            libc::SYS_fallocate => ("fallocate", first),
            libc::SYS_copy_file_range => ("copy_file_range", third),
            libc::SYS_ioctl => ("ioctl", first),
            libc::SYS_utimensat => ("utimensat", first),
            libc::SYS_mkdirat => ("mkdirat", first),
            libc::SYS_unlinkat => ("unlinkat", first),
            libc::SYS_fchownat => ("fchownat", first),
            libc::SYS_linkat => ("linkat", third),
            libc::SYS_renameat | libc::SYS_renameat2 => ("renameat", third),
            libc::SYS_openat2 if creates(thread, third) => ("openat2", first),
            _ => return None,
        };
        let path = std::fs::read_link(format!("/proc/{thread}/fd/{file}")).ok()?;
        let path = path.strip_prefix(&self.folder).ok()?;
        Some(format!("{name} {}", kind_of(path)))
    }
}

/// Whether the `open_how` at this address makes a file.
fn creates(thread: Pid, address: u64) -> bool {
    let mut flags = [0; 8];
    let memory = std::fs::File::open(format!("/proc/{thread}/mem"));
    let read = memory.and_then(|memory| memory.read_exact_at(&mut flags, address));
    let made = u64::try_from(libc::O_CREAT).unwrap_or(0);
    read.is_ok() && u64::from_ne_bytes(flags) & made != 0
}

/// What a path in a volume is.
fn kind_of(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|ending| ending.to_str());
    match (path.strip_prefix(".stowage"), ending) {
        (Ok(_), Some("part")) => "staged file",
        (Ok(_), Some("journal")) => "journal",
        (Ok(_), Some("extents")) => "extents",
        (Ok(own), _) if own == Path::new("manifest") => "manifest",
        (Ok(own), _) if own == Path::new("uploads") => "staging folder",
        (Ok(_), _) => "own folder",
        (Err(_), _) if path == Path::new("") => "volume",
        (Err(_), _) => "folder",
    }
}

fn go_on(thread: Pid, signal: Option<Signal>) {
    // It may have been killed meanwhile.
    let _ = ptrace::syscall(thread, signal);
}
