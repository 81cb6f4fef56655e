//! Search, filters and the scope picker: one GET form, whose fields are the names in the address.
//!
//! Without the WASM it is sent as it is. With it the same fields are read on every change and become the
//! same address, so there is one way from what is entered to what is shown.

use std::time::Duration;

use domain::{Comparison, FilterText, PersistenceClass, Phase};
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};
use wire::{CatalogueQuery, SortBy, SortOrder};

use super::column_choice::ColumnChoice;
use super::filter_chips::{comparison_words, text_words};
use crate::routes::{self, Query, order_word, sort_word, view_word};
use crate::ui::{Button, Checkbox, Choice, DayInput, Glyph, Icon, Menu, Select, TextInput};

/// This long after the last key the search is made.
const TYPED: Duration = Duration::from_millis(200);

/// What is being entered for a filter that does not hold yet.
#[derive(Clone, Copy)]
struct Entry {
    tag: RwSignal<String>,
    text: RwSignal<String>,
    since: RwSignal<String>,
    until: RwSignal<String>,
}

impl Entry {
    fn new() -> Self {
        let [tag, text, since, until] = [(); 4].map(|()| RwSignal::new(String::new()));
        Self {
            tag,
            text,
            since,
            until,
        }
    }

    /// It holds now, and is shown as a chip.
    fn clear(self) {
        for entered in [self.tag, self.text, self.since, self.until] {
            entered.set(String::new());
        }
    }
}

/// The form. Its children stand in front of the search: the scope picker.
#[component]
pub(crate) fn CatalogueFilters(
    /// The catalogue that is shown.
    query: Memo<CatalogueQuery>,
    /// The scope picker.
    children: Children,
) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    let entry = Entry::new();
    let navigate = use_navigate();
    let apply = move |replace: bool| {
        let Some(asked) = form.get_untracked().as_ref().and_then(fields) else {
            return;
        };
        if asked != query.get_untracked() {
            let options = NavigateOptions {
                replace,
                scroll: false,
                ..NavigateOptions::default()
            };
            navigate(&routes::data_volumes(&asked), options);
        }
        entry.clear();
    };
    let pending = StoredValue::new(None::<TimeoutHandle>);
    let apply_soon = {
        let apply = apply.clone();
        move |_| {
            if let Some(earlier) = pending.get_value() {
                earlier.clear();
            }
            let apply = apply.clone();
            pending.set_value(set_timeout_with_handle(move || apply(true), TYPED).ok());
        }
    };
    on_cleanup(move || {
        if let Some(Some(pending)) = pending.try_get_value() {
            pending.clear();
        }
    });
    let submit = {
        let apply = apply.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            apply(false);
        }
    };
    view! {
        <form
            node_ref=form
            class="catalogue-filters"
            role="search"
            method="get"
            action=routes::DATA_VOLUMES
            on:submit=submit
            on:change=move |_| apply(false)
        >
            {hidden_fields(query)}
            {children()}
            <SearchInput query on_input=apply_soon/>
            <Menu id="filters" label="Filter" icon=Glyph::Filter>
                <div class="catalogue-filters__choices">
                    {filter_boxes(query)}
                    {entry_fields(entry)}
                    <Button submits=true icon=Glyph::Plus>"Add filter"</Button>
                </div>
            </Menu>
            <ColumnChoice query/>
        </form>
    }
}

/// What the form asks for now.
fn fields(form: &HtmlFormElement) -> Option<CatalogueQuery> {
    let fields = FormData::new_with_form(form).ok()?;
    let text = String::from(
        UrlSearchParams::new_with_str_sequence_sequence(fields.as_ref())
            .ok()?
            .to_string(),
    );
    Some(CatalogueQuery::from(&Query::parse(&text)))
}

fn hidden_fields(query: Memo<CatalogueQuery>) -> impl IntoView {
    let usual = CatalogueQuery::default();
    // What is as usual is sent empty, and empty counts as absent.
    let view = move || {
        query.with(|query| {
            if query.view == usual.view {
                ""
            } else {
                view_word(query.view)
            }
        })
    };
    let sort = move || {
        query.with(|query| {
            if query.sort == SortBy::Name {
                ""
            } else {
                sort_word(query.sort)
            }
        })
    };
    let order = move || {
        query.with(|query| {
            if query.order == SortOrder::Asc {
                ""
            } else {
                order_word(query.order)
            }
        })
    };
    let filters = move || {
        let filters = query.with(|query| query.filters.clone());
        let hidden = |filter: domain::CatalogueFilter| {
            view! { <input type="hidden" name="filter" value=filter.to_string()/> }
        };
        filters.into_iter().map(hidden).collect::<Vec<_>>()
    };
    view! {
        {filters}
        <input type="hidden" name="view" value=view/>
        <input type="hidden" name="sort" value=sort/>
        <input type="hidden" name="order" value=order/>
    }
}

