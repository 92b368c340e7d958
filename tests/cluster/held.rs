//! The contract, held against the real server.

use crate::bed::Bed;
use crate::contract::api::Api;
use crate::contract::contract_tests;

async fn start(name: &str) -> Api {
    Bed::of_environment().api(name).await
}

contract_tests!(start);
