//! `volumes status` and `volumes snapshot`: the plug-in's volumes by hand. They need no running plug-in, and may be used
//! beside one.

use std::fs;
use std::io::{Write, stdout};
use std::path::PathBuf;

use ansible::Tool;
use ansible::clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::store::{ROOT, Store, Volume};
use super::users::{Here, LOCAL, seconds};
use crate::backup::moment;
use crate::snapshot::{self, Method, Snapshot, Source};
use crate::system::mounts;
use crate::trouble::{Doing, Result, trouble};

pub const STATUS: Tool = Tool {
    name: "status",
    about: "The plug-in's volumes: back end, size, room used, mounts, snapshots",
    arguments: |command| {
        let json = Arg::new("json").long("json").action(ArgAction::SetTrue).help("print JSON, a list of objects");
        root(command).arg(json)
    },
    run: |given| Box::pin(async move { Ok(status(&given)?) }),
};

pub const SNAPSHOT: Tool = Tool {
    name: "snapshot",
    about: "Snapshots of the plug-in's volumes: take, list, diff, restore, remove",
    arguments: snapshot_arguments,
    run: |given| Box::pin(async move { Ok(snapshots(&given)?) }),
};

/// The option that says where the volumes are.
pub fn root(command: Command) -> Command {
    let root = Arg::new("root").long("root").value_name("PATH").default_value(ROOT).global(true);
    command.arg(root.value_parser(value_parser!(PathBuf)).help("where the volumes are"))
}

/// The store that it names.
pub fn store(given: &ArgMatches) -> Result<Store> {
    Store::find(given.get_one::<PathBuf>("root").ok_or_else(|| trouble!("`--root` is missing"))?)
}

/// Prints.
pub fn show(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).doing(|| "printing")
}

fn snapshot_arguments(command: Command) -> Command {
    let word = |name: &'static str, help: &'static str| Arg::new(name).value_name(name).help(help);
    let volume = || word("VOLUME", "the volume").required(true);
    let name = || word("NAME", "the snapshot");
    let method = Arg::new("method").long("method").value_parser(["btrfs", "reflink", "copy"]);
    root(command)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("take")
                .about("take a snapshot")
                .arg(volume())
                .arg(name().help("its name; without one, the time"))
                .arg(method.help("how; by default the best that the file system has")),
        )
        .subcommand(Command::new("list").about("list snapshots").arg(word("VOLUME", "only those of this volume")))
        .subcommand(
            Command::new("diff")
                .about("list what of a volume is not as in a snapshot: + new, - gone, ~ changed")
                .arg(volume())
                .arg(name().required(true)),
        )
        .subcommand(
            Command::new("restore")
                .about("give an unused volume the content of a snapshot")
                .arg(volume())
                .arg(name().required(true)),
        )
        .subcommand(Command::new("remove").about("remove a snapshot").arg(volume()).arg(name().required(true)))
}

fn status(given: &ArgMatches) -> Result<()> {
    let store = store(given)?;
    let here = Here::new(LOCAL)?;
    let mut rows = Vec::new();
    for name in store.names()? {
        let Some(volume) = store.volume(&name)? else { continue };
        rows.push(described(&store, &volume, &here)?);
    }
    if given.get_flag("json") {
        return show(&format!("{:#}\n", Value::Array(rows)));
    }
    let columns = ["name", "backend", "size", "used", "mounts", "snapshots", "created_at"];
    let cell = |row: &Value, column: &str| match &row[column] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        value if ["size", "used"].contains(&column) => human(value.as_u64().unwrap_or_default()),
        value => value.to_string(),
    };
    let mut table = vec![columns.map(|column| column.replace('_', " ").to_uppercase()).to_vec()];
    table.extend(rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()));
    let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    show(&table.iter().map(line).collect::<String>())
}

/// A volume's state. What is mounted from it or fills it up is asked of the kernel.
fn described(store: &Store, volume: &Volume, here: &Here) -> Result<Value> {
    let backend = &volume.record.backend;
    let mounted = mounts::is_mounted(&volume.data()).unwrap_or(true);
    let used = match backend.is_mounted_on_use() {
        // The disk's own figures; of what is not mounted, those of the image.
        true if mounted => {
            rustix::fs::statvfs(volume.data()).ok().map(|facts| (facts.f_blocks - facts.f_bfree) * facts.f_frsize)
        }
        true => fs::metadata(volume.image()).ok().map(|facts| {
            use std::os::unix::fs::MetadataExt;
            facts.blocks() * 512
        }),
        false => None,
    };
    Ok(json!({
        "name": volume.name,
        "backend": backend.name(),
        "size": backend.size(),
        "used": used,
        "mounted": backend.is_mounted_on_use().then_some(mounted),
        "mounts": volume.users(here)?.ids.len(),
        "other_hosts": volume.users_elsewhere(here)?,
        "snapshots": Snapshot::all(&store.snapshots(&volume.name))?.len(),
        "created_at": volume.record.created_at,
        "mountpoint": volume.data(),
    }))
}

