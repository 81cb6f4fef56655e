//! Clusters of folders: the contract with bind mounts, with links and with a storage class elsewhere, and
//! what only folders have.

mod crashes;
mod enforcement;
mod folders;
mod hostile_content;
mod persistence;
mod sub_folders;
mod uploads;

/// Runs the whole suite with the harness that an expression makes, an `Option`: `None` where this
/// machine does not allow that kind.
macro_rules! contract {
    ($make:expr) => {
        $crate::suite::promises! { contract! $make,
            files: files_are_read_through_the_data_path,
            files: a_claim_made_anew_is_not_found_by_the_old_uid,
            files: what_may_only_be_read_is_not_changed,
        }
    };
    ($make:expr, $($module:ident: $test:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $test() {
                if let Some(harness) = $make {
                    $crate::suite::$module::$test(&harness).await;
                }
            }
        )+
    };
}

mod with_bind_mounts {
    use crate::filesystem::folders::Folders;

    contract!(Folders::with_bind_mounts());
}

mod with_links {
    use crate::filesystem::folders::Folders;

    contract!(Some(Folders::with_links()));
}

mod with_a_storage_class_elsewhere {
    use crate::filesystem::folders::Folders;

    contract!(Some(Folders::with_a_class_elsewhere()));
}
