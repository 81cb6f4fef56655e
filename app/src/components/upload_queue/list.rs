//! The list of all that is in the queue. Only the rows that are seen exist in the page: a hundred thousand
//! would stop it.

use domain::Bytes;
use leptos::html;
use leptos::prelude::*;
use uploader::{Filter, ItemId, List, Overview, Row, Seen, State, Wish};

use super::super::uploader_context::UploadQueueContext;
use super::dock::TwoBars;
use super::words;
use crate::ui::{Button, Glyph, Icon, Look, MiddleCut, count};

/// The height of a row in pixels, as `style/upload_queue.css` has it.
const ROW_PX: usize = 56;
/// Rows that are drawn above and below what is seen.
const SPARE_ROWS: usize = 4;

/// The list with its filters and what can be done to all of it.
#[component]
pub(super) fn UploadList(
    /// The queue.
    queue: UploadQueueContext,
    /// The queue in a few numbers.
    overview: Memo<Option<Overview>>,
) -> impl IntoView {
    let filter = RwSignal::new(Filter::All);
    let cancel = move |()| queue.wish(Wish::CancelAll);
    let retry = move |()| queue.wish(Wish::RetryFailed);
    let clear = move |()| queue.wish(Wish::ClearFinished);
    let number = move |which: fn(&Overview) -> u32| {
        overview.with(|overview| overview.as_ref().map_or(0, which))
    };
    let nothing_to = move |which: fn(&Overview) -> u32, words: &'static str| {
        Signal::derive(move || (number(which) == 0).then(|| words.to_owned()))
    };
    let no_failed = nothing_to(|overview| overview.failed, "Nothing failed.");
    let none_active = nothing_to(
        |overview| u32::from(overview.is_active()),
        "Everything is finished.",
    );
    view! {
        <div class="upload-list">
            <div class="upload-list__tools">
                <div class="upload-list__filters" role="group" aria-label="Show">
                    <FilterButton filter this=Filter::All words="All"/>
                    <FilterButton filter this=Filter::Active words="Active"/>
                    <FilterButton filter this=Filter::Failed words="Failed"/>
                    <FilterButton filter this=Filter::Finished words="Finished"/>
                </div>
                <span class="upload-queue__actions">
                    <Button look=Look::Quiet refusal=no_failed on_press=retry>"Retry failed"</Button>
                    <Button look=Look::Quiet on_press=clear>"Clear finished"</Button>
                    <Button look=Look::Quiet refusal=none_active on_press=cancel>"Cancel all"</Button>
                </span>
            </div>
            <Rows queue filter/>
        </div>
    }
}

#[component]
fn FilterButton(
    /// What is shown.
    filter: RwSignal<Filter>,
    /// What this button shows.
    this: Filter,
    /// Its words.
    words: &'static str,
) -> impl IntoView {
    let is_chosen = move || filter.get() == this;
    view! {
        <button
            type="button"
            class="button button--quiet"
            aria-pressed=move || if is_chosen() { "true" } else { "false" }
            on:click=move |_| filter.set(this)
        >
            {words}
        </button>
    }
}

#[component]
fn Rows(
    /// The queue.
    queue: UploadQueueContext,
    /// What is shown.
    filter: RwSignal<Filter>,
) -> impl IntoView {
    let view_port = NodeRef::<html::Div>::new();
    let scroll = RwSignal::new((0_usize, 0_usize));
    let measure = move || {
        // The frame may come when the list is closed already.
        if let Some(Some(view_port)) = view_port.try_get_untracked() {
            let top = usize::try_from(view_port.scroll_top()).unwrap_or_default();
            let height = usize::try_from(view_port.client_height()).unwrap_or_default();
            scroll.set((top / ROW_PX, height / ROW_PX + 1));
        }
    };
    Effect::new(move |_| {
        let (first, seen) = scroll.get();
        queue.look(Seen {
            filter: filter.get(),
            offset: first.saturating_sub(SPARE_ROWS),
            limit: seen + 2 * SPARE_ROWS,
        });
    });
    on_cleanup(move || queue.look(Seen::default()));
    // Until the rows of another filter are there, those of the last one stay.
    let list = Memo::new(move |before: Option<&List>| {
        let now = queue.read(|view| view.list.clone());
        let now = now.filter(|list| list.seen.filter == filter.get());
        now.or_else(|| before.cloned()).unwrap_or_default()
    });
    let total = Memo::new(move |_| list.with(|list| list.total));
    let rows = Memo::new(move |_| list.with(|list| list.rows.clone()));
    Effect::new(move |_| {
        view_port.track();
        total.track();
        request_animation_frame(measure);
    });
    let ids = move || rows.with(|rows| rows.iter().map(|row| row.id).collect::<Vec<_>>());
    let draw = move |id: ItemId| {
        let row = Memo::new(move |before: Option<&Option<Row>>| {
            let now = rows.with(|rows| rows.iter().find(|row| row.id == id).cloned());
            now.or_else(|| before.cloned().flatten())
        });
        view! { <UploadRow queue row total/> }
    };
    view! {
        <div node_ref=view_port class="upload-list__view-port" tabindex="0" role="group" aria-label="List of uploads" on:scroll=move |_| measure()>
            <ul class="upload-list__rows" style:height=move || format!("{}px", total.get() * ROW_PX)>
                <For each=ids key=|id| *id children=draw/>
            </ul>
            <p class="upload-list__empty" hidden=move || { total.get() > 0 }>"None of these."</p>
        </div>
    }
}

