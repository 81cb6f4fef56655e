//! The namespaces that a node and its control plane live in, so that they change nothing of this machine.
//!
//! Network, mounts and processes are their own: addresses exist in there only, folders that the kubelet
//! and containerd insist on are lent from the temporary folder, and whatever still runs in there, pods
//! included, dies with the first process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::interrupt::{self, Reached};
use crate::process;

/// The node's address, from the range that is set aside for tests of networks.
pub(super) const NODE_ADDRESS: &str = "198.18.0.1";

const START_LIMIT: Duration = Duration::from_secs(10);

/// What the kubelet would set on the whole machine. It finds the values that it wants in files laid over these.
const KERNEL_SETTINGS: [(&str, &str); 6] = [
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/keys/root_maxbytes", "25000000"),
];

pub(super) struct Namespaces {
    /// `unshare`, which takes the first process with it.
    holder: Child,
    /// The first process in there, as this machine numbers it.
    first: u32,
    _reached: Reached,
}

/// An error that says why there can be no node here.
pub(crate) fn are_possible() -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "a node needs rights that only root has"
    );
    let mut attempt = Command::new("unshare");
    attempt.args(["--net", "--mount", "--pid", "--ipc", "--uts"]);
    attempt.args(["--fork", "--mount-proc", "true"]);
    ensure!(
        process::succeeds(&mut attempt),
        "this machine makes no namespaces"
    );
    Ok(())
}

impl Namespaces {
    /// Makes them; `folder` lends them what they write to.
    pub(super) fn make(folder: &Path) -> Result<Self> {
        are_possible()?;
        let mut unshare = Command::new("unshare");
        unshare
            .args(["--net", "--mount", "--pid", "--ipc", "--uts"])
            .args(["--fork", "--kill-child", "--mount-proc"])
            .args(["sleep", "infinity"])
            .stdin(Stdio::null());
        let mut holder = process::spawn(&mut unshare)?;
        let reached = interrupt::reaches(&holder);
        let first = first_process(&mut holder)?;
        let namespaces = Self {
            holder,
            first,
            _reached: reached,
        };
        namespaces.furnish(folder)?;
        Ok(namespaces)
    }

    /// A call of a program in there.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--target", &self.first.to_string()])
            .args(["--net", "--mount", "--pid", "--ipc", "--uts", "--"])
            .arg(program);
        command
    }

    /// The beginning of a command line that runs in the network, and with the files of this machine.
    pub(super) fn entrance(&self) -> String {
        format!("nsenter --target {} --net --", self.first)
    }

    /// To enter the network alone.
    pub(super) fn network(&self) -> Result<File> {
        Ok(File::open(format!("/proc/{}/ns/net", self.first))?)
    }

    fn furnish(&self, folder: &Path) -> Result<()> {
        self.run("mount", &["--make-rprivate", "/"])?;
        for lent in ["/var/lib", "/var/log", super::provisioned::FOLDER] {
            let own = own_folder(folder, lent);
            fs::create_dir_all(&own)?;
            self.run("mkdir", &["-p", lent])?;
            self.run("mount", &["--bind", text(&own)?, lent])?;
        }
        self.run("mount", &["-t", "tmpfs", "tmpfs", "/run"])?;
        let settings = folder.join("kernel-settings");
        for (name, value) in KERNEL_SETTINGS {
            let own = settings.join(name);
            fs::create_dir_all(own.parent().context("no folder")?)?;
            fs::write(&own, value)?;
            let shown = Path::new("/proc/sys").join(name);
            self.run("mount", &["--bind", text(&own)?, text(&shown)?])?;
        }
        // Mounts of pods must be seen by the kubelet and by containers alike.
        self.run("mount", &["--make-rshared", "/"])?;
        self.run("ip", &["link", "set", "lo", "up"])?;
        self.run(
            "ip",
            &["address", "add", &format!("{NODE_ADDRESS}/32"), "dev", "lo"],
        )
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        process::run(self.command(Path::new(program)).args(arguments))
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Waits until the namespaces are made, which is before their first process becomes `sleep`.
fn first_process(holder: &mut Child) -> Result<u32> {
    let pid = holder.id();
    let children = PathBuf::from(format!("/proc/{pid}/task/{pid}/children"));
    let deadline = Instant::now() + START_LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = holder.try_wait()? {
            bail!("this machine makes no namespaces (`unshare`: {status})");
        }
        let first = fs::read_to_string(&children)
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse().ok());
        if let Some(first) = first
            && fs::read_to_string(format!("/proc/{first}/comm"))
                .is_ok_and(|name| name.trim() == "sleep")
        {
            return Ok(first);
        }
        thread::sleep(Duration::from_millis(10));
    }
    bail!("the namespaces of the node were not made in time")
}

/// What is seen in there at a path of the machine.
pub(super) fn own_folder(folder: &Path, lent: &str) -> PathBuf {
    folder.join("lent").join(lent.trim_start_matches('/'))
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))
}
