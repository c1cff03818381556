//! What `docker_login` will do.

use std::fmt;

use ansible::{Failure, Plan};
use serde::Serialize;

use super::options::{Options, State};

/// What is kept before. No secret is in it.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    /// The program that keeps logins for the registry; `None`: the file does.
    pub helper: Option<String>,
    /// The user whose login is kept; empty for a token.
    pub username: Option<String>,
    /// Whether it is the login that is given.
    pub is_given: bool,
    /// Whether the file holds one, be it garbled.
    pub in_file: bool,
}

/// A login that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    username: Option<String>,
    /// Only whether it is the one that is given.
    password: &'static str,
    kept_in: String,
}

/// What is done.
#[derive(Debug)]
pub enum Action {
    Keep { registry: String },
    Forget { registry: String },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, f.alternate()) {
            (Action::Keep { registry }, false) => write!(f, "Logged into {registry}"),
            (Action::Keep { registry }, true) => write!(f, "Keeping the login for {registry} failed"),
            (Action::Forget { registry }, false) => write!(f, "Logged out of {registry}"),
            (Action::Forget { registry }, true) => write!(f, "Logging out of {registry} failed"),
        }
    }
}

pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Account, Action>, Failure> {
    let registry = options.registry_url.clone();
    let place = |helper: &Option<String>| match helper {
        Some(name) => format!("docker-credential-{name}"),
        None => "the file".to_owned(),
    };
    let before = (observed.username.is_some() || observed.in_file).then(|| Account {
        username: observed.username.clone(),
        password: if observed.is_given { "as given" } else { "another" },
        kept_in: place(if observed.username.is_some() { &observed.helper } else { &None }),
    });
    if options.state == State::Absent {
        let actions = before.iter().map(|_| Action::Forget { registry: registry.clone() }).collect();
        return Ok(Plan { before, after: None, actions });
    }
    let username = options.username.clone();
    let after = Some(Account { username, password: "as given", kept_in: place(&observed.helper) });
    let actions = if observed.is_given && !options.reauthorize { vec![] } else { vec![Action::Keep { registry }] };
    Ok(Plan { before, after, actions })
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
            |observed, after| {
                let helper = observed.and_then(|observed| observed.helper);
                let in_file = helper.is_none();
                Some(match after {
                    Some(account) => Observed { helper, username: account.username, is_given: true, in_file },
                    None => Observed { helper, ..Observed::default() },
                })
            },
        );
    }
}
