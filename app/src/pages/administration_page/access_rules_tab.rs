//! “Access rules”: who has which role where. The tree chooses the part of the organisation.

use std::collections::HashMap;

use domain::{ScopeId, ScopeType};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wire::{AccessRuleChoices, AccessRuleView, CatalogueQuery, ManagedScope, Problem, ScopeNode};

use crate::components::access_rule_table::AccessRuleTable;
use crate::components::problem_notice::ProblemNotice;
use crate::components::scope_tree::ScopeTree;
use crate::forms::access_rule_form::AccessRuleForm;
use crate::routes;
use crate::server_fns::{access_rule_choices, list_access_rules};
use crate::ui::{
    Button, Choice, Dialog, EmptyState, Glyph, LinkButton, Look, Pagination, Select, SkeletonTable,
};

/// Rules on a page.
const LIMIT: u64 = 50;

type Rules = Resource<Result<Vec<AccessRuleView>, Problem>>;

/// The tab “Access rules”.
#[component]
pub(crate) fn AccessRulesTab() -> impl IntoView {
    let rules: Rules = Resource::new_blocking(|| (), |()| list_access_rules(None));
    let choices: Resource<Result<AccessRuleChoices, Problem>> =
        Resource::new_blocking(|| (), |()| access_rule_choices());
    let content = move || {
        Suspend::new(async move {
            match (rules.await, choices.await) {
                (Ok(rules_now), Ok(choices)) => {
                    view! { <Rules rules=rules_now choices on_changed=move |()| rules.refetch()/> }
                        .into_any()
                }
                (Err(problem), _) | (_, Err(problem)) => {
                    view! { <ProblemNotice problem on_retry=move |()| rules.refetch()/> }.into_any()
                }
            }
        })
    };
    view! {
        <Title text="Access rules"/>
        <Transition fallback=|| view! { <SkeletonTable label="Loading the access rules" rows=8/> }>{content}</Transition>
    }
}

#[component]
fn Rules(
    rules: Vec<AccessRuleView>,
    choices: AccessRuleChoices,
    #[prop(into)] on_changed: Callback<()>,
) -> impl IntoView {
    let address = routes::use_query();
    let chosen = Memo::new(move |_| address.with(|query| query.get("scope").map(ScopeId::from)));
    let offset = Memo::new(move |_| {
        address.with(|query| query.get("offset").and_then(|n| n.parse::<u64>().ok()))
    });
    // The tree is the catalogue's: only the scope of its query is of use here.
    let query = Memo::new(move |_| CatalogueQuery {
        scope: chosen.get(),
        ..CatalogueQuery::default()
    });
    let is_adding = RwSignal::new(false);
    let nodes = nodes(&choices.scopes, &rules);
    let parents = StoredValue::new(parents(&choices.scopes));
    let rules = StoredValue::new(rules);
    let list = move || {
        let shown: Vec<AccessRuleView> = rules.with_value(|rules| {
            let is_shown = |rule: &&AccessRuleView| {
                chosen.with(|chosen| {
                    chosen.as_ref().is_none_or(|chosen| {
                        parents.with_value(|parents| is_within(&rule.scope_id, chosen, parents))
                    })
                })
            };
            rules.iter().filter(is_shown).cloned().collect()
        });
        page_of(shown, chosen.get(), offset.get().unwrap_or(0), on_changed)
    };
    let picker = scope_picker(&nodes, chosen);
    let lead = "A role holds at its scope and in everything beneath it. A rule is never changed: remove it and add another.";
    let choices = StoredValue::new(choices);
    view! {
        <div class="administration__split">
            <aside class="administration__scopes" aria-label="Scope tree">
                <ScopeTree
                    nodes
                    query
                    counted="access rules"
                    address=Callback::new(|query: CatalogueQuery| routes::access_rules(query.scope.as_ref(), 0))
                />
            </aside>
            <section class="administration__content" aria-labelledby="access-rules">
                <header class="page__header">
                    <h2 id="access-rules">"Access rules"</h2>
                    <Button look=Look::Primary icon=Glyph::Plus key="n" on_press=move |()| is_adding.set(true)>"Add rule"</Button>
                </header>
                <p class="section__lead">{lead}</p>
                {picker}
                {list}
            </section>
        </div>
        <Dialog is_open=is_adding id="add-access-rule" title=Signal::stored("Add rule".to_owned())>
            <AccessRuleForm choices=choices.get_value() at=chosen.get_untracked() is_open=is_adding on_added=on_changed/>
        </Dialog>
    }
}

