//! Where a data volume stands.

use domain::Phase;
use leptos::prelude::*;

use crate::ui::{Badge, Glyph, Tone};

/// The phase, with what is not well as its reason.
#[component]
pub(crate) fn PhaseBadge(
    /// The phase.
    phase: Phase,
    /// The most important condition that is not met; empty if all is well.
    #[prop(optional, into)]
    message: String,
) -> impl IntoView {
    let (tone, glyph, is_filled) = match phase {
        Phase::Ready => (Tone::Good, Glyph::Circle, true),
        Phase::Creating | Phase::Deleting => (Tone::Busy, Glyph::CircleHalf, true),
        Phase::NotReady => (Tone::Bad, Glyph::Warning, false),
        Phase::Unknown => (Tone::Neutral, Glyph::Circle, false),
    };
    let word = match phase {
        Phase::Creating | Phase::Deleting => format!("{phase}…"),
        _ => phase.to_string(),
    };
    view! { <Badge tone glyph is_filled reason=message word/> }
}
