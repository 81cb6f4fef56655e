//! The question before something goes, inside a dialog: what is lost, and two buttons.
//!
//! The dialog closes when it is done and stays with the reason when it is refused.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Problem;

use super::problem_notice::ProblemNotice;
use crate::ui::{Button, Look};

/// What is lost, and “Keep it” beside the button that does it.
#[component]
pub(crate) fn Removal<F, Done>(
    /// The dialog around it.
    is_open: RwSignal<bool>,
    /// What the button says.
    word: &'static str,
    /// Does it, and says so.
    remove: F,
    /// What is lost.
    children: Children,
) -> impl IntoView
where
    F: Fn() -> Done + Send + Sync + 'static,
    Done: Future<Output = Result<(), Problem>> + 'static,
{
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let press = move |()| {
        let done = remove();
        is_at_work.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = done.await;
            is_at_work.try_set(false);
            match answer {
                Ok(()) => is_open.set(false),
                Err(refused) => {
                    problem.try_set(Some(refused));
                }
            }
        });
    };
    view! {
        {children()}
        {move || problem.get().map(|problem| view! { <ProblemNotice problem/> })}
        <div class="form__actions">
            <Button look=Look::Danger is_busy=is_at_work on_press=press>{word}</Button>
            <Button on_press=move |()| is_open.set(false)>"Keep it"</Button>
        </div>
    }
}

/// What is chosen to be removed: its id and its name.
pub(crate) type Doomed<Id> = RwSignal<Option<(Id, String)>>;

/// “Remove “name””, as a dialog's title.
pub(crate) fn removal_title<Id: Send + Sync + 'static>(doomed: Doomed<Id>) -> Signal<String> {
    Signal::derive(move || {
        doomed.with(|doomed| {
            doomed
                .as_ref()
                .map(|(_, name)| format!("Remove “{name}”"))
                .unwrap_or_default()
        })
    })
}
