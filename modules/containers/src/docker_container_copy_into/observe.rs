//! What `docker_container_copy_into` needs to know of the container and of the source.

use std::fs::File;
use std::io::{self, Read};

use ansible::Failure;
use docker::container_file::EntryKind;
use docker::{Engine, Exec};
use sha2::{Digest, Sha256};

use super::diff::{LARGEST, Text, Texts};
use super::options::{Options, Source};
use super::plan::{Item, Kind, Observed};

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
                let (kind, text) = match entry.kind {
                    EntryKind::File { size, sha256, start } => {
                        let text = if size > LARGEST { Text::TooLarge } else { Text::of(start) };
                        (Kind::File { sha256 }, text)
                    }
                    EntryKind::Link { target } => (Kind::Link { target }, Text::Known(stat.link_target)),
                    EntryKind::Other => (Kind::Other, Text::Known("(special file)".to_owned())),
                };
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
        Source::Content(content) => {
            let kind = Kind::File { sha256: hexadecimal(Sha256::digest(content)) };
            let size = content.len() as u64;
            let text = if size > LARGEST { Text::TooLarge } else { Text::of(content.clone()) };
            Ok((Item::new(kind, given.unwrap_or(0o644), owner), text, Some(size)))
        }
        Source::File { path, size, mode } => {
            let failed = |error: io::Error| Failure::new(format!("reading `path` {}: {error}", path.display()));
            let mut file = File::open(path).map_err(failed)?;
            let mut start = Vec::new();
            (&mut file).take(LARGEST + 1).read_to_end(&mut start).map_err(failed)?;
            let mut hash = Sha256::new_with_prefix(&start);
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match file.read(&mut buffer).map_err(failed)? {
                    0 => break,
                    read => hash.update(&buffer[..read]),
                }
            }
            let text = if *size > LARGEST { Text::TooLarge } else { Text::of(start) };
            let kind = Kind::File { sha256: hexadecimal(hash.finalize()) };
            Ok((Item::new(kind, given.unwrap_or(*mode), owner), text, Some(*size)))
        }
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
        // The peer's wording, which plays match on.
        let paused = error.is_conflict() && error.to_string().contains("paused");
        let sentence = || Failure::new(format!("Cannot execute command in paused container \"{container}\""));
        if paused { sentence() } else { failed(error.to_string()) }
    })?;
    let (stdout, stderr) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let mut numbers = stdout.lines().map_while(|line| line.trim().parse().ok());
    match (done.status, numbers.next(), numbers.next()) {
        (0, Some(user), Some(group)) => Ok((user, group)),
        (status, _, _) => Err(failed(format!("status {status}: {}{}", stdout.trim(), stderr.trim()))),
    }
}

fn hexadecimal(digest: impl IntoIterator<Item = u8>) -> String {
    digest.into_iter().map(|byte| format!("{byte:02x}")).collect()
}
