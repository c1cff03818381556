//! Test support for the module crates (feature `golden`): golden cases, and sidecar against options.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agree;
mod cases;
mod probe;

pub use agree::{Reader, agree, reads};
pub use cases::cases;
