//! What “Create” would do, beside the form: it follows what is entered.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{DataVolumePlan, NewDataVolume, Problem, StorageClassView};

use super::FIELDS;
use crate::components::persistence_badge::PersistenceBadge;
use crate::components::sentence::sentence;
use crate::components::volume_facts::SharingPromise;
use crate::server_fns::plan_data_volume;
use crate::ui::{Glyph, Icon, Notice, Tone};

/// This long after the last key the plan is asked for.
const SETTLED: Duration = Duration::from_millis(300);

/// What would be done, as last asked.
#[derive(Clone, Copy)]
pub(super) struct Planned {
    /// The answer; `None` before the form is complete.
    answer: RwSignal<Option<Result<DataVolumePlan, Problem>>>,
    is_asking: RwSignal<bool>,
}

/// Asks for the plan whenever the order changes, and shows at the fields what is wrong with them.
pub(super) fn use_plan(
    order: Memo<Result<NewDataVolume, String>>,
    problem: RwSignal<Option<Problem>>,
) -> Planned {
    let planned = Planned {
        answer: RwSignal::new(None),
        is_asking: RwSignal::new(false),
    };
    let newest = StoredValue::new(0_u32);
    Effect::new(move |before: Option<Option<TimeoutHandle>>| {
        if let Some(Some(timer)) = before {
            timer.clear();
        }
        let turn = newest.get_value().wrapping_add(1);
        newest.set_value(turn);
        let Ok(order) = order.get() else {
            planned.answer.set(None);
            planned.is_asking.set(false);
            return None;
        };
        planned.is_asking.set(true);
        let ask = move || {
            spawn_local(async move {
                let answer = plan_data_volume(order).await;
                if newest.try_get_value() != Some(turn) {
                    return;
                }
                planned.is_asking.set(false);
                match answer {
                    Err(refused) if FIELDS.iter().any(|(name, _)| refused.details == *name) => {
                        planned.answer.set(None);
                        problem.set(Some(refused));
                    }
                    answer => planned.answer.set(Some(answer)),
                }
            });
        };
        set_timeout_with_handle(ask, SETTLED).ok()
    });
    planned
}

#[component]
pub(super) fn PlanPanel(
    /// What was asked.
    planned: Planned,
    /// What is still missing.
    missing: Signal<Option<String>>,
    /// The storage class that is chosen, if new storage is.
    class: Signal<Option<StorageClassView>>,
) -> impl IntoView {
    let content = move || match planned.answer.get() {
        Some(Ok(plan)) => view! { <Plan plan/> }.into_any(),
        Some(Err(problem)) => view! {
            <Notice tone=Tone::Bad title="This cannot be made">
                <p>{problem.message}</p>
            </Notice>
        }
        .into_any(),
        None => {
            let missing = missing
                .get()
                .unwrap_or_else(|| "Asking the cluster…".to_owned());
            let class = class.get().map(|class| {
                let reason = sentence(&class.persistence.reason);
                view! {
                    <div class="promise">
                        <PersistenceBadge persistence=Some(class.persistence)/>
                        <p>{reason}</p>
                    </div>
                    <SharingPromise sharing=class.sharing/>
                }
            });
            view! { <p class="muted">{missing}</p> {class} }.into_any()
        }
    };
    view! {
        <aside class="card plan" aria-labelledby="plan-title" aria-busy=move || planned.is_asking.get().to_string()>
            <h2 id="plan-title">"What will happen"</h2>
            <div class="plan__content" aria-live="polite">{content}</div>
        </aside>
    }
}

#[component]
fn Plan(plan: DataVolumePlan) -> impl IntoView {
    let reason = sentence(&plan.persistence.reason);
    let warnings: Vec<_> = plan
        .warnings
        .into_iter()
        .map(|warning| view! { <li><Icon glyph=Glyph::Warning/> <span>{warning}</span></li> })
        .collect();
    view! {
        <p class="plan__makes">{sentence(plan.makes)}</p>
        <div class="promise">
            <PersistenceBadge persistence=Some(plan.persistence)/>
            <p>{reason}</p>
        </div>
        <SharingPromise sharing=plan.sharing/>
        <div class="promise">
            <span class="promise__title"><Icon glyph=Glyph::Trash/> "Deleting it"</span>
            <p>{sentence(plan.deletion)}</p>
        </div>
        {(!warnings.is_empty()).then(|| view! { <ul class="plan__warnings">{warnings}</ul> })}
    }
}
