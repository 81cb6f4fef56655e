//! The scopes that a data volume can be shared with, as a tree with boxes.

use domain::{MountPhase, ScopeId, ScopeType};
use leptos::prelude::*;
use wire::ShareTarget;

use super::mounts_table::MountPhaseBadge;
use super::share_wish::ShareWish;
use crate::ui::{Badge, Checkbox, Glyph, Icon, TextInput, Tone, count};

/// From this many scopes on the tree can be searched.
const SEARCHED_FROM: usize = 12;

/// The tree. A scope that has a share of its own is checked; one that cannot get any says why.
#[component]
pub(crate) fn ShareTree(
    /// The scopes, parents before their children.
    targets: Signal<Vec<ShareTarget>>,
    /// How far each project is that has it.
    phases: Signal<Vec<(ScopeId, MountPhase)>>,
    /// What is being changed.
    wish: RwSignal<ShareWish>,
) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let is_searched = Memo::new(move |_| targets.with(Vec::len) >= SEARCHED_FROM);
    let tree = move || {
        let shown = targets.with(|targets| wanted.with(|wanted| matching(targets, wanted)));
        let is_root = |target: &&ShareTarget| {
            !shown
                .iter()
                .any(|other| Some(&other.id) == target.parent_id.as_ref())
        };
        let roots: Vec<_> = shown
            .iter()
            .filter(is_root)
            .map(|root| node(root, &shown, phases, wish))
            .collect();
        if roots.is_empty() {
            view! { <p class="muted">"No scope has this name."</p> }.into_any()
        } else {
            view! { <ul class="share-tree__level">{roots}</ul> }.into_any()
        }
    };
    view! {
        <fieldset class="share-tree">
            <legend>"Who gets it"</legend>
            {move || is_searched.get().then(|| view! {
                <TextInput name="scope-search" label="Find a scope" placeholder="Find a scope" value=wanted/>
            })}
            {tree}
        </fieldset>
    }
}

fn node(
    target: &ShareTarget,
    all: &[ShareTarget],
    phases: Signal<Vec<(ScopeId, MountPhase)>>,
    wish: RwSignal<ShareWish>,
) -> AnyView {
    let children: Vec<AnyView> = all
        .iter()
        .filter(|other| other.parent_id.as_ref() == Some(&target.id))
        .map(|child| node(child, all, phases, wish))
        .collect();
    let children =
        (!children.is_empty()).then(|| view! { <ul class="share-tree__level">{children}</ul> });
    let id = target.id.clone();
    let phase = move || {
        let phase = phases.with(|phases| {
            phases
                .iter()
                .find(|(project, _)| *project == id)
                .map(|(_, phase)| *phase)
        });
        phase.map(|phase| view! { <MountPhaseBadge phase/> })
    };
    view! {
        <li>
            <div class="share-tree__node">
                <Icon glyph=glyph(target.scope_type)/>
                {choice(target, wish)}
                {projects(target)}
                {phase}
            </div>
            {children}
        </li>
    }
    .into_any()
}

fn choice(target: &ShareTarget, wish: RwSignal<ShareWish>) -> AnyView {
    let id = StoredValue::new(target.id.clone());
    let has_it = target.share_id.is_some();
    let is_checked =
        Signal::derive(move || wish.with(|wish| id.with_value(|id| wish.will_have_it(id, has_it))));
    let change = move |is_checked: bool| {
        wish.update(|wish| wish.set(id.get_value(), has_it, is_checked));
    };
    // Who may share may take any share back that they see.
    let refusal = target.refusal.clone().filter(|_| !has_it);
    let badge = move || {
        has_it.then(|| {
            if is_checked.get() {
                view! { <Badge tone=Tone::Accent glyph=Glyph::Check word="has it by a share"/> }
                    .into_any()
            } else {
                view! { <Badge tone=Tone::Warn glyph=Glyph::Minus word="share ends"/> }.into_any()
            }
        })
    };
    view! {
        <Checkbox
            label=target.name.clone()
            name="scope"
            value=target.id.to_string()
            is_checked
            refusal=Signal::stored(refusal.clone())
            on_change=change
        />
        {badge}
        {refusal.map(|refusal| view! { <small class="share-tree__refusal">{refusal}</small> })}
    }
    .into_any()
}

fn projects(target: &ShareTarget) -> Option<impl IntoView + use<>> {
    (target.scope_type != ScopeType::Project).then(|| {
        let words = match target.project_count {
            1 => "1 project".to_owned(),
            projects => format!("{} projects", count(projects)),
        };
        view! { <small class="share-tree__count">{words}</small> }
    })
}

fn glyph(scope_type: ScopeType) -> Glyph {
    match scope_type {
        ScopeType::Tenant => Glyph::Organisation,
        ScopeType::Cluster => Glyph::Cluster,
        ScopeType::Department => Glyph::Department,
        ScopeType::Project => Glyph::Project,
    }
}

/// The scopes whose name has the words in it, with those above and beneath them.
fn matching(targets: &[ShareTarget], wanted: &str) -> Vec<ShareTarget> {
    let wanted = wanted.trim().to_lowercase();
    if wanted.is_empty() {
        return targets.to_vec();
    }
    let is_found = |target: &ShareTarget| target.name.to_lowercase().contains(&wanted);
    let found: Vec<&ScopeId> = targets
        .iter()
        .filter(|target| is_found(target))
        .map(|target| &target.id)
        .collect();
    targets
        .iter()
        .filter(|target| {
            found.iter().any(|found| {
                is_within(targets, found, &target.id) || is_within(targets, &target.id, found)
            })
        })
        .cloned()
        .collect()
}

/// Whether `inner` is `outer` or lies beneath it.
pub(crate) fn is_within(targets: &[ShareTarget], inner: &ScopeId, outer: &ScopeId) -> bool {
    if inner == outer {
        return true;
    }
    targets
        .iter()
        .find(|target| target.id == *inner)
        .and_then(|target| target.parent_id.as_ref())
        .is_some_and(|parent| is_within(targets, parent, outer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Vec<ShareTarget> {
        let target = |id: &str, parent: Option<&str>, name: &str, project_count| ShareTarget {
            id: id.into(),
            parent_id: parent.map(ScopeId::from),
            scope_type: ScopeType::Project,
            name: name.to_owned(),
            share_id: None,
            refusal: None,
            project_count,
        };
        vec![
            target("c", Some("t"), "gpu-east", 3),
            target("v", Some("c"), "Vision", 2),
            target("v1", Some("v"), "imagenet", 1),
            target("v2", Some("v"), "segment", 1),
            target("s", Some("c"), "Speech", 1),
            target("s1", Some("s"), "asr", 1),
        ]
    }

    #[test]
    fn what_is_found_stays_in_its_place_of_the_tree() {
        let found = |wanted| {
            matching(&tree(), wanted)
                .iter()
                .map(|target| target.id.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("SEG"), ["c", "v", "v2"]);
        assert_eq!(found("speech"), ["c", "s", "s1"]);
        assert_eq!(found("x"), Vec::<String>::new());
        assert_eq!(found(" ").len(), 6);
    }
}
