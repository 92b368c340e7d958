//! What the cockpit rests on, held against the simulated world and against a real API server by the same functions.
//!
//! Each binary says how an [`api::Api`] is had and lets `contract_tests!` make one test of every function.

// Each of the two binaries leaves something unused that the other needs.
#![allow(dead_code)]

pub mod access;
pub mod api;
pub mod cockpit;
pub mod leaving;
pub mod objects;
pub mod reading;
pub mod sources;
pub mod walk;
pub mod watching;
pub mod writing;

/// One test of each function of the contract; `$start` makes an [`api::Api`] with a namespace of that name.
#[allow(unused_macros)]
macro_rules! contract_tests {
    ($start:path) => {
        contract_tests! { @each $start;
            access::a_stranger_is_401,
            access::nobody_is_403_and_told_why,
            access::a_viewer_reads_and_does_not_write,
            access::a_review_says_what_would_be_allowed,
            reading::a_list_comes_in_pages_of_one_version,
            reading::labels_select,
            reading::fields_select_events,
            reading::what_cannot_be_selected_is_400,
            reading::what_is_not_there_is_404,
            watching::a_watch_tells_what_changes,
            watching::a_selector_turns_changes_into_comings_and_goings,
            watching::a_bookmark_comes_before_the_end,
            watching::a_version_that_is_too_old_is_an_error_in_the_stream,
            writing::what_exists_is_409,
            writing::a_version_that_moved_is_409,
            writing::another_uid_is_refused,
            writing::a_merge_patch_merges,
            writing::a_json_patch_tests_first,
            writing::status_and_spec_are_apart,
            writing::the_generation_rises_with_the_spec,
            writing::a_dry_run_changes_nothing,
            writing::wrong_types_are_422,
            writing::a_strategic_merge_patch_is_415,
            writing::a_delete_has_preconditions,
            leaving::a_dry_deletion_is_one_by_its_body,
            leaving::a_namespace_of_another_uid_stays,
            leaving::a_namespace_goes_with_its_content,
            sources::the_model_follows_what_happens,
            sources::a_watch_survives_410,
            sources::refusals_have_their_kinds,
            walk::a_canary_is_walked_through,
            watching::an_old_page_token_is_410_with_a_fresh_one,
        }
    };
    (@each $start:path; $($module:ident::$test:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let api = $start(stringify!($test)).await;
                $crate::contract::$module::$test(&api).await;
                api.close().await;
            }
        )*
    };
}
#[allow(unused_imports)]
pub(crate) use contract_tests;
