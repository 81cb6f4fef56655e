//! Which columns the catalogue shows: boxes in the form of the filters.

use leptos::prelude::*;
use wire::{CatalogueColumn, CatalogueQuery};

use super::catalogue_table::column_title;
use crate::ui::{Button, Checkbox, Glyph, Menu};

/// The button “Columns”.
#[component]
pub(crate) fn ColumnChoice(
    /// The catalogue that is shown.
    query: Memo<CatalogueQuery>,
) -> impl IntoView {
    let is_alive = RwSignal::new(false);
    Effect::new(move |_| is_alive.set(true));
    let boxes: Vec<_> = CatalogueColumn::ALL
        .into_iter()
        .map(|column| {
            let is_checked =
                Signal::derive(move || query.with(|query| shown(query).contains(&column)));
            // With no box at all the form would ask for the usual columns.
            let refusal = Signal::derive(move || {
                query
                    .with(|query| shown(query) == [column])
                    .then(|| "One column stays beside the name.".to_owned())
            });
            view! {
                <Checkbox label=column_title(column) name="columns" value=column.as_str() is_checked refusal/>
            }
        })
        .collect();
    view! {
        <Menu id="columns" label="Columns" icon=Glyph::Columns>
            <div class="catalogue-filters__choices">
                <fieldset>
                    <legend>"Beside the name"</legend>
                    {boxes}
                </fieldset>
                <Show when=move || !is_alive.get()>
                    <Button submits=true>"Apply"</Button>
                </Show>
            </div>
        </Menu>
    }
}

/// What is shown beside the name.
pub(crate) fn shown(query: &CatalogueQuery) -> &[CatalogueColumn] {
    if query.columns.is_empty() {
        &CatalogueColumn::USUAL
    } else {
        &query.columns
    }
}
