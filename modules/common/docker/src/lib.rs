//! The engine: one connection, negotiated, to Docker or Podman. Knows no Ansible word.
//!
//! Reads are raw JSON with our own small types laid over it ([`Engine::get`], [`Inspected`]); writes and streams go
//! through bollard ([`Engine::write`], [`Engine::stream`]). Both share the connection in [`transport`].

mod auth;
pub mod build;
mod cli_context;
mod connection;
pub mod container;
pub mod container_file;
mod content;
mod edge;
mod encode;
mod endpoint;
mod engine;
mod error;
mod exec;
mod image;
pub mod image_archive;
mod image_name;
mod lookup;
mod name;
mod network;
mod node;
mod platform;
mod plugin;
mod pool;
mod progress;
mod proxies;
mod prune;
mod registry;
mod request;
mod sha256;
pub mod swarm;
pub mod transport;
mod upload;
mod version;
mod volume;
mod whole_file;
mod written;

pub use auth::{AuthError, Credentials, Kept, Login, Logins};
pub use bollard;
pub use cli_context::{CliContext, CliEngine};
pub use connection::Connection;
pub use content::{Content, ContentKind, ContentSpec, Templating};
pub use edge::{Inspected, without_nulls};
pub use encode::path as url_path;
pub use endpoint::Endpoint;
pub use engine::{Engine, Server};
pub use error::Error;
pub use exec::{Exec, Executed};
pub use image::Image;
pub use image_name::ImageName;
pub use name::{NAMES, is_name};
pub use network::Network;
pub use node::{Node, NodeSpec, with_leaders_address};
pub use platform::{BadPlatform, Platform};
pub use plugin::Plugin;
pub use pool::Pool;
pub use progress::{Progress, ProgressLines};
pub use proxies::proxy_variables;
pub use prune::{Layer, ListedCache, ListedContainer, ListedImage, ListedMount, ListedNetwork, ListedVolume};
pub use swarm::{LocalNode, Part, Swarm};
pub use version::ApiVersion;
pub use volume::Volume;
pub use whole_file::{Access, WholeFile};
pub use written::Written;
