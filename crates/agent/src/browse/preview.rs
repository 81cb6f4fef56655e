//! The beginning of a file, ready to be shown. At most 256 KiB are read, whatever the file is.

use std::os::fd::AsFd;

use domain::VolumePath;
use rustix::fs::OFlags;
use wire::PreviewView;

use super::content::read_at;
use super::{image, json};
use crate::beneath;
use crate::error::Result;

const MOST_BYTES: usize = 256 << 10;
const MOST_ROWS: usize = 200;
const MOST_COLUMNS: usize = 256;

/// What can be shown of a file.
pub(super) fn view(root: impl AsFd, path: &VolumePath) -> Result<PreviewView> {
    let (file, stat) = beneath::open_file(root, beneath::text(path), OFlags::RDONLY)?;
    let head = read_at(&file, 0, MOST_BYTES)?;
    let is_truncated = u64::try_from(stat.st_size).unwrap_or(0) > head.len() as u64;
    Ok(shown(&head, is_truncated, &ending(path)))
}

fn ending(path: &VolumePath) -> String {
    let name = path.file_name().unwrap_or_default();
    name.rsplit_once('.')
        .map_or(String::new(), |(_, ending)| ending.to_ascii_lowercase())
}

fn shown(head: &[u8], is_truncated: bool, ending: &str) -> PreviewView {
    if image::kind(head).is_some() {
        return PreviewView::Image;
    }
    let Some(text) = readable(head, is_truncated) else {
        return PreviewView::None {
            reason: "This file is not text, nor a picture that browsers show.".to_owned(),
        };
    };
    let whole = || text.to_owned();
    match ending {
        "csv" => table(text, b',', is_truncated),
        "tsv" | "tab" => table(text, b'\t', is_truncated),
        "md" | "markdown" => Some(PreviewView::Markdown {
            text: whole(),
            is_truncated,
        }),
        "json" | "geojson" | "ipynb" if !is_truncated => {
            json::indented(text).map(|text| PreviewView::Json { text })
        }
        _ => None,
    }
    .unwrap_or_else(|| PreviewView::Text {
        text: whole(),
        is_truncated,
    })
}

/// The text, without a byte-order mark; cut before a character of which only a part was read.
fn readable(head: &[u8], is_truncated: bool) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if is_truncated && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    (!text.contains('\0')).then_some(text)
}

fn table(text: &str, delimiter: u8, is_truncated: bool) -> Option<PreviewView> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records().take(MOST_ROWS + 2) {
        let record = record.ok()?;
        rows.push(
            record
                .iter()
                .take(MOST_COLUMNS)
                .map(ToOwned::to_owned)
                .collect::<Vec<_>>(),
        );
    }
    let has_more = rows.len() > MOST_ROWS + 1;
    if is_truncated && !has_more && rows.len() > 1 {
        // The last line may have been cut anywhere.
        rows.pop();
    }
    rows.truncate(MOST_ROWS + 1);
    if rows.is_empty() {
        return None;
    }
    let header = rows.remove(0);
    Some(PreviewView::Table {
        header,
        rows,
        is_truncated: is_truncated || has_more,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_with_quotes_and_ragged_lines() {
        let view = shown(b"a,b\n\"1,5\",\"x\ny\"\n2\n", false, "csv");
        let rows = vec![
            vec!["1,5".to_owned(), "x\ny".to_owned()],
            vec!["2".to_owned()],
        ];
        let header = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            view,
            PreviewView::Table {
                header,
                rows,
                is_truncated: false
            }
        );
    }

    #[test]
    fn a_table_has_at_most_two_hundred_rows() {
        let text = format!("h\n{}", "1\n".repeat(201));
        let PreviewView::Table {
            rows, is_truncated, ..
        } = shown(text.as_bytes(), false, "csv")
        else {
            panic!()
        };
        assert_eq!((rows.len(), is_truncated), (200, true));
    }

    #[test]
    fn text_is_cut_between_characters() {
        let view = shown("aé".as_bytes().split_at(2).0, true, "txt");
        assert_eq!(
            view,
            PreviewView::Text {
                text: "a".to_owned(),
                is_truncated: true
            }
        );
        assert!(matches!(
            shown(b"a\xc3", false, "txt"),
            PreviewView::None { .. }
        ));
        assert!(matches!(
            shown(b"a\0b", false, "txt"),
            PreviewView::None { .. }
        ));
    }

    #[test]
    fn a_name_does_not_make_a_picture_or_json() {
        assert!(matches!(
            shown(b"<svg/>", false, "png"),
            PreviewView::Text { .. }
        ));
        assert!(matches!(
            shown(b"{", false, "json"),
            PreviewView::Text { .. }
        ));
        assert!(matches!(
            shown(b"{}", false, "json"),
            PreviewView::Json { .. }
        ));
        assert!(matches!(shown(b"GIF89a", false, "txt"), PreviewView::Image));
    }
}
