//! The command line: which module or tool, and with what.

use std::path::Path;

use crate::Failure;
use crate::entry::{COMMON, Domain, Module, Tool};
use crate::input::Input;

/// Why no module was run.
pub(crate) enum Early<'d> {
    Help(String),
    Tool(&'d Tool, clap::ArgMatches),
    /// A tool's command line that is none.
    Misuse(String),
    Failure(Failure),
}

impl From<Failure> for Early<'_> {
    fn from(failure: Failure) -> Self {
        Early::Failure(failure)
    }
}

/// Finds the module and its arguments in the command line.
pub(crate) fn find<'d>(domain: &'d Domain, argv: &[String]) -> Result<(&'d Module, Input), Early<'d>> {
    let known = |name: &str| domain.modules.iter().chain(COMMON).find(|module| module.name == name);
    let own_name = argv.first().and_then(|path| Path::new(path).file_name()?.to_str()).unwrap_or_default();
    // Ansible's ordinary transfer names the file for the module, sometimes with AnsiballZ_ before and .exe after it.
    let own_name = own_name.trim_start_matches("AnsiballZ_").split('.').next().unwrap_or_default();
    let (module, source) = match (known(own_name), argv) {
        (Some(module), [_, source]) => (Some(module), source.as_str()),
        (None, [_, name, source]) if known(name).is_some() => (known(name), source.as_str()),
        (None, [_, source]) if !is_tool(domain, source) => (None, source.as_str()),
        _ => return from_command_line(domain, argv),
    };
    let input = match source {
        "-" => Input::from_stdin()?,
        path if Path::new(path).is_file() => Input::from_file(path)?,
        _ => return from_command_line(domain, argv),
    };
    let asked = input.module_name().and_then(|fqcn| fqcn.rsplit('.').next()).and_then(known);
    match module.or(asked) {
        Some(module) => Ok((module, input)),
        None => Err(Failure::new(format!("which module? Write: {} MODULE {source}", domain.name)).into()),
    }
}

fn is_tool(domain: &Domain, word: &str) -> bool {
    domain.tools.iter().any(|tool| tool.name == word)
}

/// The command line as a person writes it.
fn from_command_line<'d>(domain: &'d Domain, argv: &[String]) -> Result<(&'d Module, Input), Early<'d>> {
    let flag = |name: &'static str, help: &'static str| {
        clap::Arg::new(name).long(name).action(clap::ArgAction::SetTrue).help(help)
    };
    let words =
        clap::Arg::new("options").value_name("key=value").num_args(0..).help("the module's options; - or a file: JSON");
    let mut command = clap::Command::new(domain.name)
        .about(domain.about)
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true);
    for module in domain.modules.iter().chain(COMMON) {
        command = command.subcommand(
            clap::Command::new(module.name)
                .about("an Ansible module; `ansible-doc cdgp.docker.NAME` documents it")
                .arg(flag("check", "change nothing, say what would change"))
                .arg(flag("diff", "show the state before and after"))
                .arg(words.clone()),
        );
    }
    for tool in domain.tools {
        command = command.subcommand((tool.arguments)(clap::Command::new(tool.name).about(tool.about)));
    }
    let for_tool = argv.get(1).is_some_and(|word| is_tool(domain, word));
    let mut matches = command.try_get_matches_from(argv).map_err(|error| match error.kind() {
        clap::error::ErrorKind::DisplayHelp
        | clap::error::ErrorKind::DisplayVersion
        | clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Early::Help(error.to_string()),
        _ if for_tool => Early::Misuse(error.to_string().trim_end().to_owned()),
        _ => Early::Failure(Failure::new(error.to_string().trim_end().to_owned())),
    })?;
    if let Some((name, given)) = matches.remove_subcommand() {
        match domain.tools.iter().find(|tool| tool.name == name) {
            Some(tool) => return Err(Early::Tool(tool, given)),
            None => return named(domain, &name, &given),
        }
    }
    Err(Failure::new("which module?").into())
}

/// The module of that name, and what was given to it.
fn named<'d>(domain: &'d Domain, name: &str, given: &clap::ArgMatches) -> Result<(&'d Module, Input), Early<'d>> {
    let module = domain
        .modules
        .iter()
        .chain(COMMON)
        .find(|module| module.name == name)
        .ok_or_else(|| Failure::new(format!("{name} is not a module of {}", domain.name)))?;
    let words: Vec<String> = given.get_many::<String>("options").unwrap_or_default().cloned().collect();
    let mut input = match words.as_slice() {
        [word] if word == "-" => Input::from_stdin()?,
        [word] if !word.contains('=') && Path::new(word).is_file() => Input::from_file(word)?,
        words => Input::from_words(words)?,
    };
    for (flag, internal) in [("check", "check_mode"), ("diff", "diff")] {
        if given.get_flag(flag) {
            input.internal.insert(internal.to_owned(), true.into());
        }
    }
    Ok((module, input))
}