#[component]
fn SearchInput(
    query: Memo<CatalogueQuery>,
    on_input: impl FnMut(leptos::ev::Event) + 'static,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |was_alive: Option<bool>| {
        let wanted = query.with(|query| query.search.clone());
        let Some(input) = input.get() else {
            return false;
        };
        let was_alive = was_alive.unwrap_or_default();
        let is_focused = document()
            .active_element()
            .is_some_and(|focused| focused == **input);
        // What is being typed, or was typed before the page came alive, is newer than the address.
        if was_alive && !is_focused && input.value() != wanted {
            input.set_value(&wanted);
        }
        if !was_alive
            && window()
                .location()
                .hash()
                .is_ok_and(|hash| hash == "#search")
        {
            // An input that is not shown takes no focus; then nothing happens.
            let _ = input.focus();
        }
        true
    });
    view! {
        <span class="search">
            <Icon glyph=Glyph::Search/>
            <input
                node_ref=input
                type="search"
                class="input search__input"
                id="search"
                name="search"
                aria-label="Search names, descriptions and tags"
                placeholder="Search names, tags…"
                aria-keyshortcuts="/"
                autocomplete="off"
                spellcheck="false"
                maxlength=CatalogueQuery::MAX_SEARCH.to_string()
                value=query.with_untracked(|query| query.search.clone())
                on:input=on_input
            />
        </span>
    }
}

fn filter_boxes(query: Memo<CatalogueQuery>) -> impl IntoView {
    let phases: Vec<_> = Phase::ALL
        .iter()
        .map(|phase| {
            let is_checked = Signal::derive(move || query.with(|query| query.phases.contains(phase)));
            view! { <Checkbox label=phase.to_string() name="phases" value=phase.as_str() is_checked/> }
        })
        .collect();
    let classes: Vec<_> = PersistenceClass::ALL
        .iter()
        .map(|class| {
            let is_checked = Signal::derive(move || query.with(|query| query.persistence.contains(class)));
            view! { <Checkbox label=class.to_string() name="persistence" value=class.as_str() is_checked/> }
        })
        .collect();
    view! {
        <fieldset><legend>"Status"</legend>{phases}</fieldset>
        <fieldset><legend>"Persistence"</legend>{classes}</fieldset>
    }
}

/// A comparison with a text, and the days between which something was made.
fn entry_fields(entry: Entry) -> impl IntoView {
    let fields: Vec<Choice> = [
        FilterText::Name,
        FilterText::ProjectName,
        FilterText::Creator,
    ]
    .into_iter()
    .map(|field| choice(field.as_str(), text_words(field)))
    .collect();
    let comparisons: Vec<Choice> = [
        Comparison::Contains,
        Comparison::ContainsNot,
        Comparison::Is,
        Comparison::IsNot,
        Comparison::StartsWith,
        Comparison::EndsWith,
    ]
    .into_iter()
    .map(|comparison| choice(comparison.sign(), comparison_words(comparison)))
    .collect();
    let field = RwSignal::new(FilterText::Name.as_str().to_owned());
    let comparison = RwSignal::new(Comparison::Contains.sign().to_owned());
    view! {
        <fieldset>
            <legend>"Tag"</legend>
            <TextInput name="tag" label="Tag" value=entry.tag max_length=63_usize/>
        </fieldset>
        <fieldset>
            <legend>"Text, small and capital letters as they are"</legend>
            <div class="catalogue-filters__text">
                <Select name="field" label="What is compared" value=field choices=fields/>
                <Select name="comparison" label="How" value=comparison choices=comparisons/>
                <TextInput name="text" label="With what text" value=entry.text max_length=255_usize/>
            </div>
        </fieldset>
        <fieldset>
            <legend>"Created"</legend>
            <div class="catalogue-filters__days">
                <label class="catalogue-filters__day"><span>"From day"</span><DayInput name="since" label="From day" value=entry.since/></label>
                <label class="catalogue-filters__day"><span>"To day"</span><DayInput name="until" label="To day" value=entry.until/></label>
            </div>
        </fieldset>
    }
}

fn choice(value: &str, title: &str) -> Choice {
    Choice {
        value: value.to_owned(),
        title: title.to_owned(),
    }
}
