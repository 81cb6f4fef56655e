//! The bar at the bottom of a terminal; nothing where there is no terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const SHAPE: &str = "{bar:24} {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  {eta} left  {wide_msg}";

pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn begin(is_quiet: bool) -> Self {
        let bar = if is_quiet {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(0)
        };
        if let Ok(style) = ProgressStyle::with_template(SHAPE) {
            bar.set_style(style.progress_chars("━━ "));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(super) fn show(&self, done_bytes: u64, all_bytes: u64, message: String) {
        self.0.set_length(all_bytes);
        self.0.set_position(done_bytes);
        self.0.set_message(message);
    }

    pub(super) fn add(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Without counting it into the rate.
    pub(super) fn skip(&self, bytes: u64) {
        self.0.inc(bytes);
        self.0.reset_eta();
    }

    pub(super) fn say(&self, message: String) {
        self.0.set_message(message);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
