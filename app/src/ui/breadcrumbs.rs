//! The way from the outermost to what is open.

use leptos::prelude::*;

/// One step of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breadcrumb {
    /// What it is called.
    pub(crate) title: String,
    /// Where it is; `None` for what is open, and for steps that have no page.
    pub(crate) href: Option<String>,
}

/// The way, outermost first; the last step is where the reader is.
#[component]
pub(crate) fn Breadcrumbs(
    /// What it is a way through: “Folders”.
    #[prop(into)]
    label: String,
    /// The steps.
    steps: Vec<Breadcrumb>,
) -> impl IntoView {
    let last = steps.len().saturating_sub(1);
    let steps: Vec<_> = steps
        .into_iter()
        .enumerate()
        .map(|(index, step)| {
            let current = (index == last).then_some("page");
            let content = match step.href {
                Some(href) => {
                    view! { <a href=href aria-current=current>{step.title}</a> }.into_any()
                }
                None => view! { <span aria-current=current>{step.title}</span> }.into_any(),
            };
            view! { <li>{content}</li> }
        })
        .collect();
    view! {
        <nav class="breadcrumbs" aria-label=label>
            <ol>{steps}</ol>
        </nav>
    }
}
