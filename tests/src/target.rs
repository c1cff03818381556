//! Where backups go in tests: a real sshd and a real S3 server, in an engine's namespaces, with which they end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Engine, Failure, Inside, debian};

/// An sshd at 127.0.0.1 in an engine's namespaces, for root by a key.
#[derive(Debug)]
pub struct Sshd {
    /// nsenter, which waits for it.
    waiting: Child,
    folder: PathBuf,
    port: u16,
}

impl Sshd {
    /// Starts Debian's sshd.
    ///
    /// # Errors
    /// None is to be had, or it does not come up.
    pub fn start(engine: &Engine, port: u16) -> Result<Sshd, Failure> {
        let doing = "starting sshd";
        let failed = |error: std::io::Error| Failure::new(doing, error);
        let program = debian::program("openssh-server", "usr/sbin/sshd")?;
        let wrap = debian::program("libwrap0", "usr/lib/x86_64-linux-gnu/libwrap.so.0")?;
        let folder = engine.place().join("sshd");
        fs::create_dir_all(&folder).map_err(failed)?;
        for name in ["key", "host_key"] {
            let mut keygen = Command::new("ssh-keygen");
            run(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(folder.join(name)))?;
        }
        let at = folder.display();
        let config = format!(
            "HostKey {at}/host_key\nAuthorizedKeysFile {at}/key.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n\
             PidFile none\nListenAddress 127.0.0.1\nPort {port}\n"
        );
        fs::write(folder.join("config"), config).map_err(failed)?;
        let host_key = fs::read_to_string(folder.join("host_key.pub")).map_err(failed)?;
        fs::write(folder.join("known_hosts"), format!("[127.0.0.1]:{port} {host_key}")).map_err(failed)?;
        // Its unprivileged user: in a layer over /etc that goes with the namespaces.
        let user = "mkdir -p /run/sshd; grep -q ^sshd: /etc/passwd || echo 'sshd:x:105:65534::/run/sshd:/bin/false' >> /etc/passwd";
        run(engine.command_inside("sh").args(["-c", user]))?;
        let mut command = engine.command_inside(&program);
        command.arg("-D").arg("-e").arg("-f").arg(folder.join("config"));
        command.env("LD_LIBRARY_PATH", wrap.parent().unwrap_or(Path::new("/")));
        let waiting = spawn(&mut command, &folder)?;
        listening(engine, port, &folder)?;
        Ok(Sshd { waiting, folder, port })
    }

    /// Its port, the private key and the file of known hosts.
    pub fn access(&self) -> (u16, PathBuf, PathBuf) {
        (self.port, self.folder.join("key"), self.folder.join("known_hosts"))
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        end(&mut self.waiting);
    }
}

/// A server that speaks as S3 does (moto), at 127.0.0.1 in an engine's namespaces.
#[derive(Debug)]
pub struct S3 {
    waiting: Child,
    /// Where it listens.
    pub endpoint: String,
}

impl S3 {
    /// Starts it, with an empty bucket `backups`.
    ///
    /// # Errors
    /// It is not to be had, or does not come up.
    pub fn start(engine: &Engine, port: u16) -> Result<S3, Failure> {
        let program = moto()?;
        let folder = engine.place().join("s3");
        fs::create_dir_all(&folder).map_err(|error| Failure::new("starting an S3 server", error))?;
        let mut command = engine.command_inside(program);
        let waiting = spawn(command.args(["-H", "127.0.0.1", "-p", &port.to_string()]), &folder)?;
        let server = S3 { waiting, endpoint: format!("http://127.0.0.1:{port}") };
        listening(engine, port, &folder)?;
        run(engine.command_inside("curl").args(["-fsS", "-X", "PUT", &format!("{}/backups", server.endpoint)]))?;
        Ok(server)
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        end(&mut self.waiting);
    }
}

/// The server's program, in a virtual environment in the user's cache.
fn moto() -> Result<PathBuf, Failure> {
    let venv = debian::cache().join("moto-5");
    let program = venv.join("bin/moto_server");
    if !program.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
        let mut pip = Command::new(venv.join("bin/pip"));
        run(pip.args(["install", "--quiet", "--disable-pip-version-check", "moto>=5,<6", "flask", "flask-cors"]))?;
    }
    Ok(program)
}

fn spawn(command: &mut Command, folder: &Path) -> Result<Child, Failure> {
    let failed = |error: std::io::Error| Failure::new("starting a server", error);
    let log = fs::File::create(folder.join("log")).map_err(failed)?;
    let more = log.try_clone().map_err(failed)?;
    command.stdin(Stdio::null()).stdout(log).stderr(more).spawn().map_err(failed)
}

fn listening(engine: &Engine, port: u16, folder: &Path) -> Result<(), Failure> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while engine.inside(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_err())? {
        if Instant::now() > deadline {
            let said = fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(Failure::new("starting a server", format!("it does not answer; it said:\n{said}")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn end(waiting: &mut Child) {
    // The server itself ends with the engine's namespaces; this is only who waits for it.
    let _ = waiting.kill();
    let _ = waiting.wait();
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let doing = format!("running {command:?}");
    let done = command.output().map_err(|error| Failure::new(&doing, error))?;
    match done.status.success() {
        true => Ok(()),
        false => Err(Failure::new(&doing, String::from_utf8_lossy(&done.stderr).trim())),
    }
}
