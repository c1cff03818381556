//! The package managers: how each is asked, what it would do, and told to do it.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use ansible::Failure;

use super::options::{Options, State};
use super::plan::Change;
use crate::command::{self, Done};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Apt,
    Dnf,
    Zypper,
}

impl Manager {
    /// The host's.
    ///
    /// # Errors
    /// It has none that is known here.
    pub fn of_host() -> Result<Manager, Failure> {
        let known = [(Manager::Apt, "apt-get"), (Manager::Dnf, "dnf"), (Manager::Zypper, "zypper")];
        let found = known.iter().find(|(_, program)| command::find(program).is_some());
        found.map(|(manager, _)| *manager).ok_or_else(|| {
            Failure::new(
                "the host has none of apt-get, dnf and zypper: install the packages by its own means, or in its image",
            )
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Manager::Apt => "apt",
            Manager::Dnf => "dnf",
            Manager::Zypper => "zypper",
        }
    }

    /// The program and its words for what is wanted; `simulate`: only to say what would be done.
    fn words(self, options: &Options, names: &[String], simulate: bool) -> (&'static str, Vec<String>) {
        let verb = match (self, options.state) {
            (Manager::Apt, State::Absent) if options.purge => "purge",
            (_, State::Absent) => "remove",
            (_, State::Present | State::Latest) => "install",
        };
        let mut words: Vec<String> = Vec::new();
        let mut add = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
        let program = match self {
            Manager::Apt => {
                add(&[
                    "--quiet",
                    "--yes",
                    "--option=Dpkg::Options::=--force-confdef",
                    "--option=Dpkg::Options::=--force-confold",
                ]);
                add(&[&format!("--option=DPkg::Lock::Timeout={}", options.lock_timeout)]);
                match options.install_recommends {
                    Some(true) => add(&["--option=APT::Install-Recommends=yes"]),
                    Some(false) => add(&["--no-install-recommends"]),
                    None => {}
                }
                if simulate {
                    // Without a lock: it only reads.
                    add(&["--simulate", "--option=Debug::NoLocking=1"]);
                }
                "apt-get"
            }
            Manager::Dnf => {
                add(&["--assumeyes", "--quiet", "--color=never"]);
                if options.state == State::Latest {
                    add(&["--best"]);
                }
                if let Some(weak) = options.install_recommends {
                    add(&[&format!("--setopt=install_weak_deps={}", if weak { "True" } else { "False" })]);
                }
                "dnf"
            }
            Manager::Zypper => {
                add(&["--non-interactive", "--quiet"]);
                "zypper"
            }
        };
        add(&[verb]);
        if self == Manager::Zypper {
            if simulate {
                add(&["--dry-run", "--details"]);
            }
            match (options.state, options.install_recommends) {
                (State::Absent, _) | (_, None) => {}
                (_, Some(true)) => add(&["--recommends"]),
                (_, Some(false)) => add(&["--no-recommends"]),
            }
        }
        add(&["--"]);
        words.extend(names.iter().cloned());
        (program, words)
    }

    /// What the manager would do.
    ///
    /// # Errors
    /// It refuses: there is no such package, say.
    pub async fn simulate(self, options: &Options, names: &[String]) -> Result<Vec<Change>, Failure> {
        let missing = self.of_interest(options, names).await?;
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Manager::Apt => {
                let (program, words) = self.words(options, &missing, true);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let done = accepted(command::run(program, &words).await?)?;
                Ok(super::plan::apt_changes(&done.stdout))
            }
            // These can't say it in a form for programs without side effects: what is asked for is named, what it needs is not.
            Manager::Dnf | Manager::Zypper => {
                let absent = options.state == State::Absent;
                let mut changes = Vec::new();
                for name in missing {
                    let before = rpm_version(&name).await?;
                    let after = if absent { None } else { Some("newest".to_owned()) };
                    changes.push(Change { name, before, after });
                }
                Ok(changes)
            }
        }
    }

