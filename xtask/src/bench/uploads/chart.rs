//! A picture of bars, written by hand: it is read beside the table, on light and dark pages.

use std::fmt::Write as _;

const WIDTH: usize = 440;
const NAMES: usize = 180;
const BARS: usize = 180;
const ROW: usize = 24;
const HEAD: usize = 44;
const EDGE: usize = 16;

/// Bars of one unit; the first one is ours.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) bars: Vec<(String, f64)>,
}

/// All panels, two beside each other.
pub(super) fn chart(title: &str, panels: &[Panel]) -> String {
    let rows: Vec<&[Panel]> = panels.chunks(2).collect();
    let height_of = |row: &[Panel]| {
        let most = row.iter().map(|panel| panel.bars.len()).max();
        HEAD + most.unwrap_or_default() * ROW + EDGE
    };
    let height: usize = EDGE + rows.iter().map(|row| height_of(row)).sum::<usize>();
    let width = 2 * WIDTH;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" role=\"img\" \
         aria-label=\"{title}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\"/>\n"
    );
    let mut top = EDGE;
    for row in rows {
        for (column, panel) in row.iter().enumerate() {
            draw(&mut svg, panel, EDGE + column * WIDTH, top);
        }
        top += height_of(row);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, panel: &Panel, left: usize, top: usize) {
    let most = panel
        .bars
        .iter()
        .map(|bar| bar.1)
        .fold(f64::MIN_POSITIVE, f64::max);
    // Writing into a string cannot fail.
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"{}\" font-weight=\"600\" fill=\"#111827\">{}</text>",
        top + 18,
        escaped(&panel.title)
    );
    for (number, (name, value)) in panel.bars.iter().enumerate() {
        let y = top + HEAD - 14 + number * ROW;
        let colour = if number == 0 { "#2563eb" } else { "#9ca3af" };
        let length = f64::from(u32::try_from(BARS).unwrap_or(u32::MAX)) * value / most;
        let bar = left + NAMES;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#374151\">{}</text>\
             <rect x=\"{bar}\" y=\"{y}\" width=\"{length:.1}\" height=\"16\" rx=\"2\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{}\" fill=\"#374151\">{}</text>",
            bar - 8,
            y + 13,
            escaped(name),
            f64::from(u32::try_from(bar).unwrap_or(u32::MAX)) + length + 6.0,
            y + 13,
            super::report::rounded(*value)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_has_the_whole_width() {
        let bars = vec![("Stowage".to_owned(), 50.0), ("a & b".to_owned(), 200.0)];
        let panel = Panel {
            title: "MB/s".to_owned(),
            bars,
        };
        let svg = chart("Uploads", &[panel]);
        assert!(svg.contains("width=\"45.0\""), "{svg}");
        assert!(svg.contains("width=\"180.0\""), "{svg}");
        assert!(svg.contains("a &amp; b"), "{svg}");
    }
}