#[component]
fn UploadRow(
    /// The queue.
    queue: UploadQueueContext,
    /// What is drawn.
    row: Memo<Option<Row>>,
    /// How many rows there are.
    total: Memo<usize>,
) -> impl IntoView {
    let position = move || row.with(|row| row.as_ref().map_or(0, |row| row.position));
    let offer = Memo::new(move |_| row.with(|row| row.as_ref().map(Offer::of)));
    let path = row
        .with_untracked(|row| row.as_ref().map(|row| row.path.clone()))
        .unwrap_or_default();
    let volume = row
        .with_untracked(|row| row.as_ref().map(|row| row.volume_name.clone()))
        .unwrap_or_default();
    view! {
        <li
            class="upload-row"
            style:top=move || format!("{}px", position() * ROW_PX)
            aria-setsize=move || total.get().to_string()
            aria-posinset=move || (position() + 1).to_string()
        >
            <span class="upload-row__path">
                <span class="upload-row__volume">{volume} " / "</span>
                <MiddleCut text=path.clone()/>
            </span>
            <span class="upload-row__standing">{move || row.get().map(|row| standing(&row))}</span>
            <span class="upload-row__actions">{move || offer.get().map(|offer| row_actions(queue, offer))}</span>
        </li>
    }
}

fn standing(row: &Row) -> AnyView {
    let (said, glyph, tone) = words::state(&row.state, row.is_being_stored, row.now_ms);
    let is_on_its_way = matches!(
        row.state,
        State::Sending | State::Interrupted { .. } | State::Paused
    );
    let bar = is_on_its_way.then(|| {
        let (stored, sent) =
            words::shares(row.acknowledged_bytes, row.in_flight_bytes, row.size_bytes);
        view! { <span class="upload-row__bar"><TwoBars stored sent label=row.path.clone()/></span> }
    });
    let amount = if is_on_its_way {
        format!(
            "{} of {}",
            Bytes(row.acknowledged_bytes),
            Bytes(row.size_bytes)
        )
    } else {
        Bytes(row.size_bytes).to_string()
    };
    let exact = format!("{} bytes", count(row.size_bytes));
    view! {
        <span class=format!("upload-row__state {}", tone.class())>
            <Icon glyph/>
            <span title=said.clone()>{said.clone()}</span>
        </span>
        {bar}
        <span class="upload-row__size" title=exact>{amount}</span>
    }
    .into_any()
}

/// What can be done to a row; drawn anew only when that changes, or a press would be lost.
#[derive(Debug, Clone, PartialEq)]
struct Offer {
    id: ItemId,
    may_be_retried: bool,
    /// Says what it takes out; `None` where nothing can be.
    cancel: Option<String>,
}

impl Offer {
    fn of(row: &Row) -> Self {
        let verb = if matches!(row.state, State::Failed(_)) {
            "Strike off"
        } else {
            "Cancel"
        };
        Self {
            id: row.id,
            may_be_retried: row.may_be_retried,
            cancel: (!row.state.is_finished()).then(|| format!("{verb} {}", row.path)),
        }
    }
}

fn row_actions(queue: UploadQueueContext, offer: Offer) -> AnyView {
    let id = offer.id;
    let retry = move |()| queue.wish(Wish::Retry(id));
    let cancel = move |()| queue.wish(Wish::Cancel(id));
    view! {
        {offer.may_be_retried.then(|| view! { <Button look=Look::Quiet on_press=retry>"Retry"</Button> })}
        {offer.cancel.map(|label| view! { <Button look=Look::Quiet icon=Glyph::Close label on_press=cancel/> })}
    }
    .into_any()
}
