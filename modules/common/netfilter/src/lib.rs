//! The kernel's packet filter as types: rules, what iptables-save prints, and changes that happen as a whole.
//!
//! Knows neither Ansible nor Docker. In the order of use:
//!
//! 1. [`System::detect`] finds the programs and which back end they speak to, and refuses a host whose two back ends both
//!    hold rules.
//! 2. [`System::observe`] gives a family's [`RuleSet`], by one iptables-save.
//! 3. [`Rule::parse`] and [`Rule::from_words`] read what people write; equal rules are equal (`==`), however they are
//!    spelled and whatever the kernel makes of the spelling. Rules can as well be built: all fields are public.
//! 4. [`Desired`] says what is wanted of a family: chains of one's own with their rules, jumps to them from chains of
//!    others with a [`Position`], policies. [`Desired::check`] finds what can't work before anything is changed.
//! 5. [`Change::between`] compares, purely; it is empty when nothing is to be done. Chains of others stay as they are,
//!    to the byte, but for the jumps.
//! 6. [`System::test`] tries it out; [`System::apply`] carries it out, by one iptables-restore for each family, which
//!    takes its whole input before it begins.

mod change;
mod check;
mod desired;
mod extension;
mod family;
mod invalid;
mod matches;
mod parse;
mod rule;
mod save;
mod system;
mod targets;
mod value;
mod word;

pub use change::{Change, Edit, Script, TableChange};
pub use check::Problem;
pub use desired::{Desired, Jump, Position, Wanted};
pub use extension::Opaque;
pub use family::Family;
pub use invalid::Invalid;
pub use matches::*;
pub use rule::{Interface, Rule};
pub use save::{Chain, Counters, ParseError, Policy, RuleSet, SavedRule, Table};
pub use system::{Backend, Error, Output, System, Versions, find_program, run_program};
pub use targets::*;
pub use value::{AddressRange, IcmpType, Masked, Names, Net, PortRange, Protocol, Rate, Span, Test};
