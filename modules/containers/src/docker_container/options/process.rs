//! `command`, `entrypoint`, `env`, `healthcheck`, `ulimits`, `devices`: how they are written.

use std::collections::{BTreeMap, BTreeSet};

use ansible::{Failure, Sentence};
use docker::container::{Device, Ulimit};
use docker_module::{Duration, Env, HealthTest, Text, split_words};
use serde::Deserialize;

use super::{CommandHandling, Options};

/// `command`: a command line, or its words.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Words")]
pub struct Command {
    words: Vec<String>,
    /// All words in one, for the old handling, which splits lists too.
    line: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "it must be a command line or a list of words")]
enum Words {
    List(Vec<Text>),
    Line(Text),
}

impl TryFrom<Words> for Command {
    type Error = Sentence;

    fn try_from(given: Words) -> Result<Self, Sentence> {
        let split = |line: &str| {
            split_words(line).map_err(|reason| Sentence(format!("`{{option}}` can't be split into words: {reason}")))
        };
        match given {
            Words::Line(Text(line)) => split(&line).map(|words| Command { line: words.clone(), words }),
            Words::List(list) => {
                let words: Vec<String> = list.into_iter().map(|word| word.0).collect();
                // Only the old handling needs it, and only there is an open quote an error.
                let line = split(&words.join(" ")).unwrap_or_else(|_| words.clone());
                Ok(Command { line, words })
            }
        }
    }
}

impl Options {
    /// The words of `command`. The old handling takes an empty one for none.
    pub fn command(&self) -> Option<Vec<String>> {
        let command = self.command.as_ref()?;
        match self.command_handling {
            CommandHandling::Correct => Some(command.words.clone()),
            CommandHandling::Compatibility => Some(command.line.clone()).filter(|line| !line.is_empty()),
        }
    }

    /// The words of `entrypoint`. The old handling takes an empty one for none, and splits at blanks.
    pub fn entrypoint(&self) -> Option<Vec<String>> {
        let words: Vec<String> = self.entrypoint.as_ref()?.iter().map(|word| word.0.clone()).collect();
        match self.command_handling {
            CommandHandling::Correct => Some(words),
            CommandHandling::Compatibility => {
                let line = split_words(&words.join(" ")).unwrap_or(words);
                Some(line).filter(|line| !line.is_empty())
            }
        }
    }
}

impl Options {
    /// The variables of `env_file`.
    pub fn read_env_file(&self) -> Result<BTreeMap<String, String>, Failure> {
        self.env_file.as_ref().map_or_else(|| Ok(BTreeMap::new()), |path| Ok(Env::from_file("env_file", path)?.0))
    }
}

/// `healthcheck` as the user writes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Healthcheck {
    test: Option<HealthTest>,
    pub test_cli_compatible: bool,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub start_period: Option<Duration>,
    pub start_interval: Option<Duration>,
    pub retries: Option<i64>,
}

impl Healthcheck {
    /// The test as the engine takes it.
    pub fn test(&self) -> Option<Vec<String>> {
        self.test.as_ref().map(HealthTest::words)
    }
}

/// `ulimits`: `NAME:SOFT` or `NAME:SOFT:HARD`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Ulimits(pub BTreeSet<Ulimit>);

impl TryFrom<Vec<String>> for Ulimits {
    type Error = String;

    fn try_from(given: Vec<String>) -> Result<Self, String> {
        let limit = |text: String| {
            let parts: Vec<&str> = text.split(':').collect();
            let number = |part: &str| part.parse::<i64>();
            let (soft, hard) = match parts.as_slice() {
                [_, soft] => (number(soft), number(soft)),
                [_, soft, hard] => (number(soft), number(hard)),
                _ => return Err(format!("{text:?} is not a limit: write NAME:SOFT or NAME:SOFT:HARD")),
            };
            match (soft, hard) {
                (Ok(soft), Ok(hard)) => Ok(Ulimit { name: parts[0].to_owned(), soft, hard }),
                _ => Err(format!("{text:?} has a limit that is not a number")),
            }
        };
        given.into_iter().map(limit).collect::<Result<_, _>>().map(Ulimits)
    }
}

/// `devices`: `HOST`, `HOST:CONTAINER` or `HOST:CONTAINER:PERMISSIONS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Devices(pub BTreeSet<Device>);

impl From<Vec<String>> for Devices {
    fn from(given: Vec<String>) -> Self {
        let device = |text: String| {
            let mut parts = text.split(':');
            let host = parts.next().unwrap_or_default().to_owned();
            let container = parts.next().map_or_else(|| host.clone(), str::to_owned);
            let permissions = parts.next().unwrap_or("rwm").to_owned();
            Device { path_on_host: host, path_in_container: container, cgroup_permissions: permissions }
        };
        Devices(given.into_iter().map(device).collect())
    }
}
