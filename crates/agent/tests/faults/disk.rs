//! A disk that can lose its power: one file of a file system of ours (FUSE) under a loop device under ext4.
//!
//! What the kernel writes lies in the disk's cache until the kernel says flush, as in a real one. A power cut
//! leaves what was flushed, and of the rest any part. The disk can also begin to fail. Needs root.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use tempfile::TempDir;

use crate::dice::Dice;
use crate::fuse;

/// What a disk writes in one piece, whatever happens.
const SECTOR: usize = 512;

/// How long the power waits for writes that it can cut.
const LONGEST_WAIT: Duration = Duration::from_millis(200);

struct Write {
    offset: usize,
    bytes: Vec<u8>,
}

/// What is on the disk, and what is still in its cache.
struct Platter {
    /// As the kernel sees it.
    live: Vec<u8>,
    flushed: Vec<u8>,
    cache: Vec<Write>,
    flushes: u64,
    is_failing: bool,
}

/// The disk.
pub(crate) struct Disk(Mutex<Platter>);

fn put(bytes: &mut [u8], offset: usize, new: &[u8]) {
    bytes[offset..offset + new.len()].copy_from_slice(new);
}

impl Disk {
    fn new(image: Vec<u8>) -> Self {
        Self(Mutex::new(Platter {
            flushed: image.clone(),
            live: image,
            cache: Vec::new(),
            flushes: 0,
            is_failing: false,
        }))
    }

    fn locked(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn size(&self) -> usize {
        self.locked().live.len()
    }

    pub(crate) fn read(&self, offset: usize, count: usize) -> Vec<u8> {
        let platter = self.locked();
        let end = (offset + count).min(platter.live.len());
        platter.live[offset.min(end)..end].to_vec()
    }

    /// `false` is an I/O error.
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) -> bool {
        let mut platter = self.locked();
        if platter.is_failing || offset + bytes.len() > platter.live.len() {
            return false;
        }
        put(&mut platter.live, offset, bytes);
        platter.cache.push(Write {
            offset,
            bytes: bytes.to_vec(),
        });
        true
    }

    /// `false` is an I/O error.
    pub(crate) fn flush(&self) -> bool {
        let mut platter = self.locked();
        if platter.is_failing {
            return false;
        }
        let platter = &mut *platter;
        for write in platter.cache.drain(..) {
            put(&mut platter.flushed, write.offset, &write.bytes);
        }
        platter.flushes += 1;
        true
    }

    /// From now on nothing can be written any more.
    pub(crate) fn fail(&self) {
        self.locked().is_failing = true;
    }

    /// How often the kernel asked that the cache be written.
    pub(crate) fn flushes(&self) -> u64 {
        self.locked().flushes
    }

    /// What is left when the power goes now, what `look` saw in that moment, and how many writes were cut. Waits
    /// a moment for some to be in the cache: mostly it is empty.
    pub(crate) fn cut<T>(&self, dice: &mut Dice, look: impl FnOnce() -> T) -> (Vec<u8>, T, usize) {
        let (wanted, since) = (dice.below(6), Instant::now());
        let platter = loop {
            let platter = self.locked();
            if platter.cache.len() >= wanted || since.elapsed() > LONGEST_WAIT {
                break platter;
            }
            drop(platter);
            thread::yield_now();
        };
        let seen = look();
        let mut image = platter.flushed.clone();
        let count = platter.cache.len();
        let left = Left::any(count, dice);
        for (number, write) in platter.cache.iter().enumerate() {
            if left.has(number, dice) {
                put(&mut image, write.offset, &write.bytes);
            } else if dice.below(4) == 0 {
                // Torn: only its first sectors got there.
                let sectors = dice.below(write.bytes.len() / SECTOR + 1);
                put(&mut image, write.offset, &write.bytes[..sectors * SECTOR]);
            }
        }
        (image, seen, count)
    }

    /// What was flushed.
    pub(crate) fn flushed(&self) -> Vec<u8> {
        self.locked().flushed.clone()
    }
}

/// Which of the writes in the cache get onto the disk when the power goes.
enum Left {
    Nothing,
    /// The first ones.
    Beginning(usize),
    /// Each with this chance in eight.
    Some(usize),
}

impl Left {
    fn any(count: usize, dice: &mut Dice) -> Self {
        match dice.below(4) {
            0 => Self::Nothing,
            1 => Self::Beginning(dice.below(count + 1)),
            2 => Self::Some(4),
            _ => Self::Some(7),
        }
    }

    fn has(&self, number: usize, dice: &mut Dice) -> bool {
        match self {
            Self::Nothing => false,
            Self::Beginning(until) => number < *until,
            Self::Some(chance) => dice.below(8) < *chance,
        }
    }
}

/// An ext4 file system of `mebibytes`, in which there is an empty folder `volume`.
pub(crate) fn formatted(mebibytes: usize) -> io::Result<Vec<u8>> {
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
pub(crate) struct Drive {
    pub(crate) disk: Arc<Disk>,
    folder: TempDir,
}

impl Drive {
    /// Plugs in a disk with this on it, and mounts it.
    ///
    /// # Errors
    /// This machine does not let us mount, or what is on the disk is no file system.
    pub(crate) fn over(image: Vec<u8>) -> io::Result<Self> {
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
    pub(crate) fn mounted(&self) -> PathBuf {
        self.folder.path().join("mounted")
    }

    /// The folder that is a volume.
    pub(crate) fn volume(&self) -> PathBuf {
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
