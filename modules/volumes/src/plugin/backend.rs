//! What each back end does: prepares a volume's folder, mounts it, unmounts it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::mount::MountFlags;

use super::spec::{Backend, Filesystem, Remote, Spec};
use super::store::{Store, Volume};
use crate::snapshot::{Kind, Snapshot};
use crate::system::loops::Loop;
use crate::system::tree::{self, Means};
use crate::system::{btrfs, mounts};
use crate::trouble::{Doing, Result, trouble};

/// Makes `data`, and what belongs to it, in a new volume's folder. What the back end became: with the facts of the
/// snapshot that it was filled from.
pub fn prepare(store: &Store, spec: &Spec, folder: &Path) -> Result<Backend> {
    let data = folder.join("data");
    let source = spec.from_snapshot.as_ref().map(|wanted| Snapshot::of(&store.snapshots(&wanted.volume), wanted));
    let source = source.transpose()?;
    match &spec.backend {
        Backend::Directory => fill_folder(source.as_ref(), &data)?,
        Backend::Reflink => {
            if !tree::can_reflink(folder, folder) {
                return Err(trouble!(
                    "back end reflink: files in {} can't share blocks; that takes btrfs, or xfs with reflink=1",
                    store.root().display()
                ));
            }
            fill_folder(source.as_ref(), &data)?;
        }
        Backend::Btrfs { size } => {
            if !btrfs::is_btrfs(folder) {
                return Err(trouble!("back end btrfs: {} is not on btrfs", store.root().display()));
            }
            match &source {
                Some(snapshot) if snapshot.record.kind == Kind::Subvolume => {
                    btrfs::snapshot(&snapshot.data(), &data, false)?;
                }
                source => {
                    btrfs::create(&data)?;
                    fill(source.as_ref(), &data)?;
                }
            }
            if let Some(size) = size {
                btrfs::limit(&data, *size)?;
            }
        }
        Backend::Image { size, filesystem } => {
            return image(source.as_ref(), folder, *size, *filesystem, spec);
        }
        Backend::Tmpfs { .. } | Backend::Nfs(_) | Backend::Cifs(_) => {
            return new_folder(&data).map(|()| spec.backend.clone());
        }
    }
    dress(&data, spec)?;
    Ok(spec.backend.clone())
}

fn new_folder(path: &Path) -> Result<()> {
    let doing = || format!("making the folder {}", path.display());
    fs::create_dir(path).doing(doing)?;
    // Whatever our umask: the mode that the engine's own driver gives.
    fs::set_permissions(path, Permissions::from_mode(0o755)).doing(doing)
}

fn fill_folder(source: Option<&Snapshot>, data: &Path) -> Result<()> {
    new_folder(data)?;
    fill(source, data)
}

/// Fills an empty folder from a snapshot.
fn fill(source: Option<&Snapshot>, data: &Path) -> Result<()> {
    let Some(snapshot) = source else { return Ok(()) };
    if snapshot.record.kind == Kind::Image {
        return Err(trouble!("snapshot {} is that of an image: it fills volumes of backend=image only", snapshot.name));
    }
    let from = snapshot.data();
    let means = if tree::can_reflink(&snapshot.folder, data) { Means::Reflink } else { Means::Copy };
    tree::copy(&from, data, means)
}

/// Gives the topmost folder the mode and owner that were asked for.
fn dress(data: &Path, spec: &Spec) -> Result<()> {
    let doing = || format!("setting mode and owner of {}", data.display());
    if let Some((user, group)) = spec.owner {
        chown(data, Some(user), Some(group)).doing(doing)?;
    }
    if let Some(mode) = spec.mode {
        fs::set_permissions(data, Permissions::from_mode(mode)).doing(doing)?;
    }
    Ok(())
}

