//! The options of `docker_image_build`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ansible::{Failure, Secret};
use docker::ImageName;
use docker_module::{Size, Text};
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, Deserialize)]
pub struct Options {
    name: String,
    tag: String,
    pub path: PathBuf,
    pub dockerfile: Option<PathBuf>,
    #[serde(default)]
    pub cache_from: Vec<String>,
    pub pull: bool,
    pub network: Option<String>,
    pub nocache: bool,
    #[serde(default)]
    pub etc_hosts: BTreeMap<String, Text>,
    #[serde(default)]
    pub args: BTreeMap<String, Text>,
    pub target: Option<String>,
    #[serde(default)]
    pub platform: Vec<String>,
    pub shm_size: Option<Size>,
    #[serde(default)]
    pub labels: BTreeMap<String, Text>,
    pub rebuild: Rebuild,
    #[serde(default)]
    pub secrets: Vec<BuildSecret>,
    #[serde(default)]
    pub outputs: Vec<Output>,
}

/// What happens to an image that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rebuild {
    Never,
    Always,
    Changed,
}

/// A secret that `RUN --mount=type=secret` can read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum BuildSecret {
    File { id: String, src: PathBuf },
    Env { id: String, env: String },
    Value { id: String, value: Secret },
}

/// Where the result of a build goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Output {
    Local { dest: PathBuf },
    Tar { dest: PathBuf },
    Oci { dest: PathBuf },
    Docker { dest: Option<PathBuf>, context: Option<String> },
    Image { name: Option<Vec<String>>, push: bool },
}

impl Options {
    /// The image's name with its tag. A tag in the name wins over `tag`.
    pub fn image(&self) -> Result<ImageName, Failure> {
        if !self.tag.is_empty() && !ImageName::is_tag(&self.tag) {
            return Err(Failure::new(format!("\"{}\" is not a valid docker tag", self.tag)));
        }
        if ImageName::is_id(&self.name) {
            return Err(Failure::new("Image name must not be a digest"));
        }
        let tag = if self.tag.is_empty() { "latest" } else { &self.tag };
        let image = ImageName::parse(&self.name).or_tag(tag);
        if image.digest.is_some() {
            return Err(Failure::new("Image name must not contain a digest, but have a tag"));
        }
        Ok(image)
    }

    /// What beside the context decides what comes out, in one text.
    pub fn decisive(&self) -> String {
        let text = |map: &BTreeMap<String, Text>| -> BTreeMap<String, String> {
            map.iter().map(|(key, text)| (key.clone(), text.0.clone())).collect()
        };
        json!({
            "args": text(&self.args),
            "etc_hosts": text(&self.etc_hosts),
            "labels": text(&self.labels),
            "network": self.network,
            "platform": self.platform,
            "shm_size": self.shm_size.map(|size| size.0),
            "target": self.target,
        })
        .to_string()
    }

    /// The first option that the engine's own builder can't serve.
    pub fn needs_buildkit(&self) -> Option<&'static str> {
        if !self.secrets.is_empty() {
            Some("`secrets`")
        } else if !self.outputs.is_empty() {
            Some("`outputs`")
        } else if self.platform.len() > 1 {
            Some("`platform` with more than one platform")
        } else if self.cache_from.iter().any(|source| source.contains('=')) {
            Some("`cache_from` with a type")
        } else {
            None
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Options as the argument check leaves them, for the image `app` from `/src`.
    pub fn options(more: serde_json::Value) -> Options {
        let mut all = json!({
            "name": "app", "tag": "latest", "path": "/src", "pull": false, "nocache": false, "rebuild": "never"
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn what_can_change_the_image_is_decisive_and_nothing_else() {
        let plain = options(json!({})).decisive();
        for more in [
            json!({"args": {"a": 1}}),
            json!({"etc_hosts": {"a": "10.0.0.1"}}),
            json!({"labels": {"a": 1}}),
            json!({"network": "host"}),
            json!({"platform": ["linux/arm64"]}),
            json!({"shm_size": "1M"}),
            json!({"target": "t"}),
        ] {
            assert_ne!(options(more.clone()).decisive(), plain, "{more}");
        }
        let more = json!({"nocache": true, "pull": true, "cache_from": ["a"], "rebuild": "changed", "tag": "2"});
        assert_eq!(options(more).decisive(), plain);
    }
}
