//! Parts of pages that know the product. They take values and callbacks; the page that uses them owns
//! what is loaded.

pub(crate) mod access_key_list;
pub(crate) mod access_rule_table;
pub(crate) mod activity_list;
pub(crate) mod audit_filters;
pub(crate) mod audit_table;
pub(crate) mod brand;
pub(crate) mod byte_size;
pub(crate) mod catalogue_filters;
pub(crate) mod catalogue_table;
pub(crate) mod conditions;
#[cfg(feature = "hydrate")]
pub(crate) mod conflict_dialog;
pub(crate) mod delete_dialog;
pub(crate) mod delete_file_dialog;
pub(crate) mod drop_zone;
pub(crate) mod file_pane;
pub(crate) mod file_table;
pub(crate) mod frame;
pub(crate) mod mount_snippet;
pub(crate) mod mounts_table;
pub(crate) mod persistence_badge;
pub(crate) mod phase_badge;
pub(crate) mod preview;
pub(crate) mod problem_notice;
pub(crate) mod remove_scope_dialog;
pub(crate) mod scope_tree;
pub(crate) mod sentence;
pub(crate) mod share_list;
pub(crate) mod share_tree;
pub(crate) mod shortcuts;
pub(crate) mod upload_pickers;
pub(crate) mod upload_queue;
pub(crate) mod uploader_context;
pub(crate) mod usage_meter;
pub(crate) mod volume_facts;
