//! What the modules share that tell of stacks as `docker stack` prints it.

mod ago;
mod natural;

use ansible::{Failure, Outcome};
use docker::Error;
use serde_json::Value;

pub use self::ago::ago;
pub use self::natural::natural;

/// The entries, and the lines in which the peer returns what the command printed.
pub fn told(entries: Vec<Value>) -> Outcome {
    let lines: Vec<String> = entries.iter().map(ansible::python_json).collect();
    Outcome::unchanged().with("rc", 0).with("stdout", lines.join("\n")).with("stderr", "").with("results", entries)
}

/// What the engine refuses, in the command's words, which plays match on.
pub fn refused(error: Error) -> Failure {
    match error {
        Error::Api { message, .. } => failed(format!("Error response from daemon: {message}")),
        error => error.into(),
    }
}

/// The failure with what the peer returns of a command that failed.
pub fn failed(message: String) -> Failure {
    Failure::new(&message).with("rc", 1).with("stdout", "").with("stderr", message)
}
