//! `containers top`: what runs, as plain text: refreshed on a terminal, once in a pipe.

mod sample;
mod screen;

use std::io::{IsTerminal, Write, stdout};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ansible::clap::{Arg, ArgAction, ArgMatches, Command};
use ansible::{Failure, Tool};
use docker::{Connection, Engine};

use self::sample::{Row, Sampler};
use self::screen::{Size, table};

pub const TOOL: Tool = Tool {
    name: "top",
    about: "What runs: state, health, restarts, CPU, memory, ports, networks, age",
    arguments,
    run: |given| Box::pin(run(given)),
};

/// What rows are sorted by.
const KEYS: [&str; 5] = ["name", "cpu", "memory", "restarts", "age"];

fn arguments(command: Command) -> Command {
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    command
        .arg(Arg::new("name").value_name("NAME").num_args(0..).help("only containers with such a part in their name"))
        .arg(flag("all", "also those that do not run").short('a'))
        .arg(
            Arg::new("sort")
                .long("sort")
                .short('s')
                .value_name("COLUMN")
                .value_parser(KEYS)
                .default_value("name")
                .help("sort by this column, the most first"),
        )
        .arg(
            Arg::new("interval")
                .long("interval")
                .short('i')
                .value_name("SECONDS")
                .value_parser(ansible::clap::value_parser!(u64).range(1..=3600))
                .default_value("2")
                .help("refresh so often"),
        )
        .arg(flag("once", "print once and end, as in a pipe").short('1'))
        .arg(
            Arg::new("docker-host")
                .long("docker-host")
                .short('H')
                .value_name("ADDRESS")
                .help("the engine's address; else what DOCKER_HOST and the other variables of the docker command say"),
        )
        .after_help("CPU is that of the last interval, 100 % being one whole CPU. Memory is without the page cache.")
}

async fn run(given: ArgMatches) -> Result<(), Failure> {
    let mut connection = Connection::from_environment();
    if let Some(address) = given.get_one::<String>("docker-host") {
        connection.docker_host.clone_from(address);
    }
    let engine = Engine::connect(&connection).await?;
    let pause = Duration::from_secs(given.get_one("interval").copied().unwrap_or(2));
    let mut sampler = Sampler::default();
    // CPU is a difference: the first look has none.
    sampler.rows(&engine, given.get_flag("all")).await?;
    if given.get_flag("once") || !stdout().is_terminal() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        return show(&text(&engine, &mut sampler, &given, None).await?);
    }
    let mut wait = Duration::from_secs(1);
    loop {
        tokio::time::sleep(wait).await;
        let text = text(&engine, &mut sampler, &given, Size::of_terminal()).await?;
        // To the corner, then each line over the old one: no flicker.
        show(&format!("\x1b[H{}\x1b[J", text.replace('\n', "\x1b[K\n")))?;
        wait = pause;
    }
}

/// The whole view.
async fn text(
    engine: &Engine,
    sampler: &mut Sampler,
    given: &ArgMatches,
    size: Option<Size>,
) -> Result<String, Failure> {
    let parts: Vec<&String> = given.get_many("name").unwrap_or_default().collect();
    let mut rows = sampler.rows(engine, given.get_flag("all")).await?;
    rows.retain(|row| parts.is_empty() || parts.iter().any(|part| row.name.contains(part.as_str())));
    sort(&mut rows, given.get_one::<String>("sort").map_or("name", String::as_str));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    Ok(table(&rows, i64::try_from(now).unwrap_or(i64::MAX), size))
}

fn sort(rows: &mut [Row], key: &str) {
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    match key {
        "cpu" => rows.sort_by(|one, other| other.cpu.unwrap_or(-1.0).total_cmp(&one.cpu.unwrap_or(-1.0))),
        "memory" => rows.sort_by_key(|row| std::cmp::Reverse(row.memory.map(|memory| memory.used))),
        "restarts" => rows.sort_by_key(|row| std::cmp::Reverse(row.restarts)),
        "age" => rows.sort_by_key(|row| row.created),
        _ => {}
    }
}

fn show(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::new(format!("printing: {error}")))
}
