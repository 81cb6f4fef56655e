//! Which claims a client asked for. Scopes that the provider does not know are left out, as OAuth says, not refused.

/// All that can be asked for.
pub(crate) const SCOPES: [&str; 5] = ["openid", "profile", "email", "groups", "offline_access"];

/// A set of [`SCOPES`], in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<&'static str>);

impl Scopes {
    pub(crate) fn read(text: &str) -> Self {
        Self(
            SCOPES
                .into_iter()
                .filter(|scope| text.split(' ').any(|asked| asked == *scope))
                .collect(),
        )
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.0.contains(&scope)
    }

    /// Those of `text`, unless it asks for one that is not in this set.
    pub(crate) fn narrowed(&self, text: &str) -> Option<Self> {
        text.split(' ')
            .all(|asked| self.has(asked))
            .then(|| Self::read(text))
    }

    pub(crate) fn text(&self) -> String {
        self.0.join(" ")
    }
}
