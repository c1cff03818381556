//! Builds: `POST /build`, by the engine's own builder, from a folder of this machine.

mod archive;
mod context;
mod digest;
mod dockerfile;
mod ignore;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use self::archive::upload;
pub use self::context::{Context, ContextError, Dockerfile};
pub use self::dockerfile::needs_buildkit;
use crate::{Engine, Error, Logins, Progress};

/// How to build, beside the context.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Build {
    /// The image's name, with its tag.
    pub name: String,
    /// `ARG`s.
    pub args: BTreeMap<String, String>,
    /// Labels that the image gets beside those of the Dockerfile.
    pub labels: BTreeMap<String, String>,
    /// The stage to end with.
    pub target: Option<String>,
    /// The platform to build for; the engine's own without it.
    pub platform: Option<String>,
    /// The network of `RUN` instructions.
    pub network: Option<String>,
    /// `host:address` for `/etc/hosts` while building.
    pub extra_hosts: Vec<String>,
    /// Bytes of `/dev/shm` while building.
    pub shm_size: Option<i64>,
    /// Images to take layers from.
    pub cache_from: Vec<String>,
    /// Build every layer anew.
    pub no_cache: bool,
    /// Pull the base images even where they are there.
    pub pull: bool,
    /// Leave the containers of steps behind.
    pub keep_containers: bool,
    /// What a step's container may take.
    pub limits: Limits,
    /// How long the engine may say nothing.
    pub patience: Option<Duration>,
}

/// What a step's container may take; without a limit, all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Bytes.
    pub memory: Option<i64>,
    /// Bytes of memory and swap; -1 for no limit.
    pub memory_and_swap: Option<i64>,
    /// A weight.
    pub cpu_shares: Option<i64>,
    /// Which processors: `0-3`, `0,1`.
    pub cpus: Option<String>,
}

/// Why a build failed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The context can't be read.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A login can't be read.
    #[error(transparent)]
    Login(#[from] crate::AuthError),
    /// The engine refused, or a step failed.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl Engine {
    /// Builds an image. `said` gets what the engine tells, as it tells it.
    ///
    /// # Errors
    /// The context can't be read, the engine can't be reached, or a step fails.
    pub async fn build(
        &self,
        build: &Build,
        context: Context,
        mut said: impl FnMut(&Progress),
    ) -> Result<(), BuildError> {
        let dockerfile = context.dockerfile_in_archive();
        let query = build.query(&dockerfile);
        let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut headers = vec![("Content-Type", "application/x-tar".to_owned())];
        headers.extend(Logins::of_user()?.header_of_all()?);
        let (upload, why_broken) = upload(context);
        let built = async {
            let mut lines = self.post_for_progress("/build", &query, &headers, upload).await?;
            loop {
                let next = lines.next();
                let line = match build.patience {
                    None => next.await?,
                    Some(patience) => {
                        tokio::time::timeout(patience, next).await.map_err(|_| self.silent(patience))??
                    }
                };
                match line {
                    Some(line) => said(&line),
                    None => return Ok(()),
                }
            }
        };
        // A request without its whole body fails in the engine's words; ours are better.
        built.await.map_err(|error: Error| why_broken.take().map_or_else(|| error.into(), BuildError::from))
    }

    fn silent(&self, patience: Duration) -> Error {
        let endpoint = self.link().endpoint().to_string();
        Error::Timeout { request: "POST /build".to_owned(), endpoint, seconds: patience.as_secs() }
    }
}

impl Build {
    fn query(&self, dockerfile: &str) -> Vec<(&'static str, String)> {
        let json = |map: &BTreeMap<String, String>| Value::from_iter(map.clone()).to_string();
        let remove = if self.keep_containers { "0" } else { "1" }.to_owned();
        let mut query = vec![
            ("t", self.name.clone()),
            ("dockerfile", dockerfile.to_owned()),
            ("rm", remove.clone()),
            // Containers of steps that failed are of no use to anyone.
            ("forcerm", remove),
        ];
        if !self.args.is_empty() {
            query.push(("buildargs", json(&self.args)));
        }
        if !self.labels.is_empty() {
            query.push(("labels", json(&self.labels)));
        }
        if !self.cache_from.is_empty() {
            query.push(("cachefrom", Value::from(self.cache_from.clone()).to_string()));
        }
        query.extend(self.target.clone().map(|target| ("target", target)));
        query.extend(self.platform.clone().map(|platform| ("platform", platform)));
        query.extend(self.network.clone().map(|network| ("networkmode", network)));
        query.extend(self.shm_size.map(|bytes| ("shmsize", bytes.to_string())));
        query.extend(self.extra_hosts.iter().map(|host| ("extrahosts", host.clone())));
        query.extend(self.limits.memory.map(|bytes| ("memory", bytes.to_string())));
        query.extend(self.limits.memory_and_swap.map(|bytes| ("memswap", bytes.to_string())));
        query.extend(self.limits.cpu_shares.map(|weight| ("cpushares", weight.to_string())));
        query.extend(self.limits.cpus.clone().map(|cpus| ("cpusetcpus", cpus)));
        query.extend(self.no_cache.then(|| ("nocache", "1".to_owned())));
        query.extend(self.pull.then(|| ("pull", "1".to_owned())));
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_reaches_the_query() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let build = Build {
            name: "host:5000/app:1".to_owned(),
            args: map(&[("b", "2"), ("a", "1")]),
            labels: map(&[("x y", "\"z\"")]),
            target: Some("run".to_owned()),
            platform: Some("linux/arm64".to_owned()),
            network: Some("none".to_owned()),
            extra_hosts: vec!["db:10.0.0.1".to_owned(), "gate:host-gateway".to_owned()],
            shm_size: Some(3 << 30),
            cache_from: vec!["app:0".to_owned()],
            no_cache: true,
            pull: true,
            keep_containers: true,
            limits: Limits {
                memory: Some(7),
                memory_and_swap: Some(-1),
                cpu_shares: Some(2),
                cpus: Some("0-1".to_owned()),
            },
            patience: None,
        };
        let query = build.query("sub/Dockerfile");
        for (key, value) in [
            ("t", "host:5000/app:1"),
            ("dockerfile", "sub/Dockerfile"),
            ("buildargs", r#"{"a":"1","b":"2"}"#),
            ("labels", r#"{"x y":"\"z\""}"#),
            ("cachefrom", r#"["app:0"]"#),
            ("target", "run"),
            ("platform", "linux/arm64"),
            ("networkmode", "none"),
            ("shmsize", "3221225472"),
            ("extrahosts", "db:10.0.0.1"),
            ("extrahosts", "gate:host-gateway"),
            ("rm", "0"),
            ("forcerm", "0"),
            ("memory", "7"),
            ("memswap", "-1"),
            ("cpushares", "2"),
            ("cpusetcpus", "0-1"),
            ("nocache", "1"),
            ("pull", "1"),
        ] {
            assert!(query.contains(&(key, value.to_owned())), "{key}={value} is not in {query:?}");
        }
        let names = |build: &Build| build.query("Dockerfile").into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(names(&Build::default()), ["t", "dockerfile", "rm", "forcerm"]);
    }
}
