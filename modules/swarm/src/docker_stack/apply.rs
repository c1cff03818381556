//! One engine call for each action.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use ansible::{Call, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use compose_file::ObjectSpec;
use docker::{ContentKind, Credentials, Engine, Error, ImageName};
use serde_json::{Value, json};

use super::options::Options;
use super::plan::{Action, fill_in, image};

/// Carries out actions, and remembers the IDs of what they make: services refer to secrets and configs by ID.
pub struct Hand<'a> {
    call: &'a Call,
    engine: &'a Engine,
    options: &'a Options,
    /// By kind and name.
    made: RefCell<BTreeMap<(String, String), String>>,
}

impl<'a> Hand<'a> {
    pub fn new(call: &'a Call, engine: &'a Engine, options: &'a Options) -> Hand<'a> {
        Hand { call, engine, options, made: RefCell::default() }
    }

    pub async fn apply(&self, action: &Action) -> Result<(), Failure> {
        match action {
            Action::CreateNetwork { body, .. } => {
                let answer = self.engine.post("/networks/create", &[], body).await?;
                let warning = answer.get("Warning").and_then(Value::as_str).filter(|warning| !warning.is_empty());
                self.pass_on(warning.map(str::to_owned).into_iter().collect());
            }
            Action::CreateObject { kind, name, spec } => {
                let body = object_body(name, spec);
                let answer = self.engine.post(&format!("/{kind}s/create"), &[], &body).await?;
                let id = answer.get("ID").and_then(Value::as_str).unwrap_or_default().to_owned();
                self.made.borrow_mut().insert((key(*kind).to_owned(), name.clone()), id);
            }
            Action::LabelObject { kind, name, id, version, labels } => {
                let body = json!({ "Name": name, "Labels": labels });
                self.engine
                    .post(&format!("/{kind}s/{id}/update"), &[("version", &version.index.to_string())], &body)
                    .await?;
            }
            Action::CreateService { spec, .. } => {
                let (spec, login) = self.ready(spec)?;
                self.pass_on(self.engine.create_service(&spec, login.as_ref()).await?);
            }
            Action::UpdateService { id, version, spec, .. } => {
                let (spec, login) = self.ready(spec)?;
                self.pass_on(self.engine.update_service(id, *version, &spec, login.as_ref()).await?);
            }
            Action::RemoveService { id, .. } => self.remove(&format!("/services/{id}")).await?,
            Action::RemoveObject { kind, id, .. } => self.remove_unused(&format!("/{kind}s/{id}")).await?,
            Action::RemoveNetwork { id, .. } => {
                self.remove_unused(&format!("/networks/{id}")).await?;
                self.gone(id).await?;
            }
        }
        Ok(())
    }

    /// A service's specification with the IDs of what was made before it, and the login for its image where that is
    /// asked for.
    fn ready(&self, spec: &Value) -> Result<(Value, Option<Credentials>), Failure> {
        let mut spec = spec.clone();
        fill_in(&mut spec, &|kind, name| self.made.borrow().get(&(kind.to_owned(), name.to_owned())).cloned());
        let login = if self.options.with_registry_auth {
            Credentials::for_image(&ImageName::parse(image(&spec)))?
        } else {
            None
        };
        Ok((spec, login))
    }

    fn pass_on(&self, warnings: Vec<String>) {
        warnings.into_iter().for_each(|warning| self.call.warn(format!("Docker warning: {warning}")));
    }

    async fn remove(&self, path: &str) -> Result<(), Failure> {
        match self.engine.delete(path).await {
            Err(error) if !is_gone(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// What services used a moment ago is in use until the swarm has taken note of their end.
    async fn remove_unused(&self, path: &str) -> Result<(), Failure> {
        for _ in 0..300 {
            match self.engine.delete(path).await {
                Err(Error::Api { message, .. }) if message.contains("in use") => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(error) if !is_gone(&error) => return Err(error.into()),
                _ => return Ok(()),
            }
        }
        self.remove(path).await
    }

    /// Waits until the swarm no longer has a network: it removes it a moment after it has said so.
    async fn gone(&self, id: &str) -> Result<(), Failure> {
        for _ in 0..600 {
            if self.engine.get_optional(&format!("/networks/{id}"), &[]).await?.is_none() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(Failure::new(
            "the engine still has it after a minute; `docker network inspect --verbose` shows what uses it",
        ))
    }
}

/// Whether what was to be removed is not there: of a network, old engines say so with status 500.
fn is_gone(error: &Error) -> bool {
    error.is_not_found() || matches!(error, Error::Api { message, .. } if message.ends_with("not found"))
}

fn key(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Secret => "Secret",
        ContentKind::Config => "Config",
    }
}

fn object_body(name: &str, spec: &ObjectSpec) -> Value {
    let mut body = json!({ "Name": name, "Labels": spec.labels });
    if let Some(content) = &spec.content {
        body["Data"] = STANDARD.encode(&content.0).into();
    }
    for (key, value) in [("Driver", &spec.driver), ("Templating", &spec.templating)] {
        if !value.is_null() {
            body[key] = value.clone();
        }
    }
    body
}
