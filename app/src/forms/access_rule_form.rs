//! “Add rule”: who gets which role where, and what follows, before it does.

use domain::{Role, ScopeId, UserId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{
    AccessRuleChoices, AccessRulePlan, ManagedScope, NewAccessRule, NewSubject, PersonChoice,
    Problem,
};

use super::field_problem::{FieldId, of_field, of_none};
use crate::components::problem_notice::ProblemNotice;
use crate::pages::administration_page::indent;
use crate::server_fns::{add_access_rule, find_people, plan_access_rule};
use crate::ui::{
    Button, Choice, Field, Look, Notice, RadioCard, RadioCards, Select, TextInput, count,
    use_toasts,
};

const SUBJECT: FieldId = ("subject", "rule-group");
const FIELDS: &[FieldId] = &[SUBJECT];
const GROUP: &str = "group";
const PERSON: &str = "person";

#[derive(Clone, Copy)]
struct Fields {
    kind: RwSignal<String>,
    group: RwSignal<String>,
    person: RwSignal<String>,
    role: RwSignal<String>,
    scope: RwSignal<String>,
}

impl Fields {
    fn rule(self) -> Result<NewAccessRule, &'static str> {
        let subject = if self.kind.get() == GROUP {
            let name = self.group.get();
            if name.is_empty() {
                return Err("Write the name of a group.");
            }
            NewSubject::Group { name }
        } else {
            let id: UserId = self.person.get().parse().map_err(|_| "Choose a person.")?;
            NewSubject::User { id }
        };
        Ok(NewAccessRule {
            subject,
            role: self.role.get().parse().map_err(|_| "Choose a role.")?,
            scope_id: ScopeId(self.scope.get()),
        })
    }
}

/// The fields, what would follow, and the button.
#[component]
pub(crate) fn AccessRuleForm(
    /// Scopes and roles that the caller may give.
    choices: AccessRuleChoices,
    /// The scope that is open on the page.
    at: Option<ScopeId>,
    /// Whether the form is shown.
    is_open: RwSignal<bool>,
    /// What follows when a rule was made.
    #[prop(into)]
    on_added: Callback<()>,
) -> impl IntoView {
    let scope = at.or_else(|| choices.scopes.first().map(|scope| scope.id.clone()));
    let fields = Fields {
        kind: RwSignal::new(GROUP.to_owned()),
        group: RwSignal::new(String::new()),
        person: RwSignal::new(String::new()),
        role: RwSignal::new(Role::Viewer.as_str().to_owned()),
        scope: RwSignal::new(scope.map(|id| id.to_string()).unwrap_or_default()),
    };
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let rule = Memo::new(move |_| fields.rule());
    let refusal = Signal::derive(move || rule.get().err().map(str::to_owned));
    let toasts = use_toasts();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Ok(new), false) = (rule.get_untracked(), is_at_work.get_untracked()) else {
            return;
        };
        is_at_work.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = add_access_rule(new).await;
            is_at_work.set(false);
            match answer {
                Ok(rule) => {
                    toasts.say(format!("{} is {} now", rule.subject_name, rule.role));
                    is_open.set(false);
                    on_added.try_run(());
                }
                Err(refused) => problem.set(Some(refused)),
            }
        });
    };
    let rest = of_none(problem, FIELDS);
    let roles: Vec<Choice> = choices
        .roles
        .iter()
        .map(|role| Choice {
            value: role.as_str().to_owned(),
            title: role.title().to_owned(),
        })
        .collect();
    view! {
        <form class="form" on:submit=submit>
            <RadioCards legend="Who" name="kind" value=fields.kind cards=kinds()/>
            {move || if fields.kind.get() == GROUP {
                group_field(fields, problem)
            } else {
                view! { <PersonField person=fields.person/> }.into_any()
            }}
            <Field id="rule-role" label="Role">
                <Select name="role" value=fields.role choices=roles/>
            </Field>
            <Field id="rule-scope" label="Scope" hint="The role holds here and in everything beneath.">
                <Select name="scope" value=fields.scope choices=scopes(&choices.scopes)/>
            </Field>
            <Plan rule/>
            {move || rest().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look=Look::Primary submits=true refusal is_busy=is_at_work>"Add rule"</Button>
                <Button on_press=move |()| is_open.set(false)>"Cancel"</Button>
            </div>
        </form>
    }
}

