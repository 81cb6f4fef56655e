//! Points in time: exact on the server, “3 h ago” after hydration.
//!
//! Only the browser has a clock here, and it ticks once for the whole page.

use std::time::Duration;

use jiff::Timestamp;
use leptos::prelude::*;

use crate::alive::once_alive;

const TICK: Duration = Duration::from_secs(30);

/// The browser's time in seconds since 1970; `None` on the server and until the page is alive.
#[derive(Clone, Copy)]
struct PageClock(RwSignal<Option<i64>>);

/// Starts the page's clock. Once, at the root.
pub(crate) fn provide_page_clock() {
    let now = RwSignal::new(None);
    provide_context(PageClock(now));
    once_alive(move || {
        now.set(Some(browser_seconds()));
        set_interval(move || now.set(Some(browser_seconds())), TICK);
    });
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seconds since 1970 fit for longer than the sun shines"
)]
fn browser_seconds() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

/// A point in time.
#[component]
pub(crate) fn Time(
    /// Which.
    at: Timestamp,
) -> impl IntoView {
    let clock = use_context::<PageClock>();
    let exact = exact(at);
    let shown = {
        let exact = exact.clone();
        move || match clock.and_then(|clock| clock.0.get()) {
            Some(now) => ago(now - at.as_second()).unwrap_or_else(|| exact[..10].to_owned()),
            None => exact.clone(),
        }
    };
    view! { <time datetime=at.to_string() title=exact>{shown}</time> }
}

/// `2026-03-01 14:05 UTC`.
fn exact(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.get(..16).unwrap_or(&text).replace('T', " "))
}

/// `None` after four weeks, when a date says more.
fn ago(seconds: i64) -> Option<String> {
    let (amount, unit) = match seconds {
        ..45 => return Some("now".to_owned()),
        45..3600 => ((seconds / 60).max(1), "min"),
        3600..86_400 => (seconds / 3600, "h"),
        86_400..2_419_200 => (seconds / 86_400, "d"),
        _ => return None,
    };
    Some(format!("{amount} {unit} ago"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_exact_to_the_minute() {
        assert_eq!(
            exact("2026-03-01T14:05:59.123Z".parse().unwrap()),
            "2026-03-01 14:05 UTC"
        );
    }

    #[test]
    fn what_is_long_ago_is_told_by_its_date() {
        let told = [-5, 44, 45, 3599, 3600, 86_399, 86_400, 2_419_199].map(|s| ago(s).unwrap());
        assert_eq!(
            told,
            [
                "now",
                "now",
                "1 min ago",
                "59 min ago",
                "1 h ago",
                "23 h ago",
                "1 d ago",
                "27 d ago"
            ]
        );
        assert_eq!(ago(2_419_200), None);
    }
}
