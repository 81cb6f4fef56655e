//! Who gets the data volume: scopes to choose in the tree, what they may do, and why.

use std::collections::BTreeSet;

use domain::{DataVolumeId, MountPhase, ScopeId, ShareMode};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{NewShare, Problem, ShareTarget};

use super::field_problem::{FieldId, of_field, of_none};
use crate::components::problem_notice::ProblemNotice;
use crate::components::share_tree::{ShareTree, reached_projects};
use crate::server_fns::share_data_volume;
use crate::ui::{Button, Field, Glyph, Look, RadioCard, RadioCards, TextInput, count, use_toasts};

const REASON: FieldId = ("reason", "share-reason");
const FIELDS: &[FieldId] = &[REASON];

/// The tree with its boxes, and the button.
#[component]
pub(crate) fn ShareForm(
    /// What is shared.
    id: DataVolumeId,
    /// The scopes, and whether each can get it.
    #[prop(into)]
    targets: Signal<Vec<ShareTarget>>,
    /// How far each project is that has it.
    #[prop(into)]
    phases: Signal<Vec<(ScopeId, MountPhase)>>,
    /// What follows when something was shared.
    #[prop(into)]
    on_shared: Callback<()>,
) -> impl IntoView {
    let chosen = RwSignal::new(BTreeSet::<ScopeId>::new());
    let mode = RwSignal::new(ShareMode::ReadOnly.as_str().to_owned());
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_sharing = RwSignal::new(false);
    let reached = Memo::new(move |_| {
        targets.with(|targets| {
            chosen.with(|chosen| reached_projects(targets, |id| chosen.contains(id)))
        })
    });
    let refusal = Signal::derive(move || {
        chosen
            .with(BTreeSet::is_empty)
            .then(|| "Choose at least one scope that gets it.".to_owned())
    });
    let share = use_share(
        id,
        targets,
        Fields {
            chosen,
            mode,
            reason,
        },
        problem,
        is_sharing,
        on_shared,
    );
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_none() && !is_sharing.get_untracked() {
            share();
        }
    };
    let rest = of_none(problem, FIELDS);
    view! {
        <form class="form share-form" on:submit=submit>
            <ShareTree targets phases chosen/>
            <RadioCards legend="They may" name="mode" value=mode cards=mode_cards()/>
            <Field
                id=REASON.1
                label="Reason"
                hint="One line for those who look at this list later."
                error=of_field(problem, REASON)
                is_optional=true
            >
                <TextInput name="reason" value=reason max_length=255_usize on_input=move |_| problem.set(None)/>
            </Field>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary icon=Glyph::Share submits=true refusal is_busy=is_sharing>"Share"</Button>
                <p class="form__missing" role="status">{move || summary(chosen.with(BTreeSet::len), reached.get())}</p>
            </div>
        </form>
    }
}

fn mode_cards() -> Vec<RadioCard> {
    let card = |mode: ShareMode, title: &str, text: &str| RadioCard {
        value: mode.as_str().to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        refusal: None,
    };
    vec![
        card(
            ShareMode::ReadOnly,
            "Read",
            "Their jobs read the files; nobody there can change them.",
        ),
        card(
            ShareMode::ReadWrite,
            "Read and write",
            "Their jobs can add, change and delete files, for everybody.",
        ),
    ]
}

fn summary(scopes: usize, projects: u64) -> String {
    match (scopes, projects) {
        (0, _) => "Nobody is chosen.".to_owned(),
        (_, 0) => "No project gets it now; those that are added later will.".to_owned(),
        (_, 1) => "One project gets it.".to_owned(),
        (_, projects) => format!(
            "{} projects get it, and those that are added later.",
            count(projects)
        ),
    }
}

#[derive(Clone, Copy)]
struct Fields {
    chosen: RwSignal<BTreeSet<ScopeId>>,
    mode: RwSignal<String>,
    reason: RwSignal<String>,
}

/// One call for each scope, in the order of the tree. What was refused stays chosen, and the refusal says
/// of whom.
fn use_share(
    id: DataVolumeId,
    targets: Signal<Vec<ShareTarget>>,
    Fields {
        chosen,
        mode,
        reason,
    }: Fields,
    problem: RwSignal<Option<Problem>>,
    is_sharing: RwSignal<bool>,
    on_shared: Callback<()>,
) -> impl Fn() + Copy {
    let toasts = use_toasts();
    move || {
        let mode = mode
            .get_untracked()
            .parse::<ShareMode>()
            .unwrap_or_default();
        let reason_words = reason.get_untracked();
        let receivers: Vec<(ScopeId, String)> = targets.with_untracked(|targets| {
            let is_chosen =
                |target: &&ShareTarget| chosen.with_untracked(|chosen| chosen.contains(&target.id));
            targets
                .iter()
                .filter(is_chosen)
                .map(|target| (target.id.clone(), target.name.clone()))
                .collect()
        });
        is_sharing.set(true);
        problem.set(None);
        spawn_local(async move {
            let mut refusal = None;
            let mut shared_with = Vec::new();
            for (scope_id, name) in receivers {
                let with = NewShare {
                    scope_id: scope_id.clone(),
                    mode,
                    reason: reason_words.clone(),
                };
                match share_data_volume(id, with).await {
                    Ok(_) => {
                        chosen.update(|chosen| {
                            chosen.remove(&scope_id);
                        });
                        shared_with.push(name);
                    }
                    Err(refused) => {
                        let is_at_field = FIELDS.iter().any(|(name, _)| refused.details == *name);
                        let message = if is_at_field {
                            refused.message
                        } else {
                            format!("{name}: {}", refused.message)
                        };
                        refusal = Some(Problem { message, ..refused });
                        break;
                    }
                }
            }
            is_sharing.set(false);
            if refusal.is_none() {
                reason.set(String::new());
            }
            problem.set(refusal);
            if !shared_with.is_empty() {
                toasts.say(format!("Shared with {}", shared_with.join(", ")));
                on_shared.try_run(());
            }
        });
    }
}
