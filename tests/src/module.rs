//! A module's binary, called as the action plugin calls it: arguments on standard input, one JSON object back.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::{Failure, Network};

/// One call of a module.
#[derive(Debug)]
pub struct Call {
    command: Command,
    doing: String,
    arguments: Map<String, Value>,
}

impl Call {
    /// A call of `module` (`docker_volume`) of the binary `domain` (`volumes`), which is built first. `arguments` is an
    /// object.
    ///
    /// # Errors
    /// The binary can't be built.
    pub fn new(domain: &str, module: &str, arguments: &Value) -> Result<Call, Failure> {
        let mut command = Command::new(binary(domain)?);
        command.args([module, "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        Ok(Call { command, doing: format!("calling {module}"), arguments })
    }

    /// A call of `module`, whose binary is the one that has a folder of its name.
    ///
    /// # Errors
    /// There is no such module, or its binary can't be built.
    pub fn of(module: &str, arguments: &Value) -> Result<Call, Failure> {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modules");
        let has = |domain: &&String| modules.join(domain).join("src").join(module).is_dir();
        let entries = std::fs::read_dir(&modules).map_err(|error| Failure::new("reading modules/", error))?;
        let domains: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let domain =
            domains.iter().find(has).ok_or_else(|| Failure::new("finding a binary", format!("no {module}")))?;
        Call::new(domain, module, arguments)
    }

    /// The same call in check mode.
    #[must_use]
    pub fn check(mut self) -> Call {
        self.arguments.insert("_ansible_check_mode".to_owned(), true.into());
        self
    }

    /// The same call in diff mode.
    #[must_use]
    pub fn diff(mut self) -> Call {
        self.arguments.insert("_ansible_diff".to_owned(), true.into());
        self
    }

    /// The same call with another value of an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Call {
        self.arguments.insert(name.to_owned(), value);
        self
    }

    /// The same call, run by `wrapper`: a command that runs the command behind it.
    #[must_use]
    pub fn by(mut self, mut wrapper: Command) -> Call {
        wrapper.arg(self.command.get_program()).args(self.command.get_args());
        wrapper.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command = wrapper;
        self
    }

    /// The same call with an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Call {
        self.command.env(name, value);
        self
    }

    /// The same call with so many bytes of memory for its data, and no more.
    #[must_use]
    pub fn with_memory(mut self, bytes: u64) -> Call {
        let limited: Vec<_> = std::iter::once(self.command.get_program()).chain(self.command.get_args()).collect();
        let mut command = Command::new("prlimit");
        command.arg(format!("--data={bytes}")).arg("--").args(limited);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command = command;
        self
    }

    /// The same call in the namespaces of a fixture: it sees what is mounted there, and the processes in it only.
    #[must_use]
    pub fn inside(mut self, fixture: &impl crate::Inside) -> Call {
        let mut command = fixture.command_inside(self.command.get_program());
        command.args(self.command.get_args());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command = command;
        self
    }

    /// The same call in a network namespace.
    #[must_use]
    pub fn within(mut self, network: &Network) -> Call {
        let mut command = network.command(&self.command.get_program().to_string_lossy());
        command.args(self.command.get_args());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.command = command;
        self
    }

    /// Starts it: a process of which the caller takes care.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(mut self) -> Result<Child, Failure> {
        let mut child = self.command.spawn().map_err(|error| Failure::new(&self.doing, error))?;
        if let Some(mut input) = child.stdin.take() {
            // A module that fails before it has read all says why itself.
            let _ = input.write_all(Value::Object(self.arguments).to_string().as_bytes());
        }
        Ok(child)
    }

    /// Runs it; the object that it printed.
    ///
    /// # Errors
    /// It printed something else.
    pub fn run(self) -> Result<Value, Failure> {
        let doing = self.doing.clone();
        let failed = |reason: String| Failure::new(&doing, reason);
        let child = self.start()?;
        let done = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        serde_json::from_slice(&done.stdout).map_err(|error| {
            let [stdout, stderr] = [&done.stdout, &done.stderr].map(|bytes| String::from_utf8_lossy(bytes));
            failed(format!("it printed no JSON ({error}): {stdout}{stderr}"))
        })
    }
}

/// A command of a domain's binary that is no module, such as `containers top`: the binary is built first.
///
/// # Errors
/// It can't be built.
pub fn tool(domain: &str, name: &str) -> Result<Command, Failure> {
    let mut command = Command::new(binary(domain)?);
    command.arg(name);
    Ok(command)
}

/// The binary of a domain, built once in each test process, into the folder that this test was built in.
pub(crate) fn binary(domain: &str) -> Result<PathBuf, Failure> {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = built.get(domain) {
        return Ok(path.clone());
    }
    let doing = format!("building {domain}");
    let test = std::env::current_exe().map_err(|error| Failure::new(&doing, error))?;
    // target/debug/deps/NAME-HASH
    let folder = test.ancestors().nth(2).unwrap_or(Path::new("target/debug"));
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--package", domain])
        .env("CARGO_TARGET_DIR", folder.parent().unwrap_or(folder))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| Failure::new(&doing, error))?;
    if !output.status.success() {
        return Err(Failure::new(&doing, String::from_utf8_lossy(&output.stderr)));
    }
    let path = folder.join(domain);
    built.insert(domain.to_owned(), path.clone());
    Ok(path)
}