    /// The names for which there may be something to do.
    async fn of_interest(self, options: &Options, names: &[String]) -> Result<Vec<String>, Failure> {
        if self == Manager::Apt {
            // A package that nobody knows can't be there; apt-get would refuse its name.
            if options.state != State::Absent {
                let present = options.state == State::Present;
                let mut wanted = Vec::new();
                for name in names {
                    let plain = !name.contains(['=', '/', '*']);
                    if !(present && plain && dpkg_has(name).await?) {
                        wanted.push(name.clone());
                    }
                }
                return Ok(wanted);
            }
            let mut there = Vec::new();
            for name in names {
                if dpkg_has(name).await? {
                    there.push(name.clone());
                }
            }
            return Ok(there);
        }
        let mut wanted = Vec::new();
        for name in names {
            let there = rpm_version(name).await?.is_some();
            let todo = match options.state {
                State::Absent => there,
                State::Present => !there,
                State::Latest => !there || self.has_update(name).await?,
            };
            if todo {
                wanted.push(name.clone());
            }
        }
        Ok(wanted)
    }

    async fn has_update(self, name: &str) -> Result<bool, Failure> {
        match self {
            // It ends with 100 when there is one.
            Manager::Dnf => Ok(command::run("dnf", &["--quiet", "check-update", "--", name]).await?.rc == 100),
            Manager::Zypper => {
                let listed = command::run("zypper", &["--quiet", "list-updates"]).await?;
                Ok(listed.stdout.lines().any(|line| line.split('|').nth(2).is_some_and(|cell| cell.trim() == name)))
            }
            Manager::Apt => Ok(false),
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// The manager fails; its last words are the message.
    pub async fn carry_out(self, options: &Options, names: &[String]) -> Result<(), Failure> {
        let names = self.of_interest(options, names).await?;
        let (program, words) = self.words(options, &names, false);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        accepted(command::run(program, &words).await?).map(drop)
    }

    /// How old the lists are.
    pub fn age_of_cache(self) -> Option<Duration> {
        if self != Manager::Apt {
            return None;
        }
        let stamps = ["/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists"].map(Path::new);
        let newest = stamps.iter().filter_map(|path| fs::metadata(path).ok()?.modified().ok()).max()?;
        SystemTime::now().duration_since(newest).ok()
    }

    /// Fetches the lists.
    ///
    /// # Errors
    /// They can't be fetched.
    pub async fn update_cache(self, options: &Options) -> Result<(), Failure> {
        let lock = format!("--option=DPkg::Lock::Timeout={}", options.lock_timeout);
        let done = match self {
            Manager::Apt => {
                command::run("apt-get", &["--quiet=2", &lock, "--option=APT::Update::Error-Mode=any", "update"]).await?
            }
            Manager::Dnf => command::run("dnf", &["--quiet", "makecache"]).await?,
            Manager::Zypper => command::run("zypper", &["--non-interactive", "--quiet", "refresh"]).await?,
        };
        accepted(done).map(drop)
    }
}

fn accepted(done: Done) -> Result<Done, Failure> {
    if done.ok() {
        return Ok(done);
    }
    let lines: Vec<&str> = done.said().lines().collect();
    let last = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n");
    Err(Failure::new(last).with("rc", done.rc).with("stdout", &done.stdout).with("stderr", &done.stderr))
}

/// Whether dpkg has a package, in working order.
async fn dpkg_has(name: &str) -> Result<bool, Failure> {
    let name = name.split(['=', '/']).next().unwrap_or(name);
    let done = command::run("dpkg-query", &["--show", "--showformat=${db:Status-Status}\\n", "--", name]).await?;
    Ok(done.stdout.lines().any(|line| line == "installed"))
}

/// The version that rpm has of a package, or of what provides it.
async fn rpm_version(name: &str) -> Result<Option<String>, Failure> {
    let done =
        command::run("rpm", &["--query", "--whatprovides", "--queryformat=%{VERSION}-%{RELEASE}\\n", "--", name])
            .await?;
    Ok(done.stdout.lines().next().filter(|_| done.ok()).map(str::to_owned))
}
