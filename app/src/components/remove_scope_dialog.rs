//! “Remove” for departments and projects: what goes and what stays.

use domain::{ScopeId, ScopeType};
use leptos::prelude::*;

use super::removal::Removal;
use crate::server_fns::{delete_department, delete_project};
use crate::ui::{Dialog, Notice, Tone, use_toasts};

/// The question.
#[component]
pub(crate) fn RemoveScopeDialog(
    /// What would be removed.
    scope: RwSignal<Option<(ScopeType, ScopeId, String)>>,
    /// Whether it is shown.
    is_open: RwSignal<bool>,
    /// What follows when it was.
    #[prop(into)]
    on_removed: Callback<()>,
) -> impl IntoView {
    let title = Signal::derive(move || {
        let name = scope.with(|scope| scope.as_ref().map(|(_, _, name)| name.clone()));
        format!("Remove “{}”", name.unwrap_or_default())
    });
    view! {
        <Dialog is_open id="remove-scope" title>
            {move || scope.get().map(|(kind, id, name)| view! { <Question kind id name is_open on_removed/> })}
        </Dialog>
    }
}

#[component]
fn Question(
    kind: ScopeType,
    id: ScopeId,
    name: String,
    is_open: RwSignal<bool>,
    on_removed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let (title, text) = match kind {
        ScopeType::Project => (
            "Only an empty project can be removed",
            "What is mounted in it because it is shared with its department is taken away. Its folder or \
             namespace stays on the cluster, with all that is in it, and no other project gets it.",
        ),
        _ => (
            "Only an empty department can be removed",
            "Remove its projects, access rules and shares first.",
        ),
    };
    let remove = move || {
        let (id, name) = (id.clone(), name.clone());
        async move {
            match kind {
                ScopeType::Project => delete_project(id).await?,
                _ => delete_department(id).await?,
            }
            toasts.say(format!("Removed “{name}”"));
            on_removed.try_run(());
            Ok(())
        }
    };
    view! {
        <Removal is_open word="Remove" remove>
            <Notice tone=Tone::Warn title><p>{text}</p></Notice>
        </Removal>
    }
}
