//! Who has the data volume: scopes to check and uncheck in the tree, what new ones may do, why and until when.

use domain::{DataVolumeId, MountPhase, ScopeId, ScopeType, ShareMode, VolumePath};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{NewShare, Problem, ShareTarget};

use super::field_problem::{FieldId, of_field, of_none};
use crate::components::problem_notice::ProblemNotice;
use crate::components::running_pods::RunningPods;
use crate::components::share_tree::ShareTree;
use crate::components::share_wish::{ShareEffect, ShareWish};
use crate::routes::end_of_day;
use crate::server_fns::change_shares;
use crate::ui::{
    Button, DayInput, Field, Glyph, Look, Notice, RadioCard, RadioCards, TextInput, Tone, count,
    use_toasts,
};

const SUB_PATH: FieldId = ("subPath", "share-folder");
const REASON: FieldId = ("reason", "share-reason");
const EXPIRES_AT: FieldId = ("expiresAt", "share-until");
const FIELDS: &[FieldId] = &[SUB_PATH, REASON, EXPIRES_AT];
/// The most scopes that one change adds, and that it takes it from.
const MAX_CHANGES: usize = 50;
/// So many projects are named; the others are counted.
const NAMED: usize = 12;

/// The tree with its boxes, what follows, and the button.
#[component]
pub(crate) fn ShareForm(
    /// What is shared.
    id: DataVolumeId,
    /// The project that it originates in.
    origin: ScopeId,
    /// The scopes, and whether each can get it.
    #[prop(into)]
    targets: Signal<Vec<ShareTarget>>,
    /// How far each project is that has it.
    #[prop(into)]
    phases: Signal<Vec<(ScopeId, MountPhase)>>,
    /// What follows when something was changed.
    #[prop(into)]
    on_shared: Callback<()>,
) -> impl IntoView {
    let wish = RwSignal::new(ShareWish::default());
    let fields = Fields {
        mode: RwSignal::new(ShareMode::ReadOnly.as_str().to_owned()),
        sub_path: RwSignal::new(String::new()),
        reason: RwSignal::new(String::new()),
        until: RwSignal::new(String::new()),
    };
    let problem = RwSignal::new(None::<Problem>);
    let is_sharing = RwSignal::new(false);
    let left =
        Memo::new(move |_| targets.with(|targets| wish.with(|wish| wish.still_to_do(targets))));
    let effect =
        Memo::new(move |_| targets.with(|targets| left.with(|left| left.effect(targets, &origin))));
    let refusal = Signal::derive(move || left.with(refusal_of));
    let share = use_share(id, targets, left, fields, problem, is_sharing, on_shared);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_none() && !is_sharing.get_untracked() {
            share(wish);
        }
    };
    let rest = of_none(problem, FIELDS);
    let button = move || left.with(verb);
    view! {
        <form class="form share-form" on:submit=submit>
            <ShareTree targets phases wish/>
            <RadioCards legend="Those that are added may" name="mode" value=fields.mode cards=mode_cards()/>
            <Field
                id=SUB_PATH.1
                label="Folder"
                hint="Those that are added get this folder and nothing else of the volume, such as train/images."
                error=of_field(problem, SUB_PATH)
                is_optional=true
            >
                <TextInput name="subPath" value=fields.sub_path max_length=1024_usize on_input=move |_| problem.set(None)/>
            </Field>
            <Field
                id=REASON.1
                label="Reason"
                hint="One line for those who look at this list later."
                error=of_field(problem, REASON)
                is_optional=true
            >
                <TextInput name="reason" value=fields.reason max_length=255_usize on_input=move |_| problem.set(None)/>
            </Field>
            <Field
                id=EXPIRES_AT.1
                label="Until"
                hint="Those that are added lose it by themselves when this day is over (UTC)."
                error=of_field(problem, EXPIRES_AT)
                is_optional=true
            >
                <DayInput name="until" value=fields.until on_input=move |_| problem.set(None)/>
            </Field>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div role="status" class="share-form__effect">
                {move || left.with(|left| effect.with(|effect| summary(id, left, effect)))}
            </div>
            <div class="form__actions">
                <Button look=Look::Primary icon=Glyph::Share submits=true refusal is_busy=is_sharing>{button}</Button>
            </div>
        </form>
    }
}

fn refusal_of(left: &ShareWish) -> Option<String> {
    if left.is_empty() {
        Some("Check a scope that gets it, or uncheck one that loses it.".to_owned())
    } else if left.added.len() > MAX_CHANGES || left.taken.len() > MAX_CHANGES {
        Some(format!(
            "At most {MAX_CHANGES} scopes change at once. Choose fewer, or the department that holds them."
        ))
    } else {
        None
    }
}

fn verb(left: &ShareWish) -> &'static str {
    match (left.added.is_empty(), left.taken.is_empty()) {
        (_, true) => "Share",
        (true, false) => "Take away",
        (false, false) => "Save changes",
    }
}

