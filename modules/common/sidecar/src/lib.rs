//! A module's sidecar: its documentation, which is also its argument spec.
//!
//! `modules/BINARY/src/MODULE/MODULE.yml` has four keys: `DOCUMENTATION`, `EXAMPLES`, `RETURN` as Ansible defines
//! them, and `x-spec`, which says what the documentation can't. From it come the argument spec that the binary embeds
//! ([`Sidecar::argument_spec`]) and the Python file that `ansible-doc` reads ([`Sidecar::stub`]).
//!
//! Source: Ansible's developer guide, "Module format and documentation" and "Argument spec".

pub mod build;
mod model;
mod read;
mod rules;
mod spec;
mod stub;
mod verify;
mod yaml;

pub use read::{Fragment, Invalid, Sidecar, find, fragment_dir};
