//! Who really uses a volume: an engine that crashed may never give back what it mounted.
//!
//! A mount ID is dropped only when it is older than a start may take, no engine has a running container with the volume,
//! and no process of this host sees the volume's files in another mount namespace than ours.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use docker::{Connection, Engine};

use super::Service;
use crate::plugin::backend;
use crate::plugin::desk::Desk;
use crate::plugin::store::Volume;
use crate::plugin::users::seconds;
use crate::system::mounts::{self, Mount};
use crate::trouble::{Doing, Result};

/// Checks at the start, when an engine starts, and now and then.
pub async fn forever(service: Arc<Service>, engines: Vec<Connection>, grace: Duration) {
    loop {
        if let Err(trouble) = round(&service.desk, &engines, grace).await {
            eprintln!("checking who uses the volumes: {trouble}");
        }
        let pause = grace.clamp(Duration::from_secs(1), Duration::from_secs(600));
        tokio::select! {
            () = service.check.notified() => tokio::time::sleep(Duration::from_secs(1)).await,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn round(desk: &Arc<Desk>, engines: &[Connection], grace: Duration) -> Result<()> {
    let candidates = candidates(desk, grace)?;
    if candidates.is_empty() {
        return Ok(());
    }
    if engines.is_empty() {
        return Ok(());
    }
    let mut used = BTreeSet::new();
    for connection in engines {
        used.extend(running(connection).await?);
    }
    let desk = desk.clone();
    let work = move || {
        for volume in candidates.iter().filter(|volume| !used.contains(&volume.name)) {
            if let Err(trouble) = settle(&desk, volume, grace) {
                eprintln!("checking who uses volume {}: {trouble}", volume.name);
            }
        }
    };
    tokio::task::spawn_blocking(work).await.doing(|| "checking")
}

/// The volumes with users of some age, and those that are mounted without users.
fn candidates(desk: &Desk, grace: Duration) -> Result<Vec<Volume>> {
    let mut found = Vec::new();
    for name in desk.store.names()? {
        let Ok(Some(volume)) = desk.store.volume(&name) else { continue };
        let users = volume.users(&desk.here)?;
        let old = users.ids.values().any(|since| is_old(*since, grace));
        let idle = users.ids.is_empty()
            && volume.record.backend.is_mounted_on_use()
            && mounts::is_mounted(&volume.data()).unwrap_or(false);
        if old || idle {
            found.push(volume);
        }
    }
    Ok(found)
}

fn is_old(since: u64, grace: Duration) -> bool {
    seconds().saturating_sub(since) >= grace.as_secs()
}

/// The volumes of an engine's containers that run, are paused or are about to run again.
async fn running(connection: &Connection) -> Result<BTreeSet<String>> {
    let doing = || format!("asking the engine at {}", connection.docker_host);
    let engine = Engine::connect(connection).await.doing(doing)?;
    let list = engine.get("/containers/json", &[]).await.doing(doing)?;
    let mounts = list.as_array().into_iter().flatten().filter_map(|container| container["Mounts"].as_array());
    Ok(mounts.flatten().filter_map(|mount| mount["Name"].as_str()).map(str::to_owned).collect())
}

/// Drops a volume's old users, unless somebody has its files in sight, and unmounts it when nobody is left.
fn settle(desk: &Desk, volume: &Volume, grace: Duration) -> Result<()> {
    let _lock = volume.lock()?;
    let Some(volume) = desk.store.volume(&volume.name)? else { return Ok(()) };
    if is_seen(&volume.data())? {
        return Ok(());
    }
    let mut users = volume.users(&desk.here)?;
    let before = users.ids.len();
    users.ids.retain(|_, since| !is_old(*since, grace));
    let lost = before - users.ids.len();
    if users.ids.is_empty() && !backend::detach(&volume)? {
        eprintln!("volume {} stays mounted: a process of this host uses it", volume.name);
    }
    if lost > 0 {
        eprintln!("volume {}: {lost} mounts were never given back; no container has them any more", volume.name);
        volume.set_users(&desk.here, &users)?;
    }
    Ok(())
}

/// Whether a process in another mount namespace has a folder's files mounted, elsewhere than they are for us.
fn is_seen(data: &Path) -> Result<bool> {
    let own = mounts::table("self")?;
    let Some(mount) = mounts::mount_of(&own, data) else { return Ok(false) };
    let below = data.strip_prefix(&mount.target).unwrap_or(Path::new(""));
    // Joining nothing would add a slash.
    let root = if below.as_os_str().is_empty() { mount.root.clone() } else { mount.root.join(below) };
    let theirs = |other: &Mount| other.device == mount.device && other.root.starts_with(&root) && other.target != data;
    let mut namespaces: BTreeSet<PathBuf> = fs::read_link("/proc/self/ns/mnt").into_iter().collect();
    for entry in fs::read_dir("/proc").doing(|| "listing processes")?.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) else { continue };
        // A process that ends meanwhile has nothing in sight.
        let Ok(namespace) = fs::read_link(entry.path().join("ns/mnt")) else { continue };
        if namespaces.insert(namespace) && mounts::table(pid).unwrap_or_default().iter().any(theirs) {
            return Ok(true);
        }
    }
    Ok(false)
}
