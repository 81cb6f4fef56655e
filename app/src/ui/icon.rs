//! The drawings, 16 units wide, one line of 1.5 units. Decoration only: the word stands beside them, or on
//! the control as its label.

use leptos::prelude::*;

macro_rules! glyphs {
    ($($(#[$doc:meta])* $name:ident => $path:literal),+ $(,)?) => {
        /// A drawing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(
            not(feature = "hydrate"),
            expect(dead_code, reason = "the server draws no upload queue, and nothing for it")
        )]
        pub(crate) enum Glyph {
            $($(#[$doc])* $name),+
        }

        impl Glyph {
            fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path),+
                }
            }
        }
    };
}

glyphs! {
    ArrowDown => "M8 3v10M4 9l4 4 4-4",
    ArrowUp => "M8 13V3M4 7l4-4 4 4",
    Bookmark => "M4 2.2h8v11.6l-4-3-4 3z",
    Check => "M3 8.5l3.2 3.2L13 4.8",
    ChevronDown => "M4 6l4 4 4-4",
    ChevronLeft => "M10 4L6 8l4 4",
    ChevronRight => "M6 4l4 4-4 4",
    Circle => "M8 3.8a4.2 4.2 0 100 8.4 4.2 4.2 0 000-8.4z",
    CircleHalf => "M8 3.2a4.8 4.8 0 110 9.6zM8 3.2a4.8 4.8 0 100 9.6",
    Clock => "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.2l2.2 1.3",
    Close => "M4 4l8 8M12 4l-8 8",
    Cluster => "M2.5 2.5h11v4.2h-11zM2.5 9.3h11v4.2h-11zM5 4.6h.01M5 11.4h.01",
    Columns => "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
    Copy => "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    DataVolume => "M8 2.2l5.8 3L8 8.2l-5.8-3zM2.2 8L8 11l5.8-3M2.2 10.8L8 13.8l5.8-3",
    Department => "M8 2.5v3M3.5 10V7.8h9V10M8 5.5v2.3M2 10h3v3.5H2zM6.5 10h3v3.5h-3zM11 10h3v3.5h-3z",
    Diamond => "M8 2l6 6-6 6-6-6z",
    Download => "M8 2v8M4.5 6.8L8 10.3l3.5-3.5M2.5 13.5h11",
    Edit => "M2.5 13.5l.7-3.2 7.6-7.6 2.5 2.5-7.6 7.6zM9.3 4.2l2.5 2.5",
    External => "M9 2.5h4.5V7M13.5 2.5L7.5 8.5M11 9.5v4H2.5V5h4",
    Eye => "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 100 3.6 1.8 1.8 0 000-3.6z",
    File => "M4 1.8h5.2L12.5 5v9.2H4zM9 1.8V5.2h3.5",
    Filter => "M2 4h12M4.5 8h7M6.8 12h2.4",
    Folder => "M1.8 3.5h4.4l1.6 1.8h6.4v7.4H1.8z",
    FolderPlus => "M1.8 3.5h4.4l1.6 1.8h6.4v7.4H1.8zM8 7.2v3.6M6.2 9h3.6",
    Group => "M5.8 7.5a2.3 2.3 0 100-4.6 2.3 2.3 0 000 4.6zM1.5 13.2c.3-2.3 2-3.7 4.3-3.7s4 1.4 4.3 3.7M10.6 3.2a2.2 2.2 0 010 4.1M12 9.8c1.5.5 2.3 1.7 2.5 3.4",
    Info => "M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 7.3v3.7M8 5h.01",
    Key => "M5.5 12.5a2.8 2.8 0 100-5.6 2.8 2.8 0 000 5.6zM7.5 7.7L13 2.2M10.5 4.7l2 2",
    Keyboard => "M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6",
    Minus => "M3.5 8h9",
    Monitor => "M2 2.8h12v8H2zM5.5 13.5h5M8 10.8v2.7",
    Moon => "M13.2 9.7A5.7 5.7 0 116.3 2.8a4.6 4.6 0 006.9 6.9z",
    More => "M3.5 8h.01M8 8h.01M12.5 8h.01",
    NodeLocal => "M8 2.5l6 11H2z",
    Organisation => "M3 13.7V2.5h6.5v11.2M9.5 6.5H13v7.2M1.8 13.7h12.4M5.2 5.2h2M5.2 8h2M5.2 10.8h2",
    Pause => "M5.5 3v10M10.5 3v10",
    Play => "M4.5 2.8v10.4L13 8z",
    Plus => "M8 3v10M3 8h10",
    Project => "M2.5 4.5h11v9h-11zM5.5 4.5v-2h5v2M2.5 8.5h11",
    Refresh => "M13 3v3.5H9.5M12.8 6.3A5.3 5.3 0 108 13.3c2 0 3.7-1.1 4.6-2.7",
    Search => "M7 2.3a4.7 4.7 0 100 9.4 4.7 4.7 0 000-9.4zM10.5 10.5l3.3 3.3",
    Share => "M12 5.5a2 2 0 100-4 2 2 0 000 4zM4 10a2 2 0 100-4 2 2 0 000 4zM12 14.5a2 2 0 100-4 2 2 0 000 4zM5.8 7.1l4.4-2.6M5.8 8.9l4.4 2.6",
    SignOut => "M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3",
    Sun => "M8 5.3a2.7 2.7 0 100 5.4 2.7 2.7 0 000-5.4zM8 1.3v1.2M8 13.5v1.2M1.3 8h1.2M13.5 8h1.2M3.3 3.3l.8.8M11.9 11.9l.8.8M3.3 12.7l.8-.8M11.9 4.1l.8-.8",
    Trash => "M2.5 4.3h11M6 4.3V2.5h4v1.8M4 4.3l.7 9.2h6.6l.7-9.2M6.7 7v4M9.3 7v4",
    Upload => "M8 10.5V2.5M4.5 5.7L8 2.2l3.5 3.5M2.5 13.5h11",
    User => "M8 7.8a2.8 2.8 0 100-5.6 2.8 2.8 0 000 5.6zM2.8 13.8c.4-2.5 2.4-4 5.2-4s4.8 1.5 5.2 4",
    Warning => "M8 2l6.5 11.5h-13zM8 6.5v3M8 11.6h.01",
}

/// A drawing beside a word.
#[component]
pub(crate) fn Icon(
    /// Which one.
    glyph: Glyph,
    /// Filled as well as drawn.
    #[prop(optional)]
    is_filled: bool,
) -> impl IntoView {
    let class = if is_filled {
        "icon icon--filled"
    } else {
        "icon"
    };
    view! {
        <svg class=class viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=glyph.path()></path>
        </svg>
    }
}
