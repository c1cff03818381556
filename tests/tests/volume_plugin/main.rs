//! The volume plug-in: the protocol as engines speak it, then the engines themselves.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

mod protocol;
