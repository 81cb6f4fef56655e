//! What somebody is about to change in the shares of a data volume, and which projects gain or lose it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{ScopeId, ScopeType};
use wire::ShareTarget;

/// The scopes that shall get it and those that shall lose their share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ShareWish {
    /// Scopes without a share that were checked.
    pub(crate) added: BTreeSet<ScopeId>,
    /// Scopes with a share that were unchecked.
    pub(crate) taken: BTreeSet<ScopeId>,
}

/// Projects by their names, in the order of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ShareEffect {
    /// They get it.
    pub(crate) gain: Vec<String>,
    /// How many get it beside those, which the reader may not see.
    pub(crate) unseen_gain: u64,
    /// They lose it.
    pub(crate) lose: Vec<(ScopeId, String)>,
}

impl ShareWish {
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.taken.is_empty()
    }

    /// Whether a scope is checked, given whether it has a share.
    pub(crate) fn will_have_it(&self, scope: &ScopeId, has_it: bool) -> bool {
        if has_it {
            !self.taken.contains(scope)
        } else {
            self.added.contains(scope)
        }
    }

    /// Checks or unchecks a scope.
    pub(crate) fn set(&mut self, scope: ScopeId, has_it: bool, is_checked: bool) {
        let changes = if has_it {
            &mut self.taken
        } else {
            &mut self.added
        };
        if is_checked == has_it {
            changes.remove(&scope);
        } else {
            changes.insert(scope);
        }
    }

    /// The same without what meanwhile is as it should be.
    pub(crate) fn still_to_do(&self, targets: &[ShareTarget]) -> Self {
        let of = |wanted: &BTreeSet<ScopeId>, has_it: bool| {
            targets
                .iter()
                .filter(|target| wanted.contains(&target.id) && target.share_id.is_some() == has_it)
                .map(|target| target.id.clone())
                .collect()
        };
        Self {
            added: of(&self.added, false),
            taken: of(&self.taken, true),
        }
    }

    /// What follows for the projects; `origin` has it whatever happens.
    pub(crate) fn effect(&self, targets: &[ShareTarget], origin: &ScopeId) -> ShareEffect {
        let parents: BTreeMap<&ScopeId, Option<&ScopeId>> = targets
            .iter()
            .map(|target| (&target.id, target.parent_id.as_ref()))
            .collect();
        let has_share = |id: &ScopeId| {
            targets
                .iter()
                .any(|target| target.id == *id && target.share_id.is_some())
        };
        let before: BTreeSet<&ScopeId> = targets
            .iter()
            .filter(|target| target.share_id.is_some())
            .map(|target| &target.id)
            .collect();
        let after: BTreeSet<&ScopeId> = before
            .iter()
            .copied()
            .filter(|id| !self.taken.contains(*id))
            .chain(self.added.iter().filter(|id| !has_share(id)))
            .collect();
        let is_reached = |project: &ScopeId, shares: &BTreeSet<&ScopeId>| {
            let mut at = Some(project);
            while let Some(id) = at {
                if shares.contains(id) {
                    return true;
                }
                at = parents.get(id).copied().flatten();
            }
            false
        };
        let mut effect = ShareEffect::default();
        let mut seen_beneath_added = 0;
        let added: BTreeSet<&ScopeId> = self.added.iter().collect();
        for project in targets
            .iter()
            .filter(|target| target.scope_type == ScopeType::Project && target.id != *origin)
        {
            let (had, has) = (
                is_reached(&project.id, &before),
                is_reached(&project.id, &after),
            );
            if has && !had {
                effect.gain.push(project.name.clone());
            } else if had && !has {
                effect.lose.push((project.id.clone(), project.name.clone()));
            }
            seen_beneath_added += u64::from(is_reached(&project.id, &added));
        }
        let is_outermost = |target: &&ShareTarget| {
            added.contains(&target.id)
                && !target
                    .parent_id
                    .as_ref()
                    .is_some_and(|parent| is_reached(parent, &added))
        };
        let reached: u64 = targets
            .iter()
            .filter(is_outermost)
            .map(|target| target.project_count)
            .sum();
        effect.unseen_gain = reached.saturating_sub(seen_beneath_added);
        effect
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(shared: &[&str]) -> Vec<ShareTarget> {
        let target = |id: &str, parent: Option<&str>, scope_type, project_count| ShareTarget {
            id: id.into(),
            parent_id: parent.map(ScopeId::from),
            scope_type,
            name: id.to_owned(),
            share_id: shared
                .contains(&id)
                .then(|| "00000000-0000-0000-0000-000000000001".parse().unwrap()),
            refusal: None,
            project_count,
        };
        vec![
            target("east", Some("acme"), ScopeType::Cluster, 5),
            target("vision", Some("east"), ScopeType::Department, 2),
            target("origin", Some("vision"), ScopeType::Project, 0),
            target("segment", Some("vision"), ScopeType::Project, 1),
            target("speech", Some("east"), ScopeType::Department, 3),
            target("asr", Some("speech"), ScopeType::Project, 1),
            target("tts", Some("speech"), ScopeType::Project, 1),
        ]
    }

    fn wish(added: &[&str], taken: &[&str]) -> ShareWish {
        let ids = |ids: &[&str]| ids.iter().copied().map(ScopeId::from).collect();
        ShareWish {
            added: ids(added),
            taken: ids(taken),
        }
    }

    fn effect(shared: &[&str], added: &[&str], taken: &[&str]) -> String {
        let effect = wish(added, taken).effect(&tree(shared), &"origin".into());
        let lose: Vec<_> = effect.lose.into_iter().map(|(_, name)| name).collect();
        format!(
            "+{} ({}) -{}",
            effect.gain.join(","),
            effect.unseen_gain,
            lose.join(",")
        )
    }

    #[test]
    fn a_project_gains_or_loses_it_once_whatever_reaches_it() {
        assert_eq!(effect(&[], &[], &[]), "+ (0) -");
        assert_eq!(effect(&[], &["asr", "tts"], &[]), "+asr,tts (0) -");
        assert_eq!(effect(&[], &["speech", "asr"], &[]), "+asr,tts (1) -");
        assert_eq!(effect(&["asr"], &["speech"], &[]), "+tts (1) -");
        assert_eq!(effect(&["speech"], &[], &["speech"]), "+ (0) -asr,tts");
        assert_eq!(effect(&["speech", "asr"], &[], &["speech"]), "+ (0) -tts");
        assert_eq!(effect(&["speech"], &["asr"], &["speech"]), "+ (0) -tts");
        assert_eq!(effect(&[], &["vision"], &[]), "+segment (1) -");
    }

    #[test]
    fn a_box_that_is_turned_twice_changes_nothing() {
        let mut wish = ShareWish::default();
        for (scope, has_it) in [("asr", false), ("speech", true)] {
            wish.set(scope.into(), has_it, !has_it);
            assert_eq!(wish.will_have_it(&scope.into(), has_it), !has_it);
            assert!(!wish.is_empty());
            wish.set(scope.into(), has_it, has_it);
            assert!(wish.is_empty());
        }
    }

    #[test]
    fn what_somebody_else_did_meanwhile_is_not_done_again() {
        let wish = wish(&["asr", "gone"], &["speech"]);
        let left = wish.still_to_do(&tree(&["asr", "speech"]));
        assert_eq!(left, self::wish(&[], &["speech"]));
    }
}
