//! The plug-in's calls, as they act on the store: each is idempotent, since the engine asks again when an answer got
//! lost. Blocking; nothing here knows HTTP.

use std::path::PathBuf;

use super::backend;
use super::spec::Spec;
use super::store::{Store, Volume};
use super::users::{Here, seconds};
use crate::trouble::{Result, trouble};

/// What answers for the volumes of a store.
#[derive(Debug)]
pub struct Desk {
    /// The volumes.
    pub store: Store,
    /// Who we are.
    pub here: Here,
    /// The back end of volumes that name none.
    pub usual: String,
    /// Whether the one engine that uses us makes sure itself that nobody has a volume that it removes.
    pub engine_decides: bool,
}

impl Desk {
    /// Makes a volume.
    pub fn create(&self, name: &str, options: &std::collections::BTreeMap<String, String>) -> Result<()> {
        let spec = Spec::read(options, &self.usual)?;
        self.store.create(name, &spec).map(drop)
    }

    /// The volume of that name.
    pub fn get(&self, name: &str) -> Result<Volume> {
        self.store.volume(name)?.ok_or_else(|| trouble!("no such volume: {name}"))
    }

    /// Gives the volume to the user `id`: mounts it for the first one. Where its files are.
    pub fn mount(&self, name: &str, id: &str) -> Result<PathBuf> {
        if id.is_empty() || id.len() > 256 {
            return Err(trouble!("volume {name}: the mount ID has {} letters instead of 1 to 256", id.len()));
        }
        let volume = self.get(name)?;
        let _lock = volume.lock()?;
        // It may have been removed while we waited for the lock.
        let volume = self.get(name)?;
        let mut users = volume.users(&self.here)?;
        backend::attach(&volume)?;
        if !users.ids.contains_key(id) {
            users.ids.insert(id.to_owned(), seconds());
            volume.set_users(&self.here, &users)?;
        }
        Ok(volume.data())
    }

    /// Takes the volume back from the user `id`: unmounts it after the last one. A user that is not known has given it
    /// back already.
    pub fn unmount(&self, name: &str, id: &str) -> Result<()> {
        let volume = self.get(name)?;
        let _lock = volume.lock()?;
        let mut users = volume.users(&self.here)?;
        if users.ids.len() == 1 && users.ids.contains_key(id) && !backend::detach(&volume)? {
            // Somebody on the host is in it. The container has left all the same; the next round of the check unmounts.
            eprintln!("volume {name} stays mounted: a process of this host uses it");
        }
        if users.ids.remove(id).is_some() {
            volume.set_users(&self.here, &users)?;
        }
        Ok(())
    }

    /// Takes the volume away; what is left to be erased. One that is not there is gone already.
    pub fn remove(&self, name: &str) -> Result<Option<PathBuf>> {
        let Some(volume) = self.store.volume(name)? else { return Ok(None) };
        let _lock = volume.lock()?;
        let users = volume.users(&self.here)?;
        if !users.ids.is_empty() && !self.engine_decides {
            return Err(trouble!("volume {name} is in use: it is mounted {} times", users.ids.len()));
        }
        let elsewhere = volume.users_elsewhere(&self.here)?;
        if !elsewhere.is_empty() {
            return Err(trouble!("volume {name} is in use on {}", elsewhere.join(", ")));
        }
        if !backend::detach(&volume)? {
            return Err(trouble!("volume {name} is in use by a process of this host"));
        }
        self.store.discard(&volume).map(Some)
    }
}
