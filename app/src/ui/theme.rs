//! Light or dark: as the system says until somebody chooses.
//!
//! The choice is a cookie, so that the server draws the right one at once: no script has to run before
//! the first picture, and nothing flashes.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::button::Look;
use super::icon::Glyph;
use super::menu::{Menu, MenuButton};

const COOKIE: &str = "theme";
const ATTRIBUTE: &str = "data-theme";
const A_YEAR_SECONDS: u32 = 31_536_000;

/// A choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    fn in_cookies(cookies: &str) -> Self {
        let chosen = cookies
            .split(';')
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value));
        match chosen {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    fn choose(self) {
        if let Some(root) = document().document_element() {
            // Neither can fail for an attribute with a good name.
            let _ = match self.word() {
                Some(word) => root.set_attribute(ATTRIBUTE, word),
                None => root.remove_attribute(ATTRIBUTE),
            };
        }
        let (word, seconds) = self.word().map_or(("", 0), |word| (word, A_YEAR_SECONDS));
        if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
            // A browser that takes no cookies keeps the choice until the page is left.
            let _ = document.set_cookie(&format!(
                "{COOKIE}={word}; Path=/; Max-Age={seconds}; SameSite=Lax"
            ));
        }
    }
}

/// What the request's cookie chose: the value of `data-theme`.
pub(crate) fn chosen_before() -> Option<&'static str> {
    chosen_in_request().word()
}

#[cfg(feature = "ssr")]
fn chosen_in_request() -> Theme {
    let parts = use_context::<http::request::Parts>();
    let cookies = parts
        .as_ref()
        .and_then(|parts| parts.headers.get(http::header::COOKIE)?.to_str().ok());
    cookies.map_or(Theme::System, Theme::in_cookies)
}

#[cfg(not(feature = "ssr"))]
fn chosen_in_request() -> Theme {
    Theme::System
}

/// The switch in the header.
#[component]
pub(crate) fn ThemeMenu() -> impl IntoView {
    let theme = RwSignal::new(Theme::System);
    Effect::new(move |_| {
        let cookies = document()
            .dyn_into::<web_sys::HtmlDocument>()
            .ok()
            .and_then(|d| d.cookie().ok());
        theme.set(Theme::in_cookies(&cookies.unwrap_or_default()));
    });
    let entry = move |this: Theme, icon: Glyph, title: &'static str| {
        let is_chosen = Signal::derive(move || Some(theme.get() == this));
        let choose = move |()| {
            this.choose();
            theme.set(this);
        };
        view! { <MenuButton icon is_chosen on_press=choose>{title}</MenuButton> }
    };
    view! {
        <Menu id="theme-menu" label="Theme" look=Look::Quiet icon=Glyph::Moon is_icon_only=true>
            {entry(Theme::System, Glyph::Monitor, "As the system")}
            {entry(Theme::Light, Glyph::Sun, "Light")}
            {entry(Theme::Dark, Glyph::Moon, "Dark")}
        </Menu>
    }
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn the_theme_is_read_from_among_the_cookies() {
        let read = [
            "",
            "a=b; theme=dark",
            "theme=light; x=y",
            "mytheme=dark",
            "theme=<script>",
        ];
        let expected = [
            Theme::System,
            Theme::Dark,
            Theme::Light,
            Theme::System,
            Theme::System,
        ];
        assert_eq!(read.map(Theme::in_cookies), expected);
    }
}
