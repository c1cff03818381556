//! Why iptables-restore refused an input: which rule, and how to mend it.

use super::{Error, Output};
use crate::{Family, Script};

/// The failure of iptables-restore, told of the rule that it is about.
pub(super) fn of(family: Family, command: &str, script: &Script, output: &Output) -> Error {
    let said = output.stderr.trim();
    let line = line(said);
    match line.and_then(|line| script.origin(line)) {
        Some(origin) => Error::Refused { family, origin: origin.to_owned(), why: why(said) },
        None => Error::Failed { command: command.to_owned(), status: output.status, said: said.to_owned() },
    }
}

/// The line's number: `Error occurred at line: 2`, `line 5 failed`, `line 3: RULE_APPEND failed`.
fn line(said: &str) -> Option<usize> {
    let (_, behind) = said.rsplit_once("line: ").or_else(|| said.rsplit_once("line "))?;
    let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What was said, without what is of no use, and with a way out where one is known.
fn why(said: &str) -> String {
    let of_use = |line: &&str| {
        let line = line.trim();
        !(line.is_empty() || line.starts_with("Error occurred") || line.starts_with("Try `"))
    };
    let text = said.lines().filter(of_use).map(str::trim).collect::<Vec<_>>().join(" ");
    // `iptables-restore v1.8.9 (nf_tables): `
    let text = match text.split_once(": ") {
        Some((program, rest)) if program.contains("tables") => rest.trim(),
        _ => text.trim_start_matches("iptables-restore v").trim(),
    };
    let fix = if text.contains("No such file or directory")
        || text.contains("No chain/target/match")
        || text.contains("Couldn't load")
    {
        ": this kernel or this iptables has no such chain, match or target; load its module, or write the rule without it"
    } else if text.contains("Invalid argument") {
        ": the kernel takes none of this here; a match or target may be meant for another chain or table"
    } else if text.contains("Permission denied") {
        ": run it as root"
    } else {
        ""
    };
    format!("{text}{fix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        assert_eq!(
            line(
                "iptables-restore v1.8.9 (nf_tables): invalid port/service `xx' specified\nError occurred at line: 2\nTry"
            ),
            Some(2)
        );
        assert_eq!(line("iptables-restore: line 5 failed"), Some(5));
        assert_eq!(
            line(
                "iptables-restore v1.8.9 (nf_tables): \nline 3: RULE_APPEND failed (No such file or directory): rule in chain INPUT"
            ),
            Some(3)
        );
        assert_eq!(line("it is late"), None);
    }
}
