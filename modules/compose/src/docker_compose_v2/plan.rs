//! What `docker_compose_v2` will do: commands of Compose. What each of them changes only Compose knows.

use std::fmt;

use ansible::{Failure, Plan};
use serde_json::Value;

use super::options::{Build, Options, Pull, Recreate, RemoveImages, State};

/// What the plan needs to know.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Observed {
    /// Whether a container of the services runs.
    pub runs: bool,
}

/// One command of Compose.
#[derive(Debug)]
pub struct Action {
    pub words: Vec<String>,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "docker compose {}", self.words.join(" "))
    }
}

/// # Errors
/// A service is to be scaled to what is no number.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<(), Action>, Failure> {
    let mut actions = vec![Action {
        words: match options.state {
            State::Present => up(options, false)?,
            State::Stopped => up(options, true)?,
            State::Restarted => restart(options),
            State::Absent => down(options),
        },
    }];
    // Compose says that it stops what does not run.
    if options.state == State::Stopped && observed.runs {
        actions.push(Action { words: stop(options) });
    }
    Ok(Plan { before: Some(()), after: Some(()), actions })
}

fn up(options: &Options, no_start: bool) -> Result<Vec<String>, Failure> {
    let mut words = Words::new("up");
    words.add_if("--detach", !no_start);
    words.add_if("--no-start", no_start);
    words.add("--no-color");
    words.add("--quiet-pull");
    match options.pull {
        Pull::Always => words.pair("--pull", "always"),
        Pull::Missing => words.pair("--pull", "missing"),
        Pull::Never => words.pair("--pull", "never"),
        Pull::Policy => {}
    }
    words.add_if("--remove-orphans", options.remove_orphans);
    match options.recreate {
        Recreate::Always => words.add("--force-recreate"),
        Recreate::Never => words.add("--no-recreate"),
        Recreate::Auto => {}
    }
    words.add_if("--renew-anon-volumes", options.renew_anon_volumes);
    words.add_if("--no-deps", !options.dependencies);
    words.timeout(options.timeout);
    match options.build {
        Build::Always => words.add("--build"),
        Build::Never => words.add("--no-build"),
        Build::Policy => {}
    }
    for (service, count) in &options.scale {
        let number = count.as_u64().or_else(|| count.as_str()?.trim().parse().ok());
        let number = number.ok_or_else(|| {
            Failure::new(match count {
                Value::Number(_) => format!("The value {count} for `scale[\"{service}\"]` is negative"),
                _ => format!("The value {count} for `scale[\"{service}\"]` is not an integer"),
            })
        })?;
        words.pair("--scale", &format!("{service}={number}"));
    }
    if options.wait && !no_start {
        words.add("--wait");
        if let Some(seconds) = options.wait_timeout {
            words.pair("--wait-timeout", &seconds.to_string());
        }
    }
    words.add_if("--yes", options.assume_yes);
    Ok(words.services(&options.services))
}

fn stop(options: &Options) -> Vec<String> {
    let mut words = Words::new("stop");
    words.timeout(options.timeout);
    words.services(&options.services)
}

fn restart(options: &Options) -> Vec<String> {
    let mut words = Words::new("restart");
    words.add_if("--no-deps", !options.dependencies);
    words.timeout(options.timeout);
    words.services(&options.services)
}

fn down(options: &Options) -> Vec<String> {
    let mut words = Words::new("down");
    words.add_if("--remove-orphans", options.remove_orphans);
    match options.remove_images {
        Some(RemoveImages::All) => words.pair("--rmi", "all"),
        Some(RemoveImages::Local) => words.pair("--rmi", "local"),
        None => {}
    }
    words.add_if("--volumes", options.remove_volumes);
    words.timeout(options.timeout);
    words.services(&options.services)
}

/// A command as it grows.
struct Words(Vec<String>);

impl Words {
    fn new(command: &str) -> Words {
        Words(vec![command.to_owned()])
    }

    fn add(&mut self, word: &str) {
        self.0.push(word.to_owned());
    }

    fn add_if(&mut self, word: &str, wanted: bool) {
        if wanted {
            self.add(word);
        }
    }

    fn pair(&mut self, option: &str, value: &str) {
        self.add(option);
        self.add(value);
    }

    fn timeout(&mut self, seconds: Option<i64>) {
        if let Some(seconds) = seconds {
            self.pair("--timeout", &seconds.to_string());
        }
    }

    fn services(mut self, services: &[String]) -> Vec<String> {
        self.add("--");
        self.0.extend_from_slice(services);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |observed, _| observed,
        );
    }
}
