//! A module's sidecar: its documentation, which is also its argument spec.
pub mod build;
