//! Markdown that lies in a data volume, made into HTML on the server.
//!
//! The source is somebody's text and the result goes into the page as it is, so this is where it is made
//! harmless: raw HTML becomes text, pictures become their description, and a link leads to the web, to a
//! mail address or to a file of the same volume, nowhere else.

use std::fmt::Write as _;

use domain::{DataVolumeId, VolumePath};
use pulldown_cmark::{Alignment, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::routes;

/// Where the source lies; links without a scheme start from there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The data volume.
    pub(crate) id: DataVolumeId,
    /// The folder of the file.
    pub(crate) folder: &'a VolumePath,
}

/// The HTML of a source. Headings begin at the third level: the page has one and two itself.
pub(crate) fn rendered(source: &str, place: Place<'_>) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut open_links = Vec::new();
    let events =
        Parser::new_ext(source, options).map(|event| harmless(event, place, &mut open_links));
    let mut result = String::with_capacity(source.len() * 2);
    html::push_html(&mut result, events);
    result
}

fn harmless<'a>(event: Event<'a>, place: Place<'_>, open_links: &mut Vec<bool>) -> Event<'a> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // Aligned cells carry inline styles, which the content security policy forbids.
        Event::Start(Tag::Table(columns)) => {
            Event::Start(Tag::Table(vec![Alignment::None; columns.len()]))
        }
        // Long lines are scrolled, with the keyboard as well.
        Event::Start(Tag::CodeBlock(_)) => Event::Html("<pre tabindex=\"0\"><code>".into()),
        Event::End(TagEnd::CodeBlock) => Event::Html("</code></pre>\n".into()),
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: deeper(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(deeper(level))),
        Event::Start(Tag::Link { dest_url, .. }) => {
            let address = address(&dest_url, place);
            open_links.push(address.is_some());
            Event::InlineHtml(
                address
                    .map(|address| anchor(&address))
                    .unwrap_or_default()
                    .into(),
            )
        }
        Event::End(TagEnd::Link) => {
            let is_open = open_links.pop().unwrap_or(false);
            Event::InlineHtml(if is_open { "</a>" } else { "" }.into())
        }
        Event::TaskListMarker(is_done) => Event::Text(if is_done { "☑ " } else { "☐ " }.into()),
        other => other,
    }
}

fn deeper(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

fn anchor(address: &str) -> String {
    let mut tag = String::from("<a rel=\"noopener nofollow ugc\" href=\"");
    for c in address.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a `String` cannot fail.
                let _ = write!(tag, "&#{};", u32::from(c));
            }
            _ => tag.push(c),
        }
    }
    tag.push_str("\">");
    tag
}

/// Where a link may lead; `None` where it may not, or leads to nothing that there is.
fn address(destination: &str, place: Place<'_>) -> Option<String> {
    let destination = destination.trim();
    if destination.chars().any(char::is_control) {
        return None;
    }
    let scheme = destination
        .split_once(':')
        .map(|(scheme, _)| scheme)
        .filter(|scheme| !scheme.contains(['/', '?', '#']));
    match scheme {
        Some(scheme) => ["http", "https", "mailto"]
            .iter()
            .any(|good| scheme.eq_ignore_ascii_case(good))
            .then(|| destination.to_owned()),
        None => file_address(destination, place),
    }
}

/// The file or folder of the same volume that a relative link means.
fn file_address(destination: &str, place: Place<'_>) -> Option<String> {
    let path = destination
        .split(['?', '#'])
        .next()
        .filter(|path| !path.is_empty())?;
    // In a path a plus is a plus; only forms make it a space.
    let path = routes::unescape(&path.replace('+', "%2B"));
    let mut folder = if path.starts_with('/') {
        VolumePath::root()
    } else {
        place.folder.clone()
    };
    for name in path.split('/') {
        folder = match name {
            "" | "." => folder,
            ".." => folder.parent()?,
            name => folder.join(name).ok()?,
        };
    }
    let is_file = !path.ends_with('/') && folder.file_name().is_some_and(|name| name.contains('.'));
    match folder.parent().filter(|_| is_file) {
        Some(parent) => Some(routes::files(place.id, &parent, folder.file_name())),
        None => Some(routes::files(place.id, &folder, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html_of(source: &str) -> String {
        let id = "0190b7a0-0000-7000-8000-000000000001".parse().unwrap();
        rendered(
            source,
            Place {
                id,
                folder: &"docs".parse().unwrap(),
            },
        )
    }

    #[test]
    fn raw_html_becomes_text() {
        for source in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<iframe>\n\n</iframe>",
        ] {
            let html = html_of(source);
            assert!(
                !html.contains("<script") && !html.contains("<img") && !html.contains("<iframe"),
                "{html}"
            );
        }
        assert_eq!(html_of("a <b>c</b>"), "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n");
    }

    #[test]
    fn only_the_web_mail_and_files_are_linked() {
        for source in [
            "[a](javascript:alert(1))",
            "[a](JavaScript:alert(1))",
            "[a](data:text/html,x)",
            "[a](../../x)",
        ] {
            assert_eq!(html_of(source), "<p>a</p>\n", "{source}");
        }
        assert_eq!(
            html_of("[a](https://example.org/?a=1&b=\"2\")"),
            "<p><a rel=\"noopener nofollow ugc\" href=\"https://example.org/?a=1&#38;b=&#34;2&#34;\">a</a></p>\n"
        );
    }

    #[test]
    fn relative_links_lead_to_files_of_the_volume() {
        let base = "/data-volumes/0190b7a0-0000-7000-8000-000000000001/files";
        for (source, address) in [
            (
                "[a](labels.csv)",
                format!("{base}?path=docs&#38;show=labels.csv"),
            ),
            ("[a](../train/)", format!("{base}?path=train")),
            (
                "[a](/a%20b/c.txt#l1)",
                format!("{base}?path=a%20b&#38;show=c.txt"),
            ),
        ] {
            let html = html_of(source);
            assert!(
                html.contains(&format!("href=\"{address}\"")),
                "{source}: {html}"
            );
        }
    }

    #[test]
    fn pictures_become_their_description() {
        assert_eq!(
            html_of("![A cat](https://tracker.example/cat.png)"),
            "<p><em>A cat</em></p>\n"
        );
    }

    #[test]
    fn tables_carry_no_inline_styles() {
        let html = html_of("|a|b|\n|--:|:-:|\n|1|2|");
        assert!(
            html.contains("<td>1</td>") && !html.contains("style"),
            "{html}"
        );
    }

    #[test]
    fn code_stays_text_and_can_be_scrolled() {
        assert_eq!(
            html_of("```html\n<b>a</b>\n```"),
            "<pre tabindex=\"0\"><code>&lt;b&gt;a&lt;/b&gt;\n</code></pre>\n"
        );
    }

    #[test]
    fn headings_begin_below_those_of_the_page() {
        assert_eq!(html_of("# A\n\n###### B"), "<h3>A</h3>\n<h6>B</h6>\n");
    }
}
