//! `cargo xtask VERB`: what a developer of this workspace does more than once.

mod collection;
mod process;
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
    Collection(collection::Arguments),
}

fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Collection(arguments) => collection::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
