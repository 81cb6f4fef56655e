//! The line that is always there while something is uploaded, and the list that it opens.

use domain::{DataVolumeId, VolumePath};
use leptos::prelude::*;
use uploader::{Condition, Overview, Stored, Wish};

use super::super::uploader_context::UploadQueueContext;
use super::list::UploadList;
use super::words;
use crate::routes;
use crate::ui::{Button, Glyph, Icon, LinkButton, Look, count};

/// Between two announcements to screen readers.
const SAID_EVERY_MS: u64 = 5_000;

/// The line, and the list when it is open.
#[component]
pub(super) fn Dock(
    /// The queue.
    queue: UploadQueueContext,
) -> impl IntoView {
    let overview = Memo::new(move |_| queue.read(|view| view.overview.clone()));
    let found = Memo::new(move |_| queue.read(|view| view.found).flatten());
    let is_open = RwSignal::new(false);
    let has_rows = Memo::new(move |_| {
        overview.with(|overview| overview.as_ref().is_some_and(|overview| overview.rows > 0))
    });
    let is_shown = Memo::new(move |_| has_rows.get() || found.get().is_some());
    // What is pressed may not be drawn anew while it is pressed: only when something else is going on.
    let standing =
        Memo::new(move |_| overview.with(|overview| overview.as_ref().and_then(Standing::of)));
    let conflicts = Memo::new(move |_| {
        overview.with(|overview| overview.as_ref().map_or(0, |overview| overview.conflicts))
    });
    let full = Memo::new(move |_| {
        overview
            .get()
            .map(|overview| overview.no_room)
            .unwrap_or_default()
    });
    let list =
        move || (is_open.get() && has_rows.get()).then(|| view! { <UploadList queue overview/> });
    view! {
        <section class="upload-queue__dock" aria-label="Uploads" hidden=move || !is_shown.get()>
            {list}
            <div class="upload-queue__line">
                <button
                    type="button"
                    class="upload-queue__toggle"
                    aria-expanded=move || if is_open.get() { "true" } else { "false" }
                    on:click=move |_| is_open.update(|is_open| *is_open = !*is_open)
                >
                    <span class="upload-queue__arrow" class:upload-queue__arrow--open=move || is_open.get()>
                        <Icon glyph=Glyph::ChevronDown/>
                    </span>
                    <span>{move || headline(overview.get().as_ref(), found.get())}</span>
                </button>
                {move || amounts(overview.get())}
                <span class="upload-queue__actions">
                    <Decide queue conflicts/>
                    {move || standing.get().map(|standing| actions(queue, &standing))}
                </span>
            </div>
            {move || full_volumes(queue, full.get())}
        </section>
        <Announcement queue overview/>
    }
}

fn headline(overview: Option<&Overview>, found: Option<u32>) -> String {
    let said = overview
        .filter(|overview| overview.rows > 0)
        .map(words::headline);
    match (said, found) {
        (said, Some(found)) => {
            let reading = format!("reading folders, {} found", words::files(u64::from(found)));
            said.map_or(format!("Preparing: {reading}"), |said| {
                format!("{said}; {reading}")
            })
        }
        (said, None) => said.unwrap_or_default(),
    }
}

fn amounts(overview: Option<Overview>) -> Option<AnyView> {
    let overview = overview.filter(Overview::is_active)?;
    let (stored, sent) = words::shares(
        overview.acknowledged_bytes,
        overview.in_flight_bytes,
        overview.bytes,
    );
    let said = words::amounts(&overview);
    let said = said
        .into_iter()
        .map(|words| view! { <span>{words}</span> })
        .collect::<Vec<_>>();
    Some(
        view! {
            <span class="upload-queue__bar"><TwoBars stored sent label="All uploads"/></span>
            <span class="upload-queue__amounts">{format!("{:.0} %", stored * 100.0)} {said}</span>
        }
        .into_any(),
    )
}

/// What is stored, and lighter what has left the browser.
#[component]
pub(super) fn TwoBars(
    /// From 0 to 1.
    stored: f64,
    /// From 0 to 1.
    sent: f64,
    /// Of what.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let percent = |share: f64| format!("{:.1}%", (share * 100.0).clamp(0.0, 100.0));
    view! {
        <svg
            class="bar tone-accent"
            preserveAspectRatio="none"
            role="progressbar"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=format!("{:.0}", stored * 100.0)
        >
            <rect class="bar__track" width="100%" height="100%"></rect>
            <rect class="bar__fill upload-queue__in-flight" width=percent(sent) height="100%"></rect>
            <rect class="bar__fill" width=percent(stored) height="100%"></rect>
        </svg>
    }
}

/// What decides which buttons there are.
#[derive(Debug, Clone, PartialEq)]
struct Standing {
    condition: Condition,
    has_failed: bool,
    /// Only when everything is finished.
    stored: Vec<Stored>,
}

