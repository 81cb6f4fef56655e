//! “Remove” for departments and projects: what goes and what stays.

use domain::{ScopeId, ScopeType};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::Problem;

use super::problem_notice::ProblemNotice;
use crate::server_fns::{delete_department, delete_project};
use crate::ui::{Button, Dialog, Look, Notice, Tone, use_toasts};

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
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
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
    let remove = move |()| {
        let (id, name) = (id.clone(), name.clone());
        is_at_work.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = match kind {
                ScopeType::Project => delete_project(id).await,
                _ => delete_department(id).await,
            };
            is_at_work.set(false);
            match answer {
                Ok(()) => {
                    toasts.say(format!("Removed “{name}”"));
                    is_open.set(false);
                    on_removed.try_run(());
                }
                Err(refused) => problem.set(Some(refused)),
            }
        });
    };
    view! {
        <Notice tone=Tone::Warn title><p>{text}</p></Notice>
        {move || problem.get().map(|problem| view! { <ProblemNotice problem/> })}
        <div class="form__actions">
            <Button look=Look::Danger is_busy=is_at_work on_press=remove>"Remove"</Button>
            <Button on_press=move |()| is_open.set(false)>"Keep it"</Button>
        </div>
    }
}
