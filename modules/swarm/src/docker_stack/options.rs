//! The options of `docker_stack`.

use ansible::Failure;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
    pub state: State,
    /// Paths and definitions.
    pub compose: Vec<Value>,
    pub prune: bool,
    pub prune_objects: bool,
    pub detach: bool,
    pub with_registry_auth: bool,
    pub resolve_image: Option<ResolveImage>,
    pub rotate: bool,
    pub wait: bool,
    /// In seconds.
    pub wait_timeout: u64,
    pub absent_retries: u64,
    /// In seconds.
    pub absent_retries_interval: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Present,
    Absent,
}

/// When the registry is asked what an image's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResolveImage {
    Always,
    Changed,
    Never,
}

impl Options {
    /// Docker's own default counts where nothing is said.
    pub fn resolve(&self) -> ResolveImage {
        self.resolve_image.unwrap_or(ResolveImage::Always)
    }

    /// Whether the end is waited for.
    pub fn waits(&self) -> bool {
        self.wait || !self.detach
    }

    /// # Errors
    /// The name is none.
    pub fn check(&self) -> Result<(), Failure> {
        let is_noise = |letter: char| letter.is_whitespace() || letter == '"' || letter == '\'';
        if self.name.trim_matches(is_noise).is_empty() {
            return Err(Failure::new(format!("invalid stack name: {:?}", self.name)));
        }
        if self.state == State::Present && self.compose.is_empty() {
            return Err(Failure::new("compose parameter must be a list containing at least one element"));
        }
        Ok(())
    }
}
