//! Asking for a share: which scope, what it may do, why and until when.

use domain::{DataVolumeId, ScopeId, ScopeType, ShareMode, VolumePath};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{NewShare, Problem, ShareTarget};

use super::field_problem::{FieldId, of_field, of_none};
use super::share_form::mode_cards;
use crate::components::problem_notice::ProblemNotice;
use crate::components::share_list::word;
use crate::routes::end_of_day;
use crate::server_fns::ask_for_share;
use crate::ui::{
    Button, Choice, DayInput, Field, Glyph, Look, RadioCards, Select, TextInput, use_toasts,
};

const SCOPE: FieldId = ("scopeId", "ask-scope");
const REASON: FieldId = ("reason", "ask-reason");
const EXPIRES_AT: FieldId = ("expiresAt", "ask-until");
const FIELDS: &[FieldId] = &[SCOPE, REASON, EXPIRES_AT];

/// The form for those who may ask and not share.
#[component]
pub(crate) fn AskForShareForm(
    /// What is asked for.
    id: DataVolumeId,
    /// The project that it originates in.
    origin: ScopeId,
    /// The scopes of its cluster that the reader sees.
    #[prop(into)]
    targets: Signal<Vec<ShareTarget>>,
    /// What follows when it was asked.
    #[prop(into)]
    on_asked: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let scope = RwSignal::new(String::new());
    let mode = RwSignal::new(ShareMode::ReadOnly.as_str().to_owned());
    let reason = RwSignal::new(String::new());
    let until = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let choices = Signal::derive(move || targets.with(|targets| choices(targets, &origin)));
    let refusal = Signal::derive(move || {
        scope
            .with(String::is_empty)
            .then(|| "Choose who shall get it first.".to_owned())
    });
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        is_at_work.set(true);
        problem.set(None);
        let wanted = NewShare {
            scope_id: ScopeId(scope.get_untracked()),
            mode: mode
                .get_untracked()
                .parse::<ShareMode>()
                .unwrap_or_default(),
            sub_path: VolumePath::root(),
            reason: reason.get_untracked(),
            expires_at: until.with_untracked(|day| end_of_day(day)),
        };
        spawn_local(async move {
            match ask_for_share(id, wanted).await {
                Ok(request) => {
                    toasts.say(format!("Asked for {}", request.scope_name));
                    for field in [scope, reason, until] {
                        field.try_set(String::new());
                    }
                    on_asked.try_run(());
                }
                Err(refused) => {
                    problem.try_set(Some(refused));
                }
            }
            is_at_work.try_set(false);
        });
    };
    let rest = of_none(problem, FIELDS);
    let forget = move |_| problem.set(None);
    view! {
        <form class="form share-form" on:submit=ask>
            <Field id=SCOPE.1 label="Who shall get it" error=of_field(problem, SCOPE)>
                <Select name="scope" value=scope choices on_change=forget/>
            </Field>
            <RadioCards legend="They may" name="mode" value=mode cards=mode_cards()/>
            <Field
                id=REASON.1
                label="Reason"
                hint="What it is needed for; whoever answers reads it."
                error=of_field(problem, REASON)
                is_optional=true
            >
                <TextInput name="reason" value=reason max_length=255_usize on_input=forget/>
            </Field>
            <Field
                id=EXPIRES_AT.1
                label="Until"
                hint="The share ends by itself when this day is over (UTC)."
                error=of_field(problem, EXPIRES_AT)
                is_optional=true
            >
                <DayInput name="until" value=until on_input=forget/>
            </Field>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary icon=Glyph::Share submits=true refusal is_busy=is_at_work>"Ask"</Button>
            </div>
        </form>
    }
}

/// What has no share yet, by its whole name.
fn choices(targets: &[ShareTarget], origin: &ScopeId) -> Vec<Choice> {
    let nobody = Choice {
        value: String::new(),
        title: "Choose a scope".to_owned(),
    };
    let open = targets.iter().filter(|target| {
        target.share_id.is_none() && target.id != *origin && target.scope_type != ScopeType::Tenant
    });
    let mut scopes: Vec<Choice> = open
        .map(|target| Choice {
            value: target.id.to_string(),
            title: format!(
                "{} ({})",
                full_name(targets, target),
                word(target.scope_type)
            ),
        })
        .collect();
    scopes.sort_by(|a, b| a.title.cmp(&b.title));
    std::iter::once(nobody).chain(scopes).collect()
}

fn full_name(targets: &[ShareTarget], target: &ShareTarget) -> String {
    let parent = target
        .parent_id
        .as_ref()
        .and_then(|parent| targets.iter().find(|other| other.id == *parent));
    match parent {
        Some(parent) => format!("{} / {}", full_name(targets, parent), target.name),
        None => target.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_it_is_not_asked_for() {
        let target = |id: &str, parent: Option<&str>, has_it: bool| ShareTarget {
            id: id.into(),
            parent_id: parent.map(ScopeId::from),
            scope_type: ScopeType::Project,
            name: id.to_owned(),
            share_id: has_it.then(|| "00000000-0000-0000-0000-000000000001".parse().unwrap()),
            refusal: Some("no".into()),
            project_count: 1,
        };
        let targets = [
            target("speech", None, false),
            target("asr", Some("speech"), true),
            target("tts", Some("speech"), false),
            target("origin", None, false),
        ];
        let titles: Vec<String> = choices(&targets, &"origin".into())
            .into_iter()
            .map(|choice| choice.title)
            .collect();
        assert_eq!(
            titles,
            [
                "Choose a scope",
                "speech (project)",
                "speech / tts (project)"
            ]
        );
    }
}
