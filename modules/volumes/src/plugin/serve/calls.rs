//! The calls of the plug-in protocol: JSON in, JSON out.
//!
//! Source: Docker's "Volume plugin protocol" v1. Engines differ in their headers, so none is looked at.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use crate::plugin::desk::Desk;
use crate::plugin::store::{Volume, erase};
use crate::system::mounts;
use crate::trouble::{Result, trouble};

/// An answer on its way out.
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: String,
}

impl Answer {
    /// What the engine shows to its user.
    pub fn refusal(status: u16, why: &str) -> Answer {
        Answer { status, kind: KIND, body: json!({ "Err": why }).to_string() }
    }
}

const KIND: &str = "application/vnd.docker.plugins.v1.2+json";

/// What a call asks: each of them a part of this.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Asked {
    name: Option<String>,
    /// Null where the user gave none.
    opts: Option<BTreeMap<String, Option<String>>>,
    #[serde(rename = "ID")]
    id: Option<String>,
}

/// The calls that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Activate,
    Capabilities,
    Create,
    Get,
    List,
    Mount,
    Path,
    Remove,
    Unmount,
}

impl Call {
    const ALL: [(&'static str, Call); 9] = [
        ("/Plugin.Activate", Call::Activate),
        ("/VolumeDriver.Capabilities", Call::Capabilities),
        ("/VolumeDriver.Create", Call::Create),
        ("/VolumeDriver.Get", Call::Get),
        ("/VolumeDriver.List", Call::List),
        ("/VolumeDriver.Mount", Call::Mount),
        ("/VolumeDriver.Path", Call::Path),
        ("/VolumeDriver.Remove", Call::Remove),
        ("/VolumeDriver.Unmount", Call::Unmount),
    ];

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        let found = Call::ALL.iter().find(|(_, call)| *call == self);
        found.and_then(|(path, _)| path.rsplit('.').next()).unwrap_or_default()
    }
}

/// Answers one request.
pub async fn answer(service: Arc<Service>, path: &str, body: Bytes) -> Answer {
    let Some((_, call)) = Call::ALL.iter().find(|(known, _)| *known == path) else {
        return Answer::refusal(404, &format!("{path} is no call of a volume plug-in"));
    };
    let started = Instant::now();
    let _busy = service.metrics.begin();
    let done = answered(&service, *call, &body).await;
    service.metrics.count(*call, done.is_ok(), started.elapsed());
    match done {
        Ok(body) => Answer { status: 200, kind: KIND, body },
        Err(trouble) => {
            // A volume that is not there is asked for before each one that is made.
            if *call != Call::Get {
                eprintln!("{}: {trouble}", call.name());
            }
            trouble.into()
        }
    }
}

async fn answered(service: &Arc<Service>, call: Call, body: &[u8]) -> Result<String> {
    match call {
        Call::Activate => {
            // An engine has just started: what it had mounted before it ended may have been lost.
            service.check.notify_one();
            return Ok(json!({ "Implements": ["VolumeDriver"] }).to_string());
        }
        Call::Capabilities => return Ok(json!({ "Capabilities": { "Scope": service.scope }, "Err": "" }).to_string()),
        Call::List => return list(&service.desk),
        _ => {}
    }
    let asked: Asked = if body.is_empty() {
        Asked::default()
    } else {
        serde_json::from_slice(body).map_err(|error| trouble!("the request is not as the protocol has it: {error}"))?
    };
    let desk = service.desk.clone();
    let work = move || blocking(&desk, call, asked);
    let (mut answer, left) = match call {
        // Two looks at the disk: quicker than handing it to another thread.
        Call::Get | Call::Path => work()?,
        _ => tokio::task::spawn_blocking(work).await.map_err(|error| trouble!("the work was given up: {error}"))??,
    };
    if let Some(folder) = left {
        let erasing = tokio::task::spawn_blocking(move || {
            if let Err(trouble) = erase(&folder) {
                eprintln!("{trouble}");
            }
        });
        // The volume is gone. For its files the engine waits a while, so that the room is free when it says so; one with
        // millions of them is erased behind its back.
        let _ = tokio::time::timeout(Duration::from_secs(20), erasing).await;
    }
    answer["Err"] = "".into();
    Ok(answer.to_string())
}

/// All volumes. Written as text at once, since there may be thousands: a volume's name has no letter that JSON would have
/// otherwise.
fn list(desk: &Desk) -> Result<String> {
    let names = desk.store.names()?;
    let folder = Value::from(desk.store.mountpoint("").parent().unwrap_or(Path::new("/")).to_string_lossy());
    let folder = folder.to_string();
    let folder = folder.trim_end_matches('"').trim_end_matches('/');
    let mut text =
        String::with_capacity(32 + names.iter().map(|name| 2 * name.len() + folder.len() + 40).sum::<usize>());
    text.push_str("{\"Volumes\":[");
    for (place, name) in names.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        for part in [comma, "{\"Name\":\"", name, "\",\"Mountpoint\":", folder, "/", name, "/data\"}"] {
            text.push_str(part);
        }
    }
    text.push_str("],\"Err\":\"\"}");
    Ok(text)
}

/// The work itself, and what of it is left to be erased.
fn blocking(desk: &Desk, call: Call, asked: Asked) -> Result<(Value, Option<std::path::PathBuf>)> {
    let name = asked.name.unwrap_or_default();
    let id = asked.id.unwrap_or_default();
    Ok(match call {
        Call::Activate | Call::Capabilities | Call::List => (json!({}), None),
        Call::Create => {
            let options = asked.opts.unwrap_or_default();
            let options = options.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect();
            desk.create(&name, &options)?;
            (json!({}), None)
        }
        Call::Get => (json!({ "Volume": described(desk, &desk.get(&name)?)? }), None),
        Call::Path => (json!({ "Mountpoint": desk.get(&name)?.data() }), None),
        Call::Mount => (json!({ "Mountpoint": desk.mount(&name, &id)? }), None),
        Call::Unmount => {
            desk.unmount(&name, &id)?;
            (json!({}), None)
        }
        Call::Remove => (json!({}), desk.remove(&name)?),
    })
}

fn described(desk: &Desk, volume: &Volume) -> Result<Value> {
    let backend = &volume.record.backend;
    let mut status = json!({ "backend": backend.name(), "mounts": volume.users(&desk.here)?.ids.len() });
    if backend.is_mounted_on_use() {
        // Whoever would read the folder now should know that its files are not there.
        status["mounted"] = mounts::is_mounted(&volume.data())?.into();
    }
    if let Some(size) = backend.size() {
        status["size"] = size.into();
    }
    if let Some(snapshot) = &volume.record.wanted.from_snapshot {
        status["from_snapshot"] = String::from(snapshot.clone()).into();
    }
    Ok(json!({
        "Name": volume.name,
        "Mountpoint": volume.data(),
        "CreatedAt": volume.record.created_at,
        "Status": status,
    }))
}
