//! What the pages ask the server: one function for each sentence of the crate `service`, one file per topic.
//!
//! Each is one call; no rule about the product stands here. Addresses are given, because the ones that
//! the macro makes carry a hash that changes with the source. What is only read goes by GET, so that
//! nothing that changes something can be asked for by an address alone.

mod access;
mod access_keys;
mod access_rules;
mod activity;
mod applications;
mod audit;
mod catalogue;
mod data_volumes;
mod departments_and_projects;
mod device_sign_ins;
mod encoding;
mod files;
mod imports;
mod retained_volumes;
mod saved_views;
mod share_requests;
mod shares;
#[cfg(feature = "ssr")]
pub(crate) mod ssr;
mod static_volumes;

pub use access::{me, sign_in_options};
pub use access_keys::{create_access_key, delete_access_key, list_access_keys};
pub use access_rules::{
    access_rule_choices, add_access_rule, find_people, list_access_rules, plan_access_rule,
    remove_access_rule,
};
pub use activity::list_activity;
pub use applications::{
    create_application, delete_application, edit_application, list_applications,
};
pub use audit::list_audit_entries;
pub use catalogue::{list_data_volumes, scope_tree};
pub use data_volumes::{
    create_data_volume, delete_data_volume, deletion_consequences, edit_data_volume,
    grow_data_volume, plan_data_volume, project_choices, show_data_volume, storage_choices,
};
pub use departments_and_projects::{
    create_department, create_project, delete_department, delete_project, list_departments,
    list_projects, rename_department, rename_project,
};
pub use device_sign_ins::{answer_device_sign_in, show_device_sign_in};
pub use files::{
    README, ShownFile, delete_file, list_folder, make_folder, preview_file, rename_file,
    show_file_details, show_readme,
};
pub use imports::{cancel_import, list_imports, remove_import, run_import_again, start_import};
pub use retained_volumes::{list_retained_volumes, take_retained_volume_back};
pub use saved_views::{delete_saved_view, list_saved_views, save_view};
pub use share_requests::{
    answer_share_request, ask_for_share, list_share_requests, my_share_requests,
    withdraw_share_request,
};
pub use shares::{
    change_shares, pods_beneath, share_data_volume, share_targets, unshare_data_volume,
};
pub use static_volumes::{list_static_volumes, offer_static_volume, withdraw_volume_offer};
