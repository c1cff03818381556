//! What `docker_compose_v2_pull` will do: one command, whose effect only Compose and the registry know.

use std::fmt;

use ansible::{Failure, Plan};

use super::options::{Options, Policy};

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

pub fn plan(options: &Options) -> Result<Plan<(), Action>, Failure> {
    let mut words = vec!["pull".to_owned()];
    match options.policy {
        Policy::Always => {}
        Policy::Missing => words.extend(["--policy", "missing"].map(str::to_owned)),
    }
    let switches = [
        ("--ignore-buildable", options.ignore_buildable),
        ("--ignore-pull-failures", options.ignore_pull_failures),
        ("--include-deps", options.include_deps),
    ];
    words.extend(switches.into_iter().filter(|(_, on)| *on).map(|(word, _)| word.to_owned()));
    words.push("--".to_owned());
    words.extend(options.services.iter().cloned());
    Ok(Plan { before: Some(()), after: Some(()), actions: vec![Action { words }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, _: Option<&()>| plan(options),
            |_, after| after,
        );
    }
}
