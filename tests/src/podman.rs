//! A private Podman behind its Docker-compatible socket.

use std::path::PathBuf;
use std::process::Command;

use crate::namespace::Namespace;
use crate::{Failure, Inside, image};

/// A running `podman system service` in namespaces of its own. Ends when dropped.
#[derive(Debug)]
pub struct Podman {
    namespace: Namespace,
}

impl Podman {
    /// Starts Debian's podman.
    ///
    /// # Errors
    /// Not root, no podman installed, or the service does not come up.
    pub fn start() -> Result<Podman, Failure> {
        let place = Namespace::new_place()?;
        let socket = place.join("podman.sock");
        let daemon = [
            "podman".to_owned(),
            format!("--root={}", place.join("data").display()),
            "--runroot=/run/podman".to_owned(),
            "--cgroup-manager=cgroupfs".to_owned(),
            "system".to_owned(),
            "service".to_owned(),
            "--time=0".to_owned(),
            format!("unix://{}", socket.display()),
        ];
        Ok(Podman { namespace: Namespace::start(&place, false, &daemon, &socket)? })
    }

    /// The podman command, with this one's containers and volumes.
    pub fn podman(&self) -> Command {
        let mut command = self.command_inside("podman");
        command.arg(format!("--root={}", self.place().join("data").display()));
        command.args(["--runroot=/run/podman", "--cgroup-manager=cgroupfs"]);
        command
    }

    /// Imports a small busybox image under `name`.
    ///
    /// # Errors
    /// No busybox to be had, or podman refuses.
    pub fn load_image(&self, name: &str) -> Result<(), Failure> {
        image::import(self.podman(), name)
    }

    /// The address for `docker_host`.
    pub fn docker_host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.namespace.place().join("podman.sock")
    }
}

impl Inside for Podman {
    fn namespace(&self) -> &Namespace {
        &self.namespace
    }
}
