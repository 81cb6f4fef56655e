//! The access rules that there are, and how to take one away.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{AccessRuleView, NewAccessRule, NewSubject, SubjectType};

use super::removal::Removal;
use crate::server_fns::{add_access_rule, remove_access_rule};
use crate::ui::{
    Button, Dialog, Glyph, Heading, Icon, Look, MiddleCut, Notice, Table, ToastList, Tone,
    use_toasts,
};

/// One row for each rule.
#[component]
pub(crate) fn AccessRuleTable(
    /// The rules.
    rules: Vec<AccessRuleView>,
    /// What follows when one was taken away or given back.
    #[prop(into)]
    on_changed: Callback<()>,
) -> impl IntoView {
    let asked = RwSignal::new(None::<AccessRuleView>);
    let is_asking = RwSignal::new(false);
    let ask = Callback::new(move |rule: AccessRuleView| {
        asked.set(Some(rule));
        is_asking.set(true);
    });
    let rows: Vec<_> = rules.into_iter().map(|rule| row(rule, ask)).collect();
    let head = view! {
        <Heading title="Who"/>
        <Heading title="Role"/>
        <Heading title="Scope"/>
        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
    }
    .into_any();
    let title = Signal::derive(move || {
        asked.with(|rule| {
            rule.as_ref()
                .map(|rule| format!("Remove the rule for {}", rule.subject_name))
                .unwrap_or_default()
        })
    });
    view! {
        <Table caption="Access rules" class="access-rules" head>{rows}</Table>
        <Dialog is_open=is_asking id="remove-access-rule" title>
            {move || asked.get().map(|rule| view! { <Question rule is_asking on_changed/> })}
        </Dialog>
    }
}

fn row(rule: AccessRuleView, ask: Callback<AccessRuleView>) -> impl IntoView {
    let (glyph, kind) = match rule.subject_type {
        SubjectType::Group => (Glyph::Group, "group"),
        SubjectType::User => (Glyph::User, "person"),
        SubjectType::Application => (Glyph::Key, "application"),
    };
    let this = rule.clone();
    let label = format!(
        "Remove {} of {} in {}",
        rule.role, rule.subject_name, rule.scope_name
    );
    view! {
        <tr>
            <th scope="row" class="access-rules__who">
                <span class="access-rules__subject">
                    <Icon glyph/>
                    <span class="visually-hidden">{kind}" "</span>
                    <MiddleCut text=rule.subject_name/>
                </span>
                <small class="muted">{rule.subject_note}</small>
                <small class="administration__narrow">{format!("{} in {}", rule.role, rule.scope_name)}</small>
            </th>
            <td class="access-rules__role">{rule.role.title()}</td>
            <td class="access-rules__scope">{rule.scope_name}</td>
            <td class="access-rules__action">
                <Button look=Look::Quiet label refusal=Signal::stored(rule.refusal) on_press=move |()| ask.run(this.clone())>
                    "Remove"
                </Button>
            </td>
        </tr>
    }
}

#[component]
fn Question(
    rule: AccessRuleView,
    is_asking: RwSignal<bool>,
    on_changed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let who = match rule.subject_type {
        SubjectType::Group => format!("Everybody in the group {}", rule.subject_name),
        SubjectType::User | SubjectType::Application => rule.subject_name.clone(),
    };
    let title = format!("{who} loses “{}” in {}", rule.role, rule.scope_name);
    let remove = move || {
        let rule = rule.clone();
        async move {
            remove_access_rule(rule.id).await?;
            let text = format!("Removed the rule for {}", rule.subject_name);
            toasts.say_with_undo(text, move || give_back(&rule, toasts, on_changed));
            on_changed.try_run(());
            Ok(())
        }
    };
    view! {
        <Removal is_open=is_asking word="Remove rule" remove>
            <Notice tone=Tone::Warn title>
                <p>
                    "What another rule gives them, they keep. The rest ends within seconds: open pages go, and \
                     uploads and downloads that are running are cut off. Jobs that run keep what is mounted."
                </p>
            </Notice>
        </Removal>
    }
}

fn give_back(rule: &AccessRuleView, toasts: ToastList, on_changed: Callback<()>) {
    let subject = match rule.subject_type {
        SubjectType::Group => Some(NewSubject::Group {
            name: rule.subject_id.clone(),
        }),
        SubjectType::User => rule
            .subject_id
            .parse()
            .ok()
            .map(|id| NewSubject::User { id }),
        SubjectType::Application => rule
            .subject_id
            .parse()
            .ok()
            .map(|id| NewSubject::Application { id }),
    };
    let Some(subject) = subject else {
        toasts.say("They have to sign in again before they can get a rule");
        return;
    };
    let new = NewAccessRule {
        subject,
        role: rule.role,
        scope_id: rule.scope_id.clone(),
    };
    spawn_local(async move {
        match add_access_rule(new).await {
            Ok(rule) => {
                toasts.say(format!("{} has the role again", rule.subject_name));
                on_changed.try_run(());
            }
            Err(refused) => toasts.refuse(refused.message),
        }
    });
}
