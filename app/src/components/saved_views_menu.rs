//! The reader's saved views: links to them, and what saves and removes one.

use domain::{SavedViewId, ViewName};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{CatalogueQuery, NewSavedView, Problem, SavedViewView};

use super::sentence::sentence;
use crate::routes::{self, Query};
use crate::server_fns::{delete_saved_view, list_saved_views, save_view};
use crate::ui::{Button, Field, Glyph, Icon, Look, Menu, TextInput, use_toasts};

/// The button “Saved views”.
#[component]
pub(crate) fn SavedViewsMenu(
    /// The catalogue that is shown, which is what is saved.
    query: Memo<CatalogueQuery>,
) -> impl IntoView {
    let views: Resource<Result<Vec<SavedViewView>, Problem>> =
        Resource::new_blocking(|| (), |()| list_saved_views());
    let list = move || {
        Suspend::new(async move {
            match views.await {
                Ok(found) if found.is_empty() => {
                    view! { <p class="menu__note">"None yet. Choose filters and columns, then save them under a name."</p> }
                        .into_any()
                }
                Ok(found) => view! { <ul class="saved-views">{rows(found, views)}</ul> }.into_any(),
                Err(problem) => view! { <p class="menu__note">{problem.message}</p> }.into_any(),
            }
        })
    };
    view! {
        <Menu id="saved-views" label="Saved views" icon=Glyph::Bookmark>
            <Transition fallback=|| view! { <p class="menu__note">"Loading…"</p> }>{list}</Transition>
            <SaveForm query on_saved=move |()| views.refetch()/>
        </Menu>
    }
}

fn rows(
    found: Vec<SavedViewView>,
    views: Resource<Result<Vec<SavedViewView>, Problem>>,
) -> Vec<AnyView> {
    found
        .into_iter()
        .map(|view| {
            let address = routes::data_volumes(&CatalogueQuery::from(&Query::parse(&view.query)));
            let id = view.id;
            let removed = view.name.clone();
            view! {
                <li class="saved-views__row">
                    // Loaded as a page, since the menu would stay open over what it leads to.
                    <a class="menu__entry" href=address rel="external">
                        <Icon glyph=Glyph::Bookmark/>
                        <span>{view.name.clone()}</span>
                    </a>
                    <RemoveButton id name=removed on_removed=move |()| views.refetch()/>
                </li>
            }
            .into_any()
        })
        .collect()
}

#[component]
fn RemoveButton(
    id: SavedViewId,
    name: String,
    #[prop(into)] on_removed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let is_at_work = RwSignal::new(false);
    let label = format!("Remove the view {name}");
    let remove = move |()| {
        let name = name.clone();
        is_at_work.set(true);
        spawn_local(async move {
            match delete_saved_view(id).await {
                Ok(()) => {
                    toasts.say(format!("The view “{name}” is gone"));
                    on_removed.try_run(());
                }
                Err(problem) => toasts.say(problem.message),
            }
            is_at_work.try_set(false);
        });
    };
    view! { <Button look=Look::Quiet icon=Glyph::Trash label is_busy=is_at_work on_press=remove/> }
}

#[component]
fn SaveForm(query: Memo<CatalogueQuery>, #[prop(into)] on_saved: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let wrong = Memo::new(move |_| {
        let parsed = name.with(|name| name.parse::<ViewName>());
        parsed.err().map(|error| sentence(&error))
    });
    let refusal = Signal::derive(move || {
        if name.with(|name| name.trim().is_empty()) {
            Some("Give it a name first.".to_owned())
        } else {
            wrong.get()
        }
    });
    let error = Signal::derive(move || {
        let wrong = wrong
            .get()
            .filter(|_| !name.with(|name| name.trim().is_empty()));
        wrong.or_else(|| {
            problem.with(|problem| problem.as_ref().map(|problem| problem.message.clone()))
        })
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        is_at_work.set(true);
        let shown = CatalogueQuery {
            offset: 0,
            ..query.get_untracked()
        };
        let new = NewSavedView {
            name: name.get_untracked(),
            query: Query::from(&shown).address("").replacen('?', "", 1),
        };
        spawn_local(async move {
            match save_view(new).await {
                Ok(saved) => {
                    name.set(String::new());
                    problem.set(None);
                    toasts.say(format!("The view “{}” is saved", saved.name));
                    on_saved.try_run(());
                }
                Err(refused) => problem.set(Some(refused)),
            }
            is_at_work.try_set(false);
        });
    };
    view! {
        <form class="form saved-views__form" on:submit=save>
            <Field id="saved-view-name" label="Save what is shown as" error>
                <TextInput name="name" value=name max_length=63_usize on_input=move |_| problem.set(None)/>
            </Field>
            <div class="form__actions">
                <Button submits=true refusal is_busy=is_at_work>"Save view"</Button>
            </div>
        </form>
    }
}
