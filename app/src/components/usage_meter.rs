//! How full a data volume is.

use domain::Bytes;
use leptos::prelude::*;

use super::byte_size::ByteSize;
use crate::ui::{Bar, Tone};

/// From here on it is to be known before more is stored.
const NEARLY_FULL: f64 = 0.9;

/// A bar and `used / size`; what nobody measured is a dash.
#[component]
pub(crate) fn UsageMeter(
    /// Bytes of all files, when last measured.
    used: Option<Bytes>,
    /// The capacity, where the storage knows one.
    capacity: Option<Bytes>,
) -> impl IntoView {
    let share = used
        .zip(capacity)
        .map(|(used, capacity)| share(used, capacity));
    let tone = if share.is_some_and(|share| share >= NEARLY_FULL) {
        Tone::Warn
    } else {
        Tone::Accent
    };
    let used = used.map_or_else(
        || "–".into_any(),
        |bytes| view! { <ByteSize bytes/> }.into_any(),
    );
    let capacity =
        capacity.map(|bytes| view! { <span class="usage__of">" / " <ByteSize bytes/></span> });
    view! {
        <span class="usage">
            {share.map(|share| view! { <Bar share tone/> })}
            <span class="usage__words">{used} {capacity}</span>
        </span>
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share is shown as a bar")]
fn share(used: Bytes, capacity: Bytes) -> f64 {
    if capacity.0 == 0 {
        0.0
    } else {
        used.0 as f64 / capacity.0 as f64
    }
}
