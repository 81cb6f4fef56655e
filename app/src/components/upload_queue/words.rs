//! The queue in words.

use domain::Bytes;
use uploader::{Condition, Overview, State};

use crate::ui::{Glyph, Tone, count};

/// `1 file`, `1 204 files`.
pub(crate) fn files(number: u64) -> String {
    if number == 1 {
        "1 file".to_owned()
    } else {
        format!("{} files", count(number))
    }
}

/// What the queue is doing, in a few words.
pub(super) fn headline(overview: &Overview) -> String {
    let of = || {
        format!(
            "{} of {}",
            count(u64::from(overview.stored_items)),
            files(u64::from(overview.items))
        )
    };
    match &overview.condition {
        Condition::Running => format!("Uploading {}", of()),
        Condition::Paused => format!("Paused at {}", of()),
        Condition::SignedOut => "You are signed out: uploads wait".to_owned(),
        Condition::Unreachable { said, .. } => {
            let what = said.as_deref().map(first_sentence);
            format!(
                "{}: uploads wait",
                what.unwrap_or("The console cannot be reached")
            )
        }
        Condition::NoRoom => "No room left: uploads wait".to_owned(),
        Condition::Undecided => format!("{} taken", names_are(overview.conflicts)),
        Condition::Finished => finished(overview),
    }
}

/// What is away, without what to do about it: that is done by itself.
fn first_sentence(text: &str) -> &str {
    let first = text.split_once(". ").map_or(text, |(first, _)| first);
    first.trim_end_matches('.')
}

fn names_are(number: u32) -> String {
    if number == 1 {
        "1 name is".to_owned()
    } else {
        format!("{} names are", count(u64::from(number)))
    }
}

fn finished(overview: &Overview) -> String {
    let mut said = Vec::new();
    for stored in &overview.stored {
        said.push(format!(
            "Stored {}, {} in {}",
            files(stored.files),
            Bytes(stored.bytes),
            stored.volume_name
        ));
    }
    if said.is_empty() && overview.failed == 0 {
        said.push(
            if overview.items == 0 {
                "Nothing left to upload"
            } else {
                "Everything was there already"
            }
            .to_owned(),
        );
    }
    if overview.failed > 0 {
        said.push(format!("{} failed", files(u64::from(overview.failed))));
    }
    said.join("; ")
}

/// Amount, rate and time left, each in its own words.
pub(super) fn amounts(overview: &Overview) -> Vec<String> {
    let mut said = Vec::new();
    if overview.condition == Condition::Finished {
        return said;
    }
    said.push(format!(
        "{} of {}",
        Bytes(overview.acknowledged_bytes),
        Bytes(overview.bytes)
    ));
    if overview.condition == Condition::Running {
        said.extend(
            overview
                .bytes_per_second
                .map(|rate| format!("{}/s", Bytes(rate))),
        );
        said.extend(
            overview
                .seconds_left()
                .map(|seconds| format!("{} left", duration(seconds))),
        );
    }
    if overview.failed > 0 {
        said.push(format!("{} failed", count(u64::from(overview.failed))));
    }
    said
}

/// `4 s`, `12 min`, `3 h 20 min`, `2 d`.
fn duration(seconds: u64) -> String {
    match seconds {
        0..90 => format!("{} s", seconds.max(1)),
        90..5_400 => format!("{} min", seconds.div_ceil(60)),
        5_400..172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// Which share of the bytes is stored, and which has left the browser.
#[expect(clippy::cast_precision_loss, reason = "the width of a bar")]
pub(super) fn shares(acknowledged_bytes: u64, in_flight_bytes: u64, bytes: u64) -> (f64, f64) {
    let whole = bytes.max(1) as f64;
    (
        acknowledged_bytes as f64 / whole,
        (acknowledged_bytes + in_flight_bytes) as f64 / whole,
    )
}

/// How an item stands, in words, with what they mean for the eye.
pub(super) fn state(state: &State, is_being_stored: bool, now_ms: u64) -> (String, Glyph, Tone) {
    match state {
        State::Waiting => ("Waiting".to_owned(), Glyph::Clock, Tone::Neutral),
        State::Sending if is_being_stored => {
            ("Making it last".to_owned(), Glyph::CircleHalf, Tone::Busy)
        }
        State::Sending => ("Sending".to_owned(), Glyph::ArrowUp, Tone::Busy),
        State::Paused => ("Paused".to_owned(), Glyph::Pause, Tone::Neutral),
        State::Interrupted { retry_at_ms } => {
            let seconds = retry_at_ms.saturating_sub(now_ms).div_ceil(1_000);
            (
                format!("Interrupted, tries again in {}", duration(seconds)),
                Glyph::Refresh,
                Tone::Warn,
            )
        }
        State::Conflict => ("This name is taken".to_owned(), Glyph::Warning, Tone::Warn),
        State::Done => ("Stored".to_owned(), Glyph::Check, Tone::Good),
        State::AlreadyThere => ("Was there already".to_owned(), Glyph::Check, Tone::Good),
        State::Failed(message) => (message.clone(), Glyph::Warning, Tone::Bad),
        State::Cancelled => ("Cancelled".to_owned(), Glyph::Minus, Tone::Neutral),
    }
}
