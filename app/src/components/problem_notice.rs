//! What went wrong, what to do, and the id under which the log has more.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wire::Problem;

use crate::routes;
use crate::ui::{Button, LinkButton, Notice, Tone};

/// A refusal or a failure, with the next step: sign in again, or try again.
#[component]
pub(crate) fn ProblemNotice(
    /// What went wrong.
    problem: Problem,
    /// Asks once more; only where that can help.
    #[prop(optional, into)]
    on_retry: Option<Callback<()>>,
) -> impl IntoView {
    let location = use_location();
    let sign_in = Signal::derive(move || {
        let here = format!(
            "{}{}",
            location.pathname.get(),
            search_of(&location.search.get())
        );
        routes::sign_in(Some(&here), None)
    });
    let is_stranger = problem.code == 401;
    let title = match problem.code {
        0 => "The console cannot be reached",
        502..=504 => "Not available at the moment",
        401 => "You are signed out",
        403 => "You may not do this",
        404 => "Not there",
        429 => "Too much at once",
        400..500 => "This did not work",
        _ => "Something broke on our side",
    };
    let details = (problem.code >= 500 && !problem.details.is_empty())
        .then(|| view! { <p class="notice__details">"For the log: " <code>{problem.details.clone()}</code></p> });
    view! {
        <Notice tone=Tone::Bad title>
            <p>{problem.message.clone()}</p>
            {details}
            <p class="notice__actions">
                {is_stranger.then(|| view! { <LinkButton href=sign_in>"Sign in"</LinkButton> })}
                {on_retry.filter(|_| !is_stranger).map(|on_retry| view! { <Button on_press=on_retry>"Try again"</Button> })}
            </p>
        </Notice>
    }
}

fn search_of(search: &str) -> String {
    match search.trim_start_matches('?') {
        "" => String::new(),
        search => format!("?{search}"),
    }
}
