//! `cargo xtask demo`: a small website in containers, from nothing to the page, and away again.

mod engine;
mod page;
mod play;

use std::time::Instant;

use anyhow::Result;

use crate::collection::{self, Profile, X86_64};
use crate::venv::{self, Need};
use crate::workspace::Workspace;
pub use engine::Site;
pub use play::{Play, Recap};

/// Shows a play at work: database, web containers and proxy on an engine, the page, and that a second run changes
/// nothing.
///
/// Installs what is missing. Takes the engine that answers at DOCKER_HOST or the machine's usual sockets; where none
/// does, root gets a private one in namespaces of its own. Running it again is fine.
#[derive(clap::Args)]
pub struct Arguments {
    /// Take away what the demo made, the private engine included.
    #[arg(long)]
    down: bool,
    /// Use a private engine of this version even where another answers.
    #[arg(long, value_name = "VERSION", value_parser = ["20.10", "26.1", "28.5"])]
    engine: Option<String>,
    /// The port of 127.0.0.1 that the page is served at.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Build quickly, for development: larger and slower binaries.
    #[arg(long)]
    dev: bool,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let workspace = Workspace::read()?;
    if arguments.down {
        return down(&workspace, arguments.dev);
    }
    let choice = engine::choose(arguments.engine.as_deref())?;
    venv::packages(choice.need())?;
    collection::lay_out(&workspace, &[X86_64], Profile::of(arguments.dev))?;
    let site = choice.settle()?;
    println!("engine: {}", site.docker_host());
    let play = Play::new(&workspace, &site, arguments.port)?;
    let (page, second) = show(&play, &site, arguments.port)?;
    println!(
        "\nThe demo is up, after {:.0} s.\n  {page}\n  The second run of the play: {second}\n\nLook at it:\n{}\nTake it \
         away:\n  cargo xtask demo --down",
        start.elapsed().as_secs_f32(),
        site.hints(arguments.port)
    );
    Ok(())
}

/// Runs the play, looks at the page, runs the play again: it must not change anything.
pub fn show(play: &Play, site: &Site, port: u16) -> Result<(page::Seen, Recap)> {
    println!("\n== the play");
    play.run("demo", &[])?;
    println!("== the page");
    let page = page::look(site, port)?;
    println!("{page}\n\n== the play a second time");
    let second = play.run("demo", &[])?;
    second.must_change_nothing()?;
    Ok((page, second))
}

/// Takes away what the demo made.
fn down(workspace: &Workspace, dev: bool) -> Result<()> {
    let ended = engine::end_private()?;
    if ended {
        println!("the private engine has ended, and all that was on it is gone");
    }
    match engine::own()? {
        Some(docker_host) => {
            venv::packages(Need::Ansible)?;
            collection::lay_out(workspace, &[X86_64], Profile::of(dev))?;
            println!("engine: {docker_host}");
            Play::new(workspace, &Site::own(docker_host), 0)?.run("demo_down", &[])?;
        }
        None if !ended => println!("there is nothing to take away: no engine of the demo, and no other that answers"),
        None => {}
    }
    Ok(())
}
