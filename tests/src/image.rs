//! A small image without a registry: Debian's static busybox, every applet a link to it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Failure, debian};

/// Imports the image under `name`; `docker` is a client command for the engine.
pub(crate) fn import(docker: Command, name: &str) -> Result<(), Failure> {
    let busybox = busybox()?;
    let tree = tree(&busybox, &mut Command::new(&busybox), &[])
        .map_err(|error| Failure::new(&format!("making the image {name}"), error))?;
    send(docker, name, &tree)
}

/// As [`import`], with the BusyBox of a root file system and the libraries that it is linked to: a static one can't ask DNS.
pub(crate) fn import_of_tree(docker: Command, name: &str, root: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(&format!("making the image {name}"), error);
    let listed = Command::new("chroot").arg(root).args(["ldd", "/bin/busybox"]).output().map_err(failed)?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let libraries: Vec<PathBuf> =
        listed.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect();
    let read = |path: &PathBuf| {
        let inside = path.strip_prefix("/").unwrap_or(path);
        Ok((inside.to_owned(), fs::read(root.join(inside))?))
    };
    let files = libraries.iter().map(read).collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    // It may need a newer C library than the machine has.
    let mut inside = Command::new("chroot");
    let tree = tree(&root.join("bin/busybox"), inside.arg(root).arg("/bin/busybox"), &files).map_err(failed)?;
    send(docker, name, &tree)
}

fn send(mut docker: Command, name: &str, tree: &[u8]) -> Result<(), Failure> {
    let doing = format!("importing the image {name}");
    let failed = |error: std::io::Error| Failure::new(&doing, error);
    let mut client = docker
        .args(["import", "--change", "CMD [\"sh\"]", "-", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = client.stdin.take() {
        // A client that fails early says why itself.
        let _ = input.write_all(tree);
    }
    let output = client.wait_with_output().map_err(failed)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(Failure::new(&doing, String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// A root file system as a tar: always the same bytes for the same busybox.
fn tree(busybox: &Path, run: &mut Command, libraries: &[(PathBuf, Vec<u8>)]) -> std::io::Result<Vec<u8>> {
    let program = fs::read(busybox)?;
    let applets = run.arg("--list").output()?.stdout;
    let mut tar = tar::Builder::new(Vec::new());
    let header = |kind: tar::EntryType, mode: u32, size: usize| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(size as u64);
        header.set_mtime(0);
        header
    };
    for (folder, mode) in [("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777), ("var", 0o755)] {
        tar.append_data(&mut header(tar::EntryType::Directory, mode, 0), folder, std::io::empty())?;
    }
    for (path, text) in [
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
        ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ] {
        tar.append_data(&mut header(tar::EntryType::Regular, 0o644, text.len()), path, text.as_bytes())?;
    }
    tar.append_data(&mut header(tar::EntryType::Regular, 0o755, program.len()), "bin/busybox", program.as_slice())?;
    for (path, library) in libraries {
        tar.append_data(&mut header(tar::EntryType::Regular, 0o755, library.len()), path, library.as_slice())?;
    }
    for applet in String::from_utf8_lossy(&applets).lines().filter(|applet| *applet != "busybox") {
        tar.append_link(&mut header(tar::EntryType::Symlink, 0o777, 0), format!("bin/{applet}"), "busybox")?;
    }
    tar.into_inner()
}

/// A static busybox: the machine's, or Debian's busybox-static.
fn busybox() -> Result<PathBuf, Failure> {
    let installed = PathBuf::from("/bin/busybox");
    let usable = installed.exists()
        && is_static(&installed).map_err(|error| Failure::new("looking at the machine's busybox", error))?;
    if usable { Ok(installed) } else { debian::unpacked("busybox-static", "bin/busybox") }
}

/// Whether an ELF program names no interpreter.
fn is_static(program: &Path) -> std::io::Result<bool> {
    // The interpreter's name stands in the first page of a dynamic program.
    let start = fs::read(program)?;
    Ok(!start.iter().take(4096).copied().collect::<Vec<u8>>().windows(7).any(|window| window == b"/ld-lin"))
}