fn kinds() -> Vec<RadioCard> {
    let card = |value: &str, title: &str, text: &str| RadioCard {
        value: value.to_owned(),
        title: title.to_owned(),
        text: text.to_owned(),
        refusal: None,
    };
    vec![
        card(GROUP, "A group", "Whoever is in it, now and later."),
        card(PERSON, "A person", "Somebody who signed in at least once."),
    ]
}

fn group_field(fields: Fields, problem: RwSignal<Option<Problem>>) -> AnyView {
    view! {
        <Field
            id=SUBJECT.1
            label="Group"
            hint="Exactly as the identity provider sends it; “My access” of a member shows it."
            error=of_field(problem, SUBJECT)
        >
            <TextInput name="group" value=fields.group is_code=true max_length=1024_usize on_input=move |_| problem.set(None)/>
        </Field>
    }
    .into_any()
}

#[component]
fn PersonField(person: RwSignal<String>) -> impl IntoView {
    let search = RwSignal::new(String::new());
    let found = LocalResource::new(move || find_people(search.get()));
    let people = Signal::derive(move || {
        let people = found.get().and_then(Result::ok).unwrap_or_default();
        let none = Choice {
            value: String::new(),
            title: "Choose a person".to_owned(),
        };
        std::iter::once(none)
            .chain(people.iter().map(person_choice))
            .collect::<Vec<_>>()
    });
    view! {
        <Field id="rule-search" label="Search people" hint="A part of the name or the e-mail address.">
            <TextInput name="search" value=search max_length=200_usize/>
        </Field>
        <Field id="rule-person" label="Person">
            <Select name="person" value=person choices=people/>
        </Field>
    }
}

fn person_choice(person: &PersonChoice) -> Choice {
    Choice {
        value: person.id.to_string(),
        title: match &person.email {
            Some(email) => format!("{} ({email})", person.name),
            None => person.name.clone(),
        },
    }
}

fn scopes(scopes: &[ManagedScope]) -> Vec<Choice> {
    scopes
        .iter()
        .map(|scope| Choice {
            value: scope.id.to_string(),
            title: format!("{}{}", indent(scope.scope_type), scope.name),
        })
        .collect()
}

/// What the rule would change, as far as it is filled in.
#[component]
fn Plan(rule: Memo<Result<NewAccessRule, &'static str>>) -> impl IntoView {
    let plan = LocalResource::new(move || {
        let rule = rule.get();
        async move {
            match rule {
                Ok(rule) => plan_access_rule(rule).await.ok(),
                Err(_) => None,
            }
        }
    });
    move || {
        plan.get().flatten().map(|plan| {
            view! {
                <Notice title=plan.summary.clone()><p>{reach(&plan)}</p></Notice>
            }
        })
    }
}

fn reach(plan: &AccessRulePlan) -> String {
    let counted = |amount: u64, one: &str, many: &str| {
        format!("{} {}", count(amount), if amount == 1 { one } else { many })
    };
    format!(
        "It holds in {} with {}, and in projects that are added later.",
        counted(plan.project_count, "project", "projects"),
        counted(plan.data_volume_count, "data volume", "data volumes"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_counts_in_words() {
        let plan = AccessRulePlan {
            summary: String::new(),
            project_count: 1,
            data_volume_count: 12,
        };
        assert_eq!(
            reach(&plan),
            "It holds in 1 project with 12 data volumes, and in projects that are added later."
        );
    }
}
