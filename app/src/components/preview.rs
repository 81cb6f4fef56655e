//! The beginning of a file. Everything in it is somebody's text: text nodes, or HTML that the server made
//! harmless.

use domain::{DataVolumeId, VolumePath};
use leptos::prelude::*;
use wire::PreviewView;

use crate::routes;
use crate::server_fns::ShownFile;
use crate::ui::{EmptyState, Glyph, LinkButton};

/// A file, shown by its kind.
#[component]
pub(crate) fn Preview(
    /// The data volume.
    id: DataVolumeId,
    /// The file.
    path: VolumePath,
    /// What the server read of it.
    file: ShownFile,
) -> impl IntoView {
    match file {
        ShownFile::Html { html, is_truncated } => view! {
            <div class="markdown" inner_html=html></div>
            {more(is_truncated)}
        }
        .into_any(),
        ShownFile::Plain { preview } => plain(preview, id, &path),
    }
}

fn plain(preview: PreviewView, id: DataVolumeId, path: &VolumePath) -> AnyView {
    match preview {
        PreviewView::Text { text, is_truncated } | PreviewView::Markdown { text, is_truncated } => {
            view! { <Lines text/> {more(is_truncated)} }.into_any()
        }
        PreviewView::Json { text } => view! { <Lines text/> }.into_any(),
        PreviewView::Table {
            header,
            rows,
            is_truncated,
        } => view! {
            <Cells header rows name=path.file_name().unwrap_or_default().to_owned()/>
            {more(is_truncated)}
        }
        .into_any(),
        PreviewView::Image => {
            let alt = path.file_name().unwrap_or_default().to_owned();
            let src = routes::file_content(id, path, true);
            view! { <p class="preview__image"><img src=src alt=alt/></p> }.into_any()
        }
        PreviewView::None { reason } => {
            let href = routes::file_content(id, path, false);
            view! {
                <EmptyState title="No preview" glyph=Glyph::File>
                    <p>{reason}</p>
                    <LinkButton href icon=Glyph::Download is_download=true>"Download"</LinkButton>
                </EmptyState>
            }
            .into_any()
        }
    }
}

fn more(is_truncated: bool) -> impl IntoView {
    is_truncated.then(|| {
        view! { <p class="preview__more">"This is the beginning of the file. Download it to see the rest."</p> }
    })
}

/// Text with line numbers, which are not copied with it.
#[component]
fn Lines(
    /// The text.
    text: String,
) -> impl IntoView {
    let mut numbers = String::new();
    for number in 1..=text.lines().count().max(1) {
        numbers.push_str(&number.to_string());
        numbers.push('\n');
    }
    view! {
        <div class="lines" tabindex="0" role="region" aria-label="Content">
            <pre class="lines__numbers" aria-hidden="true">{numbers}</pre>
            <pre class="lines__text"><code>{text}</code></pre>
        </div>
    }
}

#[component]
fn Cells(
    /// The first line.
    header: Vec<String>,
    /// The others.
    rows: Vec<Vec<String>>,
    /// The file's name.
    name: String,
) -> impl IntoView {
    let columns = header.len();
    let head: Vec<_> = header
        .into_iter()
        .map(|cell| view! { <th scope="col">{cell}</th> })
        .collect();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|mut row| {
            row.resize(columns.max(row.len()), String::new());
            let cells: Vec<_> = row
                .into_iter()
                .map(|cell| view! { <td>{cell}</td> })
                .collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    view! {
        <div class="table-frame cells" tabindex="0" role="region" aria-label="Content">
            <table class="table">
                <caption class="visually-hidden">{name}</caption>
                <thead><tr>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
