//! The engine's plug-ins: `GET /plugins/{name}/json`, and their installation.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use serde::Deserialize;

use crate::{Credentials, Engine, Error, Inspected};

/// What plans read of a plug-in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Plugin {
    /// Its name here, with a tag.
    pub name: String,
    /// Whether it runs.
    pub enabled: bool,
    /// What can be set of it.
    pub settings: PluginSettings,
}

/// The settings of a [`Plugin`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PluginSettings {
    /// Environment variables, each as `NAME=value`.
    pub env: Vec<String>,
}

impl Plugin {
    /// The environment variables by name.
    pub fn env(&self) -> BTreeMap<String, String> {
        let pair = |line: &String| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.settings.env.iter().filter_map(pair).collect()
    }
}

impl Engine {
    /// The plug-in of that name; `None` when there is none.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn plugin(&self, name: &str) -> Result<Option<Inspected<Plugin>>, Error> {
        let raw = self.get_optional(&format!("/plugins/{name}/json"), &[]).await?;
        raw.map(|raw| Inspected::new(raw, &format!("plug-in {name}"))).transpose()
    }

    /// Installs the plug-in `remote` under the name `local`, with every privilege that it asks for.
    ///
    /// # Errors
    /// The registry can't be reached, has no such plug-in, or refuses the login.
    pub async fn install_plugin(&self, remote: &str, local: &str, login: Option<&Credentials>) -> Result<(), Error> {
        let mut headers: Vec<_> = login.map(Credentials::header).into_iter().collect();
        let path = "/plugins/privileges";
        let query = [("remote", remote)];
        let mut body = self.send(Method::GET, path, &query, &headers, Full::<Bytes>::default()).await?;
        let privileges = self.read(path, &mut body).await?;
        headers.push(("Content-Type", "application/json".to_owned()));
        let query = [("remote", remote), ("name", local)];
        let mut lines = self.post_for_progress("/plugins/pull", &query, &headers, Full::new(privileges)).await?;
        while lines.next().await?.is_some() {}
        Ok(())
    }

    /// Removes the plug-in of that name. bollard wants an answer with a body, and engines give none.
    ///
    /// # Errors
    /// The engine can't be reached, or refuses, as for a plug-in that is enabled without `force`.
    pub async fn remove_plugin(&self, name: &str, force: bool) -> Result<(), Error> {
        let query = [("force", if force { "1" } else { "0" })];
        self.send(Method::DELETE, &format!("/plugins/{name}"), &query, &[], Full::<Bytes>::default()).await.map(drop)
    }
}
