//! An amount of bytes.

use domain::Bytes;
use leptos::prelude::*;

use crate::ui::count;

/// Three digits and a unit; every byte of it on hover.
#[component]
pub(crate) fn ByteSize(
    /// How much.
    bytes: Bytes,
) -> impl IntoView {
    let exact = format!("{} bytes", count(bytes.0));
    view! { <data class="byte-size" value=bytes.0.to_string() title=exact>{bytes.to_string()}</data> }
}
