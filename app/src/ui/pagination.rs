//! Which rows of how many, and the way to the others.

use leptos::prelude::*;

use super::count::count;
use super::icon::{Glyph, Icon};

/// `1–50 of 412`, and links to the other pages.
#[component]
pub(crate) fn Pagination(
    /// What is counted: “data volumes”.
    #[prop(into)]
    what: String,
    /// Rows passed over.
    offset: u64,
    /// Rows on a page.
    limit: u64,
    /// Rows in all.
    total: u64,
    /// The address of the page that begins after that many rows.
    #[prop(into)]
    href: Callback<u64, String>,
) -> impl IntoView {
    let last = total.min(offset.saturating_add(limit));
    let summary = match total {
        0 => format!("0 {what}"),
        _ if offset >= total => format!("{} {what}; none this far", count(total)),
        _ => format!("{}–{} of {}", count(offset + 1), count(last), count(total)),
    };
    let pages = total.div_ceil(limit.max(1));
    let current = offset / limit.max(1);
    let link = move |page: u64| href.run(page * limit);
    let step = move |page: Option<u64>, glyph: Glyph, label: &'static str| match page {
        Some(page) => view! {
            <a class="pagination__step" href=link(page) aria-label=label><Icon glyph/></a>
        }
        .into_any(),
        None => view! { <span class="pagination__step" aria-hidden="true"><Icon glyph/></span> }
            .into_any(),
    };
    let numbers: Vec<_> = shown_pages(current, pages)
        .into_iter()
        .map(|page| match page {
            Some(page) => view! {
                <a
                    class="pagination__page"
                    href=link(page)
                    aria-label=format!("Page {}", page + 1)
                    aria-current=(page == current).then_some("page")
                >
                    {count(page + 1)}
                </a>
            }
            .into_any(),
            None => {
                view! { <span class="pagination__gap" aria-hidden="true">"…"</span> }.into_any()
            }
        })
        .collect();
    view! {
        <div class="pagination">
            <p>{summary}</p>
            {(pages > 1).then(|| view! {
                <nav aria-label="Pages">
                    {step(current.checked_sub(1), Glyph::ChevronLeft, "Previous page")}
                    {numbers}
                    {step((current + 1 < pages).then_some(current + 1), Glyph::ChevronRight, "Next page")}
                </nav>
            })}
        </div>
    }
}

/// The first, the last and those around the current one; `None` is a gap.
fn shown_pages(current: u64, pages: u64) -> Vec<Option<u64>> {
    let mut shown = Vec::new();
    let mut previous = None;
    let near = current.saturating_sub(1)..=current.saturating_add(1);
    let candidates = std::iter::once(0).chain(near).chain(pages.checked_sub(1));
    for page in candidates.filter(|page| *page < pages) {
        match previous {
            Some(before) if page <= before => continue,
            Some(before) if page == before + 2 => shown.push(Some(before + 1)),
            Some(before) if page > before + 2 => shown.push(None),
            _ => {}
        }
        shown.push(Some(page));
        previous = Some(page);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown_pages;

    fn shown(current: u64, pages: u64) -> String {
        let words: Vec<String> = shown_pages(current, pages)
            .into_iter()
            .map(|page| page.map_or("…".to_owned(), |page| (page + 1).to_string()))
            .collect();
        words.join(" ")
    }

    #[test]
    fn the_ends_and_the_neighbours_are_shown() {
        let all =
            [(0, 1), (0, 3), (0, 9), (3, 9), (4, 9), (8, 9), (20, 9)].map(|(c, p)| shown(c, p));
        assert_eq!(
            all,
            [
                "1",
                "1 2 3",
                "1 2 … 9",
                "1 2 3 4 5 … 9",
                "1 … 4 5 6 … 9",
                "1 … 8 9",
                "1 … 9"
            ]
        );
    }
}
