//! The engine that the demo runs on: one that answers already, or a private one.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use tests::{Engine, Version, answers};

use crate::process;
use crate::venv::{self, Need};

/// Which engine it is going to be.
pub enum Choice {
    /// One that answers, at this address.
    Own(String),
    /// A private one in this folder, of the first version that is to be had.
    Private(PathBuf, Vec<Version>),
}

/// An engine that runs, and where its published ports answer.
pub struct Site {
    docker_host: String,
    /// The private engine; `None` for one that is not ours.
    private: Option<Engine>,
}

/// Chooses. An error says what to do where there is no engine and can't be one.
pub fn choose(version: Option<&str>, place: &Path) -> Result<Choice> {
    let versions = Version::ALL.into_iter().rev();
    if let Some(number) = version {
        return private(place, versions.filter(|known| known.number() == number).collect());
    }
    if let Some(address) = own(place)? {
        return Ok(Choice::Own(address));
    }
    private(place, versions.collect())
}

fn private(place: &Path, versions: Vec<Version>) -> Result<Choice> {
    if !venv::is_root()? {
        bail!(
            "no Docker engine answers you: run this as root, which starts a private engine for the demo, or have an \
             engine that you may use (as a member of the group docker, or with DOCKER_HOST=unix://PATH)"
        );
    }
    Ok(Choice::Private(place.to_owned(), versions))
}

/// The address of the engine that is not ours: the one that DOCKER_HOST names, else, where the demo has not started one
/// already, the machine's or the user's, when it answers.
pub fn own(place: &Path) -> Result<Option<String>> {
    let ours = place.join("docker.sock");
    let address = std::env::var("DOCKER_HOST").unwrap_or_default();
    // The private one's address is what we tell the user to look at the containers with.
    if !address.is_empty() && address != format!("unix://{}", ours.display()) {
        let Some(socket) = address.strip_prefix("unix://") else {
            bail!(
                "DOCKER_HOST is {address}, but the demo looks at its page on 127.0.0.1 and so wants an engine of this \
                 machine: unset DOCKER_HOST, or let it name a socket (unix://PATH)"
            );
        };
        if !answers(Path::new(socket)) {
            bail!("no engine answers you at DOCKER_HOST, {address}: start it, or unset DOCKER_HOST");
        }
        return Ok(Some(address));
    }
    if answers(&ours) {
        return Ok(None);
    }
    // A rootless engine listens in the user's own folder.
    let rootless = std::env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("docker.sock"));
    let sockets = [Some(PathBuf::from("/var/run/docker.sock")), rootless];
    let found = sockets.into_iter().flatten().find(|socket| answers(socket));
    Ok(found.map(|socket| format!("unix://{}", socket.display())))
}

impl Choice {
    /// What of the machine it takes.
    pub fn need(&self) -> Need {
        match self {
            Choice::Own(_) => Need::Demo,
            Choice::Private(..) => Need::Engine,
        }
    }

    /// The engine; a private one is started where it does not run yet.
    pub fn settle(self) -> Result<Site> {
        let (place, versions) = match self {
            Choice::Own(docker_host) => return Ok(Site { docker_host, private: None }),
            Choice::Private(place, versions) => (place, versions),
        };
        let mut reasons = Vec::new();
        for version in versions {
            println!("private engine {}, the first time fetched from Debian", version.number());
            match version.fetch() {
                Ok(()) => return Ok(Site::private(Engine::start_at(&place, version)?)),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        bail!("{}", reasons.join("; "))
    }
}

impl Site {
    /// A private engine that runs.
    pub fn private(engine: Engine) -> Self {
        Self { docker_host: engine.docker_host(), private: Some(engine) }
    }

    /// One that is not ours.
    pub fn own(docker_host: String) -> Self {
        Self { docker_host, private: None }
    }

    /// The address for `docker_host` and DOCKER_HOST.
    pub fn docker_host(&self) -> &str {
        &self.docker_host
    }

    /// Does `work` where the engine's published ports answer at 127.0.0.1.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T> {
        match &self.private {
            Some(engine) => Ok(engine.inside(work)?),
            None => Ok(work()),
        }
    }

    /// Commands with which to look at the page and the containers.
    pub fn hints(&self, port: u16) -> String {
        let url = format!("http://127.0.0.1:{port}/");
        match &self.private {
            Some(engine) => {
                let curl = process::shown(engine.exec_in_namespace("curl").arg(url));
                let docker = process::shown(&engine.docker());
                format!("  {curl}\n  DOCKER_HOST={} {docker} ps", self.docker_host)
            }
            None => format!("  {url}\n  DOCKER_HOST={} docker ps", self.docker_host),
        }
    }
}
