//! Work in a fixture's own namespaces, where its mounts are, and a fixture that has nothing but those.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::namespace::Namespace;

/// A fixture with namespaces of its own.
pub trait Inside {
    /// Its namespaces.
    #[doc(hidden)]
    fn namespace(&self) -> &Namespace;

    /// A command that runs `program` in all of its namespaces: it sees its mounts and processes, and what it mounts
    /// goes with the fixture.
    fn command_inside(&self, program: impl AsRef<Path>) -> Command {
        self.namespace().command_inside(program.as_ref())
    }

    /// A path that the fixture sees, as this process can reach it.
    fn path_inside(&self, path: &str) -> PathBuf {
        self.namespace().path_inside(path)
    }

    /// The folder that is the fixture's own, and goes with it; the same inside and outside.
    fn place(&self) -> &Path {
        self.namespace().place()
    }
}

/// Namespaces with nothing in them: for what mounts.
#[derive(Debug)]
pub struct Host {
    namespace: Namespace,
}

impl Host {
    /// Makes the namespaces.
    ///
    /// # Errors
    /// Not root.
    pub fn start() -> Result<Host, Failure> {
        let place = Namespace::new_place()?;
        let idle = ["sleep".to_owned(), "infinity".to_owned()];
        let ready = || place.join("holder").exists();
        Ok(Host { namespace: Namespace::start_until(&place, false, &idle, ready)? })
    }
}

impl Inside for Host {
    fn namespace(&self) -> &Namespace {
        &self.namespace
    }
}
