//! Where on this machine a volume's files are.

use std::path::{Path, PathBuf};

use ansible::Failure;
use docker::{Connection, Endpoint, Engine, Inspected, Volume};
use serde_json::{Value, json};

/// Where a volume's files are, and what that place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// The directory.
    pub path: PathBuf,
    /// Whether it is a plain directory that belongs to the engine: it can be exchanged for another.
    pub exchangeable: bool,
}

/// Makes sure that the engine is this machine's: we read its volumes' files ourselves. Gives its socket's address.
///
/// # Errors
/// The engine is another machine's.
pub fn of_this_machine(connection: &Connection) -> Result<String, Failure> {
    match connection.endpoint()? {
        endpoint @ Endpoint::Unix(_) => Ok(endpoint.to_string()),
        other => Err(Failure::new(format!(
            "`docker_host` is {other}: the files of a volume are read on the engine's own host; run this task there, by \
             `delegate_to` or `hosts`, with `docker_host` a unix:// socket"
        ))),
    }
}

/// Finds the files of a volume.
///
/// # Errors
/// They are not on this machine, or not to be reached while no container uses the volume.
pub async fn find(engine: &Engine, volume: &Inspected<Volume>) -> Result<Data, Failure> {
    let name = &volume.typed.name;
    let options = &volume.typed.driver_options;
    let mountpoint = volume.raw.get("Mountpoint").and_then(Value::as_str).unwrap_or_default();
    let local = volume.typed.driver == "local";
    let option = |name: &str| options.get(name).map(String::as_str).unwrap_or_default();
    let bound = local && option("o").split(',').any(|word| word == "bind" || word == "rbind");
    // A bound directory is there whether or not it is mounted.
    let path = PathBuf::from(if bound { option("device") } else { mountpoint });
    let away = |why: &str| {
        Failure::new(format!(
            "the files of volume {name} should be in {}, {why}; is `docker_host` the socket of this machine's engine?",
            path.display()
        ))
    };
    if !path.is_absolute() {
        return Err(Failure::new(format!(
            "volume {name} of driver {} is mounted nowhere: start a container that uses it, for the time of this task",
            volume.typed.driver
        )));
    }
    let facts = std::fs::symlink_metadata(&path).map_err(|error| away(&format!("but: {error}")))?;
    if !facts.is_dir() && !bound {
        return Err(away("which is no directory"));
    }
    same_machine(engine, &path).await?;
    let device = local && !bound && !option("device").is_empty();
    let mounted = is_mount_point(&path);
    if device && !mounted {
        return Err(Failure::new(format!(
            "volume {name} is a mount of {} and is mounted only while a container uses it: start one, for the time of \
             this task",
            option("device")
        )));
    }
    // An image or a share that nobody uses is mounted nowhere: its directory is there, and empty.
    if !local && !mounted && !always_there(volume) && !is_used(engine, name).await? {
        return Err(Failure::new(format!(
            "volume {name} of driver {} may be mounted only while a container uses it: start one, for the time of this task",
            volume.typed.driver
        )));
    }
    // A size is kept by a quota on this very directory.
    let exchangeable = local && !bound && !mounted && option("size").is_empty();
    Ok(Data { path, exchangeable })
}

/// Whether the files of a plug-in's volume are in their directory also while nobody has it mounted: our own says it.
fn always_there(volume: &Inspected<Volume>) -> bool {
    let backend = volume.raw.pointer("/Status/backend").and_then(Value::as_str).unwrap_or_default();
    let ours = volume.typed.driver.split(':').next().is_some_and(|name| name.rsplit('/').next() == Some("cdgp"));
    ours && ["directory", "btrfs", "reflink"].contains(&backend)
}

/// Whether a container that runs has the volume, so that it is mounted.
async fn is_used(engine: &Engine, name: &str) -> Result<bool, Failure> {
    let filters = json!({ "volume": [name], "status": ["running", "paused"] }).to_string();
    let users = engine.get("/containers/json", &[("filters", &filters)]).await?;
    Ok(users.as_array().is_some_and(|users| !users.is_empty()))
}

/// Whether something is mounted there, by what the kernel says.
fn is_mount_point(path: &Path) -> bool {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    // proc(5): the fifth field, with blanks and the like as \040.
    let escaped = path.to_string_lossy().replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011");
    table.lines().any(|line| line.split(' ').nth(4) == Some(&escaped))
}

/// A socket may lead to another machine's engine, by ssh. An engine since 23.0 keeps its ID in its folder.
async fn same_machine(engine: &Engine, path: &Path) -> Result<(), Failure> {
    let info = engine.get("/info", &[]).await?;
    let text = |key: &str| info.get(key).and_then(Value::as_str).unwrap_or_default();
    let kept = Path::new(text("DockerRootDir")).join("engine-id");
    match std::fs::read_to_string(&kept) {
        Ok(id) if !text("ID").is_empty() && id.trim() != text("ID") => Err(Failure::new(format!(
            "the engine is not that of this machine, which has files in {} too: its ID is {}, and {} says {}",
            path.display(),
            text("ID"),
            kept.display(),
            id.trim()
        ))),
        _ => Ok(()),
    }
}
