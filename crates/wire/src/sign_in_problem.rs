//! Why a sign-in did not work. The sign-in page gets one of these codes in its address, never text: whoever
//! makes somebody open that page could otherwise put words into the console's mouth.

/// What stopped a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInProblem {
    /// The configuration names no such identity provider.
    UnknownProvider,
    /// The identity provider cannot be reached or is not well.
    ProviderAway,
    /// The answer belongs to no sign-in that this browser began, or to one that was answered before.
    State,
    /// The sign-in took longer than its time limit.
    Expired,
    /// The person, or the identity provider, said no.
    Denied,
    /// The identity provider answered with another error.
    Refused,
    /// The ID token was made for another sign-in.
    Nonce,
    /// The ID token is not valid now: the clocks differ.
    Clock,
    /// The ID token, or the answer that carries it, is not to be trusted.
    Token,
    /// The person has more groups than Microsoft Entra puts into a token.
    GroupsOverage,
    /// The groups claim is not a list of names, or is out of bounds.
    Groups,
    /// The console itself failed.
    Console,
}

impl SignInProblem {
    /// Every problem.
    pub const ALL: [Self; 12] = [
        Self::UnknownProvider,
        Self::ProviderAway,
        Self::State,
        Self::Expired,
        Self::Denied,
        Self::Refused,
        Self::Nonce,
        Self::Clock,
        Self::Token,
        Self::GroupsOverage,
        Self::Groups,
        Self::Console,
    ];

    /// The word in the address: `/sign-in?problem=…`.
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownProvider => "unknown-provider",
            Self::ProviderAway => "provider-away",
            Self::State => "state",
            Self::Expired => "expired",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Nonce => "nonce",
            Self::Clock => "clock",
            Self::Token => "token",
            Self::GroupsOverage => "groups-overage",
            Self::Groups => "groups",
            Self::Console => "console",
        }
    }

    /// The problem with that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.code() == code)
    }

    /// What to tell the person for a code from the address: `None` for a word that is none of ours.
    pub fn message(code: &str) -> Option<&'static str> {
        Self::from_code(code).map(Self::as_words)
    }

    /// What happened and what to do.
    pub fn as_words(self) -> &'static str {
        match self {
            Self::UnknownProvider => {
                "There is no such identity provider here. Choose one of those on this page."
            }
            Self::ProviderAway => {
                "The identity provider cannot be reached at the moment. Try again in a minute. If it stays like \
                 this, an administrator checks that the provider runs and that the console can reach its address; \
                 the console's log says what it got."
            }
            Self::State => {
                "This sign-in was not begun in this browser, or was used before. Sign in again from this page."
            }
            Self::Expired => "The sign-in took longer than ten minutes. Sign in again.",
            Self::Denied => {
                "The identity provider did not let you through, or you cancelled. Sign in again; if it refuses \
                 again, ask whoever runs the identity provider to give you access to this console."
            }
            Self::Refused => {
                "The identity provider refused the request. Try again. If it stays like this, an administrator \
                 compares the client id, the redirect address and the scopes with what the provider has; the \
                 console's log has the provider's words."
            }
            Self::Nonce => {
                "The identity provider's answer belongs to another sign-in, so it was not accepted. Sign in again."
            }
            Self::Clock => {
                "The identity provider's answer is not valid at this time, so it was not accepted. Sign in again. \
                 If it stays like this, an administrator sets the clocks of the console and the provider right."
            }
            Self::Token => {
                "The identity provider's answer could not be verified, so it was not accepted. Sign in again. If \
                 it stays like this, an administrator compares the issuer, the client id and the client secret \
                 with what the provider has; the console's log says what is wrong."
            }
            Self::GroupsOverage => {
                "You are in more groups than the identity provider sends in one answer, so the console cannot \
                 know what you may do. An administrator lets the provider send only the groups assigned to this \
                 application, then you sign in again."
            }
            Self::Groups => {
                "The identity provider sent groups that the console cannot read, so it cannot know what you may \
                 do. An administrator sets the provider's groups claim to a list of at most 500 names of at most \
                 256 characters, then you sign in again."
            }
            Self::Console => {
                "The console could not finish the sign-in. Try again in a minute. If it stays like this, an \
                 administrator finds the reason in the console's log."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_its_problem() {
        for problem in SignInProblem::ALL {
            assert_eq!(SignInProblem::from_code(problem.code()), Some(problem));
            assert_eq!(
                SignInProblem::message(problem.code()),
                Some(problem.as_words())
            );
        }
    }

    #[test]
    fn foreign_text_gets_no_message() {
        assert_eq!(
            SignInProblem::message("Your account is locked, call 555"),
            None
        );
    }
}
