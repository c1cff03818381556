//! The golden-case harness: runs a module's `cases/*.yml` through its plan.

mod agree;
mod probe;

pub use agree::{Reader, agree, reads};