/// What those who get it may do.
pub(crate) fn mode_cards() -> Vec<RadioCard> {
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

/// What saving changes, before it is saved.
fn summary(id: DataVolumeId, left: &ShareWish, effect: &ShareEffect) -> AnyView {
    if left.is_empty() {
        return view! { <p class="muted">"Nothing changes yet."</p> }.into_any();
    }
    let gain = (!left.added.is_empty()).then(|| {
        let text = gaining(effect);
        view! { <Notice title="What saving gives"><p>{text}</p></Notice> }
    });
    let lose = (!left.taken.is_empty()).then(|| {
        let (projects, names): (Vec<_>, Vec<_>) = effect.lose.iter().cloned().unzip();
        let text = if effect.lose.is_empty() {
            "No project that you may see loses it: another share reaches them.".to_owned()
        } else {
            format!(
                "Lost in: {}. Jobs there that read it fail. No file is deleted.",
                named(&names)
            )
        };
        view! {
            <Notice tone=Tone::Warn title="What saving takes">
                <p>{text}</p>
                <RunningPods id projects=Signal::stored(projects)/>
            </Notice>
        }
    });
    view! { {gain} {lose} }.into_any()
}

fn gaining(effect: &ShareEffect) -> String {
    let unseen = match effect.unseen_gain {
        0 => None,
        1 => Some("one project that you may not see".to_owned()),
        more => Some(format!("{} projects that you may not see", count(more))),
    };
    match (effect.gain.is_empty(), unseen) {
        (true, None) => {
            "No further project gets it now; those that are added beneath later will.".to_owned()
        }
        (true, Some(unseen)) => format!("It reaches {unseen}."),
        (false, None) => format!("Gets it: {}.", named(&effect.gain)),
        (false, Some(unseen)) => format!("Gets it: {}, and {unseen}.", named(&effect.gain)),
    }
}

fn named(projects: &[String]) -> String {
    let named = projects
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match projects.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

#[derive(Clone, Copy)]
struct Fields {
    mode: RwSignal<String>,
    sub_path: RwSignal<String>,
    reason: RwSignal<String>,
    until: RwSignal<String>,
}

impl Fields {
    /// The share that a scope gets; with the scope still to be told.
    fn share(self) -> Result<NewShare, Problem> {
        let sub_path = self.sub_path.with_untracked(|text| {
            let folder = text.trim().trim_end_matches('/');
            folder.parse::<VolumePath>().map_err(|error| {
                Problem::new(400, format!("Not a folder of this volume: {error}."))
                    .with_details(SUB_PATH.0)
            })
        })?;
        Ok(NewShare {
            scope_id: ScopeId(String::new()),
            sub_path,
            mode: self
                .mode
                .get_untracked()
                .parse::<ShareMode>()
                .unwrap_or_default(),
            reason: self.reason.get_untracked(),
            expires_at: self.until.with_untracked(|day| end_of_day(day)),
        })
    }
}

/// One call for all scopes: all is saved or nothing is.
fn use_share(
    id: DataVolumeId,
    targets: Signal<Vec<ShareTarget>>,
    left: Memo<ShareWish>,
    fields: Fields,
    problem: RwSignal<Option<Problem>>,
    is_sharing: RwSignal<bool>,
    on_shared: Callback<()>,
) -> impl Fn(RwSignal<ShareWish>) + Copy {
    let toasts = use_toasts();
    move |wish| {
        let left = left.get_untracked();
        let share = match fields.share() {
            Ok(share) => share,
            Err(wrong) => {
                problem.set(Some(wrong));
                return;
            }
        };
        let of = |wanted: &std::collections::BTreeSet<ScopeId>| -> Vec<(ScopeType, ScopeId)> {
            targets.with_untracked(|targets| {
                let chosen = targets.iter().filter(|target| wanted.contains(&target.id));
                chosen
                    .map(|target| (target.scope_type, target.id.clone()))
                    .collect()
            })
        };
        let add = of(&left.added)
            .into_iter()
            .map(|(scope_type, scope_id)| {
                let share = NewShare {
                    scope_id,
                    ..share.clone()
                };
                (scope_type, share)
            })
            .collect();
        let remove = of(&left.taken);
        is_sharing.set(true);
        problem.set(None);
        spawn_local(async move {
            match change_shares(id, add, remove).await {
                Ok(_) => {
                    toasts.say(if left.added.is_empty() {
                        "The shares have ended"
                    } else {
                        "The shares are saved"
                    });
                    wish.try_set(ShareWish::default());
                    for field in [fields.sub_path, fields.reason, fields.until] {
                        field.try_set(String::new());
                    }
                    on_shared.try_run(());
                }
                Err(refused) => {
                    problem.try_set(Some(refused));
                }
            }
            is_sharing.try_set(false);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_told_by_name_and_by_number() {
        let names = |count: usize| (1..=count).map(|n| format!("p{n}")).collect::<Vec<_>>();
        let effect = |gain: usize, unseen_gain| ShareEffect {
            gain: names(gain),
            unseen_gain,
            lose: vec![],
        };
        assert_eq!(gaining(&effect(2, 0)), "Gets it: p1, p2.");
        assert_eq!(
            gaining(&effect(1, 3)),
            "Gets it: p1, and 3 projects that you may not see."
        );
        assert!(gaining(&effect(0, 0)).starts_with("No further project"));
        assert!(named(&names(14)).ends_with("p12 and 2 more"));
    }
}
