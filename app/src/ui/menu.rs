//! A list of actions behind a button.
//!
//! A native popover: it opens before the WASM is there, closes on Escape and on a click elsewhere, lies
//! over everything and is not cut off by a table. The arrow keys come with the WASM.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::button::Look;
use super::icon::{Glyph, Icon};

#[derive(Clone)]
struct MenuContext(String);

/// A button and the list that it opens.
#[component]
pub(crate) fn Menu(
    /// The id of the list; unique on the page.
    #[prop(into)]
    id: String,
    /// The button's name.
    #[prop(into)]
    label: String,
    /// How the button looks.
    #[prop(optional)]
    look: Look,
    /// A drawing on the button.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// Whether the button shows only its drawing.
    #[prop(optional)]
    is_icon_only: bool,
    /// The entries.
    children: Children,
) -> impl IntoView {
    provide_context(MenuContext(id.clone()));
    let list = NodeRef::<html::Div>::new();
    let walk = move |event: KeyboardEvent| {
        if let Some(list) = list.get() {
            move_focus(&list, &event);
        }
    };
    let class = if is_icon_only {
        format!("{} button--icon", look.class())
    } else {
        look.class().to_owned()
    };
    let name = is_icon_only.then(|| label.clone());
    view! {
        <span class="menu" on:keydown=walk>
            <button
                type="button"
                class=class
                popovertarget=id.clone()
                aria-label=name.clone()
                data-tooltip=name
            >
                {icon.map(|glyph| view! { <Icon glyph/> })}
                {(!is_icon_only).then(|| view! { <span class="menu__label">{label}</span> <Icon glyph=Glyph::ChevronDown/> })}
            </button>
            <div node_ref=list id=id class="menu__list" popover="auto">{children()}</div>
        </span>
    }
}

/// An entry that does something and closes the menu.
#[component]
pub(crate) fn MenuButton(
    /// A drawing in front.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// Whether it destroys something.
    #[prop(optional)]
    is_danger: bool,
    /// Whether it is the chosen one of several; `None` where nothing is chosen.
    #[prop(optional, into)]
    is_chosen: Signal<Option<bool>>,
    /// Why it cannot be pressed now.
    #[prop(optional, into)]
    refusal: Signal<Option<String>>,
    /// The key that presses it.
    #[prop(optional, into)]
    key: Option<&'static str>,
    /// What pressing it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// Its words.
    children: Children,
) -> impl IntoView {
    let menu = use_context::<MenuContext>().map(|menu| menu.0);
    let press = move |event: leptos::ev::MouseEvent| {
        if refusal.with_untracked(Option::is_some) {
            event.prevent_default();
        } else {
            focus_opener(&event);
            on_press.run(());
        }
    };
    view! {
        <button
            type="button"
            class=if is_danger { "menu__entry menu__entry--danger" } else { "menu__entry" }
            popovertarget=menu
            popovertargetaction="hide"
            aria-pressed=move || is_chosen.get().map(|chosen| if chosen { "true" } else { "false" })
            aria-disabled=move || refusal.with(Option::is_some).then_some("true")
            aria-description=move || refusal.get()
            aria-keyshortcuts=key
            on:click=press
        >
            {icon.map(|glyph| view! { <Icon glyph/> })}
            <span>
                {children()}
                {move || refusal.get().map(|refusal| view! { <small class="menu__refusal">{refusal}</small> })}
            </span>
            {key.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
        </button>
    }
}

/// An entry that goes somewhere.
#[component]
pub(crate) fn MenuLink(
    /// Where to.
    #[prop(into)]
    href: String,
    /// A drawing in front.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// Whether the browser saves what is there instead of showing it.
    #[prop(optional)]
    is_download: bool,
    /// Its words.
    children: Children,
) -> impl IntoView {
    view! {
        <a
            class="menu__entry"
            href=href
            download=is_download.then_some("")
            rel=is_download.then_some("external")
        >
            {icon.map(|glyph| view! { <Icon glyph/> })}
            <span>{children()}</span>
        </a>
    }
}

/// A line between entries of different kinds.
#[component]
pub(crate) fn MenuSeparator() -> impl IntoView {
    view! { <hr class="menu__separator"/> }
}

/// Puts the focus on the button that opened the list: a dialog that the entry opens gives it back there,
/// and the entry itself is about to be hidden.
fn focus_opener(event: &leptos::ev::MouseEvent) {
    let entry = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok());
    let menu = entry.and_then(|entry| entry.closest(".menu").ok().flatten());
    let opener = menu.and_then(|menu| menu.query_selector("button").ok().flatten());
    if let Some(opener) = opener.and_then(|opener| opener.dyn_into::<HtmlElement>().ok()) {
        // A button that left the page meanwhile takes no focus.
        let _ = opener.focus();
    }
}

fn move_focus(list: &HtmlElement, event: &KeyboardEvent) {
    let step: i64 = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    let Ok(found) = list.query_selector_all("a, button, input") else {
        return;
    };
    let entries: Vec<HtmlElement> = (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into().ok())
        .collect();
    let Ok(length) = i64::try_from(entries.len()) else {
        return;
    };
    let focused = document().active_element();
    let at = entries
        .iter()
        .position(|entry| focused.as_ref() == Some(entry.as_ref()));
    let next = match at.and_then(|at| i64::try_from(at).ok()) {
        Some(at) => at + step,
        None if step > 0 => 0,
        None => -1,
    };
    if length > 0
        && let Ok(index) = usize::try_from(next.rem_euclid(length))
    {
        event.prevent_default();
        // Entries of a closed list take no focus; then nothing happens.
        let _ = entries[index].focus();
    }
}
