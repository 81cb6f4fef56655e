//! A disk that loses its power, fails, fills up or is slow, as asked.
//!
//! What the kernel writes lies in the disk's cache until the kernel says flush, as in a real one. A power cut leaves
//! what was flushed, and of the rest any part.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::dice::Dice;

/// What a disk writes in one piece, whatever happens.
const SECTOR: usize = 512;
/// Before this lies the superblock of ext4, with one checksum over two sectors that is looked at before the journal:
/// torn, the file system is none, whoever used it.
const SUPERBLOCK_END: usize = 2 * 1024;

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
    /// In bytes a second.
    speed: Option<u64>,
    /// When it is done with what it was given to write.
    done_at: Instant,
}

/// A disk.
pub struct Disk(Mutex<Platter>);

impl Platter {
    /// How long it is busy with so many bytes more.
    fn writes_for(&mut self, bytes: usize) -> Duration {
        let Some(speed) = self.speed else {
            return Duration::ZERO;
        };
        let now = Instant::now();
        let takes = Duration::from_nanos(bytes as u64 * 1_000_000_000 / speed.max(1));
        self.done_at = self.done_at.max(now) + takes;
        self.done_at - now
    }
}

fn put(bytes: &mut [u8], offset: usize, new: &[u8]) {
    bytes[offset..offset + new.len()].copy_from_slice(new);
}

impl Disk {
    pub(crate) fn new(image: Vec<u8>) -> Self {
        Self(Mutex::new(Platter {
            flushed: image.clone(),
            live: image,
            cache: Vec::new(),
            flushes: 0,
            is_failing: false,
            speed: None,
            done_at: Instant::now(),
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
        let wait = platter.writes_for(bytes.len());
        drop(platter);
        thread::sleep(wait);
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

    /// From now on it writes so many bytes a second at the most.
    pub fn slow_down(&self, bytes_a_second: u64) {
        self.locked().speed = Some(bytes_a_second);
    }

    /// From now on nothing can be written any more.
    pub fn fail(&self) {
        self.locked().is_failing = true;
    }

    /// How often the kernel asked that the cache be written.
    pub fn flushes(&self) -> u64 {
        self.locked().flushes
    }

    /// What is left when the power goes now, what `look` saw in that moment, and how many writes were cut. Waits
    /// a moment for some to be in the cache: mostly it is empty.
    pub fn cut<T>(&self, dice: &mut Dice, look: impl FnOnce() -> T) -> (Vec<u8>, T, usize) {
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
            } else if write.offset >= SUPERBLOCK_END && dice.below(4) == 0 {
                // Torn: only its first sectors got there.
                let sectors = dice.below(write.bytes.len() / SECTOR + 1);
                put(&mut image, write.offset, &write.bytes[..sectors * SECTOR]);
            }
        }
        (image, seen, count)
    }

    /// What was flushed.
    pub fn flushed(&self) -> Vec<u8> {
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
