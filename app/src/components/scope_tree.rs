//! The scope tree beside the catalogue, and the picker that takes its place on narrow windows.
//!
//! What is folded away can be reached without the WASM too: choosing a scope unfolds it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{ScopeId, ScopeType};
use leptos::prelude::*;
use wire::{CatalogueQuery, ScopeNode};

use crate::routes;
use crate::ui::{Choice, Glyph, Icon, Select, count};

/// Up to this many scopes the whole tree is unfolded at first.
const SMALL_TREE: usize = 40;

/// What the parts of the tree share.
#[derive(Clone, Copy)]
struct Tree {
    nodes: StoredValue<Vec<ScopeNode>>,
    query: Memo<CatalogueQuery>,
    /// What the reader folded or unfolded.
    folds: RwSignal<BTreeMap<ScopeId, bool>>,
    /// What the numbers count.
    counted: &'static str,
    address: Callback<CatalogueQuery, String>,
}

/// The scopes that the reader may see; each is a link to its part of the catalogue.
#[component]
pub(crate) fn ScopeTree(
    /// Parents before children.
    nodes: Vec<ScopeNode>,
    /// The catalogue that is shown, which the links keep all else of.
    query: Memo<CatalogueQuery>,
    /// What the numbers count.
    #[prop(default = "data volumes")]
    counted: &'static str,
    /// Where the links lead, if not to the catalogue.
    #[prop(optional, into)]
    address: Option<Callback<CatalogueQuery, String>>,
) -> impl IntoView {
    let roots: Vec<ScopeNode> = nodes
        .iter()
        .filter(|node| is_root(node, &nodes))
        .cloned()
        .collect();
    let tree = Tree {
        nodes: StoredValue::new(nodes),
        query,
        folds: RwSignal::new(BTreeMap::new()),
        counted,
        address: address
            .unwrap_or_else(|| Callback::new(|query: CatalogueQuery| routes::data_volumes(&query))),
    };
    view! {
        <nav class="scope-tree" aria-label="Scopes">
            <ul>{roots.into_iter().map(|root| tree.draw(root)).collect::<Vec<_>>()}</ul>
        </nav>
    }
}

fn is_root(node: &ScopeNode, nodes: &[ScopeNode]) -> bool {
    node.parent_id
        .as_ref()
        .is_none_or(|parent| nodes.iter().all(|other| other.id != *parent))
}

impl Tree {
    fn draw(self, node: ScopeNode) -> AnyView {
        let children: Vec<ScopeNode> = self.nodes.with_value(|nodes| {
            nodes
                .iter()
                .filter(|child| child.parent_id.as_ref() == Some(&node.id))
                .cloned()
                .collect()
        });
        let is_leaf = children.is_empty();
        let children = StoredValue::new(children);
        let this = StoredValue::new(node.clone());
        let is_open = Memo::new(move |_| this.with_value(|node| self.is_open(node)));
        let fold = (!is_leaf).then(|| self.fold_button(node.clone(), is_open));
        let branch = move || {
            let drawn = || {
                children
                    .get_value()
                    .into_iter()
                    .map(|child| self.draw(child))
                    .collect::<Vec<_>>()
            };
            (!is_leaf && is_open.get()).then(|| view! { <ul>{drawn()}</ul> })
        };
        view! {
            <li>
                <div class="scope-tree__row">
                    {fold}
                    {self.link(node)}
                </div>
                {branch}
            </li>
        }
        .into_any()
    }

    fn link(self, node: ScopeNode) -> impl IntoView {
        let scope = (node.scope_type != ScopeType::Tenant).then_some(node.id);
        let chosen = scope.clone();
        let is_chosen = move || {
            self.query
                .with(|query| query.scope == chosen)
                .then_some("true")
        };
        let href = move || {
            let here = CatalogueQuery {
                scope: scope.clone(),
                offset: 0,
                ..self.query.get()
            };
            self.address.run(here)
        };
        let amount = format!("{} {}", count(node.volume_count), self.counted);
        let title = node.name.clone();
        view! {
            <a class="scope-tree__link" href=href aria-current=is_chosen title=title>
                <Icon glyph=glyph(node.scope_type)/>
                <span class="scope-tree__name">{node.name}</span>
            </a>
            <span class="scope-tree__count" title=amount>{count(node.volume_count)}</span>
        }
    }

    fn fold_button(self, node: ScopeNode, is_open: Memo<bool>) -> impl IntoView {
        let fold = move |_| {
            self.folds.update(|folds| {
                folds.insert(node.id.clone(), !is_open.get_untracked());
            });
        };
        view! {
            <button
                type="button"
                class="scope-tree__fold"
                aria-label=format!("What is in {}", node.name)
                aria-expanded=move || if is_open.get() { "true" } else { "false" }
                on:click=fold
            >
                <Icon glyph=Glyph::ChevronRight/>
            </button>
        }
    }

