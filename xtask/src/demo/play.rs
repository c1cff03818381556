//! The demo's playbooks, run from the collection as a user of it runs them.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};

use super::Site;
use crate::process;
use crate::venv::{self, Need};
use crate::workspace::Workspace;

/// How the playbooks are run.
pub struct Play {
    program: PathBuf,
    /// An empty one.
    config: PathBuf,
    collections: PathBuf,
    docker_host: String,
    variables: Vec<String>,
}

/// The figures behind `PLAY RECAP`.
#[derive(Debug, PartialEq)]
pub struct Recap {
    ok: u32,
    /// How many tasks changed something.
    pub changed: u32,
    failed: u32,
}

impl Play {
    /// Playbooks on that engine, with the page at `port`.
    pub fn new(workspace: &Workspace, site: &Site, port: u16) -> Result<Self> {
        let mirror = process::output(&mut Command::new(workspace.root.join("tests/engines/mirror")))?;
        let variables = [
            format!("demo_port={port}"),
            format!("demo_folder={}", workspace.target.join("demo").display()),
            format!("demo_mirror={}", mirror.trim()),
        ];
        let venv = venv::ensure(workspace, Need::Ansible)?;
        let config = venv.join("ansible.cfg");
        fs::write(&config, "").with_context(|| format!("writing {}", config.display()))?;
        Ok(Self {
            program: venv.join("bin/ansible-playbook"),
            config,
            collections: workspace.target.join("collections"),
            docker_host: site.docker_host().to_owned(),
            variables: variables.into(),
        })
    }

    /// Runs the collection's playbook, shows what Ansible prints, and returns its recap. An error when a task fails.
    pub fn run(&self, playbook: &str, further: &[&str]) -> Result<Recap> {
        let mut command = Command::new(&self.program);
        command.arg(format!("cdgp.docker.{playbook}")).args(further);
        for variable in &self.variables {
            command.args(["--extra-vars", variable]);
        }
        // What the user has set for Ansible elsewhere is not meant for this play; and its words are read below.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANSIBLE_")) {
            command.env_remove(name);
        }
        command.env("ANSIBLE_CONFIG", &self.config).env("ANSIBLE_COLLECTIONS_PATH", &self.collections);
        command.env("ANSIBLE_NOCOLOR", "1").env("ANSIBLE_LOCALHOST_WARNING", "false");
        command.args(["--inventory", "/dev/null"]).env("DOCKER_HOST", &self.docker_host).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {}", process::shown(&command)))?;
        let mut recap = None;
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).lines() {
                let line = line.context("reading what ansible-playbook prints")?;
                println!("{line}");
                recap = Recap::read(&line).or(recap);
            }
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("ansible-playbook cdgp.docker.{playbook} ended with {status}; its own words are above");
        }
        recap.ok_or_else(|| anyhow!("ansible-playbook printed no recap"))
    }
}

impl Recap {
    /// The recap's line: `localhost : ok=12 changed=0 unreachable=0 failed=0 …`.
    fn read(line: &str) -> Option<Self> {
        let figures = line.strip_prefix("localhost")?.trim_start().strip_prefix(':')?;
        let figure = |name: &str| {
            figures.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        Some(Self { ok: figure("ok")?, changed: figure("changed")?, failed: figure("failed")? })
    }

    /// An error when a task changed something.
    pub fn must_change_nothing(&self) -> Result<()> {
        if self.changed > 0 || self.failed > 0 {
            bail!("the play changed something although all is as it should be: {self}; the tasks are above");
        }
        Ok(())
    }
}

impl fmt::Display for Recap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ok={} changed={} failed={}", self.ok, self.changed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::Recap;

    #[test]
    fn the_recap_is_read_from_its_line_alone() {
        let line =
            "localhost                  : ok=12   changed=3    unreachable=0    failed=0    skipped=1    rescued=0";
        assert_eq!(Recap::read(line), Some(Recap { ok: 12, changed: 3, failed: 0 }));
        assert_eq!(Recap::read("changed: [localhost] => (item=web1)"), None);
    }
}
