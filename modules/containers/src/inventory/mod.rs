//! `containers inventory`: an Ansible inventory script that reads the peer's inventory files.

mod config;
mod expression;
mod facts;
mod groups;

use std::io::{Write, stdout};

use ansible::clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use ansible::{Failure, Tool};
use docker::Engine;
use futures_util::{StreamExt, TryStreamExt, stream};

use self::config::Config;
use self::facts::Host;
use self::groups::Inventory;

pub const TOOL: Tool = Tool {
    name: "inventory",
    about: "Containers as an Ansible inventory, from the YAML of community.docker's docker_containers",
    arguments,
    run: |given| Box::pin(run(given)),
};

/// So many containers are asked at once.
const AT_ONCE: usize = 16;

const HELP: &str = "\
Without FILE it is the plug-in's default: every container of the engine that DOCKER_HOST names, by docker_api.

FILE is what the plug-in reads (plugin, docker_host, connection_type, filters, compose, groups, keyed_groups, ...).
Make it a script by its first line, and Ansible runs it as it is:

    #!/usr/local/bin/containers inventory
    plugin: community.docker.docker_containers
    keyed_groups: [{prefix: network, key: docker_hostconfig.NetworkMode}]

    $ chmod +x web.docker.yml && ansible-inventory -i web.docker.yml --graph

Expressions know: names, items (a.b, a['b'], a[1:]), texts, numbers, lists, and or not, == != < <= > >=, in, ~, +,
if else, is [not] defined, is [not] none; the filters default, lower, upper, trim, replace, split, length, first, last,
join, int, string, bool; the methods startswith, endswith, lower, upper, strip, lstrip, rstrip, replace, split, get,
keys, values. Anything else is refused. Not covered: use_extra_vars, and templates in options that are no expressions.";

fn arguments(command: Command) -> Command {
    command
        .arg(Arg::new("file").value_name("FILE").help("the inventory file"))
        .arg(Arg::new("list").long("list").action(ArgAction::SetTrue).help("print the whole inventory"))
        .arg(Arg::new("host").long("host").value_name("NAME").help("print one host's variables"))
        .group(ArgGroup::new("what").args(["list", "host"]).required(true))
        .after_help(HELP)
}

async fn run(given: ArgMatches) -> Result<(), Failure> {
    let config = given.get_one::<String>("file").map_or_else(|| Ok(Config::default()), |path| Config::read(path))?;
    let inventory = read(&config).await?;
    let answer = match given.get_one::<String>("host") {
        Some(name) => inventory.host(name),
        None => inventory.list(),
    };
    let mut out = stdout().lock();
    writeln!(out, "{answer:#}").and_then(|()| out.flush()).map_err(|error| Failure::new(format!("printing: {error}")))
}

async fn read(config: &Config) -> Result<Inventory, Failure> {
    let connection = config.connection();
    let filters = config.filters()?;
    let engine = Engine::connect(&connection).await?;
    let listed = engine.get("/containers/json", &[("all", "1")]).await?;
    let ids = listed.as_array().into_iter().flatten().map(|container| {
        let id = container["Id"].as_str().unwrap_or_default();
        let engine = &engine;
        async move { engine.get_optional(&format!("/containers/{id}/json"), &[]).await }
    });
    let inspected: Vec<_> = stream::iter(ids).buffered(AT_ONCE).try_collect().await?;
    let mut inventory = Inventory::new(config);
    for (listed, inspected) in listed.as_array().into_iter().flatten().zip(inspected) {
        // One that went since the list was made is no more.
        let Some(inspected) = inspected else { continue };
        let host = Host::new(config, &connection, listed, &inspected);
        inventory.add(config, &filters, &connection.docker_host, host).map_err(Failure::new)?;
    }
    Ok(inventory)
}
