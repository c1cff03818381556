//! A real registry, Debian's docker-registry, in an engine's namespaces.

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Engine, Failure, Inside, debian};

/// A registry that the engine reaches at 127.0.0.1. It ends with the engine.
#[derive(Debug)]
pub struct Registry {
    port: u16,
    /// nsenter, which waits for the registry.
    waiting: Child,
}

impl Registry {
    /// Starts a registry for everyone.
    ///
    /// # Errors
    /// No docker-registry to be had, or it does not come up.
    pub fn start(engine: &Engine, port: u16) -> Result<Registry, Failure> {
        Registry::start_with(engine, port, None)
    }

    /// Starts a registry for those whom `htpasswd` (its text, with bcrypt) names.
    ///
    /// # Errors
    /// As [`Registry::start`].
    pub fn start_for(engine: &Engine, port: u16, htpasswd: &str) -> Result<Registry, Failure> {
        Registry::start_with(engine, port, Some(htpasswd))
    }

    /// Its address, as it stands in an image's name.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn start_with(engine: &Engine, port: u16, htpasswd: Option<&str>) -> Result<Registry, Failure> {
        let doing = format!("starting a registry at port {port}");
        let failed = |error: std::io::Error| Failure::new(&doing, error);
        let program = debian::program("docker-registry", "usr/bin/docker-registry")?;
        let place = engine.place().join(format!("registry-{port}"));
        fs::create_dir_all(&place).map_err(failed)?;
        let mut config = format!(
            "version: 0.1\nlog: {{level: warn}}\nhttp: {{addr: 127.0.0.1:{port}}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n",
            place.join("data").display()
        );
        if let Some(htpasswd) = htpasswd {
            fs::write(place.join("htpasswd"), htpasswd).map_err(failed)?;
            config += &format!("auth: {{htpasswd: {{realm: test, path: {}}}}}\n", place.join("htpasswd").display());
        }
        fs::write(place.join("config.yml"), config).map_err(failed)?;
        let log = fs::File::create(place.join("log")).map_err(failed)?;
        let mut command: Command = engine.command_that_ends_with_it(&program);
        let waiting = command
            .arg("serve")
            .arg(place.join("config.yml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let mut registry = Registry { port, waiting };
        let deadline = Instant::now() + Duration::from_secs(30);
        while engine.inside(|| TcpStream::connect(("127.0.0.1", port)).is_err())? {
            let ended = registry.waiting.try_wait().is_ok_and(|status| status.is_some());
            if ended || Instant::now() > deadline {
                let said = fs::read_to_string(place.join("log")).unwrap_or_default();
                return Err(Failure::new(&doing, format!("it does not answer; it said:\n{said}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // The registry itself ends with the engine's namespaces; this is only who waits for it.
        let _ = self.waiting.kill();
        let _ = self.waiting.wait();
    }
}
