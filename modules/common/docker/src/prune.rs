//! What lies on the engine's disk and who uses it, for those who clear it up; and `POST /…/prune`.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{ApiVersion, Engine, Error, typed_list};

/// A container, as `GET /containers/json` lists it with sizes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ListedContainer {
    pub id: String,
    /// With the engine's slash.
    pub names: Vec<String>,
    #[serde(rename = "ImageID")]
    pub image_id: String,
    /// Seconds since 1970.
    pub created: i64,
    /// `running`, `paused`, `restarting`, `exited`, …
    pub state: String,
    pub labels: BTreeMap<String, String>,
    /// Bytes that it wrote.
    pub size_rw: i64,
    pub mounts: Vec<ListedMount>,
}

/// A mount of a [`ListedContainer`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedMount {
    /// The volume, where it is one.
    pub name: String,
}

/// An image or a layer of one, as `GET /images/json` lists it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ListedImage {
    pub id: String,
    /// What it was built on; empty for what was not built here.
    pub parent_id: String,
    pub repo_tags: BTreeSet<String>,
    pub repo_digests: BTreeSet<String>,
    /// Seconds since 1970.
    pub created: i64,
    pub labels: BTreeMap<String, String>,
    /// Its bytes that other images have too; below 0 where the engine does not say.
    pub shared_size: Option<i64>,
    /// Its layers from the lowest; not in the list, see [`Engine::layers`].
    pub layers: Vec<Layer>,
}

/// A layer in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Layer {
    /// The digest of its content.
    pub diff_id: String,
    /// Its bytes.
    pub size: i64,
}

/// A network, with whether anything is in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ListedNetwork {
    pub id: String,
    pub name: String,
    /// RFC 3339.
    pub created: String,
    pub scope: String,
    pub labels: BTreeMap<String, String>,
    pub ingress: bool,
    pub config_only: bool,
    /// Whether a container is connected or a service of the swarm wants it; not in the list.
    pub used: bool,
}

/// A volume, as `GET /system/df` tells of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ListedVolume {
    pub name: String,
    pub driver: String,
    pub labels: BTreeMap<String, String>,
    pub options: BTreeMap<String, String>,
    pub usage_data: VolumeUsage,
}

/// What a volume takes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VolumeUsage {
    /// Bytes; below 0 where the engine does not know.
    pub size: i64,
}

/// A record of the build cache, as `GET /system/df` tells of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ListedCache {
    #[serde(rename = "ID")]
    pub id: String,
    pub parents: Vec<String>,
    /// One parent, as engines before 24 have it.
    pub parent: String,
    /// `regular`, `internal`, `frontend`, `source.local`, `source.git.checkout`, `exec.cachemount`.
    #[serde(rename = "Type")]
    pub kind: String,
    pub description: String,
    pub in_use: bool,
    /// Whether an image has it too.
    pub shared: bool,
    pub size: i64,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; empty for never.
    pub last_used_at: String,
}

/// Since this API `GET /system/df` can be asked for one kind of objects.
const DF_BY_TYPE: ApiVersion = ApiVersion::new(1, 42);
/// Since this API it puts each kind in an object of its own.
const DF_GROUPED: ApiVersion = ApiVersion::new(1, 52);

