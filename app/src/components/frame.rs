//! What is around every page for people who are signed in: the header, the keys, the uploads.
//!
//! It stays while the page in it changes, so what it holds (the stream of changes, the uploads) goes on.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos_router::components::{A, Outlet};
use wire::{MeView, Problem};

use super::brand::Brand;
use super::shortcuts::{self, KeysDialog};
use super::upload_queue::UploadQueue;
use super::uploader_context::use_upload_queue;
use crate::live;
use crate::routes;
use crate::server_fns::me;
use crate::ui::theme::ThemeMenu;
use crate::ui::{Glyph, Icon, LinkButton, Look, Menu, MenuButton, MenuLink, MenuSeparator};

/// The page's search field, on the page that has one.
const SEARCH: &str = "/data-volumes#search";

/// The header, and beneath it the page.
#[component]
pub(crate) fn Frame() -> impl IntoView {
    live::provide_changes();
    let are_keys_shown = RwSignal::new(false);
    shortcuts::listen();
    let me = Resource::new_blocking(|| (), |()| me());
    let uploads = use_upload_queue();
    Effect::new(move |_| {
        if let Some(Ok(me)) = me.get() {
            uploads.belongs_to(&me.person);
        }
    });
    let user = move || Suspend::new(async move { user_menu(me.await, are_keys_shown) });
    let administration = move || {
        Suspend::new(async move {
            let may = me.await.is_ok_and(|me| me.administration.is_any());
            may.then(|| view! { <A href=routes::ADMINISTRATION>"Administration"</A> })
        })
    };
    view! {
        <a class="skip-link" href="#main" rel="external">"Skip to the page"</a>
        <div class="frame">
            <header class="frame__header">
                <a class="frame__brand" href=routes::DATA_VOLUMES aria-label="Stowage: data volumes"><Brand/></a>
                <nav class="frame__nav" aria-label="Main">
                    <A href=routes::DATA_VOLUMES>"Data volumes"</A>
                    <A href=routes::SHARE_REQUESTS>"Requests"</A>
                    <A href=routes::MY_ACCESS>"My access"</A>
                    <Suspense>{administration}</Suspense>
                </nav>
                <a class="frame__search" href=SEARCH aria-keyshortcuts="/" on:click=focus_search>
                    <Icon glyph=Glyph::Search/>
                    <span>"Search"</span>
                    <kbd aria-hidden="true">"/"</kbd>
                </a>
                <ThemeMenu/>
                <Suspense>{user}</Suspense>
            </header>
            <main class="frame__main" id="main" tabindex="-1">
                <Outlet/>
            </main>
            <UploadQueue/>
        </div>
        <KeysDialog is_open=are_keys_shown/>
    }
}

/// Where the page has a search field, the link goes there and the page stays as it is.
fn focus_search(event: MouseEvent) {
    if shortcuts::focus_input("/") {
        event.prevent_default();
    }
}

fn user_menu(me: Result<MeView, Problem>, are_keys_shown: RwSignal<bool>) -> AnyView {
    let Ok(me) = me else {
        let sign_in = routes::sign_in(None, None);
        return view! { <LinkButton href=sign_in look=Look::Quiet>"Sign in"</LinkButton> }
            .into_any();
    };
    let email = me
        .person
        .email
        .map(|email| view! { <p class="menu__note">{email}</p> });
    let show_keys = move |()| are_keys_shown.set(true);
    view! {
        <Menu id="user-menu" label=me.person.name look=Look::Quiet icon=Glyph::User>
            {email}
            <MenuLink href=routes::MY_ACCESS icon=Glyph::Key>"My access"</MenuLink>
            <MenuButton icon=Glyph::Keyboard key="?" on_press=show_keys>"Keys"</MenuButton>
            <MenuSeparator/>
            <form method="post" action=routes::SIGN_OUT>
                <button type="submit" class="menu__entry">
                    <Icon glyph=Glyph::SignOut/>
                    <span>"Sign out"</span>
                </button>
            </form>
        </Menu>
    }
    .into_any()
}
