//! What is pulled into a data volume: how far it is, and what to do about it.

use domain::{Bytes, DataVolumeId, ImportId, ImportProblem, ImportProgress, ImportState};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{ImportView, Problem};

use crate::server_fns::{cancel_import, remove_import, run_import_again};
use crate::ui::{Badge, Bar, Button, Glyph, Time, Tone, count, use_toasts};

/// How many are shown before somebody asks for the others.
const SHOWN: usize = 3;

/// The imports of a data volume; nothing where there are none. A row stays the same while its numbers change, with
/// the focus that is in it.
#[component]
pub(crate) fn ImportList(
    /// The data volume.
    id: DataVolumeId,
    /// The imports, newest first.
    imports: Signal<Vec<ImportView>>,
    /// Whether the reader may change files.
    may_write: Signal<bool>,
    /// What follows when one was stopped, begun anew or taken off the list.
    #[prop(into)]
    on_changed: Callback<()>,
) -> impl IntoView {
    let shows_all = RwSignal::new(false);
    let shown = move || {
        imports.with(|imports| {
            let some = imports.iter().enumerate().filter(|(index, import)| {
                shows_all.get() || *index < SHOWN || !import.state.is_over()
            });
            some.map(|(_, import)| import.clone()).collect::<Vec<_>>()
        })
    };
    let row = move |import: ImportView| {
        let this = Memo::new(move |before: Option<&ImportView>| {
            let found =
                imports.with(|imports| imports.iter().find(|one| one.id == import.id).cloned());
            // One that just went from the list is shown until its row goes too.
            found
                .or_else(|| before.cloned())
                .unwrap_or_else(|| import.clone())
        });
        view! { <ImportRow id import=this may_write on_changed/> }
    };
    let total = move || imports.with(Vec::len);
    let more = move || {
        (total() > SHOWN && !shows_all.get()).then(|| {
            view! {
                <Button on_press=move |()| shows_all.set(true)>{format!("Show all {} imports", total())}</Button>
            }
        })
    };
    view! {
        <section class="imports" class:imports--none=move || total() == 0 aria-labelledby="imports-title">
            <h3 id="imports-title" class="imports__title">"Imports"</h3>
            <ul class="imports__list">
                <For each=shown key=|import| import.id children=row/>
            </ul>
            {more}
        </section>
    }
}
#[component]
fn ImportRow(
    id: DataVolumeId,
    import: Memo<ImportView>,
    may_write: Signal<bool>,
    on_changed: Callback<()>,
) -> impl IntoView {
    let first = import.get_untracked();
    let source = first.source_name.clone();
    let folder = if first.into.is_root() {
        "the data volume itself".to_owned()
    } else {
        first.into.to_string()
    };
    let state = Memo::new(move |_| import.with(|import| import.state));
    let is_running = Memo::new(move |_| !state.get().is_over());
    let has_ended = Memo::new(move |_| import.with(|import| import.ended_at.is_some()));
    let label = format!("Import of {source}");
    let bar = move || {
        let label = label.clone();
        is_running
            .get()
            .then(|| view! { <ProgressBar label import/> })
    };
    let message = move || {
        let message = import.with(|import| import.progress.message.clone());
        (!message.is_empty()).then(|| view! { <p class="imports__message">{message}</p> })
    };
    let problems = Memo::new(move |_| import.with(|import| import.progress.problems.clone()));
    let actions = {
        let source = source.clone();
        move || {
            let source = source.clone();
            may_write.get().then(|| {
                view! { <Actions id import=first.id has_ended=has_ended.get() is_stopping=Signal::derive(move || !is_running.get()) source on_changed/> }
            })
        }
    };
    view! {
        <li class="imports__row">
            <div class="imports__head">
                <span class="imports__source" title=source.clone()>{source.clone()}</span>
                {move || badge(state.get())}
            </div>
            {bar}
            <p class="imports__facts">
                <span>{move || import.with(|import| amounts(&import.progress))}</span>
                <span>{format!("Into {folder}")}</span>
                <span>{move || import.with(|import| format!("{}, ", import.asked_by))}<Time at=first.asked_at/></span>
            </p>
            {message}
            {move || problems.with(|problems| draw_problems(problems))}
            {actions}
        </li>
    }
}

#[component]
fn ProgressBar(label: String, import: Memo<ImportView>) -> impl IntoView {
    let share = Memo::new(move |_| import.with(|import| share(&import.progress)));
    let now = move || share.get().map(|share| format!("{:.0}", share * 100.0));
    view! {
        <div
            class="imports__bar"
            role="progressbar"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=now
        >
            {move || view! { <Bar share=share.get().unwrap_or(0.0)/> }}
        </div>
    }
}

