//! All that the provider remembers: who is signed in where, which codes and tokens are out. Every change is one function
//! under one lock, so that "only once" holds when two requests come together. Tokens mean nothing without their grant:
//! taking a grant away takes all of its tokens.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::config::Person;
use crate::expiring::Expiring;
use crate::scopes::Scopes;

const PAGE_LIVES: SignedDuration = SignedDuration::from_mins(10);
pub(crate) const SESSION_LIVES: SignedDuration = SignedDuration::from_hours(8);
const CODE_LIVES: SignedDuration = SignedDuration::from_secs(60);
const GRANT_LIVES: SignedDuration = SignedDuration::from_hours(12);
pub(crate) const ACCESS_TOKEN_LIVES: SignedDuration = SignedDuration::from_mins(5);

/// What a client asked for when it sent somebody here; all of it checked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Scopes,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: String,
}

/// Somebody signed in, in one browser.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Told to clients; unlike the cookie it opens nothing.
    pub(crate) sid: String,
    pub(crate) person_id: String,
    pub(crate) signed_in_at: Timestamp,
}

/// What one exchanged code gave a client.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) person_id: String,
    pub(crate) sid: String,
    pub(crate) scopes: Scopes,
    pub(crate) signed_in_at: Timestamp,
}

/// New tokens, and what has to be signed beside them.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) grant: Grant,
    pub(crate) person: Person,
    pub(crate) nonce: Option<String>,
}

/// Why there are no tokens.
#[derive(Debug)]
pub(crate) enum Refused {
    Grant(&'static str),
    Scope,
}

#[derive(Debug)]
struct Page<T> {
    browser: String,
    about: T,
}

#[derive(Debug)]
struct Code {
    asked: Asked,
    session: Session,
}

#[derive(Debug)]
struct AccessToken {
    grant_id: String,
    scopes: Scopes,
}

#[derive(Debug)]
struct RefreshToken {
    grant_id: String,
    was_used: bool,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    people: Vec<Person>,
    sign_in_pages: Expiring<Page<Asked>>,
    sign_out_pages: Expiring<Page<()>>,
    sessions: Expiring<Session>,
    codes: Expiring<Code>,
    used_codes: Expiring<String>,
    grants: Expiring<Grant>,
    access_tokens: Expiring<AccessToken>,
    refresh_tokens: Expiring<RefreshToken>,
}

impl Ledger {
    pub(crate) fn new(people: Vec<Person>) -> Self {
        Self {
            people,
            sign_in_pages: Expiring::with_most(1_000),
            sign_out_pages: Expiring::with_most(1_000),
            sessions: Expiring::with_most(1_000),
            codes: Expiring::with_most(1_000),
            used_codes: Expiring::with_most(4_000),
            grants: Expiring::with_most(4_000),
            access_tokens: Expiring::with_most(10_000),
            refresh_tokens: Expiring::with_most(20_000),
        }
    }

    pub(crate) fn people(&self) -> &[Person] {
        &self.people
    }

    fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    pub(crate) fn put_person(&mut self, person: Person) {
        match self.people.iter_mut().find(|known| known.id == person.id) {
            Some(known) => *known = person,
            None => self.people.push(person),
        }
    }

    pub(crate) fn remove_person(&mut self, id: &str) {
        self.people.retain(|person| person.id != id);
        self.sessions.retain(|session| session.person_id != id);
        self.codes.retain(|code| code.session.person_id != id);
        self.grants.retain(|grant| grant.person_id != id);
    }

    /// Remembers a sign-in page; the answer is the token that its form sends, once, from the same browser.
    pub(crate) fn show_sign_in(&mut self, browser: String, asked: Asked, now: Timestamp) -> String {
        let token = secret();
        self.sign_in_pages.insert(
            token.clone(),
            Page {
                browser,
                about: asked,
            },
            now,
            PAGE_LIVES,
        );
        token
    }

    pub(crate) fn take_sign_in(
        &mut self,
        token: &str,
        browser: &str,
        now: Timestamp,
    ) -> Option<Asked> {
        take(&mut self.sign_in_pages, token, browser, now)
    }

    /// The same for the page that asks whether to sign out.
    pub(crate) fn show_sign_out(&mut self, browser: String, now: Timestamp) -> String {
        let token = secret();
        self.sign_out_pages
            .insert(token.clone(), Page { browser, about: () }, now, PAGE_LIVES);
        token
    }

    pub(crate) fn take_sign_out(&mut self, token: &str, browser: &str, now: Timestamp) -> bool {
        take(&mut self.sign_out_pages, token, browser, now).is_some()
    }

    /// A new session under a new cookie; the one that the browser had before, of whomever, is forgotten.
    pub(crate) fn sign_in(
        &mut self,
        person_id: &str,
        before: Option<&str>,
        now: Timestamp,
    ) -> Option<(String, Session)> {
        let person_id = self.person(person_id)?.id.clone();
        if let Some(before) = before {
            self.sessions.remove(before, now);
        }
        let session = Session {
            sid: secret(),
            person_id,
            signed_in_at: now,
        };
        let cookie = secret();
        self.sessions
            .insert(cookie.clone(), session.clone(), now, SESSION_LIVES);
        Some((cookie, session))
    }

    pub(crate) fn session(&self, cookie: &str, now: Timestamp) -> Option<&Session> {
        self.sessions.get(cookie, now)
    }

