//! The configs and secrets that a task is given as files.

use std::collections::BTreeMap;

use docker::ServiceSpec;
use docker::service::ReferencedFile;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::options::{ConfigOption, Options, SecretOption};
use super::Observed;
use super::body::Body;

/// By name and file name: one may be given twice, as two files.
type Files = BTreeMap<(String, String), File>;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Given {
    #[serde(serialize_with = "as_configs")]
    configs: Option<Files>,
    #[serde(serialize_with = "as_secrets")]
    secrets: Option<Files>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct File {
    id: String,
    uid: Option<String>,
    gid: Option<String>,
    mode: Option<u32>,
}

impl From<&ServiceSpec> for Given {
    fn from(spec: &ServiceSpec) -> Self {
        let file = |id: &str, name: &str, file: &ReferencedFile| {
            let (uid, gid) = (Some(file.uid.clone()), Some(file.gid.clone()));
            ((name.to_owned(), file.name.clone()), File { id: id.to_owned(), uid, gid, mode: Some(file.mode) })
        };
        let container = &spec.task_template.container_spec;
        let configs = container.configs.iter().map(|one| file(&one.config_id, &one.config_name, &one.file));
        let secrets = container.secrets.iter().map(|one| file(&one.secret_id, &one.secret_name, &one.file));
        Given { configs: Some(configs.collect()), secrets: Some(secrets.collect()) }
    }
}

/// An entry of `configs` or `secrets`.
struct Wish<'w> {
    id: Option<&'w String>,
    name: &'w String,
    filename: Option<&'w String>,
    uid: Option<&'w String>,
    gid: Option<&'w String>,
    mode: Option<u32>,
}

impl<'w> From<&'w ConfigOption> for Wish<'w> {
    fn from(wish: &'w ConfigOption) -> Self {
        Wish {
            id: wish.config_id.as_ref(),
            name: &wish.config_name,
            filename: wish.filename.as_ref(),
            uid: wish.uid.as_ref(),
            gid: wish.gid.as_ref(),
            mode: wish.mode,
        }
    }
}

impl<'w> From<&'w SecretOption> for Wish<'w> {
    fn from(wish: &'w SecretOption) -> Self {
        Wish {
            id: wish.secret_id.as_ref(),
            name: &wish.secret_name,
            filename: wish.filename.as_ref(),
            uid: wish.uid.as_ref(),
            gid: wish.gid.as_ref(),
            mode: wish.mode,
        }
    }
}

impl Given {
    pub fn overlay(&mut self, wish: &Options, observed: &Observed) {
        if let Some(wishes) = &wish.configs {
            self.configs = Some(laid(self.configs.take(), wishes.iter().map(Wish::from), &observed.configs));
        }
        if let Some(wishes) = &wish.secrets {
            self.secrets = Some(laid(self.secrets.take(), wishes.iter().map(Wish::from), &observed.secrets));
        }
    }

    pub fn write(&self, before: &Given, body: &mut Body) {
        let at = |name: &str| format!("TaskTemplate.ContainerSpec.{name}");
        body.put_as(&at("Configs"), &before.configs, &self.configs, |files| wire(files, "ConfigID", "ConfigName"));
        body.put_as(&at("Secrets"), &before.secrets, &self.secrets, |files| wire(files, "SecretID", "SecretName"));
    }
}

/// Of a file that is there, only what the user named counts; one that they did not name goes. `ids`: by name.
fn laid<'w>(there: Option<Files>, wishes: impl Iterator<Item = Wish<'w>>, ids: &BTreeMap<String, String>) -> Files {
    let mut there = there.unwrap_or_default();
    let file = |wish: Wish| {
        let key = (wish.name.clone(), wish.filename.filter(|name| !name.is_empty()).unwrap_or(wish.name).clone());
        let same = there.remove(&key).unwrap_or_default();
        let id = wish.id.or(ids.get(wish.name)).cloned().unwrap_or_default();
        let (uid, gid) = (wish.uid.cloned().or(same.uid), wish.gid.cloned().or(same.gid));
        (key, File { id, uid, gid, mode: wish.mode.or(same.mode) })
    };
    wishes.map(file).collect()
}

fn wire(files: &Files, id: &str, name: &str) -> Value {
    let one = |((named, filename), file): (&(String, String), &File)| {
        json!({
            id: file.id,
            name: named,
            "File": {
                "Name": filename,
                "UID": file.uid.as_deref().unwrap_or("0"),
                "GID": file.gid.as_deref().unwrap_or("0"),
                "Mode": file.mode.unwrap_or(0o444),
            },
        })
    };
    files.iter().map(one).collect()
}

fn as_configs<S: Serializer>(files: &Option<Files>, serializer: S) -> Result<S::Ok, S::Error> {
    listed(files, "config").serialize(serializer)
}

fn as_secrets<S: Serializer>(files: &Option<Files>, serializer: S) -> Result<S::Ok, S::Error> {
    listed(files, "secret").serialize(serializer)
}

fn listed(files: &Option<Files>, kind: &str) -> Option<Vec<Value>> {
    let one = |((name, filename), file): (&(String, String), &File)| {
        json!({
            format!("{kind}_id"): file.id,
            format!("{kind}_name"): name,
            "filename": filename,
            "uid": file.uid,
            "gid": file.gid,
            "mode": file.mode,
        })
    };
    files.as_ref().map(|files| files.iter().map(one).collect())
}
