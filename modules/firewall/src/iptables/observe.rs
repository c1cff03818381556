//! What is there, as `iptables` tells it.

use std::path::PathBuf;

use ansible::{Call, Failure};
use netfilter::{Family, Output, RuleSet, find_program, run_program};
use serde::{Deserialize, Serialize};

use super::options::Options;
use super::plan::{Kind, kind};
use crate::command;

/// What a task can see of a family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Whether the rule is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<bool>,
    /// Whether the chain is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<bool>,
    /// The chain's policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The chain's rules, or the table's, as iptables-save prints them; for the diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<String>>,
}

/// Both families; that which is not asked about is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    pub ipv4: Option<Found>,
    pub ipv6: Option<Found>,
}

impl Observed {
    pub fn of(&mut self, family: Family) -> &mut Option<Found> {
        match family {
            Family::V4 => &mut self.ipv4,
            Family::V6 => &mut self.ipv6,
        }
    }
}

/// The program of a family and how it waits for others.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    wait: Option<String>,
}

/// The first version that can wait so many seconds. Before it iptables waits without end, or not at all.
const WAITS: [u32; 3] = [1, 6, 0];

impl Program {
    /// Finds it.
    ///
    /// # Errors
    /// It is not there, or does not run.
    pub fn find(family: Family, wait: Option<&str>) -> Result<Program, Failure> {
        let name = family.program();
        let path = command::find(name)?;
        let mut program = Program { path, wait: None };
        if let Some(wait) = wait.filter(|wait| !wait.is_empty()) {
            let said = program.run(&["--version".to_owned()])?.stdout;
            let version = said.split('v').nth(1).unwrap_or_default();
            let mut parts = version.split(['.', ' ', '\n']).map(|part| part.parse().unwrap_or(0));
            let version = [0; 3].map(|_: u32| parts.next().unwrap_or(0));
            program.wait = (version >= WAITS).then(|| wait.to_owned());
        }
        Ok(program)
    }

    /// The words of a command on a chain.
    pub fn words(&self, options: &Options, command: &str, number: Option<&str>, rest: &[String]) -> Vec<String> {
        let mut words = vec!["-t".to_owned(), options.table.clone(), command.to_owned()];
        words.extend(options.chain.clone());
        words.extend(number.map(str::to_owned));
        if let Some(wait) = &self.wait {
            words.extend(["-w".to_owned(), wait.clone()]);
        }
        words.extend_from_slice(rest);
        words
    }

    /// Runs it, whatever it answers.
    pub fn ask(&self, words: &[String]) -> Result<Output, Failure> {
        command::ask(&self.path, words, None)
    }

    /// Runs it.
    ///
    /// # Errors
    /// It fails: with what it said, as ansible.builtin.iptables tells it.
    pub fn run(&self, words: &[String]) -> Result<Output, Failure> {
        command::run(&self.path, words)
    }
}

/// Asks for what the task needs to know of a family.
pub async fn observe(
    call: &Call,
    options: &Options,
    rule: &[String],
    family: Family,
    program: &Program,
) -> Result<(Found, Option<Failure>), Failure> {
    let mut found = Found::default();
    let mut refused = None;
    let numeric = || vec!["--numeric".to_owned()];
    match kind(options, rule) {
        Kind::Flush => {}
        Kind::Policy(_) => {
            let listed = program.run(&program.words(options, "-L", None, &numeric()))?.stdout;
            let policy = listed
                .lines()
                .next()
                .and_then(|head| head.split_once("(policy "))
                .map(|(_, rest)| rest.chars().take_while(char::is_ascii_uppercase).collect::<String>());
            found.policy = Some(policy.ok_or_else(|| Failure::new("Can't detect current policy"))?);
        }
        Kind::Chain => {
            found.chain = Some(program.ask(&program.words(options, "-L", None, &numeric()))?.status == 0);
        }
        Kind::Rule => {
            let words = program.words(options, "-C", None, rule);
            let output = program.ask(&words)?;
            found.rule = Some(output.status == 0);
            // 1 says that it is not there; with 2 the words make no rule, and adding them fails with the same message.
            if output.status == 2 {
                let adding: Vec<String> = program.adding(options, rule);
                refused = Some(command::failed(&program.path, &adding, &output));
            }
        }
    }
    found.rules = call.for_diff(async || rules(options, family)).await?;
    Ok((found, refused))
}

impl Program {
    /// The words that add the rule.
    pub fn adding(&self, options: &Options, rule: &[String]) -> Vec<String> {
        match options.action {
            super::options::Where::Append => self.words(options, "-A", None, rule),
            super::options::Where::Insert => {
                self.words(options, "-I", options.rule_num.as_deref().filter(|number| !number.is_empty()), rule)
            }
        }
    }
}

/// The rules of the chain, or with the chain's name before them those of the table. A table that is not there has none.
fn rules(options: &Options, family: Family) -> Result<Vec<String>, Failure> {
    let save = format!("{}-save", family.program());
    let Some(save) = find_program(&save) else { return Ok(Vec::new()) };
    let output = run_program(&save, &["-t", &options.table], None)?;
    let Ok(set) = RuleSet::parse(&output.stdout, family) else { return Ok(Vec::new()) };
    let chains = set.table(&options.table).map(|table| table.chains.as_slice()).unwrap_or_default();
    Ok(match &options.chain {
        Some(name) => {
            let chain = chains.iter().find(|chain| chain.name == *name);
            chain.map(|chain| chain.rules.iter().map(ToString::to_string).collect()).unwrap_or_default()
        }
        None => {
            let of = |chain: &netfilter::Chain| {
                chain.rules.iter().map(|rule| format!("{} {rule}", chain.name)).collect::<Vec<_>>()
            };
            chains.iter().flat_map(of).collect()
        }
    })
}
