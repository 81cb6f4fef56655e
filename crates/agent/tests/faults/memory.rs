//! Whether the memory of a server stays what it was.

use adversity::is_soak;
use libtest_mimic::Failed;

use crate::client::Server;

/// How much more a server may have at the end than after its first tenth of looks. Each of the threads that
/// block keeps what its allocator once got, and there are as many of them as requests ever ran at once; what
/// requests leave behind one by one would be much more after thousands of them.
const MOST_GROWTH_BYTES: u64 = 16 << 20;
/// How many looks a short trial has before growth means anything.
const WARM: usize = 3;

/// The memory of one server at several times.
#[derive(Default)]
pub(crate) struct Memory(Vec<u64>);

impl Memory {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Looks how much it is now.
    pub(crate) fn look(&mut self, server: &Server) {
        self.0.push(server.memory_bytes());
    }

    /// An error if it grew.
    pub(crate) fn end(self) -> Result<(), Failed> {
        let warm = WARM
            .max(self.0.len() / 10)
            .min(self.0.len().saturating_sub(1));
        let (Some(first), Some(last)) = (self.0.get(warm), self.0.last()) else {
            return Ok(());
        };
        if is_soak() {
            let most = self.0.iter().max().unwrap_or(last);
            eprintln!(
                "    memory: {} KiB when warm, {} KiB at the end, {} KiB at the most",
                first >> 10,
                last >> 10,
                most >> 10
            );
        }
        if *last > first + MOST_GROWTH_BYTES {
            return Err(format!("memory grew from {first} to {last} bytes").into());
        }
        Ok(())
    }
}
