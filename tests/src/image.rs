//! A small image without a registry: Debian's static busybox, every applet a link to it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Failure, debian};

/// Imports the image under `name`; `docker` is a client command for the engine.
pub(crate) fn import(mut docker: Command, name: &str) -> Result<(), Failure> {
    let doing = format!("importing the image {name}");
    let failed = |error: std::io::Error| Failure::new(&doing, error);
    let tree = tree(&busybox()?).map_err(failed)?;
    let mut client = docker
        .args(["import", "--change", "CMD [\"sh\"]", "-", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = client.stdin.take() {
        // A client that fails early says why itself.
        let _ = input.write_all(&tree);
    }
    let output = client.wait_with_output().map_err(failed)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(Failure::new(&doing, String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// A root file system as a tar: always the same bytes for the same busybox.
fn tree(busybox: &Path) -> std::io::Result<Vec<u8>> {
    let program = fs::read(busybox)?;
    let applets = Command::new(busybox).arg("--list").output()?.stdout;
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
