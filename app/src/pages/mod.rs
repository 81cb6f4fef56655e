//! The pages, one file each, called like the heading on them.

pub(crate) mod administration_page;
pub(crate) mod data_volume_page;
pub(crate) mod data_volumes_page;
pub(crate) mod device_page;
pub(crate) mod my_access_page;
pub(crate) mod new_data_volume_page;
pub(crate) mod not_found_page;
pub(crate) mod share_requests_page;
pub(crate) mod sign_in_page;