/// A size as people read it.
fn human(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let place = (0..units.len() - 1).find(|place| bytes >> (10 * place) < 1024).unwrap_or(units.len() - 1);
    // A float for one digit behind the point.
    let number = bytes as f64 / f64::from(1_u32 << (10 * place.min(3))) / 1024_f64.powi(place.saturating_sub(3) as i32);
    if place == 0 { format!("{bytes} B") } else { format!("{number:.1} {}", units[place]) }
}

impl Volume {
    /// As snapshots see it.
    pub fn source(&self) -> Source {
        let image = self.record.backend.name() == "image";
        Source {
            volume: self.name.clone(),
            data: self.data(),
            image: image.then(|| self.image()),
            backend: Some(self.record.backend.clone()),
        }
    }

    /// Why its files can't be swapped now.
    pub fn not_idle(&self) -> Result<Option<String>> {
        let here = Here::new(LOCAL)?;
        let mut users = self.users_elsewhere(&here)?;
        if !self.users(&here)?.ids.is_empty() {
            users.insert(0, "this host".to_owned());
        }
        if !users.is_empty() {
            return Ok(Some(format!("it is mounted on {}", users.join(", "))));
        }
        let mounted = self.record.backend.is_mounted_on_use() && mounts::is_mounted(&self.data())?;
        Ok(mounted.then(|| "it is mounted".to_owned()))
    }
}

fn snapshots(given: &ArgMatches) -> Result<()> {
    let store = store(given)?;
    let Some((verb, given)) = given.subcommand() else { return Ok(()) };
    let word = |name: &str| given.try_get_one::<String>(name).ok().flatten().map(String::as_str);
    let there = |name: &str| store.volume(name)?.ok_or_else(|| trouble!("no such volume: {name}"));
    let (volume, name) = (word("VOLUME").unwrap_or_default(), word("NAME"));
    let snapshot = || {
        let found = Snapshot::read(&store.snapshots(volume), name.unwrap_or_default())?;
        found.ok_or_else(|| trouble!("volume {volume} has no snapshot {}", name.unwrap_or_default()))
    };
    match verb {
        "take" => {
            let (source, place) = (there(volume)?.source(), store.snapshots(volume));
            let wanted = match word("method") {
                Some("btrfs") => Some(Method::Btrfs),
                Some("reflink") => Some(Method::Reflink),
                Some(_) => Some(Method::Copy),
                None => None,
            };
            let method = snapshot::method(&source, &place, wanted)?;
            if let Some(warning) = (method == Method::Copy).then(|| snapshot::faster_than_copy(&source)).flatten() {
                eprintln!("{warning}; copying");
            }
            let own = name.map_or_else(|| moment::short(seconds().cast_signed()), str::to_owned);
            let taken = snapshot::take(&source, &place, &own, name.is_some(), method)?;
            show(&format!("{}/{}\n", volume, taken.name))
        }
        "list" => {
            let names = if volume.is_empty() {
                snapshot::volumes(&store.root().join("snapshots"))?
            } else {
                vec![volume.to_owned()]
            };
            let mut text = String::new();
            for volume in names {
                for snapshot in Snapshot::all(&store.snapshots(&volume))? {
                    let Snapshot { name, record, .. } = snapshot;
                    text += &format!("{volume}/{name}  {}  {}\n", record.method.name(), record.created_at);
                }
            }
            show(&text)
        }
        "diff" => {
            let found = snapshot::differences(&there(volume)?.source(), &snapshot()?, usize::MAX)?;
            show(&found.iter().map(|difference| format!("{difference}\n")).collect::<String>())
        }
        "restore" => {
            let (volume, snapshot) = (there(volume)?, snapshot()?);
            let _lock = volume.lock()?;
            if let Some(why) = volume.not_idle()? {
                return Err(trouble!("volume {} is in use: {why}; stop its containers first", volume.name));
            }
            snapshot::restore(&volume.source(), &snapshot)
        }
        _ => snapshot()?.remove(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_as_people_read_them() {
        for (bytes, text) in
            [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 << 29, "1.5 GiB"), (5 << 40, "5.0 TiB")]
        {
            assert_eq!(super::human(bytes), text);
        }
    }
}
