//! Ansible's module JSON protocol: arguments in, exactly one JSON object out. Knows no Docker word.
//!
//! A binary lists its modules in a [`Domain`] and hands it to [`main`]. A module is a [`Module`]: a name, the
//! argument spec that `build.rs` made from its sidecar, and an async function from [`Call`] to [`Outcome`].
//!
//! Source: Ansible's developer guide, "Ansible module architecture" (binary modules, internal arguments).

mod async_status;
mod call;
pub mod check;
mod command_line;
mod entry;
#[cfg(feature = "golden")]
pub mod golden;
mod input;
mod intact;
mod jobs;
mod outcome;
mod plan;
mod python;
mod report;
pub mod scrub;
mod secret;
pub mod spec;
mod syslog;

// For what it is linked: it has nothing to call.
use runtime as _;

pub use call::{Call, Sentence};
pub use clap;
pub use entry::{Domain, Module, Tool, Working, main};
pub use outcome::{Failure, Outcome};
pub use plan::Plan;
pub use python::dumps as python_json;
pub use secret::Secret;
