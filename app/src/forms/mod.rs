//! The forms, one file each. What a form sends is checked on the server; what is wrong comes back with the
//! field's name.

pub(crate) mod access_rule_form;
pub(crate) mod ask_for_share_form;
pub(crate) mod edit_data_volume_form;
mod field_problem;
pub(crate) mod grow_form;
pub(crate) mod import_form;
pub(crate) mod new_data_volume_form;
pub(crate) mod new_folder_form;
pub(crate) mod new_key_form;
pub(crate) mod offer_form;
pub(crate) mod rename_form;
pub(crate) mod scope_form;
pub(crate) mod share_form;
mod tags;
pub(crate) mod take_back_form;
