//! `cargo xtask demo`: a small website in containers, from nothing to the page, and away again.

mod engine;
mod page;
mod play;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use tests::{Engine, Version};

use crate::collection::{self, Profile, X86_64};
use crate::venv::{self, Need};
use crate::workspace::Workspace;
pub use engine::Site;
pub use page::look;
pub use play::Play;

/// Shows a play at work: database, web containers and proxy on an engine, the page, and that a second run changes
/// nothing.
///
/// Installs what is missing. Takes the engine that answers at DOCKER_HOST or the machine's usual sockets; where none
/// does, root gets a private one in namespaces of its own. Running it again is fine.
#[derive(clap::Args)]
pub struct Arguments {
    /// Take away what the demo made, the private engine included.
    #[arg(long)]
    pub down: bool,
    /// Use a private engine of this version even where another answers; with --down, end that alone.
    #[arg(long, value_name = "VERSION", value_parser = PossibleValuesParser::new(Version::ALL.map(Version::number)))]
    pub engine: Option<String>,
    /// The private engine's folder. Not a user's choice: all that is in it goes with the engine. Short, because a
    /// socket's path has at most 107 bytes, and below a folder that is root's.
    #[arg(skip = PathBuf::from("/var/cache/cdgp-demo"))]
    pub place: PathBuf,
    /// The port of 127.0.0.1 that the page is served at.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Build quickly, for development: larger and slower binaries.
    #[arg(long)]
    pub dev: bool,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let workspace = Workspace::read()?;
    if arguments.down {
        return down(&workspace, arguments);
    }
    let choice = engine::choose(arguments.engine.as_deref(), &arguments.place)?;
    venv::packages(choice.need())?;
    collection::lay_out(&workspace, &[X86_64], Profile::of(arguments.dev))?;
    let site = choice.settle()?;
    println!("engine: {}", site.docker_host());
    let play = Play::new(&workspace, &site, arguments.port)?;
    println!("\n== the play");
    play.run("demo", &[])?;
    println!("== the page");
    let page = look(&site, arguments.port)?;
    println!("{page}\n\n== the play a second time");
    let second = play.run("demo", &[])?;
    second.must_change_nothing()?;
    println!(
        "\nThe demo is up, after {:.0} s.\n  {page}\n  The second run of the play: {second}\n\nLook at it:\n{}\nTake it \
         away:\n  cargo xtask demo --down",
        start.elapsed().as_secs_f32(),
        site.hints(arguments.port)
    );
    Ok(())
}

/// Takes away what the demo made.
fn down(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let ended = Engine::end_at(&arguments.place)?;
    if ended {
        println!("the private engine has ended, and all that was on it is gone");
    }
    let own = if arguments.engine.is_some() { None } else { engine::own(&arguments.place)? };
    match own {
        Some(docker_host) => {
            venv::packages(Need::Ansible)?;
            collection::lay_out(workspace, &[X86_64], Profile::of(arguments.dev))?;
            println!("engine: {docker_host}");
            Play::new(workspace, &Site::own(docker_host), 0)?.run("demo_down", &[])?;
        }
        None if !ended => println!("there is nothing to take away: the demo has no engine"),
        None => {}
    }
    Ok(())
}
