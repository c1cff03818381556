//! Compose files as a swarm reads them: YAML, variables, merges, a typed model, and the engine's objects that follow
//! from it. Pure: files and environment come through [`Surroundings`], and no engine is asked.
//!
//! What `docker stack deploy` reads is read as it does; what only the compose spec has, as the spec says.

mod convert;
mod env_file;
mod extends;
mod fields;
mod format;
mod interpolate;
mod load;
mod merge;
pub mod model;
mod node;
mod paths;
mod place;
mod scalar;
#[cfg(test)]
mod test;
mod yaml;

pub use convert::{IMAGE, NAMESPACE, Naming, ObjectSpec, Stack, convert};
pub use load::{Loaded, Source, Surroundings, load};
pub use model::Project;
pub use paths::parent;
pub use place::{Error, Place};
