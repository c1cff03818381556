//! Images: `GET /images/{name}/json` and `GET /images/json`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::container::ContainerConfig;
use crate::{ApiVersion, Engine, Error, Inspected, Platform};

/// What plans read of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Image {
    /// `sha256:` and 64 hexadecimal digits: of the configuration, or of the manifest in the containerd image store.
    pub id: String,
    /// Its names with tags.
    pub repo_tags: BTreeSet<String>,
    /// Its names with digests: what the registries that it came from or went to call it.
    pub repo_digests: BTreeSet<String>,
    /// Its system.
    pub os: String,
    /// Its machine.
    pub architecture: String,
    /// Its machine's variant; mostly empty.
    pub variant: String,
    /// Bytes on the engine. In the containerd image store it grows with each platform that is pulled.
    pub size: i64,
    /// What it gives to the containers that are made of it.
    pub config: ContainerConfig,
}

impl Image {
    /// The platform that it is made for.
    pub fn platform(&self) -> Platform {
        Platform::new(&self.os, &self.architecture, &self.variant)
    }

    /// Whether it is what a registry calls `digest`, which names the same content everywhere.
    pub fn is_known_as(&self, digest: &str) -> bool {
        self.repo_digests.iter().any(|name| name.rsplit_once('@').is_some_and(|(_, known)| known == digest))
    }
}

impl Engine {
    /// The image of that name (`repository:tag`, `repository@digest`) or ID; `None` when there is none.
    ///
    /// # Errors
    /// The engine can't be reached, or does not take the name for one.
    pub async fn image(&self, name: &str) -> Result<Option<Inspected<Image>>, Error> {
        self.image_with(name, &[]).await
    }

    /// As [`Engine::image`], with a query: `manifests` (API 1.48).
    ///
    /// # Errors
    /// As [`Engine::image`].
    pub async fn image_with(&self, name: &str, query: &[(&str, &str)]) -> Result<Option<Inspected<Image>>, Error> {
        let raw = self.get_optional(&format!("/images/{name}/json"), query).await?;
        raw.map(|raw| Inspected::new(raw, &format!("image {name}"))).transpose()
    }

    /// As [`Engine::image`], for one platform: the containerd image store holds an image for several, and shows the
    /// engine's own first. `None` too where the engine is too old to be asked.
    ///
    /// # Errors
    /// As [`Engine::image`].
    pub async fn image_for(&self, name: &str, platform: &Platform) -> Result<Option<Inspected<Image>>, Error> {
        if self.api_version() < Engine::INSPECTS_FOR_PLATFORM {
            return Ok(None);
        }
        self.image_with(name, &[("platform", &platform.json())]).await
    }

    /// The API from which on [`Engine::image_for`] works.
    pub const INSPECTS_FOR_PLATFORM: ApiVersion = ApiVersion::new(1, 49);

    /// Every image that is no mere layer of another, as `GET /images/{name}/json` gives each.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn images(&self) -> Result<Vec<Value>, Error> {
        let listed = self.get("/images/json", &[]).await?;
        let ids = listed.as_array().into_iter().flatten().filter_map(|image| image.get("Id")?.as_str());
        let mut images = Vec::new();
        for id in ids {
            // One that was removed since the list was made is no more.
            images.extend(self.get_optional(&format!("/images/{id}/json"), &[]).await?);
        }
        Ok(images)
    }
}
