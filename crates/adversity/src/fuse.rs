//! As much of the kernel's FUSE protocol as one file needs, which is the file system's root itself.
//!
//! The messages are those of `linux/fuse.h`, version 7.31. Nothing is kept back: a write is answered when it is
//! in the disk's cache, `FSYNC` when that was written out.

use rustix::io::Errno;

use crate::disk::Disk;

/// The most bytes of one write.
const MOST_WRITTEN: u32 = 128 << 10;
/// The most bytes of one request.
pub(crate) const MOST_REQUEST_BYTES: usize = (MOST_WRITTEN as usize) + (8 << 10);

const IN_HEADER: usize = 40;
const WRITE_HEADER: usize = 40;

const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const SETATTR: u32 = 4;
const OPEN: u32 = 14;
const READ: u32 = 15;
const WRITE: u32 = 16;
const STATFS: u32 = 17;
const RELEASE: u32 = 18;
const FSYNC: u32 = 20;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const INTERRUPT: u32 = 36;
const DESTROY: u32 = 38;
const BATCH_FORGET: u32 = 42;

/// Writes may be larger than a page.
const BIG_WRITES: u32 = 1 << 5;
/// A regular file, for its owner.
const MODE: u32 = 0o100_600;
/// How long the kernel may believe what it was told of the file, in seconds.
const BELIEVED_FOR: u64 = 3_600;

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_ne_bytes(number)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_ne_bytes(number)
}

fn place(bytes: &[u8], at: usize) -> usize {
    usize::try_from(u64_at(bytes, at)).unwrap_or(usize::MAX)
}

/// A message that is being put together.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn u16(mut self, number: u16) -> Self {
        self.0.extend(number.to_ne_bytes());
        self
    }

    fn u32(mut self, number: u32) -> Self {
        self.0.extend(number.to_ne_bytes());
        self
    }

    fn u64(mut self, number: u64) -> Self {
        self.0.extend(number.to_ne_bytes());
        self
    }

    fn zeros(mut self, count: usize) -> Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }
}

/// The answer to a request; `None` where the kernel waits for none.
pub(crate) fn answer(disk: &Disk, request: &[u8]) -> Option<Vec<u8>> {
    let operation = u32_at(request, 4);
    let body = &request[IN_HEADER..];
    let result = match operation {
        FORGET | BATCH_FORGET | INTERRUPT => return None,
        INIT => Ok(init()),
        GETATTR | SETATTR => Ok(attributes(disk)),
        OPEN => Ok(Message::default().zeros(16)),
        READ => {
            let count = u32_at(body, 16) as usize;
            Ok(Message(disk.read(place(body, 8), count)))
        }
        WRITE => {
            let count = u32_at(body, 16);
            let bytes = &body[WRITE_HEADER..WRITE_HEADER + count as usize];
            done(disk.write(place(body, 8), bytes)).map(|done| done.u32(count).u32(0))
        }
        FSYNC => done(disk.flush()),
        STATFS => Ok(Message::default().zeros(80)),
        RELEASE | FLUSH | DESTROY => Ok(Message::default()),
        _ => Err(Errno::NOSYS),
    };
    let (error, body) = match result {
        Ok(message) => (0, message.0),
        Err(errno) => (-errno.raw_os_error(), Vec::new()),
    };
    let mut answer = Vec::with_capacity(16 + body.len());
    answer.extend(u32::try_from(16 + body.len()).ok()?.to_ne_bytes());
    answer.extend(error.to_ne_bytes());
    answer.extend(u64_at(request, 8).to_ne_bytes());
    answer.extend(body);
    Some(answer)
}

fn done(is_done: bool) -> Result<Message, Errno> {
    is_done.then(Message::default).ok_or(Errno::IO)
}

fn init() -> Message {
    let message = Message::default().u32(7).u32(31).u32(MOST_WRITTEN);
    let message = message.u32(BIG_WRITES).u16(16).u16(12).u32(MOST_WRITTEN);
    // A nanosecond is the finest step of its times; the rest is not used.
    message.u32(1).zeros(36)
}

fn attributes(disk: &Disk) -> Message {
    let size = disk.size() as u64;
    let message = Message::default().u64(BELIEVED_FOR).zeros(8);
    let message = message.u64(1).u64(size).u64(size / 512).zeros(36);
    // Mode, links, owner, group, device, block size, flags.
    message.u32(MODE).u32(1).zeros(12).u32(4_096).zeros(4)
}