fn page_of(
    rules: Vec<AccessRuleView>,
    scope: Option<ScopeId>,
    offset: u64,
    on_changed: Callback<()>,
) -> AnyView {
    if rules.is_empty() {
        return view! {
            <EmptyState title="No access rules here" glyph=Glyph::Key>
                <p>"Rules of the scopes above hold here as well. A rule here gives a group or a person a role in this part alone."</p>
                <LinkButton href=routes::access_rules(None, 0)>"Show all rules"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    let total = rules.len() as u64;
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let rows: Vec<AccessRuleView> = rules
        .into_iter()
        .skip(start)
        .take(usize::try_from(LIMIT).unwrap_or(usize::MAX))
        .collect();
    let href = move |offset: u64| routes::access_rules(scope.as_ref(), offset);
    view! {
        <AccessRuleTable rules=rows on_changed/>
        <Pagination what="access rules" offset limit=LIMIT total href/>
    }
    .into_any()
}

/// The same tree as a list, for narrow windows.
fn scope_picker(nodes: &[ScopeNode], chosen: Memo<Option<ScopeId>>) -> impl IntoView + use<> {
    let word = move || chosen.get().map(|id| id.to_string()).unwrap_or_default();
    let value = RwSignal::new(untrack(word));
    Effect::new(move |_| value.set(word()));
    let navigate = use_navigate();
    let go = move |scope: String| {
        let scope = (!scope.is_empty()).then_some(ScopeId(scope));
        navigate(
            &routes::access_rules(scope.as_ref(), 0),
            NavigateOptions::default(),
        );
    };
    let mut choices = vec![Choice {
        value: String::new(),
        title: "All scopes".to_owned(),
    }];
    choices.extend(
        nodes
            .iter()
            .filter(|node| node.scope_type != ScopeType::Tenant)
            .map(|node| Choice {
                value: node.id.to_string(),
                title: format!("{}{}", indent(node.scope_type), node.name),
            }),
    );
    view! {
        <span class="scope-picker">
            <Select name="scope" label="Scope" value choices on_change=go/>
        </span>
    }
}

/// How far a scope stands from the left in a list.
pub(crate) fn indent(scope_type: ScopeType) -> String {
    let depth = match scope_type {
        ScopeType::Tenant => 0,
        ScopeType::Cluster => 1,
        ScopeType::Department => 2,
        ScopeType::Project => 3,
    };
    "\u{2003}".repeat(depth)
}

fn parents(scopes: &[ManagedScope]) -> HashMap<ScopeId, ScopeId> {
    let pair = |scope: &ManagedScope| Some((scope.id.clone(), scope.parent_id.clone()?));
    scopes.iter().filter_map(pair).collect()
}

fn is_within(scope: &ScopeId, outer: &ScopeId, parents: &HashMap<ScopeId, ScopeId>) -> bool {
    let mut at = Some(scope);
    while let Some(id) = at {
        if id == outer {
            return true;
        }
        at = parents.get(id);
    }
    false
}

/// The tree with the number of rules at and beneath each scope.
fn nodes(scopes: &[ManagedScope], rules: &[AccessRuleView]) -> Vec<ScopeNode> {
    let parents = parents(scopes);
    let mut counts: HashMap<&ScopeId, u64> = HashMap::new();
    for rule in rules {
        let mut at = Some(&rule.scope_id);
        while let Some(id) = at {
            *counts.entry(id).or_default() += 1;
            at = parents.get(id);
        }
    }
    scopes
        .iter()
        .map(|scope| ScopeNode {
            id: scope.id.clone(),
            parent_id: scope.parent_id.clone(),
            scope_type: scope.scope_type,
            name: scope.name.clone(),
            cluster_kind: None,
            volume_count: counts.get(&scope.id).copied().unwrap_or(0),
        })
        .collect()
}
