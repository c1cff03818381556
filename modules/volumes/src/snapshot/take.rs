//! Taking a snapshot.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::{FORMAT, Kind, Method, Record, Snapshot, Source};
use crate::backup::moment;
use crate::plugin::spec::{Backend, is_name};
use crate::plugin::store::{Staged, sync, write_whole};
use crate::system::tree::{self, Means};
use crate::system::{btrfs, mounts};
use crate::trouble::{Doing, Result, Trouble, trouble};

/// How a snapshot of the volume is taken into `place` (which need not be there yet): as wanted, else the best that the
/// file system has.
///
/// # Errors
/// It can't be taken in that way, or in no way but one that the user should ask for.
pub fn method(source: &Source, place: &Path, wanted: Option<Method>) -> Result<Method> {
    if let Some(backend @ (Backend::Tmpfs { .. } | Backend::Nfs(_) | Backend::Cifs(_))) = &source.backend {
        return Err(trouble!(
            "volume {} is of back end {}, which has no snapshots; back it up instead",
            source.volume,
            backend.name()
        ));
    }
    let table = mounts::table("self")?;
    let original = source.image.as_ref().unwrap_or(&source.data);
    let there = existing(place);
    let (from, to) = (mounts::mount_of(&table, original), mounts::mount_of(&table, there));
    let same = from.zip(to).is_some_and(|(from, to)| from.device == to.device);
    let possible = |method: Method| match method {
        Method::Btrfs => same && source.image.is_none() && btrfs::is_subvolume(&source.data),
        Method::Reflink => same && tree::can_reflink(there, there),
        // Files of a mounted file system must not change while its image is copied.
        Method::Copy => source.image.is_none() || !mounts::is_mounted(&source.data).unwrap_or(true),
    };
    match wanted {
        Some(method) if possible(method) => return Ok(method),
        Some(method) => return Err(refusal(source, place, method, same)),
        None => {}
    }
    if let Some(method) = [Method::Btrfs, Method::Reflink].into_iter().find(|method| possible(*method)) {
        return Ok(method);
    }
    if from.is_some_and(|mount| mount.kind == "zfs") {
        return Err(trouble!(
            "volume {} is on ZFS, whose snapshots this does not make: use `zfs snapshot`, or say that a full copy is meant",
            source.volume
        ));
    }
    if possible(Method::Copy) { Ok(Method::Copy) } else { Err(refusal(source, place, Method::Copy, same)) }
}

fn refusal(source: &Source, place: &Path, method: Method, same: bool) -> Trouble {
    let (volume, place) = (&source.volume, place.display());
    match method {
        Method::Copy => trouble!(
            "volume {volume} is an image in use, which can only be copied where files share blocks: stop its users, or \
             keep the volumes on btrfs or xfs"
        ),
        Method::Btrfs | Method::Reflink if !same => {
            trouble!(
                "volume {volume} and {place} are on different file systems: a snapshot has to stay on the volume's own"
            )
        }
        Method::Btrfs => trouble!("volume {volume} is no btrfs subvolume"),
        Method::Reflink => trouble!("files in {place} can't share blocks; that takes btrfs, or xfs with reflink=1"),
    }
}

/// What of a path is there already.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

/// What would be faster than the copy that is taken, where the host has something.
pub fn faster_than_copy(source: &Source) -> Option<String> {
    let table = mounts::table("self").ok()?;
    let mount = mounts::mount_of(&table, &source.data)?;
    let mapped = fs::read_to_string(format!("/sys/dev/block/{}/dm/uuid", mount.device)).ok()?;
    mapped.starts_with("LVM-").then(|| {
        format!(
            "volume {} is on LVM ({} {}), whose snapshots this does not make",
            source.volume, mount.kind, mount.device
        )
    })
}

/// Takes a snapshot by `method`.
pub fn take(source: &Source, place: &Path, name: &str, named: bool, method: Method) -> Result<Snapshot> {
    if !is_name(name) {
        return Err(trouble!("{name:?} can't be a snapshot's name; {}, and at most 200 of them", docker::NAMES));
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(place);
    made.doing(|| format!("making the folder {}", place.display()))?;
    let staged = Staged::new(place, name)?;
    let means = if method == Method::Copy { Means::Copy } else { Means::Reflink };
    let data = staged.folder.join("data");
    let kind = match (&source.image, method) {
        (Some(image), _) => {
            // What is mounted is a journal's replay away from whole, as after a power cut: all written before is in it.
            File::open(&source.data)
                .and_then(|data| Ok(rustix::fs::syncfs(data)?))
                .doing(|| format!("writing {} to disk", source.data.display()))?;
            tree::copy_file(image, &staged.folder.join("image"), means)?;
            Kind::Image
        }
        (None, Method::Btrfs) => {
            btrfs::snapshot(&source.data, &data, true)?;
            Kind::Subvolume
        }
        (None, Method::Reflink | Method::Copy) => {
            fs::create_dir(&data).doing(|| format!("making the folder {}", data.display()))?;
            tree::copy(&source.data, &data, means)?;
            Kind::Tree
        }
    };
    let now = time::OffsetDateTime::now_utc();
    let record = Record {
        format: FORMAT,
        volume: source.volume.clone(),
        created_at: moment::text(now.unix_timestamp()),
        nanoseconds: now.nanosecond(),
        method,
        kind,
        named,
        backend: source.backend.clone(),
    };
    write_whole(&staged.folder.join("snapshot.json"), &record)?;
    let folder = place.join(name);
    let named = rustix::fs::renameat_with(
        rustix::fs::CWD,
        &staged.folder,
        rustix::fs::CWD,
        &folder,
        rustix::fs::RenameFlags::NOREPLACE,
    );
    named.map_err(|error| match error {
        rustix::io::Errno::EXIST => trouble!("volume {} has a snapshot {name} already", source.volume),
        error => trouble!("making {}: {error}", folder.display()),
    })?;
    staged.published();
    sync(place)?;
    Ok(Snapshot { name: name.to_owned(), folder, record })
}
