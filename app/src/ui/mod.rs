//! Primitives: parts that know nothing of the product. Each has one CSS file of its name in `style/`.
//!
//! A control that may not be used stays focusable and says why (`refusal`); the attribute `disabled` is
//! not used, because it hides the reason from those who do not see it greyed out.

mod badge;
mod bar;
mod breadcrumbs;
mod button;
mod checkbox;
mod copy_button;
mod count;
mod day_input;
mod dialog;
mod empty_state;
mod field;
mod icon;
mod menu;
mod middle_cut;
mod notice;
mod pagination;
mod radio_cards;
mod select;
mod skeleton;
mod table;
mod tabs;
mod text_area;
mod text_input;
pub(crate) mod theme;
mod time;
mod toast;
mod tone;

pub(crate) use badge::{Badge, Tag};
pub(crate) use bar::Bar;
pub(crate) use breadcrumbs::{Breadcrumb, Breadcrumbs};
pub(crate) use button::{Button, LinkButton, Look};
pub(crate) use checkbox::Checkbox;
pub(crate) use copy_button::CopyButton;
pub(crate) use count::count;
pub(crate) use day_input::DayInput;
pub(crate) use dialog::Dialog;
pub(crate) use empty_state::EmptyState;
pub(crate) use field::Field;
pub(crate) use icon::{Glyph, Icon};
pub(crate) use menu::{Menu, MenuButton, MenuLink, MenuSeparator};
pub(crate) use middle_cut::MiddleCut;
pub(crate) use notice::Notice;
pub(crate) use pagination::Pagination;
pub(crate) use radio_cards::{RadioCard, RadioCards};
pub(crate) use select::{Choice, Select};
pub(crate) use skeleton::{Skeleton, SkeletonTable};
pub(crate) use table::{Heading, Sorted, Table};
pub(crate) use tabs::{Tab, Tabs};
pub(crate) use text_area::TextArea;
pub(crate) use text_input::TextInput;
pub(crate) use time::{Time, provide_page_clock};
pub(crate) use toast::{ToastList, Toasts, provide_toasts, use_toasts};
pub(crate) use tone::Tone;
