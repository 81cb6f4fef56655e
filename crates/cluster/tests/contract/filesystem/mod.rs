//! Clusters of folders: the contract with bind mounts, with links and with a storage class elsewhere, and
//! what only folders have.

mod crashes;
mod enforcement;
mod folders;
mod hostile_content;
mod persistence;
mod uploads;

mod with_bind_mounts {
    use crate::filesystem::folders::Folders;

    crate::suite::contract!(Folders::with_bind_mounts());
}

mod with_links {
    use crate::filesystem::folders::Folders;

    crate::suite::contract!(Some(Folders::with_links()));
}

mod with_a_storage_class_elsewhere {
    use crate::filesystem::folders::Folders;

    crate::suite::contract!(Some(Folders::with_a_class_elsewhere()));
}
