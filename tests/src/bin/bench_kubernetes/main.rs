//! The console on a real Kubernetes: `cargo xtask bench kubernetes`.
//!
//! Beside `kubectl` where it does the same, in the same run on the same API server. One part at a time, since each gets a
//! cluster of its own; numbers behind its name say how much: `sharing` projects, `watching` claims and idle minutes,
//! `uploads` MiB and rounds, `first-byte` claims.

mod first_byte;
mod place;
mod sharing;
mod uploads;
mod watching;

use anyhow::Result;
use tests::selection::selected;

use crate::place::Place;

const PARTS: &[&str] = &["sharing", "watching", "uploads", "first-byte"];

#[tokio::main]
async fn main() -> Result<()> {
    let selection = selected(&[PARTS])?;
    let place = Place::new().await?;
    if selection.has("sharing", PARTS) {
        sharing::measure(&place, selection.number(0, 1_000)).await?;
    }
    if selection.has("watching", PARTS) {
        watching::measure(&place, selection.number(0, 10_000), selection.number(1, 10)).await?;
    }
    if selection.has("uploads", PARTS) {
        uploads::measure(&place, selection.number(0, 1_024), selection.number(1, 3)).await?;
    }
    if selection.has("first-byte", PARTS) {
        first_byte::measure(&place, selection.number(0, 7)).await?;
    }
    Ok(())
}
