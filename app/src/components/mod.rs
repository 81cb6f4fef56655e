//! Parts of pages that know the product. They take values and callbacks; the page that uses them owns
//! what is loaded.

pub(crate) mod brand;
pub(crate) mod byte_size;
pub(crate) mod catalogue_filters;
pub(crate) mod catalogue_table;
pub(crate) mod frame;
pub(crate) mod persistence_badge;
pub(crate) mod phase_badge;
pub(crate) mod problem_notice;
pub(crate) mod scope_tree;
pub(crate) mod shortcuts;
pub(crate) mod usage_meter;