    /// Ends a session in the browser and all that clients got from it; answers which clients did, each once.
    pub(crate) fn end_session(&mut self, sid: &str) -> BTreeSet<String> {
        let grants = self.grants.values();
        let of_session = grants.filter(|grant| grant.sid == sid);
        let client_ids = of_session.map(|grant| grant.client_id.clone()).collect();
        self.sessions.retain(|session| session.sid != sid);
        self.codes.retain(|code| code.session.sid != sid);
        self.grants.retain(|grant| grant.sid != sid);
        client_ids
    }

    pub(crate) fn new_code(&mut self, asked: Asked, session: Session, now: Timestamp) -> String {
        let code = secret();
        self.codes
            .insert(code.clone(), Code { asked, session }, now, CODE_LIVES);
        code
    }

    /// A code is spent by the first try of its client, right or wrong. A second try with a code that gave tokens takes
    /// them away, because one of the two who tried has stolen it (RFC 6749, section 4.1.2).
    pub(crate) fn exchange_code(
        &mut self,
        client_id: &str,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        now: Timestamp,
    ) -> Result<Issued, Refused> {
        if let Some(grant_id) = self.used_codes.remove(code, now) {
            tracing::warn!(client_id, "a code was sent twice, its tokens are revoked");
            self.grants.remove(&grant_id, now);
            return Err(Refused::Grant(
                "the code was used before; what it gave is revoked",
            ));
        }
        let unknown = Refused::Grant("there is no such code, or it is too old");
        if self
            .codes
            .get(code, now)
            .is_none_or(|found| found.asked.client_id != client_id)
        {
            return Err(unknown);
        }
        let Code { asked, session } = self.codes.remove(code, now).ok_or(unknown)?;
        if asked.redirect_uri != redirect_uri {
            return Err(Refused::Grant(
                "redirect_uri is not the one that the code was asked with",
            ));
        }
        if !verifies(&asked.code_challenge, verifier) {
            return Err(Refused::Grant(
                "code_verifier does not fit the code_challenge",
            ));
        }
        let grant_id = secret();
        let grant = Grant {
            client_id: asked.client_id,
            person_id: session.person_id,
            sid: session.sid,
            scopes: asked.scopes,
            signed_in_at: session.signed_in_at,
        };
        self.used_codes
            .insert(code.to_owned(), grant_id.clone(), now, GRANT_LIVES);
        self.grants
            .insert(grant_id.clone(), grant.clone(), now, GRANT_LIVES);
        self.issue(grant_id, grant, asked.nonce, now)
    }

    /// Each refresh token is good once. A second use takes the whole grant away (RFC 9700, section 4.14.2).
    pub(crate) fn refresh(
        &mut self,
        client_id: &str,
        token: &str,
        scope: Option<&str>,
        now: Timestamp,
    ) -> Result<Issued, Refused> {
        let unknown = Refused::Grant("there is no such refresh token, or its sign-in has ended");
        let Some(found) = self.refresh_tokens.get_mut(token, now) else {
            return Err(unknown);
        };
        let Some(grant) = self
            .grants
            .get(&found.grant_id, now)
            .filter(|grant| grant.client_id == client_id)
        else {
            return Err(unknown);
        };
        let grant_id = found.grant_id.clone();
        if found.was_used {
            tracing::warn!(
                client_id,
                "a refresh token was sent twice, its grant is revoked"
            );
            self.grants.remove(&grant_id, now);
            return Err(Refused::Grant(
                "the refresh token was used before; the grant is revoked",
            ));
        }
        let mut grant = grant.clone();
        if let Some(scope) = scope {
            grant.scopes = grant.scopes.narrowed(scope).ok_or(Refused::Scope)?;
        }
        found.was_used = true;
        self.issue(grant_id, grant, None, now)
    }

    fn issue(
        &mut self,
        grant_id: String,
        grant: Grant,
        nonce: Option<String>,
        now: Timestamp,
    ) -> Result<Issued, Refused> {
        let person = self
            .person(&grant.person_id)
            .cloned()
            .ok_or(Refused::Grant("there is no such person any more"))?;
        let (access_token, refresh_token) = (secret(), secret());
        let access = AccessToken {
            grant_id: grant_id.clone(),
            scopes: grant.scopes.clone(),
        };
        self.access_tokens
            .insert(access_token.clone(), access, now, ACCESS_TOKEN_LIVES);
        let refresh = RefreshToken {
            grant_id,
            was_used: false,
        };
        self.refresh_tokens
            .insert(refresh_token.clone(), refresh, now, GRANT_LIVES);
        Ok(Issued {
            access_token,
            refresh_token,
            grant,
            person,
            nonce,
        })
    }

    /// Whom an access token is about, and what it may tell.
    pub(crate) fn bearer(&self, access_token: &str, now: Timestamp) -> Option<(&Person, &Scopes)> {
        let access = self.access_tokens.get(access_token, now)?;
        let grant = self.grants.get(&access.grant_id, now)?;
        Some((self.person(&grant.person_id)?, &access.scopes))
    }
}

fn take<T>(pages: &mut Expiring<Page<T>>, token: &str, browser: &str, now: Timestamp) -> Option<T> {
    pages
        .get(token, now)
        .filter(|page| page.browser == browser)?;
    pages.remove(token, now).map(|page| page.about)
}

/// 256 bits that nobody can guess.
pub(crate) fn secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// RFC 7636, sections 4.1 and 4.6.
fn verifies(challenge: &str, verifier: &str) -> bool {
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    well_formed && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
}