#[component]
fn Actions(
    id: DataVolumeId,
    import: ImportId,
    /// Whether nothing more happens.
    has_ended: bool,
    /// Whether it is about to end.
    is_stopping: Signal<bool>,
    source: String,
    on_changed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let is_at_work = RwSignal::new(false);
    let after = move |answer: Result<(), Problem>| {
        is_at_work.try_set(false);
        match answer {
            Ok(()) => {
                on_changed.try_run(());
            }
            Err(problem) => toasts.refuse(problem.message),
        }
    };
    let cancel = move |()| {
        is_at_work.set(true);
        spawn_local(async move { after(cancel_import(id, import).await.map(drop)) });
    };
    let again = move |()| {
        is_at_work.set(true);
        spawn_local(async move { after(run_import_again(id, import).await.map(drop)) });
    };
    let remove = move |()| {
        is_at_work.set(true);
        spawn_local(async move { after(remove_import(id, import).await) });
    };
    let buttons = if has_ended {
        view! {
            <Button icon=Glyph::Refresh is_busy=is_at_work on_press=again>"Import again"</Button>
            <Button icon=Glyph::Close label=format!("Take off the list: {source}") is_busy=is_at_work on_press=remove/>
        }
        .into_any()
    } else {
        let refusal = Signal::derive(move || {
            is_stopping
                .get()
                .then(|| "It stops in a moment.".to_owned())
        });
        view! { <Button refusal is_busy=is_at_work on_press=cancel>"Cancel"</Button> }.into_any()
    };
    view! { <div class="imports__actions">{buttons}</div> }
}

fn badge(state: ImportState) -> impl IntoView {
    let (tone, glyph, word) = match state {
        ImportState::Waiting => (Tone::Neutral, Glyph::Clock, "Waiting"),
        ImportState::Listing => (Tone::Busy, Glyph::CircleHalf, "Looking for files"),
        ImportState::Running => (Tone::Busy, Glyph::CircleHalf, "Importing"),
        ImportState::Succeeded => (Tone::Good, Glyph::Check, "Imported"),
        ImportState::Failed => (Tone::Bad, Glyph::Diamond, "Not everything"),
        ImportState::Canceled => (Tone::Neutral, Glyph::Minus, "Canceled"),
    };
    view! { <Badge tone glyph word/> }
}

/// How much of what is known to come is there, from 0 to 1; `None` before anything is known.
fn share(progress: &ImportProgress) -> Option<f64> {
    let files = progress.files;
    #[expect(clippy::cast_precision_loss, reason = "a bar has some hundred pixels")]
    let of = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    match progress.bytes.found {
        // What is unchanged has no bytes to come.
        Some(bytes) if files.unchanged == 0 => of(progress.bytes.stored, bytes),
        _ => of(files.stored + files.unchanged + files.failed, files.found),
    }
    .map(|share| share.min(1.0))
}

fn amounts(progress: &ImportProgress) -> String {
    let files = progress.files;
    let found = if progress.is_listed {
        format!("{} of {} files", count(files.stored), count(files.found))
    } else {
        format!(
            "{} files, {} found yet",
            count(files.stored),
            count(files.found)
        )
    };
    let stored = Bytes(progress.bytes.stored);
    let amount = match progress.bytes.found {
        Some(found) if files.unchanged == 0 => format!("{stored} of {}", Bytes(found)),
        _ => stored.to_string(),
    };
    let mut parts = vec![found, amount];
    for (number, word) in [(files.unchanged, "unchanged"), (files.failed, "failed")] {
        if number > 0 {
            parts.push(format!("{} {word}", count(number)));
        }
    }
    parts.join(" · ")
}

fn draw_problems(problems: &[ImportProblem]) -> Option<impl IntoView + use<>> {
    let rows: Vec<_> = problems
        .iter()
        .map(|problem| {
            view! { <li><strong>{problem.path.clone()}</strong>" "{problem.message.clone()}</li> }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <details class="imports__problems">
                <summary>"Which ones, and why"</summary>
                <ul>{rows}</ul>
            </details>
        }
    })
}

#[cfg(test)]
mod tests {
    use domain::{ImportedBytes, ImportedFiles};

    use super::*;

    #[test]
    fn the_bar_tells_what_is_known() {
        let mut progress = ImportProgress::default();
        assert_eq!(share(&progress), None);
        progress.files = ImportedFiles {
            found: 4,
            stored: 1,
            unchanged: 0,
            failed: 1,
        };
        assert_eq!(share(&progress), Some(0.5));
        progress.bytes = ImportedBytes {
            found: Some(100),
            stored: 25,
        };
        assert_eq!(share(&progress), Some(0.25));
        progress.files.unchanged = 1;
        assert_eq!(share(&progress), Some(0.75));
    }

    #[test]
    fn amounts_name_what_did_not_come() {
        let mut progress = ImportProgress::default();
        assert_eq!(amounts(&progress), "0 files, 0 found yet · 0 B");
        progress.is_listed = true;
        progress.files = ImportedFiles {
            found: 4,
            stored: 1,
            unchanged: 2,
            failed: 1,
        };
        assert_eq!(
            amounts(&progress),
            "1 of 4 files · 0 B · 2 unchanged · 1 failed"
        );
    }
}