/// Makes an image: formatted, or a snapshot's copy.
fn image(
    source: Option<&Snapshot>,
    folder: &Path,
    size: Option<u64>,
    filesystem: Filesystem,
    spec: &Spec,
) -> Result<Backend> {
    let (image, data) = (folder.join("image"), folder.join("data"));
    new_folder(&data)?;
    let made = match source {
        None => {
            let size = size.ok_or_else(|| trouble!("back end image needs the option `size`"))?;
            let doing = || format!("making {}", image.display());
            let file = File::options().write(true).create_new(true).open(&image).doing(doing)?;
            file.set_permissions(Permissions::from_mode(0o600)).and_then(|()| file.set_len(size)).doing(doing)?;
            format(&image, filesystem)?;
            Backend::Image { size: Some(size), filesystem }
        }
        Some(snapshot) => {
            let Some(Backend::Image { size: there, filesystem: kind }) = snapshot.record.backend.clone() else {
                return Err(trouble!("snapshot {} is not that of an image: take another back end", snapshot.name));
            };
            if size.is_some() && size != there {
                let bytes = there.unwrap_or_default();
                return Err(trouble!(
                    "option `size`: snapshot {} has {bytes} bytes; leave the option out",
                    snapshot.name
                ));
            }
            let means = if tree::can_reflink(&snapshot.folder, folder) { Means::Reflink } else { Means::Copy };
            tree::copy_file(&snapshot.image(), &image, means)?;
            Backend::Image { size: there, filesystem: kind }
        }
    };
    let Backend::Image { filesystem, .. } = made else { return Ok(made) };
    mount_image(&image, &data, filesystem)?;
    let lost = data.join("lost+found");
    let dressed = dress(&data, spec).and_then(|()| match fs::remove_dir(&lost) {
        // A new volume is to be empty: databases refuse another, and the engine fills no other from the image.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound && source.is_none() => {
            Err(error).doing(|| format!("removing {}", lost.display()))
        }
        _ => Ok(()),
    });
    let unmounted = mounts::unmount(&data);
    dressed?;
    if !unmounted? {
        return Err(trouble!("unmounting {}: somebody uses it", data.display()));
    }
    Ok(made)
}

fn format(image: &Path, filesystem: Filesystem) -> Result<()> {
    let (program, words): (&str, &[&str]) = match filesystem {
        Filesystem::Ext4 => ("mkfs.ext4", &["-q", "-F", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1"]),
        Filesystem::Xfs => ("mkfs.xfs", &["-q"]),
    };
    run(Command::new(program).args(words).arg(image), || format!("formatting {}", image.display()))
}

fn mount_image(image: &Path, data: &Path, filesystem: Filesystem) -> Result<()> {
    let device = Loop::attach(image)?;
    // A copy of an image has its identity too, and xfs would not have both.
    let words = if filesystem == Filesystem::Xfs { "nouuid" } else { "" };
    mounts::mount(device.path(), data, filesystem.name(), MountFlags::NODEV, words)
}

/// Mounts what is mounted on use. What is mounted already stays.
pub fn attach(volume: &Volume) -> Result<()> {
    let (backend, data) = (&volume.record.backend, volume.data());
    if !backend.is_mounted_on_use() || mounts::is_mounted(&data)? {
        return Ok(());
    }
    match backend {
        Backend::Directory | Backend::Reflink | Backend::Btrfs { .. } => Ok(()),
        Backend::Tmpfs { size } => {
            let mut words = vec![format!("mode={:o}", volume.record.wanted.mode.unwrap_or(0o755))];
            words.extend(size.map(|size| format!("size={size}")));
            words.extend(volume.record.wanted.owner.map(|(user, group)| format!("uid={user},gid={group}")));
            let flags = MountFlags::NODEV | MountFlags::NOSUID;
            mounts::mount(Path::new("tmpfs"), &data, "tmpfs", flags, &words.join(","))
        }
        Backend::Image { filesystem, .. } => mount_image(&volume.image(), &data, *filesystem),
        Backend::Nfs(remote) => mount_remote("nfs", remote, &data),
        Backend::Cifs(remote) => mount_remote("cifs", remote, &data),
    }
}

/// By mount(8): the file systems' own helpers know what versions and secrets a server wants.
fn mount_remote(kind: &str, remote: &Remote, data: &Path) -> Result<()> {
    let credentials = remote.credentials.as_ref().map(|path| format!("credentials={path}"));
    let options: Vec<&str> = [remote.options.as_str(), credentials.as_deref().unwrap_or_default()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    let mut command = Command::new("mount");
    command.args(["-t", kind]);
    if !options.is_empty() {
        command.args(["-o", &options.join(",")]);
    }
    command.arg("--").arg(&remote.device).arg(data);
    run(&mut command, || format!("mounting {}", remote.device))
}

/// Unmounts what is mounted on use. Whether it is unmounted now: somebody on the host may be in it.
pub fn detach(volume: &Volume) -> Result<bool> {
    let data = volume.data();
    if !volume.record.backend.is_mounted_on_use() || !mounts::is_mounted(&data)? {
        return Ok(true);
    }
    mounts::unmount(&data)
}

/// Runs a program of the host; what it says is the error.
fn run(command: &mut Command, doing: impl Fn() -> String) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin")).stdin(Stdio::null());
    let output = command.output().map_err(|error| trouble!("{}: can't run {program}: {error}", doing()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).trim().replace('\n', "; "));
    let said = said.into_iter().find(|text| !text.is_empty()).unwrap_or_else(|| output.status.to_string());
    Err(trouble!("{}: {program}: {said}", doing()))
}
