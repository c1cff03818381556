//! What every module that talks to an engine shares: how it connects, and the option types of Docker's vocabulary.
//!
//! The one place where the protocol crate (`ansible`) and the engine crate (`docker`) meet.

mod api;
mod duration;
mod filters;
mod labels;
mod size;
mod text;
mod words;

use ansible::{Call, Failure};
use docker::{Connection, Engine};

pub use api::require_api;
pub use duration::Duration;
pub use filters::Filters;
pub use labels::Labels;
pub use size::{Size, SizeOrUnlimited};
pub use text::Text;
pub use words::split_words;

/// Connects as the task's connection options say; what the engine makes us warn of goes to the user.
///
/// # Errors
/// When the engine can't be reached, or speaks no API version that we do.
pub async fn connect(call: &Call) -> Result<Engine, Failure> {
    let engine = Engine::connect(&call.options::<Connection>()?).await?;
    for warning in engine.warnings() {
        call.warn(warning);
    }
    Ok(engine)
}