    fn is_open(self, node: &ScopeNode) -> bool {
        if let Some(is_open) = self.folds.with(|folds| folds.get(&node.id).copied()) {
            return is_open;
        }
        matches!(node.scope_type, ScopeType::Tenant | ScopeType::Cluster)
            || self.nodes.with_value(|nodes| {
                nodes.len() <= SMALL_TREE
                    || self.query.with(|query| {
                        query
                            .scope
                            .as_ref()
                            .is_some_and(|chosen| is_on_the_way(&node.id, chosen, nodes))
                    })
            })
    }
}

/// Whether `node` is `chosen` or lies above it.
fn is_on_the_way(node: &ScopeId, chosen: &ScopeId, nodes: &[ScopeNode]) -> bool {
    let mut at = Some(chosen);
    while let Some(id) = at {
        if id == node {
            return true;
        }
        at = nodes
            .iter()
            .find(|other| other.id == *id)
            .and_then(|found| found.parent_id.as_ref());
    }
    false
}

fn glyph(scope_type: ScopeType) -> Glyph {
    match scope_type {
        ScopeType::Tenant => Glyph::Organisation,
        ScopeType::Cluster => Glyph::Cluster,
        ScopeType::Department => Glyph::Department,
        ScopeType::Project => Glyph::Project,
    }
}

/// The same tree as a list, for narrow windows. Stands in the form of the filters and is its field `scope`.
#[component]
pub(crate) fn ScopePicker(
    /// Parents before children.
    nodes: Vec<ScopeNode>,
    /// The catalogue that is shown.
    query: Memo<CatalogueQuery>,
) -> impl IntoView {
    let chosen = move || {
        query.with(|query| {
            query
                .scope
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        })
    };
    let value = RwSignal::new(untrack(chosen));
    Effect::new(move |_| value.set(chosen()));
    let choices = indented(&nodes);
    view! {
        <span class="scope-picker">
            <Select name="scope" label="Scope" value choices/>
        </span>
    }
}

fn indented(nodes: &[ScopeNode]) -> Vec<Choice> {
    let all = Choice {
        value: String::new(),
        title: "All scopes".to_owned(),
    };
    let scopes = depth_first(nodes).into_iter().map(|(depth, node)| Choice {
        value: if node.scope_type == ScopeType::Tenant {
            String::new()
        } else {
            node.id.to_string()
        },
        title: format!(
            "{}{} ({})",
            "\u{2003}".repeat(depth),
            node.name,
            count(node.volume_count)
        ),
    });
    if nodes
        .iter()
        .any(|node| node.scope_type == ScopeType::Tenant)
    {
        scopes.collect()
    } else {
        std::iter::once(all).chain(scopes).collect()
    }
}

/// Each scope right beneath the one that holds it, and how deep it lies.
fn depth_first(nodes: &[ScopeNode]) -> Vec<(usize, &ScopeNode)> {
    let known: BTreeSet<&ScopeId> = nodes.iter().map(|node| &node.id).collect();
    let mut beneath: BTreeMap<&ScopeId, Vec<&ScopeNode>> = BTreeMap::new();
    let mut waiting = Vec::new();
    for node in nodes {
        match &node.parent_id {
            Some(parent) if known.contains(parent) => beneath.entry(parent).or_default().push(node),
            _ => waiting.push((0, node)),
        }
    }
    waiting.reverse();
    let mut ordered = Vec::with_capacity(nodes.len());
    while let Some((depth, node)) = waiting.pop() {
        let children = beneath.remove(&node.id).unwrap_or_default();
        waiting.extend(children.into_iter().rev().map(|child| (depth + 1, child)));
        ordered.push((depth, node));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, parent: Option<&str>, scope_type: ScopeType) -> ScopeNode {
        ScopeNode {
            id: id.into(),
            parent_id: parent.map(ScopeId::from),
            scope_type,
            name: id.to_owned(),
            cluster_kind: None,
            volume_count: 0,
        }
    }

    #[test]
    fn the_way_to_a_scope_leads_over_its_parents() {
        let nodes = [
            node("acme", None, ScopeType::Tenant),
            node("east", Some("acme"), ScopeType::Cluster),
            node("vision", Some("east"), ScopeType::Department),
            node("speech", Some("east"), ScopeType::Department),
        ];
        let on_the_way = |id: &str| is_on_the_way(&id.into(), &"vision".into(), &nodes);
        assert_eq!(
            ["acme", "east", "vision", "speech"].map(on_the_way),
            [true, true, true, false]
        );
    }

    #[test]
    fn the_picker_lists_each_scope_beneath_the_one_that_holds_it() {
        let nodes = [
            node("acme", None, ScopeType::Tenant),
            node("east", Some("acme"), ScopeType::Cluster),
            node("speech", Some("east"), ScopeType::Department),
            node("vision", Some("east"), ScopeType::Department),
            node("asr", Some("speech"), ScopeType::Project),
            node("imagenet", Some("vision"), ScopeType::Project),
        ];
        let titles: Vec<String> = indented(&nodes)
            .into_iter()
            .map(|choice| choice.title.replace('\u{2003}', ">"))
            .collect();
        assert_eq!(
            titles,
            [
                "acme (0)",
                ">east (0)",
                ">>speech (0)",
                ">>>asr (0)",
                ">>vision (0)",
                ">>>imagenet (0)"
            ]
        );
    }
}
