//! The options that `docker_secret` and `docker_config` share.

use std::path::PathBuf;

use ansible::{Failure, Secret};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use docker::{Content, ContentKind};
use docker_module::Labels;
use serde::Deserialize;
use sha2::{Digest, Sha224};

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
    pub state: State,
    data: Option<Secret>,
    data_is_b64: bool,
    data_src: Option<PathBuf>,
    pub labels: Option<Labels>,
    pub force: bool,
    pub rolling_versions: bool,
    pub versions_to_keep: i64,
    pub template_driver: Option<TemplateDriver>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Present,
}

/// What makes a text of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateDriver {
    Golang,
}

impl TemplateDriver {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            TemplateDriver::Golang => "golang",
        }
    }
}

/// The content that is to be kept. Never shown: it has no Debug.
#[derive(Clone)]
pub struct Data {
    bytes: Vec<u8>,
}

impl Data {
    /// The content for the engine.
    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(&self.bytes)
    }

    /// By what a label tells this content from another: SHA-224 in hexadecimal digits, as the peer has it.
    pub fn key(&self) -> String {
        Sha224::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl From<Vec<u8>> for Data {
    fn from(bytes: Vec<u8>) -> Self {
        Data { bytes }
    }
}

impl Options {
    /// The content, from `data` or from the file `data_src` on the target.
    ///
    /// # Errors
    /// The file can't be read, or `data` is not Base64 as promised. What it holds is not told.
    pub fn read_data(&self) -> Result<Option<Data>, Failure> {
        if let Some(path) = &self.data_src {
            let bytes = std::fs::read(path);
            let failed = |error| Failure::new(format!("Error while reading {}: {error}", path.display()));
            return bytes.map(|bytes| Some(bytes.into())).map_err(failed);
        }
        let Some(data) = &self.data else { return Ok(None) };
        if !self.data_is_b64 {
            return Ok(Some(data.expose().as_bytes().to_vec().into()));
        }
        // Long ones come in lines.
        let text: String = data.expose().chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let failed = |_| Failure::new("`data` is not Base64, as `data_is_b64` says");
        BASE64_STANDARD.decode(text).map(|bytes| Some(bytes.into())).map_err(failed)
    }

    /// What the user should know: of something that another tool made, nobody knows the content.
    pub fn warning(&self, kind: ContentKind, observed: &[Content]) -> Option<String> {
        let newest = observed.last().filter(|_| self.state == State::Present && !self.force)?;
        let unknown = !newest.spec.labels.contains_key(super::plan::KEY);
        let kind = match kind {
            ContentKind::Secret => "Secret",
            ContentKind::Config => "Config",
        };
        unknown.then(|| {
            format!(
                "'ansible_key' label not found. {kind} will not be changed unless the force parameter is set to 'true'"
            )
        })
    }
}
