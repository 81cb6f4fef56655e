//! What a colour means. Never said by colour alone: a word or a shape stands beside it.

/// How something is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to say about it.
    #[default]
    Neutral,
    /// Chosen, or to be looked at first.
    Accent,
    /// As it should be.
    Good,
    /// To be known before going on.
    Warn,
    /// Wrong, or about to destroy something.
    Bad,
    /// Going on.
    Busy,
}

impl Tone {
    /// The class that gives an element its colours.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Neutral => "tone-neutral",
            Self::Accent => "tone-accent",
            Self::Good => "tone-good",
            Self::Warn => "tone-warn",
            Self::Bad => "tone-bad",
            Self::Busy => "tone-busy",
        }
    }
}
