//! What runs on a data volume at this moment where somebody is about to take it away.

use domain::{DataVolumeId, ScopeId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{PodsView, Problem};

use crate::server_fns::pods_beneath;

/// So many pods are named; the others are counted.
const NAMED: usize = 5;

/// The pods of these projects that use it now. Nothing while there are none, and on clusters that cannot
/// tell.
#[component]
pub(crate) fn RunningPods(
    /// The data volume.
    id: DataVolumeId,
    /// The projects that lose it.
    #[prop(into)]
    projects: Signal<Vec<ScopeId>>,
) -> impl IntoView {
    let found = RwSignal::new(Ok::<_, Problem>(Vec::new()));
    Effect::new(move |_| {
        let asked = projects.get();
        if asked.is_empty() {
            found.set(Ok(Vec::new()));
            return;
        }
        spawn_local(async move {
            let answer = pods_beneath(id, asked.clone()).await;
            if projects.try_get_untracked() == Some(asked) {
                found.set(answer);
            }
        });
    });
    move || match found.get() {
        Ok(running) => running
            .iter()
            .map(|running| view! { <p>{sentence(running)}</p> })
            .collect_view()
            .into_any(),
        Err(problem) => {
            let text = format!("What runs there now is not known: {}", problem.message);
            view! { <p>{text}</p> }.into_any()
        }
    }
}

fn sentence(running: &PodsView) -> String {
    let named: Vec<&str> = running
        .pods
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect();
    let pods = match running.pods.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    };
    format!("Running on it now in {}: {pods}.", running.project_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_pods_are_counted() {
        let running = |count: usize| PodsView {
            project_name: "asr".to_owned(),
            pods: (1..=count).map(|n| format!("train-{n}")).collect(),
        };
        let two = "Running on it now in asr: train-1, train-2.";
        assert_eq!(sentence(&running(2)), two);
        assert!(sentence(&running(7)).ends_with("train-5 and 2 more."));
    }
}
