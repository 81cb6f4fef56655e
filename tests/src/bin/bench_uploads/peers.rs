//! The servers that Stowage is measured beside, as they come: started here, and nowhere else.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use tempfile::TempDir;

use crate::process::MemoryGroup;
use crate::{GROUP_BYTES, send::Way};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A server that takes files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Nginx,
    Tusd,
    TusServer,
    Copyparty,
    Miniserve,
    Dufs,
}

impl Peer {
    pub(crate) const ALL: [Self; 6] = [
        Self::Nginx,
        Self::Tusd,
        Self::TusServer,
        Self::Copyparty,
        Self::Miniserve,
        Self::Dufs,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx (DAV PUT)",
            Self::Tusd => "tusd",
            Self::TusServer => "@tus/server",
            Self::Copyparty => "copyparty",
            Self::Miniserve => "miniserve",
            Self::Dufs => "dufs",
        }
    }

    pub(crate) fn way(self) -> Way {
        match self {
            Self::Nginx | Self::Copyparty | Self::Dufs => Way::Put,
            Self::Tusd | Self::TusServer => Way::Tus,
            Self::Miniserve => Way::Form,
        }
    }

    /// The command that serves a folder, with its defaults as far as they let files in.
    pub(crate) fn command(self, folder: &Path, port: u16) -> Result<Command> {
        let programs = Programs::find()?;
        let port = port.to_string();
        let mut command = match self {
            Self::Nginx => {
                let mut command = Command::new(programs.0.join("nginx/usr/sbin/nginx"));
                command.arg("-c").arg(nginx_settings(folder, &port)?);
                command.arg("-p").arg(folder);
                return Ok(command);
            }
            Self::Tusd => Command::new(programs.0.join("bin/tusd")),
            Self::TusServer => Command::new("node"),
            Self::Copyparty => Command::new(programs.0.join("copyparty/bin/python")),
            Self::Miniserve => Command::new(programs.0.join("bin/miniserve")),
            Self::Dufs => Command::new(programs.0.join("bin/dufs")),
        };
        match self {
            Self::Nginx => {}
            Self::Tusd => {
                command.args([
                    "-host",
                    "127.0.0.1",
                    "-port",
                    &port,
                    "-base-path",
                    "/files/",
                ]);
                command.arg("-upload-dir").arg(folder);
            }
            Self::TusServer => {
                command.arg(programs.0.join("npm/tus-server.mjs"));
                command.arg(folder).arg(&port);
            }
            Self::Copyparty => {
                command.args(["-m", "copyparty", "-q", "-i", "127.0.0.1", "-p", &port]);
                command.arg("-v").arg(format!("{}::rw", folder.display()));
                // Its own settings and caches lie with the rest, and go with it.
                command.env("XDG_CONFIG_HOME", folder.join(".config"));
            }
            Self::Miniserve => {
                command.args(["--interfaces", "127.0.0.1", "--port", &port]);
                command.arg("--upload-files").arg("--").arg(folder);
            }
            Self::Dufs => {
                command.args(["--allow-all", "--bind", "127.0.0.1", "--port", &port]);
                command.arg(folder);
            }
        }
        Ok(command)
    }
}

/// Where `cargo xtask` installed them.
struct Programs(PathBuf);

impl Programs {
    fn find() -> Result<Self> {
        let folder = std::env::var_os("STOWAGE_PEERS");
        Ok(Self(
            folder
                .context("STOWAGE_PEERS has to name the folder of the other servers")?
                .into(),
        ))
    }
}

/// nginx takes its bodies into a folder beside the files, so that naming them is a rename.
fn nginx_settings(folder: &Path, port: &str) -> Result<PathBuf> {
    let own = folder.join(".nginx");
    fs::create_dir_all(&own)?;
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let (folder, own_folder) = (folder.display(), own.display());
    let text = format!(
        "{user} worker_processes auto; daemon off; pid {own_folder}/pid; error_log {own_folder}/errors;
         events {{ }}
         http {{
           access_log off;
           keepalive_requests 1000000;
           client_body_temp_path {own_folder}/bodies;
           proxy_temp_path {own_folder}/proxy; fastcgi_temp_path {own_folder}/fastcgi;
           uwsgi_temp_path {own_folder}/uwsgi; scgi_temp_path {own_folder}/scgi;
           server {{
             listen 127.0.0.1:{port};
             client_max_body_size 0;
             location / {{ root {folder}; dav_methods PUT; create_full_put_path on; }}
           }}
         }}"
    );
    let file = own.join("nginx.conf");
    fs::write(&file, text)?;
    Ok(file)
}

/// A peer on an empty folder of its own; ends when dropped.
pub(crate) struct Running {
    pub(crate) peer: Peer,
    pub(crate) port: u16,
    process: Child,
    folder: TempDir,
    _group: Option<MemoryGroup>,
}

impl Running {
    pub(crate) fn start(peer: Peer) -> Result<Self> {
        let folder = TempDir::new()?;
        let port = free_port()?;
        let group = MemoryGroup::new(&format!("{peer:?}"), GROUP_BYTES);
        let command = peer.command(folder.path(), port)?;
        let mut command = match &group {
            Some(group) => group.around(&command),
            None => command,
        };
        let log = fs::File::create(folder.path().with_extension("log"))?;
        command.stdout(log.try_clone()?).stderr(log);
        command.stdin(Stdio::null());
        let process = command
            .spawn()
            .with_context(|| format!("starting {}", peer.name()))?;
        let mut running = Self {
            peer,
            port,
            process,
            folder,
            _group: group,
        };
        wait_until_it_listens(port, &mut running.process).with_context(|| {
            let log = fs::read_to_string(running.log()).unwrap_or_default();
            format!("starting {}: {log}", peer.name())
        })?;
        Ok(running)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().with_extension("log")
    }
}

/// A port of this machine that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Waits until a process takes connections at a port.
pub(crate) fn wait_until_it_listens(port: u16, process: &mut Child) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        let ended = process.try_wait()?;
        ensure!(
            ended.is_none() && Instant::now() < deadline,
            "nobody listens on {port}"
        );
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

impl Drop for Running {
    fn drop(&mut self) {
        // TERM and not KILL: nginx's workers end with their master.
        if let Some(pid) = rustix::process::Pid::from_raw(self.process.id().cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline && matches!(self.process.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(self.log());
    }
}
