//! What a registry says, asked through the engine: pulls, and `GET /distribution/{name}/json`.

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::{Credentials, Engine, Error, ImageName};

/// What came of a push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Whether the registry got a layer that it had not.
    pub new_layers: bool,
    /// The engine's last words: the tag and its digest.
    pub status: Option<String>,
}

/// An image as its registry has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RegistryImage {
    /// Such as `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The systems and machines that it is made for, such as `linux` and `amd64`, in the registry's order.
    #[serde(default)]
    pub platforms: Vec<(String, String)>,
}

impl Engine {
    /// The digest that a name stands for at its registry now, without pulling.
    ///
    /// # Errors
    /// The registry can't be reached, has no such name, or refuses the login.
    pub async fn digest_at_registry(&self, name: &ImageName, login: Option<&Credentials>) -> Result<String, Error> {
        Ok(self.image_at_registry(name, login).await?.digest)
    }

    /// What a name stands for at its registry now, without pulling.
    ///
    /// # Errors
    /// The registry can't be reached, has no such name, or refuses the login.
    pub async fn image_at_registry(
        &self,
        name: &ImageName,
        login: Option<&Credentials>,
    ) -> Result<RegistryImage, Error> {
        let headers: Vec<_> = login.map(Credentials::header).into_iter().collect();
        let path = format!("/distribution/{name}/json");
        let mut body = self.send(Method::GET, &path, &[], &headers, Full::<Bytes>::default()).await?;
        let what = format!("GET {path}");
        let found: Value = serde_json::from_slice(&self.read(&what, &mut body).await?)
            .map_err(|error| Error::Unexpected { what: what.clone(), reason: error.to_string() })?;
        let digest = found.pointer("/Descriptor/digest").and_then(Value::as_str);
        let text =
            |platform: &Value, key: &str| platform.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let platforms = found.get("Platforms").and_then(Value::as_array).into_iter().flatten();
        Ok(RegistryImage {
            digest: digest
                .map(str::to_owned)
                .ok_or_else(|| Error::Unexpected { what, reason: "it has no digest".to_owned() })?,
            platforms: platforms.map(|one| (text(one, "os"), text(one, "architecture"))).collect(),
        })
    }

    /// Pulls an image by tag, or by digest where the name has one, and waits until it is there.
    ///
    /// # Errors
    /// The registry can't be reached, has no such image, or refuses the login.
    pub async fn pull(
        &self,
        name: &ImageName,
        platform: Option<&str>,
        login: Option<&Credentials>,
    ) -> Result<(), Error> {
        let tag = name.digest.as_deref().or(name.tag.as_deref()).unwrap_or("latest");
        let mut query = vec![("fromImage", name.repository.as_str()), ("tag", tag)];
        query.extend(platform.map(|platform| ("platform", platform)));
        let headers: Vec<_> = login.map(Credentials::header).into_iter().collect();
        let mut lines = self.post_for_progress("/images/create", &query, &headers, Full::<Bytes>::default()).await?;
        while lines.next().await?.is_some() {}
        Ok(())
    }

    /// Pushes an image by name and tag, and waits until the registry has it.
    ///
    /// # Errors
    /// The registry can't be reached, or refuses the login or the image.
    pub async fn push(&self, name: &ImageName, login: Option<&Credentials>) -> Result<Pushed, Error> {
        let path = format!("/images/{}/push", name.repository);
        let query = [("tag", name.tag.as_deref().unwrap_or("latest"))];
        // The engine wants the header, be it empty.
        let header = login.map_or_else(|| ("X-Registry-Auth", "e30=".to_owned()), Credentials::header);
        let mut lines = self.post_for_progress(&path, &query, &[header], Full::<Bytes>::default()).await?;
        let mut pushed = Pushed::default();
        while let Some(line) = lines.next().await? {
            pushed.new_layers |= line.status.as_deref() == Some("Pushed");
            pushed.status = line.status.or(pushed.status);
        }
        Ok(pushed)
    }
}
