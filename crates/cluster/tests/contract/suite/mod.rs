//! What every cluster promises.

pub(crate) mod claims;
pub(crate) mod files;
pub(crate) mod mounts;

/// Hands every promise that needs no files to a macro, after what it is given first.
macro_rules! promises {
    ($then:ident! $($first:tt)*) => {
        $then! { $($first)*
            claims: a_new_claim_is_ready_and_has_a_uid,
            claims: making_a_claim_again_finds_it,
            claims: an_existing_claim_is_taken_and_kept_when_its_volume_goes,
            claims: a_claim_of_one_volume_is_not_given_to_another,
            claims: a_name_that_is_taken_is_refused,
            claims: an_unknown_storage_class_is_refused,
            claims: a_claim_of_ours_goes_with_its_bytes_and_going_again_is_done,
            claims: a_claim_made_anew_is_another_claim,
            claims: a_lost_claim_is_not_made_anew,
            claims: a_plan_changes_nothing,
            claims: names_that_lead_elsewhere_are_refused,
            claims: claims_are_listed_with_those_of_data_volumes,
            claims: every_storage_class_tells_what_becomes_of_bytes_and_shares,
            mounts: two_projects_read_the_same_bytes,
            mounts: mounting_again_changes_nothing,
            mounts: removing_a_mount_keeps_the_bytes_and_removing_again_is_done,
            mounts: one_projects_mount_goes_and_the_others_stay,
            mounts: a_mount_changes_its_mode,
            mounts: a_claim_made_anew_inherits_no_mounts,
            mounts: the_origin_project_gets_no_mount,
        }
    };
}

pub(crate) use promises;
