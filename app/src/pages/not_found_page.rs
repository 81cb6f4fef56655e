//! “Page not found”.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::routes;
use crate::ui::{EmptyState, Glyph, LinkButton, Look};

/// What stands at an address that is none of ours.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::server_fns::ssr::set_status(404);
    view! {
        <Title text="Page not found"/>
        <div class="page page--narrow">
            <h1 class="visually-hidden">"Page not found"</h1>
            <EmptyState title="There is no page at this address" glyph=Glyph::Search>
                <p>"The address may be mistyped, or what it showed is gone or not yours to see."</p>
                <LinkButton href=routes::DATA_VOLUMES look=Look::Primary>"Go to the data volumes"</LinkButton>
            </EmptyState>
        </div>
    }
}
