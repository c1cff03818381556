//! The options of `docker_image`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use ansible::Failure;
use docker::ImageName;
use docker::build::{Build, Limits};
use docker_module::{ImageReference, Size, SizeOrUnlimited, Text};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
    tag: String,
    pub state: State,
    pub source: Option<Source>,
    pub force_source: bool,
    pub build: Option<BuildOptions>,
    pub load_path: Option<PathBuf>,
    pull: Option<PullOptions>,
    pub archive_path: Option<PathBuf>,
    repository: Option<String>,
    pub force_tag: bool,
    pub push: bool,
    pub force_absent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Present,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Build,
    Load,
    Pull,
    Local,
}

#[derive(Debug, Deserialize)]
pub struct BuildOptions {
    pub path: PathBuf,
    pub dockerfile: Option<PathBuf>,
    #[serde(default)]
    args: BTreeMap<String, Text>,
    #[serde(default)]
    labels: BTreeMap<String, Text>,
    target: Option<String>,
    platform: Option<String>,
    pull: bool,
    nocache: bool,
    #[serde(default)]
    cache_from: Vec<String>,
    network: Option<String>,
    #[serde(default)]
    etc_hosts: BTreeMap<String, Text>,
    shm_size: Option<Size>,
    #[serde(default)]
    container_limits: ContainerLimits,
    rm: bool,
    #[serde(default)]
    pub use_config_proxy: bool,
    http_timeout: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
struct ContainerLimits {
    memory: Option<Size>,
    memswap: Option<SizeOrUnlimited>,
    cpushares: Option<i64>,
    cpusetcpus: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PullOptions {
    platform: Option<String>,
}

impl Options {
    /// The image.
    ///
    /// # Errors
    /// `tag` can't be one.
    pub fn image(&self) -> Result<ImageReference, Failure> {
        ImageReference::new(&self.name, &self.tag)
    }

    /// The image's name, where it must have one.
    ///
    /// # Errors
    /// It is an ID.
    pub fn name_for(&self, source: &str) -> Result<ImageName, Failure> {
        match self.image()? {
            ImageReference::Name(name) => Ok(name),
            ImageReference::Id(id) => {
                Err(Failure::new(format!("Image name must not be an image ID for source={source}; got: {id}")))
            }
        }
    }

    /// The platform to pull for.
    pub fn pull_platform(&self) -> Option<String> {
        self.pull.as_ref().and_then(|pull| pull.platform.clone())
    }

    /// The further name.
    ///
    /// # Errors
    /// It can't be a name with a tag.
    pub fn repository(&self) -> Result<Option<ImageName>, Failure> {
        let Some(text) = &self.repository else { return Ok(None) };
        let refuse = |what: &str| Err(Failure::new(format!("`repository` must not {what}; got: {text}")));
        let tag = if self.tag.is_empty() { "latest" } else { &self.tag };
        let name = ImageName::parse(text).or_tag(tag);
        if ImageName::is_id(text) {
            return refuse("be an image ID");
        }
        if name.digest.is_some() {
            return refuse("have a digest");
        }
        if !name.tag.as_deref().is_some_and(ImageName::is_tag) {
            return refuse("have an invalid tag");
        }
        Ok(Some(name))
    }

    /// The name to push.
    ///
    /// # Errors
    /// There is none.
    pub fn pushed(&self) -> Result<Option<ImageName>, Failure> {
        if !self.push {
            return Ok(None);
        }
        match (self.repository()?, self.image()?) {
            (Some(name), _) => Ok(Some(name)),
            (None, ImageReference::Name(name)) if name.digest.is_none() => Ok(Some(name)),
            (None, ImageReference::Name(_)) => {
                Err(Failure::new("Cannot push an image by digest; specify `repository` to give it a name with a tag"))
            }
            (None, ImageReference::Id(id)) => Err(Failure::new(format!(
                "Cannot push an image by ID; specify `repository` to tag and push the image with ID {id} instead"
            ))),
        }
    }
}

impl BuildOptions {
    /// The build that the options ask for.
    pub fn build(&self, name: &ImageName, proxies: &BTreeMap<String, String>) -> Build {
        let text = |map: &BTreeMap<String, Text>| {
            map.iter().map(|(key, text)| (key.clone(), text.0.clone())).collect::<BTreeMap<_, _>>()
        };
        let mut args = proxies.clone();
        args.extend(text(&self.args));
        Build {
            name: name.to_string(),
            args,
            labels: text(&self.labels),
            target: self.target.clone(),
            platform: self.platform.clone(),
            network: self.network.clone(),
            extra_hosts: self.etc_hosts.iter().map(|(host, address)| format!("{host}:{}", address.0)).collect(),
            shm_size: self.shm_size.map(|size| size.0),
            cache_from: self.cache_from.clone(),
            no_cache: self.nocache,
            pull: self.pull,
            keep_containers: !self.rm,
            limits: Limits {
                memory: self.container_limits.memory.map(|size| size.0),
                memory_and_swap: self.container_limits.memswap.map(|size| size.0),
                cpu_shares: self.container_limits.cpushares,
                cpus: self.container_limits.cpusetcpus.clone(),
            },
            patience: self.http_timeout.map(Duration::from_secs),
        }
    }
}
