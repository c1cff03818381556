//! `cargo xtask VERB`: what a developer of this workspace does more than once.

mod bench;
mod collection;
mod demo;
mod dist;
mod hosts;
mod peer;
mod process;
mod test;
mod venv;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, tests and measures the collection cdgp.docker.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Demo(demo::Arguments),
    Test(test::Arguments),
    Collection(collection::Arguments),
    Dist(dist::Arguments),
    Bench(bench::Arguments),
    Peer(peer::Arguments),
    Hosts(hosts::Arguments),
}

fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Demo(arguments) => demo::run(&arguments).map(success),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Collection(arguments) => collection::run(&arguments).map(success),
        Verb::Dist(arguments) => dist::run(&arguments).map(success),
        Verb::Bench(arguments) => bench::run(&arguments).map(success),
        Verb::Peer(arguments) => peer::run(&arguments).map(success),
        Verb::Hosts(arguments) => hosts::run(&arguments),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn success((): ()) -> ExitCode {
    ExitCode::SUCCESS
}