impl Standing {
    fn of(overview: &Overview) -> Option<Self> {
        let is_finished = overview.condition == Condition::Finished;
        (overview.rows > 0).then(|| Self {
            condition: without_time(&overview.condition),
            has_failed: overview.failed > 0,
            stored: if is_finished {
                overview.stored.clone()
            } else {
                Vec::new()
            },
        })
    }
}

fn without_time(condition: &Condition) -> Condition {
    match condition {
        Condition::Unreachable { .. } => Condition::Unreachable {
            retry_at_ms: 0,
            said: None,
        },
        other => other.clone(),
    }
}

fn actions(queue: UploadQueueContext, standing: &Standing) -> AnyView {
    let pause = move |()| queue.wish(Wish::Pause);
    let resume = move |()| queue.wish(Wish::Resume);
    let retry = move |()| queue.wish(Wish::RetryFailed);
    let clear = move |()| queue.wish(Wish::ClearFinished);
    let save = move |()| queue.save_report();
    match standing.condition {
        Condition::Running | Condition::NoRoom => {
            view! { <Button icon=Glyph::Pause on_press=pause>"Pause"</Button> }.into_any()
        }
        Condition::Paused => view! { <Button icon=Glyph::Play on_press=resume>"Resume"</Button> }.into_any(),
        Condition::SignedOut => view! {
            <a class="button" href=routes::sign_in(Some(routes::MY_ACCESS), None) target="_blank" rel="external">
                "Sign in again"
            </a>
            <Button look=Look::Quiet on_press=resume>"Go on"</Button>
        }
        .into_any(),
        Condition::Unreachable { .. } => {
            view! { <Button icon=Glyph::Refresh on_press=resume>"Try now"</Button> }.into_any()
        }
        Condition::Undecided => ().into_any(),
        Condition::Finished => view! {
            {stored_links(&standing.stored)}
            {standing.has_failed.then(|| view! { <Button icon=Glyph::Refresh on_press=retry>"Retry failed"</Button> })}
            <Button look=Look::Quiet on_press=save>"Save report"</Button>
            <Button look=Look::Quiet on_press=clear>"Clear"</Button>
        }
        .into_any(),
    }
}

fn stored_links(stored: &[Stored]) -> Vec<AnyView> {
    let link = |stored: &Stored| {
        let href = routes::files(stored.volume_id, &VolumePath::root(), None);
        let name = stored.volume_name.clone();
        view! { <LinkButton href>"Open " {name}</LinkButton> }.into_any()
    };
    stored.iter().map(link).collect()
}

/// Asks what to do about names that are taken.
#[component]
fn Decide(
    /// The queue.
    queue: UploadQueueContext,
    /// How many names are taken.
    conflicts: Memo<u32>,
) -> impl IntoView {
    let is_needed = Memo::new(move |_| conflicts.get() > 0);
    let ask = move |()| queue.is_asked().set(true);
    move || {
        is_needed.get().then(|| {
            view! {
                <Button look=Look::Primary icon=Glyph::Warning on_press=ask>
                    "Decide on " {move || count(u64::from(conflicts.get()))}
                </Button>
            }
        })
    }
}

fn full_volumes(queue: UploadQueueContext, full: Vec<(DataVolumeId, String)>) -> Vec<AnyView> {
    let line = |(volume, message): (DataVolumeId, String)| {
        let again = move |()| queue.wish(Wish::TryRoomAgain(volume));
        view! {
            <p class="upload-queue__full tone-bad" role="alert">
                <Icon glyph=Glyph::Warning/>
                <span>{message}</span>
                <Button on_press=again>"Try again"</Button>
            </p>
        }
        .into_any()
    };
    full.into_iter().map(line).collect()
}

/// Tells screen readers how it goes: at once when something else is going on, otherwise now and then.
#[component]
fn Announcement(
    /// The queue.
    queue: UploadQueueContext,
    /// The queue in a few numbers.
    overview: Memo<Option<Overview>>,
) -> impl IntoView {
    let said = RwSignal::new(String::new());
    Effect::new(move |before: Option<(u64, Option<Condition>)>| {
        let now = overview.get();
        let now_ms = queue.read(|view| view.now_ms).unwrap_or_default();
        let kind = now
            .as_ref()
            .map(|overview| without_time(&overview.condition));
        let (said_at_ms, said_kind) = before.unwrap_or_default();
        if kind == said_kind && now_ms.saturating_sub(said_at_ms) < SAID_EVERY_MS {
            return (said_at_ms, said_kind);
        }
        said.set(headline(now.as_ref(), None));
        (now_ms, kind)
    });
    view! { <p class="visually-hidden" role="status">{move || said.get()}</p> }
}
