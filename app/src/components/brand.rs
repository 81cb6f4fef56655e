//! The mark and the name.

use leptos::prelude::*;

use crate::ui::{Glyph, Icon};

/// The mark and the name of the console.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! {
        <span class="brand">
            <span class="brand__mark"><Icon glyph=Glyph::DataVolume/></span>
            <span class="brand__name">"Stowage"</span>
        </span>
    }
}
