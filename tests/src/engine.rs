//! A private dockerd, as a test or the demo needs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::namespace::Namespace;
use crate::{Failure, Inside, image};

/// Which engine: those that the project promises to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 20.10, of Debian 12: API 1.41.
    Oldest,
    /// 26.1, of Debian 13: API 1.45.
    Middle,
    /// 28.5, of Debian sid: API 1.51.
    Newest,
}

impl Version {
    /// All of them, the oldest first.
    pub const ALL: [Version; 3] = [Version::Oldest, Version::Middle, Version::Newest];

    /// The name by which `tests/engines/fetch` knows it.
    pub fn number(self) -> &'static str {
        match self {
            Version::Oldest => "20.10",
            Version::Middle => "26.1",
            Version::Newest => "28.5",
        }
    }

    /// Makes sure that its programs are in the user's cache, unpacked from Debian's packages beside the system.
    ///
    /// # Errors
    /// They are not to be had.
    pub fn fetch(self) -> Result<(), Failure> {
        programs(self).map(drop)
    }

    /// The newest API that it speaks.
    pub fn api(self) -> &'static str {
        match self {
            Version::Oldest => "1.41",
            Version::Middle => "1.45",
            Version::Newest => "1.51",
        }
    }
}

/// A running dockerd in namespaces of its own: its data, its socket, no uplink.
///
/// One that [`Engine::start`] made ends when it is dropped, and also when the process ends in any other way; one that
/// [`Engine::start_at`] made lives until [`Engine::end_at`].
#[derive(Debug)]
pub struct Engine {
    namespace: Namespace,
    programs: PathBuf,
}

impl Engine {
    /// Starts an engine for this test.
    ///
    /// # Errors
    /// Not root, no engine to be had, or dockerd does not come up: its last words are in the message.
    pub fn start(version: Version) -> Result<Engine, Failure> {
        Engine::start_with(version, &[])
    }

    /// Starts an engine for this test, with further arguments for dockerd.
    ///
    /// # Errors
    /// Those of [`Engine::start`].
    pub fn start_with(version: Version, arguments: &[&str]) -> Result<Engine, Failure> {
        Engine::launch(&Namespace::new_place()?, version, arguments, false, None)
    }

    /// Starts an engine that can be started again: `prepare` is a script of bash that runs before it, in its namespaces.
    ///
    /// # Errors
    /// Those of [`Engine::start`].
    pub(crate) fn start_on_host(version: Version, prepare: &str) -> Result<Engine, Failure> {
        Engine::launch(&Namespace::new_place()?, version, &[], false, Some(prepare))
    }

    /// The engine at `place`, started where it does not run yet. `place` is a folder that this engine owns: it is made,
    /// and removed when the engine ends. At most some 90 bytes, for the socket's sake.
    ///
    /// # Errors
    /// Those of [`Engine::start`].
    pub fn start_at(place: &Path, version: Version) -> Result<Engine, Failure> {
        match Namespace::find(place)? {
            Some(namespace) => Ok(Engine { namespace, programs: programs(version)? }),
            None => Engine::launch(place, version, &[], true, None),
        }
    }

    /// The engine that runs at `place`; what a dead one left there is removed.
    ///
    /// # Errors
    /// The leftovers can't be removed.
    pub fn find(place: &Path, version: Version) -> Result<Option<Engine>, Failure> {
        let programs = programs(version)?;
        Ok(Namespace::find(place)?.map(|namespace| Engine { namespace, programs }))
    }

    /// Ends the engine that runs at `place` and removes everything of it, whatever its version. Whether there was one.
    ///
    /// # Errors
    /// What a dead one left there can't be removed.
    pub fn end_at(place: &Path) -> Result<bool, Failure> {
        let found = Namespace::find(place)?;
        Ok(found.map(|mut namespace| namespace.end()).is_some())
    }

