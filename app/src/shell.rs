//! The document around the pages. Only the server draws it, so nothing in it is hydrated.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::ui::theme;

/// The document that every page comes in.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let theme = theme::chosen_before();
    #[cfg(feature = "ssr")]
    allow_only_our_own();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" type="image/svg+xml" href=ICON/>
                <HashedStylesheet options=options.clone()/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <crate::App/>
            </body>
        </html>
    }
}

/// The mark of the header, as the tab shows it.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect width='16' height='16' rx='4' fill='%233a5bd9'/%3E\
    %3Cpath d='M8 3l5 2.6L8 8.2 3 5.6zM3 8.4l5 2.6 5-2.6M3 11l5 2.6L13 11' \
    fill='none' stroke='white' stroke-width='1.2' stroke-linejoin='round'/%3E%3C/svg%3E";

/// Where forms may lead besides the console itself: the origins of the identity providers. Browsers hold the redirect
/// that follows a form to that list as well, and signing out leads there.
#[derive(Debug, Clone, Default)]
pub struct FormTargets(pub Vec<String>);

/// The content security policy: only our own files, and only the scripts that carry this answer's nonce.
#[cfg(feature = "ssr")]
fn allow_only_our_own() {
    let (Some(response), Some(nonce)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        leptos::nonce::use_nonce(),
    ) else {
        return;
    };
    let FormTargets(targets) = use_context().unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self' {}; base-uri 'none'; \
         frame-ancestors 'none'",
        targets.join(" ")
    );
    if let Ok(policy) = http::HeaderValue::from_str(&policy) {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, policy);
    }
}
