//! `volumes fsck`: what is not as it should be in the plug-in's folder, and what can be done about it without loss.

use std::fs;
use std::path::Path;

use ansible::Tool;
use ansible::clap::{Arg, ArgAction, ArgMatches};

use super::backend;
use super::by_hand::{root, show, store};
use super::spec::{Backend, is_name};
use super::store::{Store, Volume, erase};
use super::users::{Here, LOCAL};
use crate::snapshot::{self, Snapshot};
use crate::system::{btrfs, mounts};
use crate::trouble::{Doing, Result, trouble};

pub const TOOL: Tool = Tool {
    name: "fsck",
    about: "Checks the plug-in's volumes: records, files, mounts, what killed processes left",
    arguments: |command| {
        root(command)
            .arg(
                Arg::new("repair")
                    .long("repair")
                    .action(ArgAction::SetTrue)
                    .help("mend what can be mended without loss: leftovers, mounts"),
            )
            .arg(
                Arg::new("forget-host")
                    .long("forget-host")
                    .value_name("HOST")
                    .help("a host of a shared root that is gone for good: what it had mounted, it has no more"),
            )
    },
    run: |given| Box::pin(async move { Ok(run(&given)?) }),
};

/// What was found.
struct Finding {
    what: String,
    /// How it is mended, where that loses nothing.
    mend: Option<Box<dyn Fn() -> Result<()>>>,
}

impl Finding {
    fn only(what: String) -> Finding {
        Finding { what, mend: None }
    }

    fn mended_by(what: String, mend: impl Fn() -> Result<()> + 'static) -> Finding {
        Finding { what, mend: Some(Box::new(mend)) }
    }
}

fn run(given: &ArgMatches) -> Result<()> {
    let store = store(given)?;
    if let Some(host) = given.get_one::<String>("forget-host") {
        return forget(&store, host);
    }
    let mut findings = Vec::new();
    for left in store.leftovers()? {
        let what = format!("{}: left behind by a process that was killed", left.display());
        findings.push(Finding::mended_by(what, move || erase(&left)));
    }
    for name in store.entries()? {
        if is_name(&name) {
            match store.volume(&name) {
                Ok(Some(volume)) => findings.extend(look(&volume)?),
                Ok(None) => findings.push(Finding::only(format!("volume {name}: it has no record (volume.json)"))),
                Err(trouble) => findings.push(Finding::only(format!("volume {name}: {trouble}"))),
            }
        } else if !name.starts_with(".new-") && !name.starts_with(".gone-") {
            findings.push(Finding::only(format!("{name:?} among the volumes is none")));
        }
    }
    let place = store.root().join("snapshots");
    for volume in snapshot::volumes(&place)? {
        findings.extend(look_at_snapshots(&place.join(&volume), &volume)?);
    }
    tell(&findings, given.get_flag("repair"))
}

fn tell(findings: &[Finding], repair: bool) -> Result<()> {
    let mut left = 0;
    for Finding { what, mend } in findings {
        let outcome = match (mend, repair) {
            (Some(mend), true) => match mend() {
                Ok(()) => "mended".to_owned(),
                Err(trouble) => {
                    left += 1;
                    format!("not mended: {trouble}")
                }
            },
            (Some(_), false) => {
                left += 1;
                "--repair mends it".to_owned()
            }
            (None, _) => {
                left += 1;
                "to be looked at by you".to_owned()
            }
        };
        show(&format!("{what} ({outcome})\n"))?;
    }
    match left {
        0 => show(if findings.is_empty() { "nothing is wrong\n" } else { "nothing is wrong any more\n" }),
        1 => Err(trouble!("one thing is wrong")),
        left => Err(trouble!("{left} things are wrong")),
    }
}

fn look(volume: &Volume) -> Result<Vec<Finding>> {
    let (name, data) = (&volume.name, volume.data());
    let backend = &volume.record.backend;
    let mut findings = Vec::new();
    if !data.is_dir() && !mounts::is_mounted(&data).unwrap_or(false) {
        return Ok(vec![Finding::only(format!("volume {name}: its files are gone: {} is no folder", data.display()))]);
    }
    match backend {
        Backend::Btrfs { .. } if !btrfs::is_subvolume(&data) => {
            findings.push(Finding::only(format!("volume {name}: {} is no subvolume", data.display())));
        }
        Backend::Image { size, .. } => {
            let there = fs::metadata(volume.image()).map(|facts| facts.len()).ok();
            if there.is_none() || size.is_some_and(|size| there != Some(size)) {
                let image = volume.image();
                return Ok(vec![Finding::only(format!("volume {name}: {} is not as it was made", image.display()))]);
            }
        }
        _ => {}
    }
    for left in [".data.restore", ".image.restore"] {
        if volume.folder.join(left).exists() {
            let (what, volume) = (format!("volume {name}: left by a restore that was killed"), volume.clone());
            findings.push(Finding::mended_by(what, move || {
                let _lock = volume.lock()?;
                snapshot::sweep(&volume.source())
            }));
        }
    }
    if backend.is_mounted_on_use() {
        let (here, mounted) = (Here::new(LOCAL)?, mounts::is_mounted(&data)?);
        let used = !volume.users(&here)?.ids.is_empty();
        let volume = volume.clone();
        if used && !mounted {
            let what = format!("volume {name}: containers have it, but it is not mounted");
            findings.push(Finding::mended_by(what, move || {
                let _lock = volume.lock()?;
                backend::attach(&volume)
            }));
        } else if mounted && !used && volume.users_elsewhere(&here)?.is_empty() {
            let what = format!("volume {name}: it is mounted, but no container has it");
            findings.push(Finding::mended_by(what, move || {
                let _lock = volume.lock()?;
                let free = volume.users(&here)?.ids.is_empty();
                match free && !backend::detach(&volume)? {
                    true => Err(trouble!("a process of this host uses it")),
                    false => Ok(()),
                }
            }));
        }
    }
    Ok(findings)
}

fn look_at_snapshots(place: &Path, volume: &str) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for entry in fs::read_dir(place).doing(|| format!("listing {}", place.display()))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with(".new-") || name.starts_with(".gone-") {
            let what = format!("{}: left behind by a process that was killed", path.display());
            findings.push(Finding::mended_by(what, move || erase(&path)));
            continue;
        }
        match Snapshot::read(place, &name) {
            Ok(Some(snapshot)) if !snapshot.data().is_dir() && !snapshot.image().is_file() => {
                findings.push(Finding::only(format!("snapshot {volume}/{name}: its files are gone")));
            }
            Ok(Some(_)) => {}
            Ok(None) => findings.push(Finding::only(format!("{} is no snapshot", path.display()))),
            Err(trouble) => findings.push(Finding::only(format!("snapshot {volume}/{name}: {trouble}"))),
        }
    }
    Ok(findings)
}

/// Takes the mounts of a host away that is gone for good.
fn forget(store: &Store, host: &str) -> Result<()> {
    if host.is_empty() || host.contains(['/', '.']) || host == LOCAL {
        return Err(trouble!("`--forget-host`: {host:?} is no other host"));
    }
    let mut forgotten = 0;
    for name in store.names()? {
        let Some(volume) = store.volume(&name)? else { continue };
        let _lock = volume.lock()?;
        forgotten += usize::from(fs::remove_file(volume.folder.join(format!("users.{host}.json"))).is_ok());
    }
    show(&format!("{host} had {forgotten} volumes mounted\n"))
}