    fn launch(
        place: &Path,
        version: Version,
        arguments: &[&str],
        kept: bool,
        prepare: Option<&str>,
    ) -> Result<Engine, Failure> {
        let programs = programs(version)?;
        let socket = place.join("docker.sock");
        let path = std::env::var("PATH").unwrap_or_default();
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let mut daemon: Vec<String> = [
            "env",
            // A proxy of the machine is of no use without an uplink.
            "--unset=HTTP_PROXY",
            "--unset=HTTPS_PROXY",
            &format!("PATH={}:{path}", programs.display()),
            "dockerd",
            &format!("--data-root={}", place.join("data").display()),
            "--exec-root=/run/docker-exec",
            "--pidfile=/run/docker.pid",
            &format!("--userland-proxy-path={}", programs.join("docker-proxy").display()),
            &format!("--init-path={}", programs.join("docker-init").display()),
            "--exec-opt=native.cgroupdriver=cgroupfs",
            // The cleaner finds the containers' cgroups by this name.
            &format!("--cgroup-parent=/cdgp-{name}"),
            &format!("--host=unix://{}", socket.display()),
        ]
        .map(str::to_owned)
        .into();
        daemon.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        if let Some(prepare) = prepare {
            // While the file is there, it stays down.
            let script = format!("{prepare}\nwhile :; do [ -e /run/down ] || \"$@\"; sleep 0.1; done");
            daemon.splice(0..0, ["bash", "-ec", &script, "host"].map(str::to_owned));
        }
        Ok(Engine { namespace: Namespace::start(place, kept, &daemon, &socket)?, programs })
    }

    /// The address for `docker_host`: the socket, reachable from outside of the namespaces.
    pub fn docker_host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.namespace.place().join("docker.sock")
    }

    /// A command that runs `program` in the engine's network namespace, where published ports answer at 127.0.0.1;
    /// it sees this machine's files and processes.
    pub fn exec_in_namespace(&self, program: &str) -> Command {
        self.namespace.command(program)
    }

    /// As [`Engine::exec_in_namespace`], for a daemon: it ends when the engine does.
    pub(crate) fn command_that_ends_with_it(&self, program: &Path) -> Command {
        self.namespace.command_in_pid_namespace(program)
    }

    /// Runs `work` on a thread of its own in the engine's network namespace.
    ///
    /// # Errors
    /// The namespace can't be entered.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        self.namespace.inside(work)
    }

    /// The engine's own docker client, speaking to it.
    pub fn docker(&self) -> Command {
        let mut command = Command::new(self.programs.join("docker"));
        command.env("DOCKER_HOST", self.docker_host()).env("DOCKER_CONFIG", self.namespace.place().join("config"));
        command
    }

    /// Gives the engine's own docker client the plug-ins compose and buildx.
    ///
    /// # Errors
    /// They are not to be had.
    pub fn add_plugins(&self) -> Result<(), Failure> {
        self.add_plugin("plugins", "docker-compose")?;
        self.add_plugin("plugins", "docker-buildx")
    }

    /// As [`Engine::add_plugins`], with Compose 2.26, which reports no JSON.
    ///
    /// # Errors
    /// They are not to be had.
    pub fn add_plugins_with_old_compose(&self) -> Result<(), Failure> {
        self.add_plugin("compose", "docker-compose")?;
        self.add_plugin("plugins", "docker-buildx")
    }

    fn add_plugin(&self, package: &str, plugin: &str) -> Result<(), Failure> {
        let folder = self.namespace.place().join("config/cli-plugins");
        let failed = |error: std::io::Error| Failure::new("adding plug-ins to the docker client", error);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        std::os::unix::fs::symlink(fetched(package)?.join(plugin), folder.join(plugin)).map_err(failed)
    }

    /// The engine's own docker client and its configuration, for `docker_cli` and `DOCKER_CONFIG`.
    pub fn client(&self) -> (PathBuf, PathBuf) {
        (self.programs.join("docker"), self.namespace.place().join("config"))
    }

    /// Imports a small busybox image under `name` (`repository:tag`), so that no registry is needed.
    ///
    /// # Errors
    /// No busybox to be had, or the engine refuses.
    pub fn load_image(&self, name: &str) -> Result<(), Failure> {
        image::import(self.docker(), name)
    }
}

/// The folder with an engine's programs: what `tests/engines/fetch` prints, and `bin` in it.
fn programs(version: Version) -> Result<PathBuf, Failure> {
    fetched(version.number())
}

fn fetched(what: &str) -> Result<PathBuf, Failure> {
    let fetch = Path::new(env!("CARGO_MANIFEST_DIR")).join("engines/fetch");
    let doing = format!("getting engine {what}");
    let output = Command::new(&fetch).arg(what).output().map_err(|error| Failure::new(&doing, error))?;
    if !output.status.success() {
        return Err(Failure::new(&doing, String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("bin"))
}

impl Inside for Engine {
    fn namespace(&self) -> &Namespace {
        &self.namespace
    }
}
