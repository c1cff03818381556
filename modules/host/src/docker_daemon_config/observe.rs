//! What `docker_daemon_config` reads: the file, the engine's version and flags, and whether it runs and is in a swarm.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;

use ansible::Failure;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::options::Options;
use crate::command;
use crate::host_facts::{socket_answer, version_of};

/// What is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// The file's text; `None`: there is none.
    pub text: Option<String>,
    /// The version of the engine that is installed.
    pub version: Option<String>,
    /// The flags that its help shows; none when it is not installed.
    pub flags: BTreeSet<String>,
    /// The flags that its service sets.
    pub set_by_service: BTreeSet<String>,
    /// Whether it answers.
    pub runs: bool,
    /// Whether it is part of a swarm.
    pub in_swarm: bool,
}

impl Observed {
    /// The major version; the newest where there is no engine yet.
    pub fn major(&self) -> u32 {
        self.version.as_deref().and_then(|version| version.split('.').next()?.parse().ok()).unwrap_or(u32::MAX)
    }

    /// The file's settings.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn config(&self, path: &str) -> Result<Map<String, Value>, Failure> {
        let text = self.text.as_deref().unwrap_or_default().trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return Ok(Map::new());
        }
        serde_json::from_str(text).map_err(|error| {
            Failure::new(format!(
                "{path} is no JSON object ({error}), so nothing can be laid over it: mend or remove it"
            ))
        })
    }
}

/// Reads it.
///
/// # Errors
/// The file can't be read.
pub async fn observe(options: &Options) -> Result<Observed, Failure> {
    let text = match fs::read_to_string(&options.path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::new(format!("reading {}: {error}", options.path))),
    };
    let mut observed = Observed { text, ..Observed::default() };
    if command::find("dockerd").is_some() {
        observed.version = version_of("dockerd").await;
        let help = command::run("dockerd", &["--help"]).await?;
        observed.flags = flags(&format!("{}{}", help.stdout, help.stderr));
    }
    if command::find("systemctl").is_some() {
        let shown = command::run("systemctl", &["show", "-p", "ExecStart", "--", &options.service]).await?;
        // `{ path=… ; argv[]=/usr/sbin/dockerd -H fd:// $OPTIONS ; ignore_errors=… }`
        let words =
            shown.stdout.split_once("argv[]=").and_then(|(_, rest)| rest.split(" ; ").next()).unwrap_or_default();
        let environment =
            command::run("systemctl", &["show", "-p", "EnvironmentFiles", "--", &options.service]).await?;
        let more = opts_of(words, &environment.stdout);
        observed.set_by_service = used(&format!("{words} {more}"));
    }
    let info = socket_answer(&options.socket, "/info").await.unwrap_or_default();
    observed.runs = info["ID"].is_string() || info["ServerVersion"].is_string();
    observed.in_swarm = matches!(info["Swarm"]["LocalNodeState"].as_str(), Some(state) if state != "inactive");
    Ok(observed)
}

/// The long flags of a help text.
fn flags(help: &str) -> BTreeSet<String> {
    let lines = help.lines().filter(|line| line.trim_start().starts_with('-'));
    let names = lines.filter_map(|line| line.split_once("--")?.1.split([' ', '=', ',']).next());
    names.map(str::to_owned).collect()
}

/// What the variables of a service's command line stand for, from the files that it names (`/etc/default/docker`).
fn opts_of(words: &str, environment_files: &str) -> String {
    let names = words.split_whitespace().filter_map(|word| word.strip_prefix('$'));
    let names: Vec<&str> = names.map(|name| name.trim_matches(['{', '}'])).collect();
    let paths = environment_files.lines().filter_map(|line| line.strip_prefix("EnvironmentFiles=")?.split(' ').next());
    let mut all = String::new();
    for text in paths.filter_map(|path| fs::read_to_string(path).ok()) {
        for (name, value) in text.lines().filter_map(|line| line.trim().split_once('=')) {
            if names.contains(&name) {
                all += value.trim_matches(['"', '\'']);
                all.push(' ');
            }
        }
    }
    all
}

/// The flags that a command line sets, by their long names.
fn used(words: &str) -> BTreeSet<String> {
    const SHORT: [(&str, &str); 7] = [
        ("b", "bridge"),
        ("D", "debug"),
        ("G", "group"),
        ("H", "host"),
        ("l", "log-level"),
        ("p", "pidfile"),
        ("s", "storage-driver"),
    ];
    let flag = |word: &str| {
        if let Some(long) = word.strip_prefix("--") {
            return long.split('=').next().map(str::to_owned);
        }
        let short = word.strip_prefix('-')?;
        SHORT.iter().find(|(letter, _)| short.starts_with(letter)).map(|(_, long)| (*long).to_owned())
    };
    words.split_whitespace().filter_map(flag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_help_and_of_a_service() {
        let help = "Options:\n      --add-runtime runtime      Register\n  -b, --bridge string    Attach\n      --icc    Enable (default true)\n";
        assert_eq!(flags(help), ["add-runtime", "bridge", "icc"].map(str::to_owned).into());
        let used = used("/usr/sbin/dockerd -H fd:// --containerd=/run/containerd.sock $DOCKER_OPTS -D");
        assert_eq!(used, ["containerd", "debug", "host"].map(str::to_owned).into());
    }
}