impl Engine {
    /// Every container, those that do not run too. `sizes` makes the engine count what each wrote.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn listed_containers(&self, sizes: bool) -> Result<Vec<ListedContainer>, Error> {
        let query = [("all", "1"), ("size", if sizes { "1" } else { "0" })];
        typed_list(&self.get("/containers/json", &query).await?, "the list of containers")
    }

    /// Every image, those in between too. Their layers are not filled in.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn listed_images(&self) -> Result<Vec<ListedImage>, Error> {
        let mut images: Vec<ListedImage> =
            typed_list(&self.get("/images/json", &[("all", "1"), ("shared-size", "1")]).await?, "the list of images")?;
        for image in &mut images {
            // So engines before 24 write an image without a name.
            image.repo_tags.remove("<none>:<none>");
            image.repo_digests.remove("<none>@<none>");
        }
        Ok(images)
    }

    /// The layers of an image, the lowest first, without their sizes.
    ///
    /// # Errors
    /// The engine can't be reached; an image that is gone has no layers.
    pub async fn layers(&self, image: &str) -> Result<Vec<Layer>, Error> {
        let facts = self.get_optional(&format!("/images/{image}/json"), &[]).await?;
        let ids = facts.as_ref().and_then(|facts| facts.pointer("/RootFS/Layers")?.as_array());
        let layer = |id: &Value| Layer { diff_id: id.as_str().unwrap_or_default().to_owned(), size: 0 };
        Ok(ids.into_iter().flatten().map(layer).collect())
    }

    /// As [`Engine::layers`], with their sizes. The API tells no layer's size, but its history does: of each step, also
    /// of those that made no layer. Where both don't match, steps of 0 bytes count by their words.
    ///
    /// # Errors
    /// As [`Engine::layers`].
    pub async fn layers_with_sizes(&self, image: &str) -> Result<Vec<Layer>, Error> {
        let mut layers = self.layers(image).await?;
        let history = self.get_optional(&format!("/images/{image}/history"), &[]).await?.unwrap_or_default();
        let mut steps: Vec<Step> = typed_list(&history, "the history of an image")?;
        steps.reverse();
        let sizes = layer_sizes(&steps, layers.len());
        layers.iter_mut().zip(sizes).for_each(|(layer, size)| layer.size = size);
        Ok(layers)
    }

    /// Every network, with whether it is used.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn listed_networks(&self) -> Result<Vec<ListedNetwork>, Error> {
        let mut networks: Vec<ListedNetwork> = typed_list(&self.get("/networks", &[]).await?, "the list of networks")?;
        let services = match networks.iter().any(|network| network.scope == "swarm") {
            // Only a manager answers, and only a manager removes networks of the swarm.
            true => self.get("/services", &[]).await.ok().map(|services| services.to_string()),
            false => None,
        };
        // The list does not tell who is connected, but that of the containers that run does.
        let running = self.get("/containers/json", &[]).await?;
        let endpoints = running.as_array().into_iter().flatten();
        let endpoints = endpoints.filter_map(|container| container.pointer("/NetworkSettings/Networks")?.as_object());
        let used: BTreeSet<&str> =
            endpoints.flat_map(|all| all.values().filter_map(|one| one.get("NetworkID")?.as_str())).collect();
        for network in &mut networks {
            network.used = used.contains(network.id.as_str());
            if network.scope == "swarm" {
                network.used |= services.as_ref().is_none_or(|text| text.contains(&format!("\"{}\"", network.id)));
            }
        }
        Ok(networks)
    }

    /// Every volume, with its size.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn listed_volumes(&self) -> Result<Vec<ListedVolume>, Error> {
        self.disk_usage("volume", "Volumes", "/VolumeUsage/Items").await
    }

    /// Every record of the build cache.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn listed_cache(&self) -> Result<Vec<ListedCache>, Error> {
        self.disk_usage("build-cache", "BuildCache", "/BuildCacheUsage/Items").await
    }

    async fn disk_usage<T: DeserializeOwned>(&self, kind: &str, field: &str, grouped: &str) -> Result<Vec<T>, Error> {
        let mut query = Vec::new();
        if self.api_version() >= DF_BY_TYPE {
            query.push(("type", kind));
        }
        if self.api_version() >= DF_GROUPED {
            query.push(("verbose", "1"));
        }
        let usage = self.read_patiently(Method::GET, "/system/df", &query).await?;
        let items = usage.get(field).or_else(|| usage.pointer(grouped)).filter(|items| !items.is_null());
        typed_list(items.unwrap_or(&Value::Null), "the engine's disk usage")
    }

    /// Removes what nothing uses: `kind` is `containers`, `images`, `networks`, `volumes` or `build`. The engine's
    /// answer, which names what went. bollard knows the newest names of the query's parts only.
    ///
    /// # Errors
    /// The engine can't be reached, refuses a filter, or is pruning already.
    pub async fn prune(&self, kind: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        self.read_patiently(Method::POST, &format!("/{kind}/prune"), query).await
    }

    /// As [`Engine::get`], for answers that take their time.
    async fn read_patiently(&self, method: Method, path: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        let what = format!("{method} {path}");
        let mut body = self.send(method, path, query, &[], Full::<Bytes>::default()).await?;
        let answer = self.read(&what, &mut body).await?;
        serde_json::from_slice(&answer).map_err(|error| Error::Unexpected { what, reason: error.to_string() })
    }
}

/// A step of an image's history.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Step {
    size: i64,
    created_by: String,
}

impl Step {
    /// Whether its words are those of a step that makes a layer, be it an empty one.
    fn makes_a_layer(&self) -> bool {
        let words = self.created_by.trim_start_matches("/bin/sh -c ").trim_start_matches("#(nop)").trim_start();
        self.size > 0 || ["RUN ", "COPY ", "ADD ", "WORKDIR "].iter().any(|word| words.starts_with(word))
    }
}

fn layer_sizes(steps: &[Step], layers: usize) -> Vec<i64> {
    let sizes = |counts: &dyn Fn(&Step) -> bool| -> Vec<i64> {
        steps.iter().filter(|step| counts(step)).map(|step| step.size).collect()
    };
    let by_words = sizes(&|step| step.makes_a_layer());
    if by_words.len() == layers {
        return by_words;
    }
    let mut by_size = sizes(&|step| step.size > 0);
    by_size.resize(layers, 0);
    by_size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_tells_the_layers_sizes() {
        let step = |size, words: &str| Step { size, created_by: words.to_owned() };
        let steps = [step(7, ""), step(0, "ENV A=b"), step(0, "WORKDIR /x # buildkit"), step(3, "RUN /bin/sh -c y")];
        assert_eq!(layer_sizes(&steps, 3), [7, 0, 3]);
        assert_eq!(layer_sizes(&steps, 2), [7, 3]);
    }
}
