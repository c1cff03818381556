//! What every module that talks to an engine shares: how it connects, and the option types of Docker's vocabulary.
//!
//! The one place where the protocol crate (`ansible`) and the engine crate (`docker`) meet.

mod api;
mod cli;
pub mod diagnosis;
mod duration;
mod env;
mod filters;
mod health;
mod image;
mod labels;
mod mounts;
mod size;
mod text;
mod words;

use ansible::{Call, Failure};
use docker::{Connection, Engine};
use serde::Deserialize;

pub use api::require_api;
pub use cli::{Cli, Done};
pub use duration::{Duration, DurationOrNanoseconds};
pub use env::Env;
pub use filters::Filters;
pub use health::HealthTest;
pub use image::{ImageReference, at_registry};
pub use labels::Labels;
pub use mounts::options_of_mount;
pub use size::{Size, SizeOrUnlimited};
pub use text::Text;
pub use words::split_words;

/// Connects as the task's connection options say; what the engine makes us warn of goes to the user.
///
/// # Errors
/// When the engine can't be reached, or speaks no API version that we do.
pub async fn connect(call: &Call) -> Result<Engine, Failure> {
    connect_by(call, call.options()?).await
}

/// As [`connect`], for modules whose connection options are those of Docker's command line: `cli_context` is one.
///
/// # Errors
/// As [`connect`], and when there is no such context.
pub async fn connect_as_cli(call: &Call) -> Result<Engine, Failure> {
    #[derive(Deserialize)]
    struct Context {
        cli_context: Option<String>,
    }
    let connection: Connection = call.options()?;
    let context: Context = call.options()?;
    let connection = match context.cli_context {
        Some(name) => connection.in_cli_context(&name)?,
        None => connection,
    };
    connect_by(call, connection).await
}

async fn connect_by(call: &Call, connection: Connection) -> Result<Engine, Failure> {
    let engine = Engine::connect(&connection).await?;
    for warning in engine.warnings() {
        call.warn(warning);
    }
    Ok(engine)
}
