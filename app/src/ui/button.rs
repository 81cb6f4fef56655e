//! What can be pressed: a `button` that does something, an `a` that goes somewhere and looks the same.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// How much a button asks to be pressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Look {
    /// The one next step of a page or a dialog.
    Primary,
    /// Any other.
    #[default]
    Secondary,
    /// Among text and in rows, where a border would shout.
    Quiet,
    /// Destroys something.
    Danger,
}

impl Look {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button--primary",
            Self::Secondary => "button",
            Self::Quiet => "button button--quiet",
            Self::Danger => "button button--danger",
        }
    }
}

/// Does something. With a `refusal` it stays where it is, does nothing and says why.
#[component]
pub(crate) fn Button(
    /// How it looks.
    #[prop(optional)]
    look: Look,
    /// A drawing in front.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// Its name where it shows only a drawing; shown as a tooltip too.
    #[prop(optional, into)]
    label: Option<String>,
    /// Why it cannot be pressed now, and who could.
    #[prop(optional, into)]
    refusal: Signal<Option<String>>,
    /// Whether it is at work: it says so and cannot be pressed twice.
    #[prop(optional, into)]
    is_busy: Signal<bool>,
    /// Whether it sends the form that it stands in.
    #[prop(optional)]
    submits: bool,
    /// The id of the popover that it opens.
    #[prop(optional, into)]
    opens: Option<String>,
    /// The key that presses it.
    #[prop(optional, into)]
    key: Option<&'static str>,
    /// What pressing it does.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// Its words.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let is_inactive = move || is_busy.get() || refusal.with(Option::is_some);
    let press = move |event: MouseEvent| {
        if is_inactive() {
            event.prevent_default();
        } else if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    let class = if children.is_none() {
        format!("{} button--icon", look.class())
    } else {
        look.class().to_owned()
    };
    let tooltip = {
        let label = label.clone();
        move || refusal.get().or_else(|| label.clone())
    };
    view! {
        <button
            type=if submits { "submit" } else { "button" }
            class=class
            aria-label=label
            aria-disabled=move || is_inactive().then_some("true")
            aria-busy=move || is_busy.get().then_some("true")
            aria-description=move || refusal.get()
            aria-keyshortcuts=key
            data-tooltip=tooltip
            popovertarget=opens
            on:click=press
        >
            {icon.map(|glyph| view! { <Icon glyph/> })}
            {children.map(|children| children())}
        </button>
    }
}

/// Goes to an address, and looks like a button.
#[component]
pub(crate) fn LinkButton(
    /// Where to.
    #[prop(into)]
    href: Signal<String>,
    /// How it looks.
    #[prop(optional)]
    look: Look,
    /// A drawing in front.
    #[prop(optional)]
    icon: Option<Glyph>,
    /// The key that follows it.
    #[prop(optional, into)]
    key: Option<&'static str>,
    /// Whether the browser saves what is there instead of showing it.
    #[prop(optional)]
    is_download: bool,
    /// Its words.
    children: Children,
) -> impl IntoView {
    view! {
        <a
            class=look.class()
            href=move || href.get()
            aria-keyshortcuts=key
            download=is_download.then_some("")
            rel=is_download.then_some("external")
        >
            {icon.map(|glyph| view! { <Icon glyph/> })}
            {children()}
        </a>
    }
}
