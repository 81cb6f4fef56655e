//! The scope tree in memory.
//!
//! Every page names scopes and thousands of them seldom change, so a copy is kept for a few seconds.
//! It is used for names and for listing the tree, never to decide on a right: paths of things come with
//! the things.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use domain::{Scope, ScopeId, ScopePath};
use jiff::{SignedDuration, Timestamp};

use crate::{Result, Service};

const KEPT_FOR: SignedDuration = SignedDuration::from_secs(5);

/// All scopes, parents first.
#[derive(Debug, Default)]
pub(crate) struct ScopeTree {
    scopes: Vec<Scope>,
    by_id: HashMap<ScopeId, usize>,
}

impl ScopeTree {
    fn new(scopes: Vec<Scope>) -> Self {
        let by_id = scopes
            .iter()
            .enumerate()
            .map(|(index, scope)| (scope.id().clone(), index))
            .collect();
        Self { scopes, by_id }
    }

    pub(crate) fn all(&self) -> &[Scope] {
        &self.scopes
    }

    pub(crate) fn get(&self, id: &ScopeId) -> Option<&Scope> {
        self.by_id.get(id).map(|index| &self.scopes[*index])
    }

    /// The name of the node; its id where the tree has just lost it.
    pub(crate) fn name(&self, id: &ScopeId) -> String {
        self.get(id)
            .map_or_else(|| id.to_string(), |scope| scope.name.clone())
    }

    /// The names from the organisation down: `Acme / gpu-east / Vision`.
    pub(crate) fn full_name(&self, path: &ScopePath) -> String {
        let names: Vec<String> = path.ids().iter().map(|id| self.name(id)).collect();
        names.join(" / ")
    }
}

/// The copy and when it was made.
#[derive(Default)]
pub(crate) struct ScopeTreeCache(RwLock<Option<(Timestamp, Arc<ScopeTree>)>>);

impl Service {
    /// After a change of the tree, so that whoever made it sees it.
    pub(crate) fn forget_tree(&self) {
        *self
            .0
            .scope_tree
            .0
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }

    /// The tree, read anew if the copy is old. Whoever reads asks for it before they begin: a reader that waits for
    /// another one holds up everybody when there are many.
    pub(crate) async fn tree(&self) -> Result<Arc<ScopeTree>> {
        let now = self.0.clock.now();
        let cache = &self.0.scope_tree.0;
        if let Some((made_at, tree)) = cache
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .as_ref()
            && now.duration_since(*made_at) < KEPT_FOR
        {
            return Ok(tree.clone());
        }
        let tree = Arc::new(ScopeTree::new(self.0.store.read().await?.scopes().await?));
        *cache
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some((now, tree.clone()));
        Ok(tree)
    }
}
