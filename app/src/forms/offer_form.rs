//! “Offer”: whose projects may make a data volume of a volume that somebody made by hand.

use domain::{ScopeId, ScopeType};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{ManagedScope, NewVolumeOffer, Problem, StaticVolumeView};

use super::field_problem::{self, FieldId, of_field};
use crate::components::problem_notice::ProblemNotice;
use crate::pages::administration_page::indent;
use crate::server_fns::offer_static_volume;
use crate::ui::{Button, Choice, Dialog, Field, Look, Select, use_toasts};

const SCOPE: FieldId = ("scopeId", "offer-scope");
const FIELDS: &[FieldId] = &[SCOPE];

/// The form in front of the page.
#[component]
pub(crate) fn OfferDialog(
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// The volume.
    volume: RwSignal<Option<StaticVolumeView>>,
    /// Every scope, each before what lies beneath it.
    scopes: RwSignal<Vec<ManagedScope>>,
    /// What follows.
    #[prop(into)]
    on_offered: Callback<()>,
) -> impl IntoView {
    let title = Signal::derive(move || {
        let name = volume.with(|volume| volume.as_ref().map(|volume| volume.volume_name.clone()));
        format!("Offer {}", name.unwrap_or_default())
    });
    view! {
        <Dialog is_open id="offer-volume" title>
            {move || volume.get().map(|volume| view! { <OfferForm is_open volume scopes on_offered/> })}
        </Dialog>
    }
}

#[component]
fn OfferForm(
    is_open: RwSignal<bool>,
    volume: StaticVolumeView,
    scopes: RwSignal<Vec<ManagedScope>>,
    on_offered: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let scope = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let choices = scopes.with_untracked(|scopes| choices(scopes, &volume.cluster_id));
    let refusal = Signal::derive(move || {
        scope
            .with(String::is_empty)
            .then(|| "Choose a scope.".to_owned())
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        let new = NewVolumeOffer {
            cluster_id: volume.cluster_id.clone(),
            volume_name: volume.volume_name.clone(),
            volume_uid: volume.volume_uid.clone(),
            scope_id: ScopeId(scope.get_untracked()),
        };
        is_at_work.set(true);
        spawn_local(async move {
            match offer_static_volume(new).await {
                Ok(offer) => {
                    toasts.say(format!(
                        "{} is offered to {}",
                        offer.volume_name, offer.scope_name
                    ));
                    is_open.set(false);
                    on_offered.try_run(());
                }
                Err(refused) => {
                    field_problem::focus(&refused, FIELDS);
                    problem.set(Some(refused));
                }
            }
            is_at_work.set(false);
        });
    };
    let rest = field_problem::of_none(problem, FIELDS);
    view! {
        <form class="form" on:submit=submit>
            <Field
                id=SCOPE.1
                label="Offer to"
                hint="Its projects can choose the volume under “New data volume”. The first one that does has it."
                error=of_field(problem, SCOPE)
            >
                <Select name="scope" value=scope choices/>
            </Field>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Offer"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}

/// The cluster and what lies beneath it, under a first line that is no choice.
fn choices(scopes: &[ManagedScope], cluster: &ScopeId) -> Vec<Choice> {
    let none = Choice {
        value: String::new(),
        title: "Choose…".to_owned(),
    };
    let mut here = scopes.iter().skip_while(|scope| scope.id != *cluster);
    let first = here.next();
    let beneath = here
        .take_while(|scope| !matches!(scope.scope_type, ScopeType::Tenant | ScopeType::Cluster));
    let choices = first.into_iter().chain(beneath).map(|scope| Choice {
        value: scope.id.to_string(),
        title: format!("{}{}", indent(scope.scope_type), scope.name),
    });
    std::iter::once(none).chain(choices).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_offered_within_its_cluster_only() {
        let scopes = [
            ("acme", ScopeType::Tenant),
            ("east", ScopeType::Cluster),
            ("vision", ScopeType::Department),
            ("101", ScopeType::Project),
            ("west", ScopeType::Cluster),
            ("robots", ScopeType::Department),
        ]
        .map(|(id, scope_type)| ManagedScope {
            id: id.into(),
            parent_id: None,
            scope_type,
            name: id.to_owned(),
        });
        let of = |cluster: &str| {
            let choices = choices(&scopes, &cluster.into()).into_iter();
            choices.map(|choice| choice.value).collect::<Vec<_>>()
        };
        assert_eq!(of("east"), ["", "east", "vision", "101"]);
        assert_eq!(of("west"), ["", "west", "robots"]);
        assert_eq!(of("north"), [""]);
    }
}
