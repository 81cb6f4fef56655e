//! What becomes of the bytes.

use domain::{Persistence, PersistenceClass};
use leptos::prelude::*;

use crate::ui::{Badge, Glyph, Tone};

/// The class of persistence with its reason; a dash until the cluster told.
#[component]
pub(crate) fn PersistenceBadge(
    /// What the cluster told.
    persistence: Option<Persistence>,
) -> impl IntoView {
    let Some(Persistence { class, reason }) = persistence else {
        return view! { <span class="absent" title="The cluster has not told yet">"–"</span> }
            .into_any();
    };
    let (tone, glyph, is_filled) = match class {
        PersistenceClass::Durable => (Tone::Neutral, Glyph::Diamond, true),
        PersistenceClass::DeletedWithItsClaim => (Tone::Neutral, Glyph::Diamond, false),
        PersistenceClass::NodeLocal => (Tone::Warn, Glyph::NodeLocal, true),
        PersistenceClass::Ephemeral => (Tone::Bad, Glyph::Clock, false),
    };
    view! { <Badge tone glyph is_filled reason word=class.to_string()/> }.into_any()
}
