//! A disk that is plugged in and mounted: one file of a file system of ours (FUSE) under a loop device under a real
//! ext4. Needs root, on Linux.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tempfile::TempDir;

use crate::disk::Disk;
use crate::fuse;

/// Whether this process may mount.
pub fn may_mount() -> bool {
    rustix::process::geteuid().is_root()
}

/// An ext4 file system of `mebibytes`, in which there is an empty folder `volume`.
///
/// # Errors
/// There is no room for it, or no `mkfs.ext4` on this machine.
pub fn formatted(mebibytes: usize) -> io::Result<Vec<u8>> {
    let folder = TempDir::new()?;
    std::fs::create_dir_all(folder.path().join("root/volume"))?;
    let image = folder.path().join("image");
    File::create(&image)?.set_len((mebibytes as u64) << 20)?;
    run(Command::new("mkfs.ext4")
        .args(["-q", "-F", "-b", "4096", "-m", "0", "-J", "size=4"])
        .args(["-E", "lazy_itable_init=0,nodiscard", "-d"])
        .arg(folder.path().join("root"))
        .arg(&image))?;
    std::fs::read(image)
}

fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{command:?}: {said}")))
}

/// A disk that is plugged in and mounted; no more when this is dropped.
pub struct Drive {
    /// The disk itself.
    pub disk: Arc<Disk>,
    folder: TempDir,
}

impl Drive {
    /// Plugs in a disk with this on it, and mounts it.
    ///
    /// # Errors
    /// This machine does not let us mount, or what is on the disk is no file system.
    pub fn over(image: Vec<u8>) -> io::Result<Self> {
        let drive = Self {
            disk: Arc::new(Disk::new(image)),
            folder: TempDir::new()?,
        };
        File::create(drive.file())?;
        std::fs::create_dir(drive.mounted())?;
        let device = File::options().read(true).write(true).open("/dev/fuse")?;
        let options = format!(
            "fd={},rootmode=100600,user_id=0,group_id=0",
            device.as_raw_fd()
        );
        let options = std::ffi::CString::new(options)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        mount("disk", drive.file(), "fuse", flags, options.as_c_str())?;
        let disk = Arc::clone(&drive.disk);
        // It ends with the mount. No thread that uses the mount may be the one that serves it.
        thread::spawn(move || serve(&device, &disk));
        run(Command::new("mount")
            .args(["-t", "ext4", "-o", "loop,errors=remount-ro"])
            .arg(drive.file())
            .arg(drive.mounted()))?;
        Ok(drive)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Where it is mounted.
    pub fn mounted(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    /// The folder that is a volume.
    pub fn volume(&self) -> PathBuf {
        self.mounted().join("volume")
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        unplug(&self.mounted());
        // The loop device lets go of the file a moment after it is used by nobody.
        let _ = unmount(self.file(), UnmountFlags::DETACH);
    }
}

/// Unmounts; by force if a process that is being killed still holds it.
fn unplug(mounted: &Path) {
    let since = Instant::now();
    while let Err(rustix::io::Errno::BUSY) = unmount(mounted, UnmountFlags::empty()) {
        if since.elapsed() > Duration::from_secs(5) {
            let _ = unmount(mounted, UnmountFlags::DETACH);
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn serve(mut device: &File, disk: &Disk) {
    let mut request = vec![0; fuse::MOST_REQUEST_BYTES];
    loop {
        let count = match device.read(&mut request) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // A request that was taken back before it was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            // Unmounted.
            Err(_) => return,
        };
        if let Some(answer) = fuse::answer(disk, &request[..count]) {
            // Who asked may be gone.
            drop(device.write_all(&answer));
        }
    }
}
