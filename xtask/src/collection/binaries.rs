//! Builds the static binaries.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::{Workspace, cargo};

/// An architecture, and what builds for it.
pub struct Architecture {
    /// The folder under `bin/`: what `uname -m` says.
    pub machine: &'static str,
    /// Rust's target triple.
    triple: &'static str,
    /// The C compiler, which links too, when it is not the machine's own.
    compiler: Option<&'static str>,
    /// The folder with `cargo` and `rustc`, when they are not the ones that run us.
    toolchain: Option<&'static Path>,
}

/// What every collection holds.
pub const X86_64: Architecture =
    Architecture { machine: "x86_64", triple: "x86_64-unknown-linux-gnu", compiler: None, toolchain: None };

/// aarch64, when this machine can build for it.
pub fn aarch64() -> Result<Architecture> {
    let triple = "aarch64-unknown-linux-gnu";
    let compiler = "aarch64-linux-gnu-gcc";
    let has_std = |rustc: &str| library(rustc, triple).join("lib").is_dir();
    // Debian's Rust brings the standard library for other architectures; rustup's downloads it.
    let toolchain = match (has_std("rustc"), has_std("/usr/bin/rustc")) {
        (true, _) => None,
        (false, true) => Some(Path::new("/usr/bin")),
        (false, false) => bail!(
            "there is no standard library for {triple}. With rustup: rustup target add {triple}. On Debian, as root: \
             dpkg --add-architecture arm64 && apt-get update && \
             apt-get install rustc-web cargo-web libstd-rust-web-dev:arm64. Or leave it out: --x86-64-only"
        ),
    };
    if process::output(Command::new(compiler).arg("--version")).is_err() {
        bail!("`{compiler}` is missing. As root: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross");
    }
    Ok(Architecture { machine: "aarch64", triple, compiler: Some(compiler), toolchain })
}

/// Where this `rustc` keeps what it has for a target.
fn library(rustc: &str, triple: &str) -> PathBuf {
    let sysroot = process::output(Command::new(rustc).args(["--print", "sysroot"])).unwrap_or_default();
    Path::new(sysroot.trim()).join("lib/rustlib").join(triple)
}

/// How to build.
#[derive(Clone, Copy)]
pub enum Profile {
    /// Small and slow to build: what is shipped.
    Release,
    /// Quick to build, for developers.
    Quick,
}

impl Profile {
    /// What a `--dev` flag asks for.
    pub fn of(dev: bool) -> Self {
        if dev { Self::Quick } else { Self::Release }
    }
}

/// Builds all domains for `architecture` and returns each binary's name and path.
pub fn build(workspace: &Workspace, architecture: &Architecture, profile: Profile) -> Result<Vec<(String, PathBuf)>> {
    let profile = match profile {
        Profile::Release => "release",
        Profile::Quick => "quick",
    };
    let mut command =
        Command::new(architecture.toolchain.map_or_else(|| cargo().into(), |folder| folder.join("cargo")));
    command.current_dir(&workspace.root).args(["build", "--profile", profile, "--target", architecture.triple]);
    for domain in &workspace.domains {
        command.args(["--package", &domain.name]);
    }
    if let Some(folder) = architecture.toolchain {
        command.env("RUSTC", folder.join("rustc")).env_remove("RUSTUP_TOOLCHAIN");
    }
    if let Some(compiler) = architecture.compiler {
        let triple = architecture.triple.replace('-', "_");
        command.env(format!("CARGO_TARGET_{}_LINKER", triple.to_ascii_uppercase()), compiler);
        command.env(format!("CC_{triple}"), compiler);
    }
    // Here and not in .cargo/config.toml: without --target it would reach proc-macros, which can't be static. The
    // environment wins over any RUSTFLAGS of the user. Paths of the building machine stay out of the binaries.
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    // Relocations in their short form: 110 kB less of 3.5 MB. The static glibc that is linked in reads them since 2.36.
    flags.push("-Clink-arg=-Wl,-z,pack-relative-relocs".to_owned());
    let script = workspace.root.join("xtask/src/collection/no-unwind-tables.ld");
    flags.push(format!("-Clink-arg=-Wl,-T,{}", script.display()));
    // A C library that is cut in other pieces than the one we know still brings what modules/common/runtime stands for:
    // the binary is larger then, and links all the same.
    flags.push("-Clink-arg=-Wl,-z,muldefs".to_owned());
    // Sequences of instructions that recur become functions.
    flags.push("-Cllvm-args=-enable-machine-outliner=always".to_owned());
    // Functions that are the same become one. rustup's Rust links by LLD where it has it here; no other linker can do it.
    if architecture.toolchain.is_none() && library("rustc", architecture.triple).join("bin/gcc-ld").is_dir() {
        flags.push("-Clink-arg=-Wl,--icf=all".to_owned());
    }
    flags.push(format!("--remap-path-prefix={}=.", workspace.root.display()));
    if let Some(home) = cargo_home() {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    process::run(&mut command)?;
    let folder = workspace.target.join(architecture.triple).join(profile);
    Ok(workspace.domains.iter().map(|domain| (domain.name.clone(), folder.join(&domain.name))).collect())
}

/// Where cargo keeps the sources of dependencies.
fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))
}
