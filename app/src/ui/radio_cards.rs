//! One of a few, each with a sentence about it.

use leptos::prelude::*;

/// A choice with what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RadioCard {
    /// What is sent.
    pub(crate) value: String,
    /// What it is called.
    pub(crate) title: String,
    /// What it means.
    pub(crate) text: String,
    /// Why it cannot be chosen.
    pub(crate) refusal: Option<String>,
}

/// A group of cards of which one is chosen. It works in a plain form too.
#[component]
pub(crate) fn RadioCards(
    /// What is asked.
    #[prop(into)]
    legend: String,
    /// The name in a form.
    #[prop(into)]
    name: String,
    /// What is chosen.
    value: RwSignal<String>,
    /// The choices.
    #[prop(into)]
    cards: Signal<Vec<RadioCard>>,
) -> impl IntoView {
    let draw = move |card: RadioCard| {
        let is_refused = card.refusal.is_some();
        let this = StoredValue::new(card.value.clone());
        let is_chosen = move || value.with(|value| this.with_value(|this| this == value));
        let text_id = format!("{name}-{}-text", card.value);
        view! {
            <label class="radio-card" class:radio-card--refused=is_refused>
                <input
                    type="radio"
                    name=name.clone()
                    value=card.value
                    disabled=is_refused
                    checked=untrack(is_chosen)
                    prop:checked=is_chosen
                    aria-describedby=text_id.clone()
                    on:change=move |_| value.set(this.get_value())
                />
                <span class="radio-card__title">{card.title}</span>
                <span class="radio-card__text" id=text_id>{card.refusal.unwrap_or(card.text)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="radio-cards">
            <legend>{legend}</legend>
            <div class="radio-cards__cards">
                {move || cards.get().into_iter().map(draw.clone()).collect::<Vec<_>>()}
            </div>
        </fieldset>
    }
}
