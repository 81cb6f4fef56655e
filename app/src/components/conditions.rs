//! Why a data volume is not ready, and what to do. Nothing while all is well.

use std::time::Duration;

use domain::{Condition, ConditionStatus, Phase};
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use crate::ui::{Notice, Time, Tone};

/// After this time of making the storage, the page says that it still works on it.
const LONG_WAIT: Duration = Duration::from_secs(10);

/// What is not as it should be.
#[component]
pub(crate) fn Conditions(
    /// Where the data volume stands.
    #[prop(into)]
    phase: Signal<Phase>,
    /// Why.
    #[prop(into)]
    conditions: Signal<Vec<Condition>>,
) -> impl IntoView {
    let takes_long = use_long_wait(phase);
    move || {
        let unmet: Vec<Condition> = conditions
            .get()
            .into_iter()
            .filter(|condition| condition.status != ConditionStatus::True)
            .collect();
        let phase = phase.get();
        if phase == Phase::Ready && unmet.is_empty() {
            return ().into_any();
        }
        let (tone, title, advice) = words(phase, takes_long.get());
        view! {
            <div class="conditions" role="status">
                <Notice tone title>
                    <p>{advice}</p>
                    {(!unmet.is_empty()).then(|| view! { <ul class="conditions__list">{list(unmet)}</ul> })}
                </Notice>
            </div>
        }
        .into_any()
    }
}

fn list(unmet: Vec<Condition>) -> Vec<impl IntoView> {
    unmet
        .into_iter()
        .map(|condition| {
            view! {
                <li>
                    <b>{condition.kind}</b>" "{condition.message}" "
                    <small><Time at=condition.last_transition_time/></small>
                </li>
            }
        })
        .collect()
}

fn words(phase: Phase, takes_long: bool) -> (Tone, &'static str, &'static str) {
    match phase {
        Phase::Creating if takes_long => (
            Tone::Busy,
            "Still working: the cluster is making the storage",
            "This can take a minute where storage comes from far. You can leave the page; nothing is lost.",
        ),
        Phase::Creating => (
            Tone::Busy,
            "The cluster is making the storage",
            "Files can be added as soon as it is ready. The page follows by itself.",
        ),
        Phase::Ready => (
            Tone::Warn,
            "It can be used, but not everything is as it should be",
            "What is listed here is tried again by itself.",
        ),
        Phase::NotReady => (
            Tone::Bad,
            "The storage is not ready",
            "The reason is below. When it is mended, the page follows by itself.",
        ),
        Phase::Deleting => (
            Tone::Busy,
            "It is being deleted",
            "It leaves the projects that use it first, then it goes. Nothing can be changed any more.",
        ),
        Phase::Unknown => (
            Tone::Warn,
            "The cluster does not answer",
            "What the page shows is what was last known. The console asks again by itself; files cannot be \
             reached until then.",
        ),
    }
}

/// Whether the phase has been `Creating` for long while the page was open.
fn use_long_wait(phase: Signal<Phase>) -> RwSignal<bool> {
    let takes_long = RwSignal::new(false);
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(Some(timer)) = before {
            timer.clear();
        }
        takes_long.set(false);
        (phase.get() == Phase::Creating)
            .then(|| set_timeout_with_handle(move || takes_long.set(true), LONG_WAIT).ok())
            .flatten()
    });
    takes_long
}
