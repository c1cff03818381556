//! What `docker_container_copy_into` needs to know of the container and of the source.

use std::fs::File;
use std::io::{self, Read};

use ansible::Failure;
use docker::container_file::EntryKind;
use docker::{Engine, Exec};

use super::diff::{LARGEST, Text, Texts};
use super::options::Options;
use super::plan::{Item, Kind, Observed};
use super::source::Source;

/// Reads, changes nothing. The second part is for the diff.
pub async fn observe(engine: &Engine, options: &Options, source: &Source) -> Result<(Observed, Texts), Failure> {
    if engine.container(&options.container).await?.is_none() {
        return Err(Failure::new(format!("Could not find container \"{}\"", options.container)));
    }
    let owner = match options.owner() {
        Some(owner) => owner,
        None => user(engine, &options.container).await?,
    };
    let (wanted, after, size) = wanted(options, source, owner)?;
    let mut path = options.container_path()?;
    let mut stat = engine.stat_in_container(&options.container, &path).await?;
    if let Some(link) = stat.as_ref().filter(|stat| options.follow && stat.is_link()) {
        path.clone_from(&link.link_target);
        stat = engine.stat_in_container(&options.container, &path).await?;
    }
    let (there, before) = match stat {
        None => (None, Text::Known(String::new())),
        Some(stat) if stat.is_directory() => {
            (Some(Item::without_facts(Kind::Directory)), Text::Known("(directory)".to_owned()))
        }
        // Another size is another content, and too much of it for a diff.
        Some(stat) if !stat.is_link() && stat.size > LARGEST && Some(stat.size) != size => {
            (Some(Item::without_facts(Kind::Other)), Text::TooLarge)
        }
        Some(stat) => match engine.read_from_container(&options.container, &path, LARGEST as usize).await? {
            None => (None, Text::Known(String::new())),
            Some(entry) => {
                let (kind, text) = told(entry.kind, stat.link_target);
                (Some(Item::new(kind, entry.mode, (entry.uid, entry.gid))), text)
            }
        },
    };
    Ok((Observed { path, there, wanted }, Texts { before, after }))
}

/// What is to be there, its text, and its size if it is a file.
fn wanted(options: &Options, source: &Source, owner: (u64, u64)) -> Result<(Item, Text, Option<u64>), Failure> {
    let given = options.mode()?;
    match source {
        Source::Link { target } => {
            let kind = Kind::Link { target: target.clone() };
            Ok((Item::new(kind, 0o777, owner), Text::Known(target.clone()), None))
        }
        Source::Content(content) => file(content.as_slice(), given.unwrap_or(0o644), owner, |error| error.into()),
        Source::File { path, mode, .. } => {
            let failed = |error: io::Error| Failure::new(format!("reading `path` {}: {error}", path.display()));
            file(File::open(path).map_err(failed)?, given.unwrap_or(*mode), owner, failed)
        }
    }
}

fn file(
    content: impl Read,
    mode: u32,
    owner: (u64, u64),
    failed: impl Fn(io::Error) -> Failure,
) -> Result<(Item, Text, Option<u64>), Failure> {
    let kind = EntryKind::file(content, LARGEST as usize).map_err(failed)?;
    let size = if let EntryKind::File { size, .. } = &kind { Some(*size) } else { None };
    let (kind, text) = told(kind, String::new());
    Ok((Item::new(kind, mode, owner), text, size))
}

/// What the plan compares, and what the diff shows. `link_target` is what a link leads to.
fn told(kind: EntryKind, link_target: String) -> (Kind, Text) {
    match kind {
        EntryKind::File { size, sha256, start } => {
            (Kind::File { sha256 }, if size > LARGEST { Text::TooLarge } else { Text::of(start) })
        }
        EntryKind::Link { target } => (Kind::Link { target }, Text::Known(link_target)),
        EntryKind::Other => (Kind::Other, Text::Known("(special file)".to_owned())),
    }
}

/// Whom the container runs as: only it knows how its users are numbered.
async fn user(engine: &Engine, container: &str) -> Result<(u64, u64), Failure> {
    let exec = Exec {
        container: container.to_owned(),
        argv: ["/bin/sh", "-c", "id -u && id -g"].map(str::to_owned).into(),
        ..Exec::default()
    };
    let failed = |reason: String| {
        Failure::new(format!(
            "can't ask container {container} for its user ({reason}): it must run and have /bin/sh and id; or give \
             `owner_id` and `group_id`"
        ))
    };
    let done = engine.exec(&exec, None).await.map_err(|error| {
        // The peer's wording, which plays match on, also for a container that does not run.
        let sentence = || Failure::new(format!("Cannot execute command in paused container \"{container}\""));
        let reason = error.to_string();
        if error.is_conflict() { sentence().with("reason", reason) } else { failed(reason) }
    })?;
    let (stdout, stderr) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let mut numbers = stdout.lines().map_while(|line| line.trim().parse().ok());
    match (done.status, numbers.next(), numbers.next()) {
        (0, Some(user), Some(group)) => Ok((user, group)),
        (status, _, _) => Err(failed(format!("status {status}: {}{}", stdout.trim(), stderr.trim()))),
    }
}
